"""Marked stretches: F1 between annotators, exact and by characters; the frame for boxes too.

Nobody says what was not marked, so there is no chance correction for exact spans; with many
possible spans F1 comes close to kappa anyway (Hripcsak and Rothschild, 2005).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

import numpy as np

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.value import Span, decode
from assay.core.votes import Votes
from assay.quality.agreement.base import Estimate, Floats, Resampling, estimate, ratio
from assay.quality.agreement.bootstrap import draws

Answer = tuple[Span, ...]
Mark = TypeVar("Mark")
COLUMNS = 6  # what each of three scores divides, and by what


@dataclass(frozen=True)
class Marks(Generic[Mark]):
    """A kind of mark: how a cell is read, and what two answers have in common, as three pairs of
    numbers that are summed over records and then divided."""

    read: Callable[[str], tuple[Mark, ...]]
    compare: Callable[[tuple[Mark, ...], tuple[Mark, ...]], tuple[float, ...]]
    scores: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SpanPair:
    first: str
    second: str
    n: int
    coefficients: dict[str, Estimate]
    both_empty: float | None  # share of records that neither marked: agreement that costs nothing

    def as_json(self) -> dict[str, object]:
        return {
            "first": self.first, "reference": self.second, "n": self.n,
            "coefficients": {k: e.as_json() for k, e in self.coefficients.items()},
            "both_empty": self.both_empty,
        }  # fmt: skip


def spans_of(label: str) -> Answer:
    """A JSON list of spans with start, end, label (objects or lists), or the ledger's form."""
    try:
        content = loads(label)
        if isinstance(content, Mapping):
            content = content["spans"]
        found = [_span(entry) for entry in content]
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, InputError):
        raise InputError(
            f"{label!r:.80} is not a JSON list of spans; each needs start, end and label"
        ) from None
    return tuple(sorted(set(found)))


def _span(entry: object) -> Span:
    if isinstance(entry, list):
        decoded = decode({"spans": [entry]})
        assert isinstance(decoded, tuple)
        found = decoded[0]
        assert isinstance(found, Span)
    elif isinstance(entry, Mapping):
        part = str(entry.get("part", "text"))
        found = Span(int(entry["start"]), int(entry["end"]), str(entry["label"]), part)
    else:
        raise InputError(f"{entry!r} is no span")
    if not 0 <= found.start < found.end:
        raise InputError(f"span {found.start} to {found.end} is empty or backwards")
    return found


def mark_agreement(
    votes: Votes, marks: Marks[Mark], how: Resampling, reference: str | None = None
) -> tuple[dict[str, Estimate], list[SpanPair], float]:
    """Over all pairs of answers, pair by pair, and the share of answers that mark nothing."""
    answers = [marks.read(label) for label in votes.labels]
    who = [votes.annotators[i] for i in np.unique(votes.annotator)]
    given: dict[int, dict[str, int]] = {}
    for record, annotator, label in zip(
        votes.record.tolist(), votes.annotator.tolist(), votes.label.tolist(), strict=True
    ):
        given.setdefault(record, {})[votes.annotators[annotator]] = label
    compared = _Compared(answers, marks)
    each = [
        _pair((first, second), list(given.values()), compared, how)
        for first, second in _wanted(who, reference)
    ]
    tables = [
        np.sum([compared(a, b) for a, b in combinations(labels.values(), 2)], axis=0)
        for labels in given.values()
        if len(labels) > 1
    ]
    empty = np.array([not a for a in answers])[votes.label].mean()
    table = np.array(tables, dtype=np.float64).reshape(-1, COLUMNS)
    return _estimates(table, marks, how), each, float(empty)


def _wanted(who: Sequence[str], reference: str | None) -> list[tuple[str, str]]:
    if reference is None:
        return list(combinations(who, 2))
    return [(name, reference) for name in who if name != reference]


def _pair(
    names: tuple[str, str],
    given: Sequence[Mapping[str, int]],
    compared: "_Compared[Mark]",
    how: Resampling,
) -> SpanPair:
    both = [(g[names[0]], g[names[1]]) for g in given if names[0] in g and names[1] in g]
    table = np.array([compared(a, b) for a, b in both], dtype=np.float64).reshape(-1, COLUMNS)
    empty = float((table[:, 1] == 0).mean()) if len(table) else None
    return SpanPair(*names, len(both), _estimates(table, compared.marks, how), empty)


class _Compared(Generic[Mark]):
    """Two answers in numbers, remembered by their codes."""

    def __init__(self, answers: Sequence[tuple[Mark, ...]], marks: Marks[Mark]) -> None:
        self.answers = answers
        self.marks = marks
        self.known: dict[tuple[int, int], tuple[float, ...]] = {}

    def __call__(self, first: int, second: int) -> tuple[float, ...]:
        key = (min(first, second), max(first, second))
        if key not in self.known:
            self.known[key] = self.marks.compare(self.answers[key[0]], self.answers[key[1]])
        return self.known[key]


def _compare(a: Answer, b: Answer) -> tuple[float, ...]:
    common = len(set(a) & set(b))
    one, other = _characters(a), _characters(b)
    return (
        2 * common, len(a) + len(b), 2 * len(one & other), len(one) + len(other), int(a == b), 1,
    )  # fmt: skip


def _characters(answer: Answer) -> set[tuple[str, str, int]]:
    return {(s.part, s.label, i) for s in answer for i in range(s.start, s.end)}


def _estimates(table: Floats, marks: Marks[Mark], how: Resampling) -> dict[str, Estimate]:
    if not len(table):
        return {}
    distinct, times = np.unique(table, axis=0, return_counts=True)
    point = _scores(times[None, :].astype(np.float64) @ distinct, marks.scores)
    blocks = [_scores(w @ distinct, marks.scores) for w in draws(times.astype(np.int64), how)]
    return {
        name: estimate(
            float(value[0]),
            len(table),
            np.concatenate([b[name] for b in blocks]) if blocks else None,
            "nobody marked anything",
        )
        for name, value in point.items()
    }


def _scores(sums: Floats, names: Sequence[str]) -> dict[str, Floats]:
    return {name: ratio(sums[:, 2 * i], sums[:, 2 * i + 1]) for i, name in enumerate(names)}


SPANS = Marks(spans_of, _compare, ("f1_exact", "f1_characters", "same_answer"))
