"""Text that a terminal shows and does not obey."""

import io
import re
from typing import TextIO

from assay.core.redact import hide

# control characters but line feed and tab, line and paragraph separators, signs that turn the
# direction of writing, and letters that nobody sees (tags)
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    r"""The text with each sign that a terminal would obey spelt as JSON does (`\u001b`)."""
    return UNSAFE.sub(_spelt, text)


LONGEST_WORD = 300  # characters without a space: a path may be long, a value may be endless
LONGEST_LINE = 1_500
_WORD = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")


def bounded(text: str) -> str:
    """The text with the middle of endless words and lines left out, and said to be."""
    text = _WORD.sub(lambda found: without_middle(found[0], LONGEST_WORD), text)
    return "\n".join(without_middle(line, LONGEST_LINE) for line in text.split("\n"))


def without_middle(text: str, longest: int) -> str:
    """At most about `longest` characters: two thirds from its start, the others from its end."""
    if len(text) <= longest:
        return text
    end = longest // 3
    start = longest - end
    return f"{text[:start]}…({len(text) - longest:,} characters)…{text[-end:]}"


def _spelt(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


class Printed(io.TextIOBase):
    """A stream on which everything is made safe to print, and keys are hidden.

    `unfiltered` is the stream below, for what draws on a terminal itself.
    """

    def __init__(self, unfiltered: TextIO) -> None:
        self.unfiltered = unfiltered

    def write(self, text: str) -> int:
        self.unfiltered.write(safe(hide(text)))
        return len(text)

    def flush(self) -> None:
        self.unfiltered.flush()

    def isatty(self) -> bool:
        return self.unfiltered.isatty()

    def fileno(self) -> int:
        return self.unfiltered.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.unfiltered.encoding or "utf-8"

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.unfiltered.errors
