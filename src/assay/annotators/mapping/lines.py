"""Lines of an answer that name what they hold: `Label: good`."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_WORDED = re.compile(r"\w")
_BLOCK = 1_024


class Named(NamedTuple):
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
    last = 0
    for match in _beginnings(tuple(names), marks).finditer(text):
        start = match.start()
        if apart and start < last:
            continue
        content = match[2].rstrip()
        last = match.start(2) + len(content)
        yield Named(match[1], content, start, last)


def before(text: str, start: int, least: int) -> str:
    """What stands before a named line, without the lines above it that hold no word; `least` is
    where the named line before it ends."""
    place = start
    while place > least and not _WORDED.search(text, max(least, place - _BLOCK), place):
        place = max(least, place - _BLOCK)
    while place > least and not _WORDED.match(text, place - 1):
        place -= 1
    first = place if place == 0 else text.find("\n", place, start) + 1
    return text[: first or start].strip() if place else ""


@lru_cache(maxsize=256)
def _beginnings(names: tuple[str, ...], marks: str) -> re.Pattern[str]:
    """What begins a line, and ahead of it what stands behind the last mark before the next word;
    a mark with nothing but ends of lines behind it is none. A name once read is not taken back."""
    longest_first = sorted(names, key=len, reverse=True)
    words = "|".join(map(re.escape, longest_first))
    name = rf"^(?>[^\w\n]*({words}))"
    said = rf"(?=\W*[{re.escape(marks)}](?!\n*\Z)\s*+(.*))"
    return re.compile(name + said, re.IGNORECASE | re.MULTILINE)
