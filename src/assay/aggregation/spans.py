"""Stretches of text on which enough annotators agree, also where their edges differ."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assay.core import within
from assay.core.annotation import Annotation
from assay.core.errors import InputError
from assay.core.value import Span


@dataclass(frozen=True, slots=True)
class Supported:
    """A span with the smallest share of the annotators' weight that marks any part of it."""

    span: Span
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanVote:
    """Characters that more than `least` of a record's annotators mark with one label.

    Who answered and marked nothing there is a vote against. Touching characters are one span unless
    more of those who mark both sides begin or end a span between them than go across. Labels are
    voted on apart, so spans of different labels may overlap, as in the answers. `skill` weighs
    annotators. Exact spans are voted on by `Majority` over the schema's units.
    """

    least: float = 0.5
    skill: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        within.share("the share that must agree", self.least)

    def decide(self, annotations: Iterable[Annotation]) -> dict[str, tuple[Supported, ...]]:
        """By record; () where the annotators agree on nothing. The last answer of each counts."""
        answers: dict[str, dict[str, tuple[Span, ...]]] = defaultdict(dict)
        for a in annotations:
            if a.value is None:
                continue
            if a.saw:
                raise InputError(
                    f"{a.by or a.annotator!r} had seen another annotation of record {a.record!r}; "
                    "span votes must be given independently: leave it out"
                )
            if not isinstance(a.value, tuple):
                raise InputError(f"record {a.record!r}: {a.value!r} is no list of spans")
            spans = tuple(s for s in a.value if isinstance(s, Span))
            answers[a.record][a.by or a.annotator] = spans
        return {record: self.vote(of_record) for record, of_record in answers.items()}

    def vote(self, answers: Mapping[str, Sequence[Span]]) -> tuple[Supported, ...]:
        """Of one record: annotator to what it marked."""
        if not 0 <= self.least < 1:
            raise InputError(f"the share that decides is from 0 to below 1, not {self.least:g}")
        weight = {name: self._weight(name) for name in answers}
        marks: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
        for name, spans in answers.items():
            for s in spans:
                marks[s.part, s.label].append((s.start, s.end, name))
        found = [
            Supported(Span(start, end, label, part), share)
            for (part, label), of_label in marks.items()
            for start, end, share in self._stretches(of_label, weight)
        ]
        return tuple(sorted(found, key=lambda f: (f.span.part, f.span.start, f.span.end)))

    def _weight(self, name: str) -> float:
        if self.skill and name not in self.skill:
            raise InputError(f"annotator {name!r} has no skill")
        return self.skill.get(name, 1.0)

    def _stretches(
        self, marks: list[tuple[int, int, str]], weight: Mapping[str, float]
    ) -> list[tuple[int, int, float]]:
        total = sum(weight.values())
        edges = sorted({edge for start, end, _ in marks for edge in (start, end)})
        found: list[tuple[int, int, float]] = []
        for start, end in pairwise(edges):
            inside = {name for a, b, name in marks if a <= start and end <= b}
            share = sum(weight[name] for name in inside) / total if total else 0.0
            if share <= self.least:
                continue
            if found and found[-1][1] == start and _goes_across(marks, start, weight):
                found[-1] = (found[-1][0], end, min(found[-1][2], share))
            else:
                found.append((start, end, share))
        return found


def _goes_across(marks: list[tuple[int, int, str]], edge: int, weight: Mapping[str, float]) -> bool:
    """Whether the span goes on past an edge, by those who mark both sides of it."""
    over = {name for start, end, name in marks if start < edge < end}
    before = {name for _, end, name in marks if end == edge}
    after = {name for start, _, name in marks if start == edge}
    apart = (before & after) - over
    going = sum(weight[n] for n in over)
    return going > 0 and going >= sum(weight[n] for n in apart)
