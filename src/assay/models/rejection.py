"""What a server says of a request that it does not take, and which part of it is meant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assay.core.jsons import loads
from assay.core.redact import hide
from assay.core.spelling import whole_letters

LONGEST = 2_000  # characters that are looked through
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP"),
    "seed": ("seed",),
    "top_logprobs": (
        "top_logprobs", "logprobs", "responseLogprobs", "response_logprobs", "log probabilities",
        "logits",
    ),
    "effort": (
        "reasoning_effort", "reasoning.effort", "output_config.effort", "effort", "thinking",
        "thinking_level", "thinkingLevel", "thinking_config", "thinkingConfig",
        "thinking_budget", "thinkingBudget", "think",
    ),
    "json_schema": (
        "response_format", "json_schema", "output_config.format", "output_config", "output_format",
        "responseJsonSchema", "response_json_schema", "text.format", "response_schema",
        "structured output", "structured outputs", "JSON mode", "json mode", "grammar",
    ),
}  # fmt: skip
"""The names that servers have for the fields of `Options`."""
_KNOWN = {word: field for field, words in PARAMETERS.items() for word in words}
_PICTURES = re.compile(r"image|vision|visual|multi-?modal|mmproj|picture|modalit", re.IGNORECASE)
_UNSUPPORTED = re.compile(
    r"not? .{0,30}(?:support|accept|allow|permit|multi-?modal|vision)|n't .{0,20}(?:support|accept)"
    r"|unsupported|unknown|unrecogni[sz]ed|extra inputs|extra_forbidden|unexpected|mmproj"
    r"|does not exist|deprecated|No endpoints found|not a (?:valid )?multi",
    re.IGNORECASE,
)
_SPOILT = re.compile(r"invalid image|decode|corrupt|too large|too small|could not process", re.I)
_LONG = re.compile(
    r"context|too (?:long|large|many)|maximum .{0,20}(?:length|tokens)|exceed", re.IGNORECASE
)
_FILTERED = re.compile(r"content[_ ]filter|content management policy|content filtering", re.I)


@dataclass(frozen=True, slots=True)
class Rejection:
    """`param` is the part of the request that the server names in a field of its own."""

    status: int
    said: str
    message: str = ""  # one short line of it
    param: str | None = None

    def names(self, *words: str) -> bool:
        if self.param in _KNOWN or self.param in words:
            return self.param in words
        return any(re.search(rf"(?<![\w.-]){re.escape(word)}(?!\w)", self.said) for word in words)

    @property
    def field(self) -> str | None:
        """The field of `Options` that is meant, where one is."""
        if self.param in _KNOWN:
            return _KNOWN[self.param]
        return next((f for f, words in PARAMETERS.items() if self.names(*words)), None)

    @property
    def unsupported(self) -> bool:
        return _UNSUPPORTED.search(self.said) is not None

    @property
    def of_pictures(self) -> bool:
        """Of all pictures, not of one that is spoilt."""
        about = _PICTURES.search(self.said) is not None
        return about and self.unsupported and not _SPOILT.search(self.said)

    @property
    def of_length(self) -> bool:
        """Of this request alone, which is too long."""
        return self.status == 413 or _LONG.search(self.said) is not None

    @property
    def filtered(self) -> bool:
        """A refusal to answer, in the form of an error."""
        return self.status in (400, 422) and _FILTERED.search(self.said) is not None

    @property
    def kind(self) -> str:
        """Alike for errors that differ in their numbers alone."""
        return f"{self.status} {re.sub(r'[0-9a-f-]*[0-9][0-9a-f-]*', '#', self.said)}"

    def less_than(self, number: int) -> int | None:
        """The largest number below one that is named: a limit."""
        found = [int(n) for n in re.findall(r"(?<![\w.-])\d{1,3}(?![\w.])", self.said)]
        return max((n for n in found if n < number), default=None)


def rejection_of(status: int, body: bytes, message: str) -> Rejection:
    text, param = body.decode("utf-8", "replace"), None
    try:
        error = loads(body)
        error = error.get("error", error) if isinstance(error, dict) else error
        if isinstance(error, dict):
            given = error.get("param")
            param = given if isinstance(given, str) and given else None
    except ValueError:
        pass
    said = whole_letters(hide(" ".join(text.split())))[:LONGEST]
    return Rejection(status, said, message, param)
