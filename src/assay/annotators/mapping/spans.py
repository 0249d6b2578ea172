"""Quoted text becomes characters of the record.

Models cannot count characters, so they quote; the quote is looked for in the record. The policy,
each case counted (`Anchored.counts`):

- `found`: the exact quote, standing as whole words.
- `with other characters`: the same words but for case, composed or combined accents, width, kind
  of quotation mark or dash, runs of space, and invisible marks (direction, joiners).
- `inside a longer word`: the exact quote within a word. Scripts without spaces have no words to
  stand in, so there this is `found`.
- `repeated more often than it occurs`: repeats take the places in order, left to right; one that
  finds no place left is dropped.
- `not in the record`: made up, dropped.
- `not a span`: no quote, or no known label; dropped.
- `overlapping`: kept, as one stretch may lie in another; counted once a span that overlaps one
  before it.

A quote never begins or ends inside what a reader sees as one character: "cafe" is not in "café",
however its accent is written, and a thumb is not in a thumb of another skin tone.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from assay.annotators.mapping.base import UNPARSED, Reading
from assay.annotators.mapping.script import unspaced
from assay.core.annotation import Outcome
from assay.core.record import Record
from assay.core.schema import Spans
from assay.core.value import Span

FOUND, OTHER, INSIDE = "found", "with other characters", "inside a longer word"
REPEATED, ABSENT = "repeated more often than it occurs", "not in the record"
BROKEN, OVERLAPPING = "not a span", "overlapping"
PLACED = (FOUND, OTHER, INSIDE)
KINDS = (*PLACED, REPEATED, ABSENT, BROKEN, OVERLAPPING)

Place: TypeAlias = tuple[int, int]

_ALIKE = str.maketrans(dict.fromkeys("‘’‚‛`´ʼ＇", "'") | dict.fromkeys("“”„‟«»＂", '"')
                       | dict.fromkeys("‐‑‒–—―−", "-"))  # fmt: skip
WORK = 40_000_000  # characters searched for one answer, before it is given up
A_PLACE = 400  # characters that could be searched while one place is looked at
_JOINER = "\u200d"
LONGEST_CLUSTER = 64
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")


@dataclass(slots=True)
class Anchored:
    """Spans with characters, and how often each case of the policy came up."""

    spans: tuple[Span, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    given_up: bool = False  # the quotes after `counts` were not looked for

    def note(self) -> str:
        """What had to be repaired or dropped; empty where every quote was found as it is."""
        return "; ".join(f"{n} {what}" for what, n in sorted(self.counts.items()) if what != FOUND)


def read_spans(content: object, record: Record, schema: Spans) -> Reading:
    """A list of quotes with labels, bare or under `spans`; an empty list says there are none."""
    quotes = _quotes(content)
    if quotes is None:
        return UNPARSED
    anchored = anchor(quotes, record, schema)
    if anchored.given_up:
        length = sum(len(part.text) for part in record.texts)
        many = f"{len(quotes):,} quotes, too many to look for in {length:,} characters of record"
        return Reading(Outcome.UNPARSED, error=many)
    return Reading(Outcome.ANSWERED, anchored.spans, rationale=anchored.note() or None)


def alignment(content: object, record: Record, schema: Spans) -> Counter[str]:
    """What became of each quote of an answer, by the cases of the policy."""
    return anchor(_quotes(content) or [], record, schema).counts


def _quotes(content: object) -> list[object] | None:
    quotes = content.get("spans") if isinstance(content, Mapping) else content
    return quotes if isinstance(quotes, list) else None


def anchor(entries: Sequence[object], record: Record, schema: Spans) -> Anchored:
    """The policy of this module, applied to {"text", "label"} objects."""
    result = Anchored()
    looked = Looked([(part.name, Searched(part.text)) for part in record.texts])
    for entry in entries:
        quote, label = _entry(entry, schema)
        if not quote or label is None:
            result.counts[BROKEN] += 1
            continue
        if looked.work > WORK:
            result.given_up = True
            break
        result.counts[looked.place(quote, label)] += 1
    result.spans = tuple(sorted(looked.taken))
    overlaps = sum(_overlaps(result.spans))
    if overlaps:
        result.counts[OVERLAPPING] = overlaps
    return result


def _entry(entry: object, schema: Spans) -> tuple[str, str | None]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("text"), str):
        return "", None
    return entry["text"].strip(), schema.named(entry.get("label", ""))


def _overlaps(spans: Sequence[Span]) -> Iterator[bool]:
    """For each of the sorted spans, whether it shares a character with one before it."""
    reach: dict[str, int] = {}
    for span in spans:
        yield span.start < reach.get(span.part, 0)
        reach[span.part] = max(span.end, reach.get(span.part, 0))


class Searched:
    """A text in which quotes are looked for; it is folded when the first one needs it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._clusters: list[Place] | None = None
        self._folded: tuple[str, list[int]] | None = None
        self._absent: set[str] = set()  # quotes that are nowhere: not looked for in the next way
        self.work = 0  # characters gone through so far

    def places(self, quote: str, how: str) -> Iterator[Place]:
        if how == FOUND:
            yield from (p for p in self._exact(quote) if self._whole(*p))
        elif how == OTHER:
            yield from (p for p in self._alike(quote) if self._whole(*p))
        else:
            yield from (p for p in self._exact(quote) if self._uncut(p[0]) and self._uncut(p[1]))

    def _exact(self, quote: str) -> Iterator[Place]:
        """Every place, overlapping ones too."""
        start = -1 if quote in self._absent else self._find(self.text, quote, 0)
        if start < 0:
            self._absent.add(quote)
        while start >= 0:
            yield start, start + len(quote)
            start = self._find(self.text, quote, start + 1)

    def _find(self, text: str, quote: str, start: int) -> int:
        place = text.find(quote, start)
        self.work += (len(text) if place < 0 else place) - start + A_PLACE
        return place

    def _alike(self, quote: str) -> Iterator[Place]:
        """Places of the folded quote in the folded text, whole clusters on both sides."""
        wanted = "".join(folded for folded, _ in fold(quote)).strip()
        text, owner = self._fold()
        start = self._find(text, wanted, 0) if wanted else -1
        while start >= 0:
            end = start + len(wanted)
            cut_before = start > 0 and owner[start - 1] == owner[start]
            cut_after = end < len(text) and owner[end - 1] == owner[end]
            if not cut_before and not cut_after:
                clusters = self.clusters
                yield clusters[owner[start]][0], clusters[owner[end - 1]][1]
            start = self._find(text, wanted, start + 1)

    def _fold(self) -> tuple[str, list[int]]:
        """The folded text, and for each of its characters the number of the cluster it is from."""
        if self._folded is None:
            pieces = list(fold(self.text))
            text = "".join(piece for piece, _ in pieces)
            self._folded = text, [i for piece, i in pieces for _ in piece]
        return self._folded

    @property
    def clusters(self) -> list[Place]:
        if self._clusters is None:
            self._clusters = list(clusters(self.text))
        return self._clusters

    def _whole(self, start: int, end: int) -> bool:
        """No cluster is cut, and no word goes on beyond either end."""
        return self._edge(start) and self._edge(end)

    def _edge(self, at: int) -> bool:
        if at in (0, len(self.text)):
            return True
        before, after = self.text[at - 1], self.text[at]
        if not self._uncut(at):
            return False
        return not (_worded(before) and _worded(after)) or unspaced(before) or unspaced(after)

    def _uncut(self, at: int) -> bool:
        outside = at in (0, len(self.text))
        return outside or not (joins(self.text[at]) or self.text[at - 1] == _JOINER)


class Looked:
    """The places taken so far. A quote that comes again is looked for behind where it was found,
    since the places before that stay taken."""

    def __init__(self, texts: Sequence[tuple[str, Searched]]) -> None:
        self.taken: set[Span] = set()
        self._texts = texts
        self._further: dict[tuple[str, str, str], Iterator[Span]] = {}
        self._seen: set[tuple[str, str, str]] = set()

    @property
    def work(self) -> int:
        """Characters gone through so far."""
        return sum(text.work for _, text in self._texts)

    def place(self, quote: str, label: str) -> str:
        """Takes the first place not yet taken by the same label, in the first way that finds one;
        says which way."""
        seen = False
        for how in PLACED:
            if seen and how == INSIDE:
                break  # one that stands as a word elsewhere is not meant inside another word
            key = (quote, label, how)
            if key not in self._further:
                self._further[key] = self._spans(quote, label, how)
            for span in self._further[key]:
                self._seen.add(key)
                if span not in self.taken:
                    self.taken.add(span)
                    return how
            seen = seen or key in self._seen
        return REPEATED if seen else ABSENT

    def _spans(self, quote: str, label: str, how: str) -> Iterator[Span]:
        for part, text in self._texts:
            for start, end in text.places(quote, how):
                yield Span(start, end, label, part)


def clusters(text: str) -> Iterator[Place]:
    """What a reader sees as one character: a letter with its marks, a joined emoji."""
    if text.isascii():
        yield from ((i, i + 1) for i in range(len(text)))
        return
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or not (joins(text[i]) or text[i - 1] == _JOINER):
            yield start, i
            start = i


def fold(text: str) -> Iterator[tuple[str, int]]:
    """Each cluster as it is compared, with its number; a run of spaces is one space."""
    spaced = True  # nothing before the text
    for number, folded in enumerate(_letters(text) if text.isascii() else _folded(text)):
        blank = folded.isspace()
        if blank and spaced:
            continue
        if folded:
            spaced = blank
            yield " " if blank else folded, number


def _letters(text: str) -> str:
    """Plain letters: each is a cluster, and folds to one."""
    return text.translate(_ALIKE).casefold()


def _folded(text: str) -> Iterator[str]:
    for start, end in clusters(text):
        shown = _INVISIBLE.sub("", text[start:end].translate(_ALIKE))
        folded = shown.casefold()
        if len(folded) <= LONGEST_CLUSTER:  # to order the marks of more takes the square of them
            folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", shown).casefold())
        yield folded


def joins(letter: str) -> bool:
    """Whether it belongs to the letter before it: marks, joiners, skin tones."""
    return (
        unicodedata.category(letter) in ("Mn", "Mc", "Me")
        or letter == _JOINER
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )


def _worded(letter: str) -> bool:
    return letter.isalnum() or letter == "_" or unicodedata.category(letter).startswith("M")
