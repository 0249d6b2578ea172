"""Distances between labels: nominal, ordinal, interval, and any matrix (sets, weights)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from assay.core.errors import InputError
from assay.core.spelling import as_number, shortened
from assay.quality.agreement.base import Distance, Floats

LEVELS = ("nominal", "ordinal", "interval")


class Nominal:
    """1 between different labels."""

    def sums(
        self, counts: sparse.csr_array, share: Floats, pooled: Floats
    ) -> tuple[Floats, Floats]:
        total = np.asarray(counts.sum(axis=1)).ravel()
        alike = np.asarray(counts.multiply(counts).sum(axis=1)).ravel()
        return share @ (total**2 - alike), pooled.sum(axis=1) ** 2 - (pooled**2).sum(axis=1)


@dataclass(frozen=True)
class Interval:
    """Squared difference of the numbers that the labels are, as a share of their range squared."""

    numbers: Floats

    def sums(
        self, counts: sparse.csr_array, share: Floats, pooled: Floats
    ) -> tuple[Floats, Floats]:
        x = scaled(self.numbers)
        total = np.asarray(counts.sum(axis=1)).ravel()
        within = 2 * (total * (counts @ x**2) - (counts @ x) ** 2)
        return share @ within, 2 * (pooled.sum(axis=1) * (pooled @ x**2) - (pooled @ x) ** 2)


class Ordinal:
    """Squared difference of mid-ranks among the pooled votes (Krippendorff's ordinal metric).

    The sum of the votes from one label to the other, less half of both ends, is the difference of
    their mid-ranks, so each resample is an interval metric on its own ranks.
    """

    def sums(
        self, counts: sparse.csr_array, share: Floats, pooled: Floats
    ) -> tuple[Floats, Floats]:
        size = pooled.sum(axis=1)
        rank = np.cumsum(pooled, axis=1) - pooled / 2 - size[:, None] / 2
        total = np.asarray(counts.sum(axis=1)).ravel()
        first, second = counts @ rank.T, counts @ (rank**2).T
        within = ((total[:, None] * second - first**2) * share.T).sum(axis=0)
        over_all = size * (pooled * rank**2).sum(axis=1) - (pooled * rank).sum(axis=1) ** 2
        return 2 * within, 2 * over_all


@dataclass(frozen=True)
class Matrix:
    """Any distances, V x V."""

    between: Floats

    def sums(
        self, counts: sparse.csr_array, share: Floats, pooled: Floats
    ) -> tuple[Floats, Floats]:
        within = np.asarray(counts.multiply(counts @ self.between).sum(axis=1)).ravel()
        return share @ within, ((pooled @ self.between) * pooled).sum(axis=1)


def for_alpha(level: str, labels: Sequence[str]) -> Distance:
    """Krippendorff's metric; `labels` in their order."""
    if level == "nominal":
        return Nominal()
    return Ordinal() if level == "ordinal" else Interval(numbers(labels))


def for_gwet(level: str, labels: Sequence[str]) -> Distance:
    """1 minus Gwet's agreement weights: identity (AC1), ordinal, quadratic (AC2)."""
    if level == "nominal" or len(labels) < 2:
        return Nominal()
    if level == "interval":
        return Interval(numbers(labels))
    apart = np.abs(np.subtract.outer(np.arange(len(labels)), np.arange(len(labels))))
    most = len(labels) * (len(labels) - 1) / 2
    return Matrix(apart * (apart + 1) / 2 / most)


def scaled(numbers: Floats) -> Floats:
    """Around 0 and over a width of 1, so that rounding is the same for all units of measure."""
    x: Floats = numbers - numbers.mean()
    return x / (float(np.ptp(x)) or 1.0)


def numbers(labels: Sequence[str]) -> Floats:
    found = [as_number(label) for label in labels]
    if None in found:
        raise InputError(
            f"{shortened(labels[found.index(None)])} is not a number; an interval scale needs "
            "numbers: use --kind nominal, or ordinal with --order"
        )
    return np.array(found, np.float64)


def jaccard(sets: Sequence[frozenset[str]]) -> Matrix:
    """1 - |A and B| / |A or B|; two empty sets are alike."""
    both, either = _overlap(sets)
    return Matrix(1 - np.where(either > 0, both / np.maximum(either, 1), 1.0))


def masi(sets: Sequence[frozenset[str]]) -> Matrix:
    """1 - Jaccard x (1 equal, 2/3 one within the other, 1/3 overlap): Passonneau (2006)."""
    both, either = _overlap(sets)
    size = np.array([len(s) for s in sets], dtype=np.float64)
    least = np.minimum.outer(size, size)
    step = np.select([both == either, both == least, both > 0], [1.0, 2 / 3, 1 / 3], 0.0)
    return Matrix(1 - step * np.where(either > 0, both / np.maximum(either, 1), 1.0))


def _overlap(sets: Sequence[frozenset[str]]) -> tuple[Floats, Floats]:
    names = sorted({name for s in sets for name in s})
    member = np.array([[name in s for name in names] for s in sets], dtype=np.float64)
    member = member.reshape(len(sets), len(names))
    both = member @ member.T
    size = member.sum(axis=1)
    return both, size[:, None] + size[None, :] - both
