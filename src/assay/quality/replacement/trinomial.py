"""Exact one-sided test of paired differences that are -1, 0 or 1.

Is the mean of n differences below `margin`? The score statistic (Tango 1998) puts the outcomes in
order, and the p-value is the largest probability, over all ways to share out wins and losses at the
margin, of an outcome at least as far below it (an exact unconditional test; Berger and Sidik 2003).
It holds at every n, where the t-test does not: with no difference seen at all, or margins near 0.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, gammaln, xlogy

from assay.core import within

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LISTED = 300  # differences up to which all outcomes are listed
NEAR = 1e-9  # statistics no further apart are the same
TAIL = 1e-14  # probability of counts that are left out, and added to the p-value


def score(plus: Floats, minus: Floats, n: Floats | float, margin: float) -> Floats:
    """How many standard errors, as they are at the margin, the mean is above it."""
    a = 2.0 * n
    b = -(plus + minus) + (a - plus + minus) * margin
    c = -minus * margin * (1 - margin)
    share = (np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0)) - b) / (2 * a)
    spread = np.sqrt(np.maximum(n * (2 * share + margin * (1 - margin)), 0.0))
    apart = plus - minus - n * margin
    some = np.maximum(spread, NEAR)  # where it is nothing, so is `apart`, or it is endless
    found: Floats = np.where(np.abs(apart) < NEAR, 0.0, apart / some)
    return found


def p_value(n: int, plus: int, minus: int, margin: float) -> float:
    """Of the mean being `margin` or more, where `plus` of n differences are 1 and `minus` -1."""
    within.count("the number of differences", n)
    within.count("wins", plus, 0)
    within.count("losses", minus, 0)
    within.share("the margin", margin)
    seen = score(np.array([float(plus)]), np.array([float(minus)]), n, margin)[0] + NEAR
    least = _fewest_minus(n, seen, margin)
    shares = _shares(n, margin)
    chance = _reached(n, least, shares, margin)
    best = int(np.argmax(chance))
    near = shares[[max(best - 1, 0), min(best + 1, len(shares) - 1)]]
    finer = _reached(n, least, np.linspace(near[0], near[1], 33), margin)
    return float(min(1.0, max(chance.max(), finer.max()) + TAIL))


def _shares(n: int, margin: float) -> Floats:
    """Shares of -1 that are tried, closest where the outcomes change fastest."""
    steps = int(min(max(48, 6 * np.sqrt(n)), 256))
    angle = np.linspace(0.0, np.pi / 4, steps)
    return np.asarray((1 - margin) * np.sin(angle) ** 2)


def _fewest_minus(n: int, seen: float, margin: float) -> Ints:
    """For each number of 1s the fewest -1s at which the statistic is at most `seen`; n + 1: none.

    Fewer 1s never need more -1s: so the largest chance is that at the margin itself.
    """
    plus = np.arange(n + 1)
    low, high = np.zeros(n + 1, np.int64), n - plus + 1
    while (low < high).any():
        middle = (low + high) // 2
        within = middle <= n - plus
        holds = within & (score(plus.astype(float), middle.astype(float), n, margin) <= seen)
        low, high = np.where(holds | (low >= high), low, middle + 1), np.where(holds, middle, high)
    fewest = np.where(low > n - plus, n + 1, low)
    return np.minimum.accumulate(fewest[::-1])[::-1]


def _reached(n: int, least: Ints, shares: Floats, margin: float) -> Floats:
    """Probability of at least `least` -1s, for each share of them."""
    plus = np.arange(n + 1)
    up = np.minimum(shares + margin, 1.0)[:, None]
    logs = gammaln(n + 1) - gammaln(plus + 1) - gammaln(n - plus + 1)
    here = np.exp(logs + xlogy(plus, up) + xlogy(n - plus, 1 - up))
    left = np.where(up < 1, shares[:, None] / np.maximum(1 - up, 1e-300), 0.0)
    some = least <= n - plus
    tail = np.where(
        least <= 0,
        1.0,
        bdtrc(np.maximum(least - 1.0, 0.0), np.maximum(n - plus, 1), np.clip(left, 0, 1)),
    )
    return np.asarray((here * np.where(some, tail, 0.0)).sum(axis=1))


@lru_cache(maxsize=32)
def listed(n: int, margin: float) -> tuple[Floats, Floats]:
    """The statistics of all outcomes in order, and their p-values; for many outcomes of one n."""
    plus, minus = (
        c.astype(float) for c in np.nonzero(np.add.outer(np.arange(n + 1), np.arange(n + 1)) <= n)
    )
    statistic = score(plus, minus, n, margin)
    order = np.argsort(statistic, kind="stable")
    statistic, plus, minus = statistic[order], plus[order], minus[order]
    logs = gammaln(n + 1) - gammaln(plus + 1) - gammaln(minus + 1) - gammaln(n - plus - minus + 1)
    worst = np.zeros(len(plus))
    for share in np.union1d(_shares(n, margin), _shares(4 * n, margin)):
        up = min(share + margin, 1.0)
        rest = max(1 - up - share, 0.0)
        here = np.exp(logs + xlogy(plus, up) + xlogy(minus, share) + xlogy(n - plus - minus, rest))
        np.maximum(worst, np.cumsum(here), out=worst)
    last = np.searchsorted(statistic, statistic + NEAR, "right") - 1
    return statistic, np.minimum(worst[last], 1.0)


def p_values(n: Ints, plus: Ints, minus: Ints, margin: float, of: int) -> Floats:
    """Many at once, for simulations: from the listed outcomes of `of` differences. Exact where that
    is n, and near it else: the statistic is spread in the same way."""
    statistic, chance = listed(min(of, MOST_LISTED), margin)
    here = score(plus.astype(float), minus.astype(float), n.astype(float), margin)
    place = np.searchsorted(statistic, here + NEAR, "right") - 1
    return np.where(place >= 0, chance[np.maximum(place, 0)], 0.0)
