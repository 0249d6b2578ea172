"""Commitment where answers are preferences or texts: two more special cases of the same model.

Liu et al. (arXiv 2505.19134). Preferences: a pair whose better side is ahead by a known margin is
answered rightly with probability 1 / (1 + exp(-theta margin)), Bradley-Terry with theta as inverse
temperature. Texts: their quality is Normal(theta, sigma^2). `Estimate.information` a question goes
where `Terms.information` is for labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2, norm

from assay.core import within
from assay.core.errors import InputError

FARTHEST = 50.0  # theta x mean margin beyond which answers are certain


@dataclass(frozen=True, slots=True)
class Estimate:
    """`value` None where the likelihood rises for ever (every pair right); the lower end stands."""

    questions: int
    value: float | None
    error: float | None
    interval: tuple[float, float | None]
    information: float | None  # a question, at the estimate


def of_preferences(
    margins: Sequence[float], right: Sequence[bool], level: float = 0.95
) -> Estimate:
    """Maximum likelihood of theta >= 0, with its likelihood-ratio interval."""
    within.inner("the level", level)
    m, ok = np.asarray(margins, dtype=np.float64), np.asarray(right, dtype=bool)
    if m.shape != ok.shape or not len(m) or not (np.isfinite(m) & (m > 0)).all():
        raise InputError("preferences need a margin above 0 and a verdict each, one or more")
    signed = np.where(ok, m, -m)
    most = FARTHEST / float(m.mean())

    def value(theta: float) -> float:
        return -float(np.logaddexp(0, -theta * signed).sum())

    def slope(theta: float) -> float:
        return float((signed * expit(-theta * signed)).sum())

    reach = float(chi2.ppf(level, 1)) / 2
    if ok.all():
        low = _zero(lambda t: value(t) + reach, 0.0, most)
        return Estimate(len(m), None, None, (low or 0.0, None), None)
    best = 0.0 if slope(0.0) <= 0 else _zero(slope, 0.0, most)
    if best is None:
        return Estimate(len(m), None, None, (0.0, None), None)
    least = value(best) - reach
    low = 0.0 if value(0.0) >= least else _zero(lambda t: value(t) - least, 0.0, best)
    high = _zero(lambda t: value(t) - least, best, most)
    p = expit(best * m)
    described = float((m**2 * p * (1 - p)).sum())
    error = described**-0.5 if best > 0 else None
    return Estimate(len(m), best, error, (low or 0.0, high), described / len(m))


def _zero(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Where the function changes sign; None if it does not."""
    if function(low) * function(high) > 0:
        return None
    return float(brentq(function, low, high))


def of_quality(scores: Sequence[float], sigma: float, level: float = 0.95) -> Estimate:
    """The mean of independent scores of known spread."""
    within.inner("the level", level)
    x = np.asarray(scores, dtype=np.float64)
    if not len(x) or not np.isfinite(x).all() or not (np.isfinite(sigma) and sigma > 0):
        raise InputError("quality needs scores, and the spread of a score above 0")
    error = sigma / len(x) ** 0.5
    mean, reach = float(x.mean()), float(norm.ppf((1 + level) / 2)) * error
    return Estimate(len(x), mean, error, (mean - reach, mean + reach), sigma**-2)
