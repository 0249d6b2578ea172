"""Limits of a mean of bounded values, from random weights on what was seen and on a worst case.

Gaffke's bound (2004; Learned-Miller and Thomas 2020): each unit gets an exponential weight, one
more unit at the end of the scale gets one as well, and the limit is a quantile of the weighted
mean. For 0 and 1 that is Clopper and Pearson's. Units are records, or clusters of them that were
written, say, by one author. Two means are joined draw by draw (melded: Fay, Proschan and Brittain
2015); a cluster that is in both has one weight.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 10_000
AT_ONCE = 400  # columns of weights held at once
LEAST = 5  # clusters below which nothing is reported
MOST = 500  # different rows beyond which the sum of all is drawn as normal
MANY = 300  # units beyond which the sum of those without human labels is drawn as normal

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Units:
    """Sums over each unit: labelled records, their human and model labels; the other records and
    their model labels."""

    n: Floats
    y: Floats
    f: Floats
    rest: Floats
    f_rest: Floats

    @classmethod
    def of(cls, labelled: tuple[Ints, Floats, Floats], others: tuple[Ints, Floats]) -> "Units":
        """Unit, human and model label of the labelled records; unit and label of the others."""
        (own, y, f), (other, g) = labelled, others
        size = 1 + max(int(own.max()), int(other.max(initial=-1)))

        def sums(unit: Ints, values: Floats | None = None) -> Floats:
            return np.bincount(unit, values, minlength=size).astype(np.float64)

        return cls(sums(own), sums(own, y), sums(own, f), sums(other), sums(other, g))

    @property
    def labelled(self) -> int:
        return int((self.n > 0).sum())

    def check_clusters(self) -> None:
        if self.labelled < LEAST:
            raise InputError(
                f"the human labels are of {self.labelled} clusters; {LEAST} or more are needed"
            )


def numbered(names: Iterable[Hashable]) -> Ints:
    """A number for each name, the same for equal ones."""
    number: dict[Hashable, int] = {}
    return np.array([number.setdefault(name, len(number)) for name in names], dtype=np.int64)


def own_or_cluster(record: str, cluster: Mapping[str, str]) -> Hashable:
    """A record of which no cluster is known is one by itself."""
    return (True, cluster[record]) if cluster.get(record) else (False, record)


@dataclass(frozen=True, slots=True)
class Draws:
    """Weighted sums, one a draw, and the weights of the two worst cases."""

    n: Floats
    y: Floats
    f: Floats
    rest: Floats
    f_rest: Floats
    worst: Floats
    worst_rest: Floats

    @classmethod
    def of(cls, units: Units, seed: int = 0) -> "Draws":
        rng = np.random.default_rng(seed)
        table = np.stack([units.n, units.y, units.f, units.rest, units.f_rest], axis=1)
        alone = units.n == 0
        sums = _weighed(rng, table[~alone])
        others = table[alone & (units.rest > 0)]
        sums += _normal(rng, others) if len(others) > MANY else _weighed(rng, others)
        worst = rng.exponential(size=(2, DRAWS))
        largest = table.max(axis=0)
        n, y, f, rest, f_rest = sums.T
        return cls(n, y, f, rest, f_rest, worst[0] * largest[0], worst[1] * largest[3])

    def limits(self, weight: float, ends: Ends, level: float) -> tuple[float, float]:
        """Of the human mean, moved by `weight` times how the model's differs on the others."""
        low, high = ends
        tail = (1 - level) / 2
        below = self._mean(weight, low - weight * high, low)
        above = self._mean(weight, high - weight * low, high)
        return float(np.quantile(below, tail)), float(np.quantile(above, 1 - tail))

    def _mean(self, weight: float, worst: float, worst_rest: float) -> Floats:
        moved = self.y - weight * self.f + self.worst * worst
        found = moved / (self.n + self.worst)
        if weight:
            others = self.f_rest + self.worst_rest * worst_rest
            found = found + weight * others / (self.rest + self.worst_rest)
        return found


def _weighed(rng: np.random.Generator, table: Floats) -> Floats:
    """Sums of the rows, each with an exponential weight; equal rows have their weights in one."""
    rows, times = np.unique(table, axis=0, return_counts=True)
    if len(rows) > MOST:
        return _normal(rng, table)
    sums = np.zeros((DRAWS, table.shape[1]))
    for start in range(0, len(rows), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        sums += rng.gamma(times[part], size=(DRAWS, len(rows[part]))) @ rows[part]
    return sums


def _normal(rng: np.random.Generator, table: Floats) -> Floats:
    """The same for so many rows that their sum is as good as normal."""
    return rng.multivariate_normal(table.sum(axis=0), table.T @ table, DRAWS, method="svd")
