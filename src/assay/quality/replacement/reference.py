"""One annotator compared with a reference made of the (other) people: how well they agree, and by
chance.

For classes and ordered steps the reference is the people's majority, ties left out; for scales it
is their mean, and the distance to it is reported instead of a share.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from assay.core.errors import InputError, SpecError
from assay.core.votes import Votes
from assay.quality.agreement.base import Estimate, Floats, Resampling, estimate
from assay.quality.agreement.bootstrap import draws
from assay.quality.agreement.coefficients import Measures, estimates
from assay.quality.agreement.distances import numbers
from assay.quality.agreement.pairs import pairs, warning
from assay.quality.agreement.rows import rows_of
from assay.quality.agreement.scales import correlations
from assay.quality.metrics.accuracy import Share
from assay.quality.replacement.alt_test import Labels

KINDS = ("nominal", "ordinal", "interval")
MAJORITY, MEAN = "majority of the {}people", "mean of the {}people"


@dataclass(frozen=True, slots=True)
class Measure:
    """How labels are compared; `order` lists ordered labels, lowest first (else by number)."""

    kind: str = "nominal"
    order: tuple[str, ...] | None = None
    resampling: Resampling = field(default_factory=Resampling)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SpecError(f"unknown kind {self.kind!r}; there are {', '.join(KINDS)}")


@dataclass(frozen=True, slots=True)
class ReferenceComparison:
    """`agreement` is of classes and steps, `distance` (root mean square) of scales."""

    name: str
    kind: str  # model or person
    labels: int
    reference: str
    n: int  # records with a label of both
    coefficients: Mapping[str, Estimate]
    agreement: Share | None = None
    distance: Estimate | None = None
    baseline: float | None = None  # of majority-class baseline, or always the mean
    baseline_label: str = ""
    prevalence: Mapping[str, float] = field(default_factory=dict)

    @property
    def warning(self) -> str | None:
        if not self.n:
            return f"{self.name} and the {self.reference} share no record"
        if self.distance is not None:
            if self.distance.value is not None and self.distance.value > (self.baseline or 0.0):
                return (
                    f"{self.name} is further from the {self.reference} "
                    f"({self.distance.value:.2f}) than always {self.baseline_label} "
                    f"({self.baseline:.2f})"
                )
            return None
        kappa = self.coefficients.get("cohen")
        percent = None if self.agreement is None else self.agreement.value
        found = warning(percent, self.baseline, None if kappa is None else kappa.value)
        return None if found is None else f"{self.name}: {found}"

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "kind": self.kind,
            "labels": self.labels,
            "reference": self.reference,
            "n": self.n,
            "agreement": self.agreement and self.agreement.as_json(),
            "distance": self.distance and self.distance.as_json(),
            "coefficients": {name: e.as_json() for name, e in self.coefficients.items()},
            "baseline": self.baseline,
            "baseline_label": self.baseline_label,
            "prevalence": dict(self.prevalence),
            "warning": self.warning,
        }


class Side(NamedTuple):
    """Who is compared with the reference."""

    name: str
    kind: str  # model or person


def compare_to_reference(
    who: Side,
    labels: Labels,
    others: Mapping[str, Labels],
    how: Measure,
    reference: str | None = None,
) -> ReferenceComparison:
    """`others` are the people who make the reference."""
    scale = how.kind == "interval"
    if reference is None:
        reference = (MEAN if scale else MAJORITY).format("other " if who.kind == "person" else "")
    side_by_side = _on_a_scale if scale else _in_classes
    return side_by_side(who, labels, others, reference, how)


def _in_classes(
    who: Side, labels: Labels, others: Mapping[str, Labels], reference: str, measure: Measure
) -> ReferenceComparison:
    true = majority(others)
    both = [r for r in labels if r in true]
    said, given = [str(labels[r]) for r in both], [str(true[r]) for r in both]
    hits = Share(sum(a == b for a, b in zip(said, given, strict=True)), len(both))
    base = ReferenceComparison(*who, len(labels), reference, len(both), {}, hits)
    if not both:
        return base
    order = steps(measure, [*said, *given])
    votes = _two(said, given, order)
    scale = None if measure.kind == "nominal" else _places(order)
    pair = pairs(votes, order, measure.resampling, numbers=scale, reference="others")[0]
    found = {k: e for k, e in pair.coefficients.items() if k != "percent"}
    found |= _alpha(votes, order, measure)
    if scale is not None:
        place = dict(zip(order, scale, strict=True))
        first, second = (np.array([place[x] for x in side]) for side in (said, given))
        found |= correlations(first, second, measure.resampling)
    counts = Counter(given)
    return ReferenceComparison(
        *who, len(labels), reference, len(both), found, hits, None, pair.baseline,
        pair.baseline_label, {label: c / len(both) for label, c in counts.most_common()},
    )  # fmt: skip


def _two(said: Sequence[str], given: Sequence[str], order: Sequence[str]) -> Votes:
    """The annotator and the reference as votes on the records of both."""
    place = {label: i for i, label in enumerate(order)}
    n = len(said)
    rows = np.tile(np.arange(n, dtype=np.int32), 2)
    label = np.array([place[x] for x in (*said, *given)], dtype=np.int32)
    who = np.repeat(np.arange(2, dtype=np.int32), n)
    return Votes(
        tuple(map(str, range(n))), ("",), ("annotator", "others"), tuple(order), rows,
        np.zeros(2 * n, np.int32), who, label,
    )  # fmt: skip


def _alpha(votes: Votes, order: Sequence[str], measure: Measure) -> dict[str, Estimate]:
    measures = Measures.at(measure.kind, tuple(order))
    found = estimates(rows_of(votes, order), Measures(measures.alpha, {}), measure.resampling)
    return {"krippendorff": found["krippendorff"]}


def _places(order: Sequence[str]) -> Floats:
    """Steps that are numbers stand for themselves, words for their places."""
    try:
        return numbers(tuple(order))
    except InputError:
        return np.arange(len(order), dtype=np.float64)


def steps(measure: Measure, used: Sequence[str]) -> tuple[str, ...]:
    """The labels in order: as given, by number, or by name if order has no meaning."""
    names = tuple(sorted(set(used)))
    if measure.kind == "nominal":
        return names
    if measure.order is not None:
        strange = next((name for name in names if name not in measure.order), None)
        if strange is not None:
            raise InputError(
                f"label {strange!r} is not in the order given: {', '.join(measure.order)}"
            )
        return measure.order
    try:
        return tuple(np.array(names)[np.argsort(numbers(names), kind="stable")].tolist())
    except InputError:
        raise InputError(
            f"unknown order of {', '.join(names[:8])}: use --order, lowest first"
        ) from None


def _on_a_scale(
    who: Side, labels: Labels, others: Mapping[str, Labels], reference: str, measure: Measure
) -> ReferenceComparison:
    mean = means(others)
    both = [r for r in labels if r in mean]
    if not both:
        return ReferenceComparison(*who, len(labels), reference, 0, {})
    said = numbers(tuple(str(labels[r]) for r in both))
    given = np.array([mean[r] for r in both])
    found = correlations(said, given, measure.resampling)
    values, votes = _numbered(said, given)
    found |= _alpha(votes, values, measure)
    middle = float(given.mean())
    return ReferenceComparison(
        *who, len(labels), reference, len(both), found, None,
        _distance(said - given, measure.resampling),
        float(np.sqrt(((given - middle) ** 2).mean())), f"{middle:.3g}",
    )  # fmt: skip


def _numbered(said: Floats, given: Floats) -> tuple[tuple[str, ...], Votes]:
    values, _ = np.unique(np.concatenate([said, given]), return_inverse=True)
    names = tuple(repr(float(v)) for v in values)
    first, second = ([repr(float(v)) for v in side] for side in (said, given))
    return names, _two(first, second, names)


def _distance(gaps: Floats, how: Resampling) -> Estimate:
    squares, times = np.unique(gaps**2, return_counts=True)
    drawn = [np.sqrt(w @ squares / len(gaps)) for w in draws(times.astype(np.int64), how)]
    value = float(np.sqrt((gaps**2).mean()))
    return estimate(value, len(gaps), np.concatenate(drawn) if drawn else None)


def majority(people: Mapping[str, Labels]) -> dict[str, object]:
    """The most frequent label of each record; records on which the vote is tied are left out."""
    votes: dict[str, Counter[object]] = {}
    for labels in people.values():
        for record, label in labels.items():
            votes.setdefault(record, Counter())[label] += 1
    won: dict[str, object] = {}
    for record, counts in votes.items():
        top = counts.most_common(2)
        if len(top) == 1 or top[0][1] > top[1][1]:
            won[record] = top[0][0]
    return won


def means(people: Mapping[str, Labels]) -> dict[str, float]:
    """The mean number of each record."""
    given: dict[str, list[str]] = {}
    for labels in people.values():
        for record, label in labels.items():
            given.setdefault(record, []).append(str(label))
    return {record: float(numbers(tuple(values)).mean()) for record, values in given.items()}
