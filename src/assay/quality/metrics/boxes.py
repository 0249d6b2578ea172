"""Boxes against a reference: which boxes are of one thing, how well they fit, what they are called.

Two boxes are of one thing where they overlap by at least half (intersection over union), as in
PASCAL VOC and COCO's AP50; each box has at most one partner, and the partners are those with the
largest sum of overlaps. Confidence plays no part: people have none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from assay.core import within
from assay.core.schema.boxes import MATCH, overlap, rectangle
from assay.core.value import Box
from assay.quality.metrics.accuracy import LEVEL, Share

Floats = NDArray[np.float64]
Answers = Mapping[str, Sequence[Box] | None]
"""Record to boxes; None if there is no answer, empty where there is nothing to be seen."""

DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Pair:
    first: int
    second: int
    overlap: float


@dataclass(frozen=True, slots=True)
class BoxScores:
    """`precision`, `recall` and `f1` want the label too; `found` wants the place alone.

    Boxes of unanswered records are missed. Intervals are Wilson's over boxes, for F1 and `fit` a
    bootstrap over records. None where there is nothing to divide by.
    """

    reference: str
    records: int
    answered: Share  # of records
    precision: Share
    recall: Share
    found: Share  # of the reference's boxes, whatever they were called
    named: Share  # of the found, called the same
    f1: float | None
    f1_interval: tuple[float, float] | None
    fit: float | None  # mean overlap of the found
    fit_interval: tuple[float, float] | None
    baseline: float | None  # F1 of one box around every picture, with the most frequent label
    least: float  # overlap that makes a pair

    def as_json(self) -> dict[str, object]:
        shares = ("answered", "precision", "recall", "found", "named")
        return asdict(self) | {name: getattr(self, name).as_json() for name in shares}


def match(first: Sequence[Box], second: Sequence[Box], least: float = MATCH) -> list[Pair]:
    """The one-to-one pairs of boxes that overlap by at least `least`, by place alone."""
    within.share("the least overlap", least)
    if not first or not second:
        return []
    shares = np.array([[overlap(rectangle(a), rectangle(b)) for b in second] for a in first])
    # of two boxes on one place the one with the same label is the partner
    same = np.array([[a.label == b.label for b in second] for a in first])
    worth = np.where(shares >= least, shares + 1e-9 * same, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [
        Pair(int(i), int(j), float(shares[i, j]))
        for i, j in zip(rows, columns, strict=True)
        if shares[i, j] >= least
    ]


def box_scores(
    answers: Answers, reference: Mapping[str, Sequence[Box]], name: str, least: float = MATCH
) -> BoxScores | None:
    """On the records that both have; None if they share none."""
    both = [record for record in reference if record in answers]
    if not both:
        return None
    counts = np.array([_counts(answers[r] or (), reference[r], least) for r in both])
    given, wanted, found, named, fits = counts.sum(axis=0)
    return BoxScores(
        name,
        len(both),
        Share(sum(answers[r] is not None for r in both), len(both)),
        Share(int(named), int(given)),
        Share(int(named), int(wanted)),
        Share(int(found), int(wanted)),
        Share(int(named), int(found)),
        _ratio(2 * named, given + wanted),
        _interval(2 * counts[:, 3], counts[:, 0] + counts[:, 1]),
        _ratio(fits, found),
        _interval(counts[:, 4], counts[:, 2]),
        _baseline(both, reference, least),
        least,
    )


def _counts(given: Sequence[Box], wanted: Sequence[Box], least: float) -> tuple[float, ...]:
    """Of one record: boxes given, boxes wanted, pairs, pairs with one label, sum of overlaps."""
    pairs = match(given, wanted, least)
    named = sum(given[p.first].label == wanted[p.second].label for p in pairs)
    return len(given), len(wanted), len(pairs), named, sum(p.overlap for p in pairs)


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _interval(part: Floats, whole: Floats) -> tuple[float, float] | None:
    """Of the ratio of sums, over records drawn with replacement."""
    if not whole.sum():
        return None
    n = len(part)
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), DRAWS)
    above, below = drawn @ part, drawn @ whole
    low, high = np.quantile(above[below > 0] / below[below > 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _baseline(
    records: Sequence[str], reference: Mapping[str, Sequence[Box]], least: float
) -> float | None:
    names = Counter(box.label for r in records for box in reference[r])
    if not names:
        return None
    around = (Box(0.0, 0.0, 1.0, 1.0, names.most_common(1)[0][0]),)
    given, wanted, _, named, _ = np.sum([_counts(around, reference[r], least) for r in records], 0)
    return _ratio(2 * named, given + wanted)


def mean_pairwise_f1(people: Mapping[str, Answers], least: float = MATCH) -> float | None:
    """Agreement among several annotators: F1 of each pair on their common records, averaged.

    F1 is the same whichever of the two is the reference.
    """
    names = sorted(people)
    found: list[float] = []
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            known = {r: boxes for r, boxes in people[other].items() if boxes is not None}
            scores = box_scores(
                {r: b for r, b in people[one].items() if b is not None}, known, other, least
            )
            if scores is not None and scores.f1 is not None:
                found.append(scores.f1)
    return float(np.mean(found)) if found else None
