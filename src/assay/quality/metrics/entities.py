"""Entity scores: precision, recall and F1 of marked spans against a named reference.

Matches are those of nervaluate (the schemes of MUC and SemEval 2013, task 9): `exact` wants
boundaries and label; `type` wants the label and any overlap; `partial` gives half a match for any
overlap and a whole one for equal boundaries, and does not look at labels.

Two figures go by the name of F1 in the literature and are not comparable: `direct` scores the
annotator's own spans, `downstream` those of a model that was trained on the annotator's labels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InputError
from assay.core.value import Span, Value
from assay.quality.metrics.accuracy import LEVEL, Share

if TYPE_CHECKING:
    from nervaluate.entities import Entity
    from nervaluate.strategies import EvaluationStrategy

Floats = NDArray[np.float64]
Measure: TypeAlias = Literal["direct", "downstream"]

DRAWS = 1_000
AT_ONCE = 2**22  # cells of a block of bootstrap draws

SCHEMES = ("exact", "type", "partial")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio with its interval; None if there is nothing to divide by.

    The interval is a bootstrap over records, or Wilson's over spans where the ratio is 0 or 1, so
    that no draw can differ.
    """

    value: float | None
    low: float | None
    high: float | None

    def __str__(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            return "not known"
        return f"{self.value:.1%} [{self.low:.1%}, {self.high:.1%}]"

    def as_json(self) -> dict[str, object]:
        return {
            "value": self.value,
            "interval": None if self.low is None else [self.low, self.high],
        }


@dataclass(frozen=True, slots=True)
class EntityScore:
    """One scheme over all records; `matches` counts a partial match as half."""

    matches: float
    marked: int
    gold: int
    precision: Estimate
    recall: Estimate
    f1: Estimate

    def __str__(self) -> str:
        return (
            f"precision {self.precision} (n = {self.marked:,} marked), "
            f"recall {self.recall} (n = {self.gold:,} gold), F1 {self.f1}"
        )

    def as_json(self) -> dict[str, object]:
        counts = {"matches": self.matches, "marked": self.marked, "gold": self.gold}
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return counts | {name: ratio.as_json() for name, ratio in ratios.items()}


@dataclass(frozen=True, slots=True)
class Entities:
    """A record without an answer counts as one on which nothing was marked."""

    reference: str
    measure: Measure
    answered: Share
    schemes: Mapping[str, EntityScore]
    labels: Mapping[str, EntityScore]  # exact, for each label alone
    whole: Share  # records with exactly the reference's spans
    baseline: Share  # the same if nothing were ever marked; its F1 is 0

    @property
    def exact(self) -> EntityScore:
        return self.schemes["exact"]

    def lines(self, who: str) -> list[str]:
        head = f"{who}, {self.measure} score against {self.reference}: "
        return [
            head + f"{self.answered} answered",
            *(f"  {name:<8} {score}" for name, score in self.schemes.items()),
            f"  records all right: {self.whole}; marking nothing would be right on "
            f"{self.baseline.value or 0:.1%} of them, with F1 0",
        ]

    def as_json(self) -> dict[str, object]:
        return {
            "reference": self.reference, "measure": self.measure, "level": LEVEL,
            "records": self.answered.n, "answered": self.answered.as_json(),
            "schemes": {name: score.as_json() for name, score in self.schemes.items()},
            "labels": {name: score.as_json() for name, score in self.labels.items()},
            "whole": self.whole.as_json(),
            "baseline": {"marks": "nothing", "f1": 0.0, "whole": self.baseline.as_json()},
        }  # fmt: skip


def entity_scores(
    marked: Mapping[str, Value | None],
    gold: Mapping[str, Sequence[Span]],
    reference: str,
    measure: Measure = "direct",
    seed: int = 0,
) -> Entities:
    """Scores over the records of `gold`; intervals by resampling records, with the seed."""
    if not gold:
        raise InputError(f"{reference} holds no records to score against")
    said = [_spans(marked.get(id)) for id in gold]
    truth = [tuple(dict.fromkeys(spans)) for spans in gold.values()]
    pairs = list(zip(said, truth, strict=True))
    weights = _draws(len(pairs), seed)
    labels = sorted({s.label for spans in (*said, *truth) for s in spans})
    answered = sum(marked.get(id) is not None for id in gold)
    n = len(pairs)
    return Entities(
        reference,
        measure,
        Share(answered, n),
        {name: _score(pairs, name, weights) for name in SCHEMES},
        {x: _score([(_only(s, x), _only(t, x)) for s, t in pairs], "exact", weights)
         for x in labels},
        Share(sum(set(s) == set(t) for s, t in pairs), n),
        Share(sum(not t for t in truth), n),
    )  # fmt: skip


def _spans(value: Value | None) -> tuple[Span, ...]:
    if value is None:
        return ()
    if not isinstance(value, tuple) or not all(isinstance(s, Span) for s in value):
        raise InputError(f"entity scores need spans, not {value!r:.60}")
    return tuple(dict.fromkeys(s for s in value if isinstance(s, Span)))


def _only(spans: Sequence[Span], label: str) -> tuple[Span, ...]:
    return tuple(s for s in spans if s.label == label)


Pairs: TypeAlias = Sequence[tuple[Sequence[Span], Sequence[Span]]]
Draws: TypeAlias = Callable[[Floats], Floats]


def _score(pairs: Pairs, scheme: str, draws: Draws) -> EntityScore:
    counts = np.array([[_matches(s, t, scheme), len(s), len(t)] for s, t in pairs], np.float64)
    matches, said, truth = (float(x) for x in counts.sum(axis=0))
    drawn = draws(counts).T  # three rows of one number a draw
    return EntityScore(
        matches,
        int(said),
        int(truth),
        _estimate(matches, said, drawn[0], drawn[1]),
        _estimate(matches, truth, drawn[0], drawn[2]),
        _estimate(2 * matches, said + truth, 2 * drawn[0], drawn[1] + drawn[2]),
    )


def _matches(said: Sequence[Span], truth: Sequence[Span], scheme: str) -> float:
    """Of one record, part by part. What is right is put first: the library pairs in order, and
    an overlapping span must not take the place of one that fits."""
    found = 0.0
    for part in {s.part for s in said} & {s.part for s in truth}:
        there = [s for s in truth if s.part == part]
        places = {(s.start, s.end) for s in there}
        mine = sorted(
            (s for s in said if s.part == part),
            key=lambda s: (s not in there, (s.start, s.end) not in places, s),
        )
        result, _ = _evaluation(scheme).evaluate(_entities(there), _entities(mine), [])
        found += result.correct + 0.5 * result.partial
    return found


@cache
def _evaluation(scheme: str) -> "EvaluationStrategy":
    from nervaluate import strategies  # noqa: PLC0415 - few tasks have spans

    named = {
        "exact": strategies.StrictEvaluation,
        "type": strategies.EntityTypeEvaluation,
        "partial": strategies.PartialEvaluation,
    }
    return named[scheme]()


def _entities(spans: Sequence[Span]) -> "list[Entity]":
    """The library's ends are inclusive."""
    from nervaluate.entities import Entity  # noqa: PLC0415

    return [Entity(s.label, s.start, s.end - 1) for s in spans]


def _draws(n: int, seed: int) -> Draws:
    """Sums over resampled records, the same ones for every scheme and label."""

    def drawn(counts: Floats) -> Floats:
        rng = np.random.default_rng(seed)
        size = max(1, AT_ONCE // n)
        sums = []
        for start in range(0, DRAWS, size):
            often = rng.multinomial(n, np.full(n, 1 / n), size=min(size, DRAWS - start))
            sums.append(often @ counts)
        result: Floats = np.concatenate(sums)
        return result

    return drawn


def _estimate(above: float, below: float, drawn_above: Floats, drawn_below: Floats) -> Estimate:
    if not below:
        return Estimate(None, None, None)
    if above in (0, below):
        return Estimate(above / below, *(Share(int(above), int(below)).interval or (None, None)))
    there = drawn_below > 0
    ratios = drawn_above[there] / drawn_below[there]
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(above / below, float(low), float(high))
