"""Four principles of cooperation, checked on what a model contributes.

Huang et al. (ACL 2025, arXiv 2501.05714) apply Grice's maxims to people and models:
sincerity, relation, manner and quantity. Each check here is one a machine can make; none of them
says that the answer is right.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assay.core import within
from assay.core.annotation import Annotation, Source
from assay.core.record import Record
from assay.core.schema.base import Schema
from assay.core.value import Value
from assay.quality.metrics.accuracy import Share


class Principle(StrEnum):
    SINCERITY = "sincerity"  # claims backed by evidence, confidence that means something
    RELATION = "relation"  # to the task and to the record
    MANNER = "manner"  # well formed and readable
    QUANTITY = "quantity"  # enough, and not more


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of a contribution; lengths in words."""

    rationale: bool = True  # whether there must be one
    least_words: int = 3
    most_words: int = 120
    longest_sentence: int = 40
    most_suggestions: int = 3
    confidence: frozenset[Source] = frozenset({Source.CALIBRATED})

    def __post_init__(self) -> None:
        for name in ("least_words", "most_words", "longest_sentence", "most_suggestions"):
            within.count(name.replace("_", " "), getattr(self, name), 0)


@dataclass(frozen=True, slots=True)
class Breach:
    principle: Principle
    why: str

    def __str__(self) -> str:
        return f"{self.principle}: {self.why}"


USUAL = Limits()
QUOTED = re.compile(r'"([^"]{2,})"|“([^”]{2,})”|«([^»]{2,})»|„([^“”]{2,})[“”]')
SENTENCE = re.compile(r"[.!?。！？]+(?:\s|$)|\n+")
WORD = re.compile(r"\w+")
LONG = 4  # letters from which on a shared word relates a rationale to its record


def breaches(
    annotation: Annotation,
    record: Record,
    schema: Schema,
    limits: Limits = USUAL,
    suggestions: Sequence[str] = (),
) -> tuple[Breach, ...]:
    """Every principle that the contribution breaks, with the reason; empty where it keeps all."""
    if annotation.value is None:
        return (Breach(Principle.MANNER, f"the answer is {annotation.outcome}"),)
    why = annotation.rationale or ""
    found = [
        *_sincerity(annotation, record, limits),
        *_relation(annotation.value, why, record, schema),
        *_manner(why, limits),
        *_quantity(why, suggestions, limits),
    ]
    return tuple(Breach(principle, reason) for principle, reason in found)


Found = Iterable[tuple[Principle, str]]


def _sincerity(annotation: Annotation, record: Record, limits: Limits) -> Found:
    source = annotation.confidence_source
    if annotation.confidence is None:
        yield Principle.SINCERITY, "no confidence is given"
    elif source not in limits.confidence:
        yield (
            Principle.SINCERITY,
            f"the confidence is not calibrated but {source.words if source else 'of no kind'}",
        )
    if limits.rationale and not (annotation.rationale or "").strip():
        yield Principle.SINCERITY, "no rationale is given"
    text = _plain(record.text)
    for groups in QUOTED.findall(annotation.rationale or ""):
        quote = next(g for g in groups if g)
        if _plain(quote).strip(" .,;:!?…") not in text:
            yield Principle.SINCERITY, f"the record does not contain the cited {quote!r}"


def _relation(value: Value, why: str, record: Record, schema: Schema) -> Found:
    for unit in schema.units([value]):
        label, allowed = schema.label(value, unit), schema.unit_labels(unit)
        if allowed is not None and label is not None and label not in allowed:
            yield Principle.RELATION, f"{label!r} is not a label of the task"
    if why.strip() and record.text.strip() and not _shares(why, record.text):
        yield Principle.RELATION, "the rationale mentions nothing of the record"


def _shares(why: str, text: str) -> bool:
    """A longer word in common; of scripts without spaces, two signs in a row."""
    ours, theirs = (set(WORD.findall(_plain(t))) for t in (why, text))
    if any(len(word) >= LONG or word.isdigit() for word in ours & theirs):
        return True
    if not any(len(word) >= LONG for word in theirs) and ours & theirs:
        return True
    pairs = {text[i : i + 2] for i in range(len(text) - 1) if ord(min(text[i : i + 2])) > 0x2E80}
    return any(pair in why for pair in pairs)


def _manner(why: str, limits: Limits) -> Found:
    longest = max((len(s.split()) for s in SENTENCE.split(why)), default=0)
    if longest > limits.longest_sentence:
        yield Principle.MANNER, f"a sentence of {longest} words is hard to read"


def _quantity(why: str, suggestions: Sequence[str], limits: Limits) -> Found:
    words = len(why.split())
    if words and not limits.least_words <= words <= limits.most_words:
        yield (
            Principle.QUANTITY,
            f"{words} words; {limits.least_words} to {limits.most_words} are expected",
        )
    if len(suggestions) > limits.most_suggestions:
        most = limits.most_suggestions
        yield Principle.QUANTITY, f"{len(suggestions)} suggestions; {most} are the most"


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def kept(broken: Iterable[Sequence[Breach]]) -> dict[Principle, Share]:
    """The share of contributions that keeps each principle; one entry a contribution."""
    counts: Counter[Principle] = Counter()
    n = 0
    for each in broken:
        n += 1
        counts.update({b.principle for b in each})
    return {p: Share(n - counts[p], n) for p in Principle}
