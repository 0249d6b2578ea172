"""What a server's replies teach of the requests that it takes, and when there is no use in more."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assay.core.errors import ModelError
from assay.models.base import Completion, Options
from assay.models.rejection import Rejection

FIELDS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
SPARED = frozenset({"temperature", "top_p", "seed"})  # left out where nobody chose them
FIRST, RUN = 5, 25  # equal rejections that end the asking: before any answer, and after one
PASSING = frozenset({408, 409, 425, 429})
ADVICE: Mapping[str, str] = {
    "temperature": "leave `temperature` out (`temperature: null`)",
    "top_p": "leave `top_p` out",
    "seed": "leave `seed` out",
    "effort": "leave `effort` out, or take one that the model has",
    "top_logprobs": "use another `mapping` than `likelihood`",
    "json_schema": "use `mapping: pattern`, or a model that takes JSON schemas",
}
KEYS = {"json_schema": "mapping: json", "top_logprobs": "mapping: likelihood"}


@dataclass(slots=True)
class Learnt:
    """Of one model behind one endpoint."""

    model: str
    tokens_field: str | None = None
    top_logprobs: int | None = None
    left_out: set[str] = field(default_factory=set)
    answered: bool = False
    has_scores: bool = False
    has_json: bool = False
    has_pictures: bool = False
    notes: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None  # why nothing more is to be sent
    _equal: tuple[str, int] = ("", 0)

    def check(self) -> None:
        """ModelError where an earlier reply has shown that there is no use in asking."""
        if self.stopped is not None:
            raise ModelError(self.stopped)

    def fitted(self, options: Options) -> Options:
        """Without what the server refuses."""
        if self.top_logprobs is not None and options.top_logprobs > self.top_logprobs:
            options = replace(options, top_logprobs=self.top_logprobs)
        if not self.left_out:
            return options
        return replace(options, **dict.fromkeys(self.left_out))  # type: ignore[arg-type]

    def taught(self, no: Rejection, options: Options, sent: Mapping[str, Any]) -> bool:
        """Whether the request is to be sent again, otherwise. ModelError where no request of this
        kind can be answered."""
        if no.status not in (400, 422):
            return False
        if self._other_tokens_field(no, options, sent):
            return True
        for name in options.extra or ():
            if no.names(name) and no.unsupported:
                raise self._no_such(f"extra_body.{name}", no, f"leave `{name}` out of `extra_body`")
        found = no.field
        if found is None or (getattr(options, found) in (None, 0) and found not in SPARED):
            return False
        return self._about(found, no, options)

    def _about(self, found: str, no: Rejection, options: Options) -> bool:
        if found in SPARED and found not in options.firm:
            again = getattr(options, found) is not None or found not in self.left_out
            self.left_out.add(found)
            self.notes[found] = f"{self.model} refuses `{found}`, so it is not sent"
            return again
        if found == "top_logprobs" and self._fewer(no, options.top_logprobs):
            return True
        if found == "json_schema" and no.of_length:
            return False
        raise self._no_such(KEYS.get(found, found), no, ADVICE[found])

    def _other_tokens_field(self, no: Rejection, options: Options, sent: Mapping[str, Any]) -> bool:
        """The first that names it decides; calls that were under way are sent again as it did."""
        used = next((name for name in FIELDS if name in sent), None)
        if used is None or "tokens_field" in options.firm or not no.names(used):
            return False
        if self.tokens_field is None and (no.unsupported or no.names(FIELDS[used])):
            self.tokens_field = FIELDS[used]
        return self.tokens_field == FIELDS[used]

    def _fewer(self, no: Rejection, asked: int) -> bool:
        """Whether fewer alternatives may be asked for: as many as are named, or else half."""
        if no.unsupported and no.less_than(asked) is None:
            return False
        if self.top_logprobs is None or self.top_logprobs >= asked:
            self.top_logprobs = no.less_than(asked) or asked // 2
            self.notes["top_logprobs"] = (
                f"{self.model} gives no more than {self.top_logprobs} alternatives to a token"
            )
        return self.top_logprobs > 0

    def refused(self, no: Rejection, pictures: bool) -> None:
        """ModelError where the pictures are refused, or requests again and again for one reason."""
        if pictures and not self.has_pictures and no.of_pictures:
            raise self._stop(
                f"{self.model} takes no pictures ({_quoted(no)}); give it `modality: text`, or "
                "take a model that sees"
            )
        passing = no.status >= 500 or no.status in PASSING
        if passing or no.of_length or no.filtered:
            return
        kind, count = self._equal
        self._equal = no.kind, count + 1 if kind == no.kind else 1
        if self._equal[1] >= (RUN if self.answered else FIRST):
            raise self._stop(
                f"{self.model} was refused {self._equal[1]} times in a row for one reason "
                f"({_quoted(no)}); correct that part of the request in the task file"
            )

    def received(self, said: Completion, options: Options, pictures: bool) -> None:
        """ModelError where the first answer shows that a feature is missing."""
        self._equal = "", 0
        if said.refused or said.fault is not None:
            return
        if options.top_logprobs and not (self.has_scores or said.tokens):
            raise self._stop(
                f"{self.model} gives no log-probabilities, which `mapping: likelihood` needs; use "
                "another `mapping`"
            )
        if options.json_schema is not None and not (self.has_json or said.cut):
            self._check_json(said)
        self.answered = True
        self.has_scores |= bool(said.tokens)
        self.has_pictures |= pictures

    def _check_json(self, said: Completion) -> None:
        if "{" not in said.text:
            raise self._stop(
                f"{self.model} ignores the JSON schema of its answer (it said "
                f"{said.text.strip()[:60]!r}); use `mapping: pattern`, or what its server calls "
                "structured output in `extra_body`"
            )
        self.has_json = True

    def _no_such(self, key: str, no: Rejection, advice: str) -> ModelError:
        return self._stop(f"{self.model} refuses `{key}` ({_quoted(no)}); {advice}")

    def _stop(self, why: str) -> ModelError:
        self.stopped = why
        return ModelError(why)


def _quoted(no: Rejection) -> str:
    return f"status {no.status}: {no.message or no.said[:200]}"
