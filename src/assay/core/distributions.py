"""Quantiles and chances of common distributions; `scipy.stats` has them too, but is slow to import.

All take and give numbers or arrays, which broadcast.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import (
    bdtr,
    bdtrik,
    betaincinv,
    gammaln,
    ndtr,
    ndtri,
    stdtrit,
    xlog1py,
    xlogy,
)

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = Any  # a number, or an array or sequence of them


def normal_cdf(z: Numbers) -> Any:
    return ndtr(z)


def normal_quantile(p: Numbers) -> Any:
    return ndtri(p)


def t_quantile(p: Numbers, freedom: Numbers) -> Any:
    """Of Student's t distribution with `freedom` degrees of freedom."""
    return stdtrit(freedom, p)


def beta_quantile(p: Numbers, a: Numbers, b: Numbers) -> Any:
    return betaincinv(a, b, p)


def binomial_cdf(k: Numbers, n: Numbers, p: Numbers) -> Any:
    """Chance of at most `k` hits in `n`: 0 below 0 hits, 1 from `n` on."""
    hits, draws = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.int64)
    inside = (hits >= 0) & (hits < draws)
    chance = bdtr(np.where(inside, hits, 0.0), np.where(inside, draws, 1), p)
    return np.where(inside, chance, np.where(hits < 0, 0.0, 1.0))


def binomial_pmf(k: Numbers, n: Numbers, p: Numbers) -> Any:
    """Chance of exactly `k` hits in `n`; 0 outside of 0..n."""
    hits, draws = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    inside = (hits >= 0) & (hits <= draws)
    k_, rest = np.where(inside, hits, 0.0), np.where(inside, draws - hits, draws)
    ways = gammaln(draws + 1) - gammaln(k_ + 1) - gammaln(rest + 1)
    chance = np.exp(ways + xlogy(k_, p) + xlog1py(rest, -np.asarray(p, dtype=np.float64)))
    return np.where(inside, chance, 0.0)


def most_hits(level: Numbers, n: Numbers, p: Numbers) -> NDArray[np.int64]:
    """The largest k whose `binomial_cdf` is at most `level`; -1 where not even none is."""
    draws = np.asarray(n, dtype=np.int64)
    guess = bdtrik(level, draws, p)
    k = np.floor(np.where(np.isfinite(guess), guess, -1.0)).astype(np.int64).clip(-1, draws)
    for _ in range(2):  # rounding may put the guess one off
        more = (k < draws) & (binomial_cdf(k + 1, draws, p) <= level)
        k = np.where(more, k + 1, k)
        over = (k >= 0) & (binomial_cdf(np.maximum(k, 0), draws, p) > level)
        k = np.where(over, k - 1, k)
    return k


def average_ranks(values: Numbers) -> Floats:
    """From 1 on; equal values share the mean of their ranks."""
    _, group, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = ((2 * last - counts + 1) / 2)[group.reshape(-1)]
    return ranks


def exact_interval(hits: int, n: int, level: float) -> tuple[float, float]:
    """Clopper-Pearson interval of a share, for `hits` in `n`; [0, 1] where `n` is 0."""
    tail = (1 - level) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return low, high
