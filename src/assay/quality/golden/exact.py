"""Exact limits of a commitment: those at which so many right answers are improbable.

Right answers are summed, each with the weight of its score at half commitment, so that questions
that are alike count alike and a more informative question counts more. The chance of such a sum
rises with commitment, so each limit is the root of a tail (Clopper and Pearson 1934 where all
questions are alike).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len
from scipy.optimize import brentq

from assay.core.distributions import beta_quantile
from assay.quality.inference.lattice import STEPS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

A_QUESTION = 8  # steps of the grid at least
FINE = 1e-9


def exact_limits(guess: Floats, gap: Floats, right: Bools, level: float) -> tuple[float, float]:
    """Of one annotator, from the questions asked: what luck gives, what commitment adds to it."""
    tail = (1 - level) / 2
    if (guess == guess[0]).all() and (gap == gap[0]).all():
        return _alike(float(guess[0]), float(gap[0]), right, tail)
    sums = _Sums.of(guess, gap)
    seen = int(sums.steps[right].sum())
    return (
        _root(lambda theta: float(sums.chance(theta)[seen:].sum()) - tail, rising=True),
        _root(lambda theta: float(sums.chance(theta)[: seen + 1].sum()) - tail, rising=False),
    )


def _alike(guess: float, gap: float, right: Bools, tail: float) -> tuple[float, float]:
    k, n = int(right.sum()), len(right)
    low = float(beta_quantile(tail, k, n - k + 1)) if k else 0.0
    high = float(beta_quantile(1 - tail, k + 1, n - k)) if k < n else 1.0
    within = np.clip((np.array([low, high]) - guess) / gap, 0.0, 1.0)
    return float(within[0]), float(within[1])


@dataclass(frozen=True, slots=True)
class _Sums:
    guess: Floats
    gap: Floats
    steps: Ints  # of the grid, that a right answer adds

    @classmethod
    def of(cls, guess: Floats, gap: Floats) -> "_Sums":
        half = guess + gap / 2
        score = gap / (half * (1 - half))
        grid = max(STEPS, A_QUESTION * len(guess))
        return cls(guess, gap, np.rint(score / score.sum() * grid).astype(np.int64))

    def chance(self, theta: float) -> Floats:
        size = next_fast_len(int(self.steps.sum()) + 1, real=True)
        turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
        whole = np.ones_like(turn)
        for q, steps in zip(self.guess + theta * self.gap, self.steps, strict=True):
            whole *= 1 - q + q * turn**steps
        return np.maximum(irfft(whole, size), 0.0)


def _root(excess: Callable[[float], float], *, rising: bool) -> float:
    """Where a tail that rises or falls with commitment is just likely enough."""
    least, most = (0.0, 1.0) if rising else (1.0, 0.0)
    if excess(least) > 0:
        return least
    if excess(most) <= 0:
        return most
    return float(brentq(excess, 0.0, 1.0, xtol=FINE))
