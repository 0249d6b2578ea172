"""Finds the words for labels in a text, in one go over it however many words there are."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby, takewhile
from operator import itemgetter

from assay.annotators.mapping.script import unspaced

# \w misses combining marks (Devanagari vowel signs), so they are named next to it
EDGE = r"\w\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, whatever its case; the longest of those that begin at one place.

    Words that begin alike share their beginning: else each place of a text would be compared with
    each word. Whole words only, where the script parts words by spaces and combines no marks.
    """
    known = sorted(set(words))
    try:
        return re.compile(_pattern(known), re.IGNORECASE)
    except RecursionError:  # each of very many words begins with the one before it
        longest_first = sorted(known, key=len, reverse=True)
        return re.compile("|".join(_start(w) + re.escape(w) + _end(w) for w in longest_first), re.I)


def meant(word: str, table: Mapping[str, str]) -> str:
    """What the table has for a word found in a text; case is not always what folding takes away
    ("ı" is an "i" without regard to case, and does not fold to one)."""
    found = table.get(word.casefold())
    if found is not None:
        return found
    return next(name for known, name in table.items() if re.fullmatch(re.escape(known), word, re.I))


def _pattern(words: list[str]) -> str:
    firsts = "".join(re.escape(letter) for letter in sorted({word[0] for word in words}))
    groups = (
        (_start(group[0]) + _regex(group, 0))
        for group in ([w for w in words if unspaced(w[0]) is kind] for kind in (False, True))
        if group
    )
    return f"(?=[{firsts}])(?:{'|'.join(groups)})"


def _regex(words: list[str], at: int) -> str:
    """Of sorted words that are alike up to a place: what follows it."""
    ends = zip(words[0], words[-1], strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    longer = [word for word in words if len(word) > common]
    ways = [_regex(list(group), common) for _, group in groupby(longer, itemgetter(common))]
    ways += [_end(words[0])] if len(words[0]) == common else []
    rest = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    return re.escape(words[0][at:common]) + rest


def _start(word: str) -> str:
    return "" if unspaced(word[0]) else rf"(?<![{EDGE}])"


def _end(word: str) -> str:
    return "" if unspaced(word[-1]) else rf"(?![{EDGE}])"
