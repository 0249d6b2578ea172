"""CoNLL column files: one token a line, its tag in the last column, a blank line after a sentence.

A sentence becomes a row with `id`, `text` and `spans`. The text is the tokens joined by one space,
since the format does not keep the original spacing; spans are characters of that text.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.core.errors import InputError
from assay.core.record import Record, text_record
from assay.core.value import Span
from assay.data.base import Row

SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".annotated")

OUTSIDE = "O"
_BEGINS, _ENDS = "BSU", "ESUL"  # BIO, IOB, IOBES and BILOU in one reading
_PREFIXES = "BIESLU"


@dataclass(slots=True)
class Sentence:
    """Tokens with tags; `line` is where the first token stands."""

    line: int
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.tokens)

    @property
    def spans(self) -> tuple[Span, ...]:
        return spans_of(self.tokens, self.tags)


def read_conll(path: Path) -> Iterator[tuple[int, Row]]:
    """(line, row with `id`, `text` and `spans` as JSON); ids number the sentences of the file."""
    for number, sentence in enumerate(sentences(path), 1):
        marked = [{"start": s.start, "end": s.end, "label": s.label} for s in sentence.spans]
        yield (
            sentence.line,
            {
                "id": f"{path.stem}-{number}",
                "text": sentence.text,
                "spans": json.dumps(marked),
            },
        )


def read_spans(path: Path | str) -> tuple[list[Record], dict[str, tuple[Span, ...]]]:
    """All sentences as records, and their gold spans by record id; ids as in `read_conll`."""
    path = Path(path)
    records: list[Record] = []
    gold: dict[str, tuple[Span, ...]] = {}
    for number, sentence in enumerate(sentences(path), 1):
        id = f"{path.stem}-{number}"
        records.append(text_record(id, sentence.text))
        gold[id] = sentence.spans
    if not records:
        raise InputError(f"{path} holds no sentences")
    return records, gold


def sentences(path: Path) -> Iterator[Sentence]:
    """InputError names file and line for what is not a token with a tag, or not UTF-8."""
    current: Sentence | None = None
    for number, line in _lines(path):
        if not line.strip():
            if current is not None:
                yield current
            current = None
            continue
        columns = line.split("\t") if "\t" in line else line.split()
        token, tag = columns[0].strip(), columns[-1].strip()
        if current is None and _aside(token, tag):
            continue
        if len(columns) < 2 or not token or not is_tag(tag):
            raise InputError(
                f"{path}:{number}: {line!r:.60} is not a token and a tag (O, or B- or I- and a "
                "label), separated by a tab or spaces"
            )
        current = current or Sentence(number)
        current.tokens.append(token)
        current.tags.append(tag)
    if current is not None:
        yield current


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        # lines end at \n alone: tokens may hold other separators of Unicode
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as bad:
                    raise InputError(f"{path}:{number}: not UTF-8 ({bad.reason})") from None
                yield number, line.rstrip("\r\n")
    except OSError as bad:
        raise InputError(f"{path} cannot be read: {bad.strerror}") from None


def _aside(token: str, tag: str) -> bool:
    """A document mark, or a comment; a token that is a hash sign has a tag."""
    return token == "-DOCSTART-" or (token.startswith("#") and not is_tag(tag))


def is_tag(tag: str) -> bool:
    return tag == OUTSIDE or (len(tag) > 2 and tag[0] in _PREFIXES and tag[1] == "-")


def spans_of(tokens: Sequence[str], tags: Sequence[str]) -> tuple[Span, ...]:
    """Characters of the joined tokens, decoded as conlleval does: a tag that continues nothing, or
    something of another label, begins a span."""
    starts: list[int] = []
    at = 0
    for token in tokens:
        starts.append(at)
        at += len(token) + 1
    spans: list[Span] = []
    first: int | None = None
    for i, tag in enumerate(tags):
        if tag == OUTSIDE:
            first = None
            continue
        before = tags[i - 1] if i else OUTSIDE
        if first is None or tag[0] in _BEGINS or before[0] in _ENDS or before[2:] != tag[2:]:
            first = i
        else:
            spans.pop()
        spans.append(Span(starts[first], starts[i] + len(tokens[i]), tag[2:]))
    return tuple(spans)


def tags_of(places: Sequence[tuple[int, int]], spans: Iterable[Span]) -> list[str]:
    """BIO tags of tokens that stand at `places` (start, end). A token belongs to a span that it
    touches; of spans that share a token the longest counts, of equal ones the first."""
    tags = [OUTSIDE] * len(places)
    for span in sorted(spans, key=lambda s: (s.start - s.end, s)):
        touched = [i for i, (a, b) in enumerate(places) if a < span.end and span.start < b]
        if not touched or any(tags[i] != OUTSIDE for i in touched):
            continue
        for i in touched:
            tags[i] = f"I-{span.label}"
        tags[touched[0]] = f"B-{span.label}"
    return tags


def labels_of(gold: Iterable[Sequence[Span]]) -> list[str]:
    return sorted({span.label for spans in gold for span in spans})
