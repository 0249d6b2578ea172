"""How many errors each size of the accepted part may hold, if many sizes are looked at.

Records are taken from the most confident on. That the error rate among the first k exceeds alpha is
the hypothesis of size k; the errors are then a sum of k draws, each wrong with probability alpha or
more. Only some sizes are tested, the steps. A step is certified if, for it and every step before
it, the errors are within the limit `in_turn` there, or those of the certified step within its own,
stricter limit `alone` (closed testing, Marcus, Peritz and Gabriel 1976, with a test of each pair of
steps). So limits are met one after another, and errors that come early, by bad luck, are forgiven
as soon as the records after them make up for it.

That promises delta if for every step the chance to be within `in_turn` there, or within `alone` at
any later step, is delta at most where every draw is wrong with probability alpha. This chance is
computed exactly, from the last step back; sums at neighbouring steps are nearly the same, so that
the second chance costs the first one little. Which limits these are depends on alpha, delta and the
number of records alone.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.distributions import binomial_pmf
from assay.quality.guarantees.bounds import errors_allowed

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

LOOKS = 1000  # sizes that can become steps, at most
ALONE = 3.0  # levels of `alone` summed over the steps, of delta
ALONE_MOST = 0.25  # of delta, the level of `alone` at one step
UNTESTED = 0.2  # of the steps, the first: there one unlucky label would end the order
LEAST_UNTESTED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Errors allowed at each step, -1 for none; steps are numbers of accepted labels, rising."""

    steps: Counts
    in_turn: Counts
    alone: Counts

    def at(self, accepted: Counts) -> tuple[Counts, Counts]:
        """`in_turn` and `alone` for these sizes: those of the last step that is no larger."""
        place = np.searchsorted(self.steps, accepted, side="right") - 1
        seen = place >= 0
        return np.where(seen, self.in_turn[place], -1), np.where(seen, self.alone[place], -1)


@lru_cache(maxsize=64)
def limits(most: int, alpha: float, delta: float) -> Limits:
    """For up to `most` accepted labels."""
    within.inner("alpha", alpha)
    within.inner("delta", delta)
    sizes = np.unique(np.linspace(1, most, min(most, LOOKS)).round().astype(np.int64))
    count = int(errors_allowed(most, alpha, delta)) + 1
    level = min(ALONE_MOST, ALONE / max(count, 1)) * delta
    steps = _steps(sizes, errors_allowed(sizes, alpha, level), alpha, delta)
    first = max(min(LEAST_UNTESTED, len(steps) // 2), round(len(steps) * UNTESTED))
    size, in_turn, alone = np.array(steps[first:], np.int64).reshape(-1, 3).T
    return Limits(size, in_turn, alone)


def _steps(sizes: Counts, strict: Counts, alpha: float, delta: float) -> list[tuple[int, int, int]]:
    """Size, errors allowed in turn, errors allowed alone: the smallest size for each number of
    errors allowed in turn, and the last size."""
    errors = np.arange(int(errors_allowed(sizes, alpha, delta).max()) + 2)
    later = np.zeros(len(errors))  # chance to be within `alone` after this size, by errors so far
    here = _allowed(later, binomial_pmf(errors, sizes[-1], alpha), delta)
    steps: list[tuple[int, int, int]] = []
    for i in range(len(sizes) - 1, -1, -1):
        size = int(sizes[i])
        gap = size - int(sizes[i - 1]) if i else size
        chance = binomial_pmf(errors, size - gap, alpha)
        before = _back(later, gap, alpha)
        there = _allowed(before, chance, delta)
        if there < here or not steps:
            alone = min(int(strict[i]), here)
            steps.append((size, here, alone))
            later[: alone + 1] = 1.0
            before = _back(later, gap, alpha)
            there = _allowed(before, chance, delta)
        if there < 0:
            break
        later, here = before, there
    return steps[::-1]


def _allowed(later: Floats, chance: Floats, delta: float) -> int:
    """The most errors to allow here, given their chances and those to be within a later limit."""
    together = chance @ later + np.cumsum(chance * (1 - later))
    return int(np.searchsorted(together, delta, side="right")) - 1


def _back(later: Floats, gap: int, alpha: float) -> Floats:
    """The same chances `gap` draws earlier."""
    ahead = np.append(later, np.zeros(gap))
    return np.correlate(ahead, _draws(gap, alpha))


@lru_cache(maxsize=64)
def _draws(count: int, alpha: float) -> Floats:
    """Chances of 0, 1, ... errors among `count` draws."""
    return np.asarray(binomial_pmf(np.arange(count + 1), count, alpha), dtype=np.float64)
