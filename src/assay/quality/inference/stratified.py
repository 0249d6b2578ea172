"""Limits of an error rate from a stratified random sample without replacement, by exact tails.

A rate is left out of the interval if no strata that have it on average, and that the sample does
not rule out, would give an estimate as far off as the one seen in more than the tail (a test
inverted, Neyman 1937, in a region of the nuisance rates whose own risk is paid for, Berger and Boos
1994). With one stratum this is the exact hypergeometric interval. With several the strata rates of
one mean that are tried are those that spread the estimate most, those that are all alike, those
that lie in strata whose answers weigh about the same, and those that fill one stratum after
another; `bench/coverage_audit.py` shows that it holds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from assay.core import within
from assay.quality.inference.lattice import STEPS, drawn_wrong, summed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RISK = 0.001  # that the strata's rates lie outside the region searched
FINE = 1e-8
FOCI = 6  # weights of an answer about which the errors are taken to lie
BLENDS = (0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0)  # of filling from either end

Tail = Callable[[Floats, int], float]
Path = Callable[[float], Floats]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of each stratum: its records, how many were answered, how many of those are wrong."""

    size: Ints
    answered: Ints
    errors: Ints

    @property
    def weight(self) -> Floats:
        found: Floats = self.size / self.size.sum()
        return found

    @property
    def rate(self) -> float:
        return float((self.weight * self.errors / self.answered).sum())


def limits(counts: Counts, level: float) -> tuple[float, float]:
    """The interval of the error rate of all records."""
    within.inner("the level", level)
    search = _Search.of(counts, level)
    low = search.end(lambda chance, at: float(chance[at:].sum()), sign=1)
    high = search.end(lambda chance, at: float(chance[: at + 1].sum()), sign=-1)
    return min(low, counts.rate), max(high, counts.rate)


@dataclass(frozen=True, slots=True)
class _Search:
    counts: Counts
    tail: float
    weight: Floats
    least: Floats  # of each stratum's rate
    most: Floats
    places: list[Ints]  # of the estimate's parts on the grid, by errors
    seen: int

    @classmethod
    def of(cls, counts: Counts, level: float) -> "_Search":
        size, n, k = counts.size, counts.answered, counts.errors
        several = len(size) > 1
        tail = (1 - level) / 2 - (RISK if several else 0)
        each = RISK / (2 * len(size)) if several else 0.0
        one = [_one(int(s), int(a), int(e), each) for s, a, e in zip(size, n, k, strict=True)]
        places = [
            np.rint(np.arange(a + 1) * (w / a * STEPS)).astype(np.int64)
            for a, w in zip(n, counts.weight, strict=True)
        ]
        seen = sum(int(place[e]) for place, e in zip(places, k, strict=True))
        box = np.array(one)
        return cls(counts, tail, counts.weight, box[:, 0], box[:, 1], places, seen)

    def paths(self) -> Iterator[Path]:
        """Ways in which strata make up a mean: each gives their rates."""
        answer = np.log(self.weight / self.counts.answered)
        unseen = 1 - (self.counts.answered - 1) / self.counts.size
        yield self.spread(unseen)
        if len(unseen) == 1:
            return
        for focus in np.unique(np.quantile(answer, np.linspace(0, 1, FOCI), method="nearest")):
            yield self.spread(np.maximum(np.exp(-np.abs(answer - focus)), FINE) * unseen)
        order = np.argsort(answer, kind="stable")
        light, heavy = self.filled(order), self.filled(order[::-1])
        for part in BLENDS:
            yield partial(_blend, (light, heavy), part)

    def spread(self, step: Floats) -> Path:
        """Each stratum between its least and its most, those of larger step further from them."""
        prices = np.sort(np.concatenate([(1 - 2 * self.least) * step, (1 - 2 * self.most) * step]))
        prices = prices[::-1]  # the mean falls as the price rises, on a broken line

        def rates(price: Floats) -> Floats:
            found: Floats = np.clip((1 - price[:, None] / step) / 2, self.least, self.most)
            return found

        means = rates(prices) @ self.weight
        return lambda mean: rates(np.array([np.interp(mean, means, prices)]))[0]

    def filled(self, order: Ints) -> Path:
        """One stratum after another from its least to its most."""
        room = (self.weight * (self.most - self.least))[order]
        before, back = room.cumsum() - room, np.argsort(order)
        base = float(self.weight @ self.least)

        def rates(mean: float) -> Floats:
            more = np.clip(mean - base - before, 0.0, room)[back] / self.weight
            found: Floats = np.minimum(self.least + more, self.most)
            return found

        return rates

    def chance(self, rates: Floats) -> Floats:
        size, n = self.counts.size, self.counts.answered
        parts = [
            drawn_wrong(int(s), float(p * s), int(a))
            for s, p, a in zip(size, rates, n, strict=True)
        ]
        return summed(self.places, parts)

    def end(self, tail: Tail, sign: int) -> float:
        """The least (sign 1) or largest (-1) mean at which the tail is still too likely."""
        ends = float(self.weight @ self.least), float(self.weight @ self.most)
        last, found = ends if sign == 1 else ends[::-1]
        for path in self.paths():

            def excess(mean: float, path: Path = path) -> float:
                return tail(self.chance(path(mean)), self.seen) - self.tail

            if excess(found) <= 0:
                continue
            if excess(last) > 0:
                return last
            found = _root(excess, (found, last))
        return found


def _root(excess: Callable[[float], float], between: tuple[float, float]) -> float:
    return float(brentq(excess, min(between), max(between), xtol=FINE))


def _blend(paths: tuple[Path, Path], part: float, mean: float) -> Floats:
    return part * paths[0](mean) + (1 - part) * paths[1](mean)


def _one(size: int, answered: int, errors: int, tail: float) -> tuple[float, float]:
    """The rates of one stratum that its own sample does not rule out."""

    def possible(wrong: int) -> bool:
        chance = drawn_wrong(size, wrong, answered)
        return bool(min(chance[: errors + 1].sum(), chance[errors:].sum()) > tail)

    least, most = errors, size - answered + errors
    if not tail:
        return least / size, most / size
    likely = min(max(round(errors / answered * size), least), most)
    return last_possible(possible, likely, least) / size, last_possible(
        possible, likely, most
    ) / size


def last_possible(possible: Callable[[int], bool], inside: int, end: int) -> int:
    """The last number towards `end` that is possible, from one that is."""
    if possible(end):
        return end
    while abs(end - inside) > 1:
        middle = (inside + end) // 2
        inside, end = (middle, end) if possible(middle) else (inside, middle)
    return inside
