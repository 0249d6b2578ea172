"""The distribution of a sum of independent steps, each on a grid of whole numbers.

What is weighed is put on the grid by rounding before anything is compared, so a tail is that of the
rounded sum itself: exact, for a statistic that is a hair coarser.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import gammaln

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 4096  # of the grid, over the range of the sum


def summed(places: Sequence[Ints], chances: Sequence[Floats]) -> Floats:
    """Chance of each whole number as the sum of one place of each part."""
    size = next_fast_len(sum(int(p.max()) for p in places) + 1, real=True)
    whole = np.ones(size // 2 + 1, dtype=np.complex128)
    for place, chance in zip(places, chances, strict=True):
        whole *= rfft(np.bincount(place, chance, minlength=size))
    return np.maximum(irfft(whole, size), 0.0)


def drawn_wrong(size: int, wrong: float, drawn: int) -> Floats:
    """Chance of 0, 1, … `drawn` wrong ones in a sample without replacement of `size` records.

    Between two whole numbers of `wrong` records it is a mixture of both.
    """
    below = int(np.floor(wrong + 1e-9))
    part = wrong - below
    found = _hypergeometric(size, below, drawn)
    if part > 1e-9:
        found = (1 - part) * found + part * _hypergeometric(size, below + 1, drawn)
    return found


def _hypergeometric(size: int, wrong: int, drawn: int) -> Floats:
    x = np.arange(drawn + 1)
    found = np.zeros(drawn + 1)
    can = x[(x <= wrong) & (drawn - x <= size - wrong)]
    ways = _ways(wrong, can) + _ways(size - wrong, drawn - can) - _ways(size, drawn)
    found[can] = np.exp(ways)
    return found


def _ways(n: int, k: int | Ints) -> Floats:
    """log of n over k."""
    return np.asarray(gammaln(n + 1) - gammaln(np.add(k, 1)) - gammaln(n - np.asarray(k) + 1))
