"""Confusion of labels: per-class precision and recall, macro-F1 and Cohen's kappa.

Missing answers are a column of their own, so that an annotator does not look better by not
answering: a record without an answer counts against the recall of its class, and is left out of
kappa.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core.value import Value, encode

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Interval = tuple[float, float]
# (tables, labels, labels + 1) to one number a table; NaN where it is not defined
Figure = Callable[[Floats], Floats]

RESAMPLES = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% bootstrap interval over records; None if it is not defined."""

    value: float | None
    interval: Interval | None
    n: int

    def as_json(self) -> dict[str, object]:
        return {"value": self.value, "interval": self.interval, "n": self.n}


@dataclass(frozen=True, slots=True)
class ClassScore:
    """None where the class was never given (precision) or never is right (recall)."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    given: int
    true: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """`counts[i, j]`: records of true label i that were given label j; the last column is for
    missing answers.

    Labels given that the reference never holds have a row of zeros.
    """

    labels: tuple[str, ...]
    counts: Ints

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def classes(self) -> tuple[ClassScore, ...]:
        right = np.diag(self.counts[:, :-1])
        given, true = self.counts[:, :-1].sum(axis=0), self.counts.sum(axis=1)
        return tuple(
            ClassScore(
                label,
                _share(right[i], given[i]),
                _share(right[i], true[i]),
                _share(2 * right[i], given[i] + true[i]),
                int(given[i]),
                int(true[i]),
            )
            for i, label in enumerate(self.labels)
        )

    def macro_f1(self, seed: int = 0) -> Estimate:
        """Mean F1 of the classes that the reference holds, or that were given."""
        return self._estimate(_macro_f1, seed)

    def kappa(self, seed: int = 0) -> Estimate:
        """Cohen's kappa on the answered records; not defined where both gave one label alone."""
        return self._estimate(_kappa, seed)

    def _estimate(self, figure: Figure, seed: int) -> Estimate:
        [value] = figure(self.counts[None].astype(np.float64))
        if self.n == 0 or np.isnan(value):
            return Estimate(None, None, self.n)
        flat = self.counts.ravel() / self.n
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(self.n, flat, RESAMPLES).reshape(-1, *self.counts.shape)
        values = figure(drawn.astype(np.float64))
        tail = 100 * (1 - LEVEL) / 2
        low, high = np.nanpercentile(values, [tail, 100 - tail])
        return Estimate(float(value), (float(low), float(high)), self.n)

    def as_json(self) -> dict[str, object]:
        return {
            "labels": list(self.labels),
            "silence": "last column",
            "counts": self.counts.tolist(),
        }


def confusion(
    values: Mapping[str, Value | None], reference: Mapping[str, Value], labels: Sequence[str] = ()
) -> Confusion:
    """Over the records that have a reference and were asked; `labels` come first, in order."""
    both = [record for record in reference if record in values]
    names = dict.fromkeys(labels)
    names |= dict.fromkeys(name(reference[r]) for r in both)
    names |= dict.fromkeys(name(v) for r in both if (v := values[r]) is not None)
    place = {label: i for i, label in enumerate(names)}
    counts = np.zeros((len(place), len(place) + 1), dtype=np.int64)
    for record in both:
        value = values[record]
        counts[place[name(reference[record])], -1 if value is None else place[name(value)]] += 1
    return Confusion(tuple(names), counts)


def name(value: Value) -> str:
    """How a value is called in a table."""
    return value if isinstance(value, str) else str(encode(value))


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _macro_f1(counts: Floats) -> Floats:
    right = np.diagonal(counts[..., :-1], axis1=-2, axis2=-1)
    size = counts[..., :-1].sum(axis=-2) + counts.sum(axis=-1)
    f1 = np.divide(2 * right, size, out=np.full_like(right, np.nan), where=size > 0)
    there = size > 0
    found: Floats = np.where(there, f1, 0).sum(axis=-1) / np.maximum(there.sum(axis=-1), 1)
    return found


def _kappa(counts: Floats) -> Floats:
    square = counts[..., :-1]
    n = square.sum(axis=(-2, -1))
    safe = np.maximum(n, 1)
    agreed = np.trace(square, axis1=-2, axis2=-1) / safe
    chance = (square.sum(axis=-2) * square.sum(axis=-1)).sum(axis=-1) / safe**2
    found: Floats = np.divide(
        agreed - chance, 1 - chance, out=np.full_like(agreed, np.nan), where=(chance < 1) & (n > 0)
    )
    return found
