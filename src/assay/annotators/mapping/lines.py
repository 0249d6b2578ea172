"""Lines of an answer that name what they hold: `Label: good`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_GAP = re.compile(r"\W*+")
_BLANK = re.compile(r"\s*+")


@dataclass(frozen=True, slots=True)
class Named:
    """What follows a name and a mark, to the end of its line; `start` is where that begins."""

    name: str  # as it is written there
    content: str
    start: int
    end: int


def named_lines(
    text: str, names: Sequence[str], marks: str, apart: bool = False
) -> Iterator[Named]:
    """Each line that begins with one of the names, after whatever is no word, and then one of the
    marks; what follows may stand in the next line. No part of the text is gone over again for each
    of its lines, so that a text of many is read in time. `apart`: what one says is not read again.
    """
    solid, last = len(text.rstrip("\n")), 0
    for match in _beginnings(tuple(names)).finditer(text):
        if apart and match.start() < last:
            continue
        start = _content(text, match.end(), marks, solid)
        if start is not None:
            stop = text.find("\n", start)
            content = text[start : len(text) if stop < 0 else stop].rstrip()
            last = start + len(content)
            yield Named(match[1], content, match.start(), last)


def before(text: str, start: int, least: int) -> str:
    """What stands before a named line, without the lines above it that hold no word; `least` is
    where the named line before it ends."""
    place = start
    while place > least and not (text[place - 1].isalnum() or text[place - 1] == "_"):
        place -= 1
    first = place if place == 0 else text.find("\n", place, start) + 1
    return text[: first or start].strip() if place else ""


def _content(text: str, after: int, marks: str, solid: int) -> int | None:
    """Where it begins: behind the last mark of the gap that has anything behind it."""
    gap = _GAP.match(text, after)
    end = gap.end() if gap else after
    mark = max(text.rfind(sign, after, end) for sign in marks)
    if mark >= solid - 1:  # nothing but ends of lines behind it
        mark = max(text.rfind(sign, after, mark) for sign in marks)
    if mark < 0:
        return None
    blank = _BLANK.match(text, mark + 1)
    return blank.end() if blank else mark + 1


@lru_cache(maxsize=256)
def _beginnings(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    words = "|".join(map(re.escape, longest_first))
    return re.compile(rf"^[^\w\n]*({words})", re.IGNORECASE | re.MULTILINE)
