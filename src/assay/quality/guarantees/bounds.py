"""Exact binomial bounds, for arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assay.core import within
from assay.core.distributions import beta_quantile, binomial_cdf, most_hits

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def upper(errors: ArrayLike, n: ArrayLike, delta: ArrayLike) -> Floats:
    """Clopper-Pearson upper bound of an error rate, wrong with probability at most delta."""
    k, of = np.asarray(errors), np.asarray(n)
    open_ = k < of
    bound = beta_quantile(1 - np.asarray(delta), k + 1, np.where(open_, of - k, 1))
    return np.asarray(np.where(open_, bound, 1.0), dtype=np.float64)


def lower(errors: int, n: int, delta: float) -> float:
    """Clopper-Pearson lower bound of an error rate, wrong with probability at most delta."""
    return float(beta_quantile(delta, errors, n - errors + 1)) if errors else 0.0


def p_value(errors: ArrayLike, n: ArrayLike, alpha: float) -> Floats:
    """Of "the error rate exceeds alpha": at most delta if and only if `upper` is at most alpha."""
    return np.asarray(binomial_cdf(np.asarray(errors), np.asarray(n), alpha), dtype=np.float64)


def errors_allowed(n: ArrayLike, alpha: float, delta: float) -> Counts:
    """The most errors among n at which the upper bound is still alpha or less; -1 for none."""
    return most_hits(delta, n, alpha)


def smallest_sample(alpha: float, delta: float) -> int:
    """Labels that suffice if none of them is wrong: (1 - alpha)^n <= delta."""
    within.inner("alpha", alpha)
    within.inner("delta", delta)
    return int(np.ceil(np.log(delta) / np.log1p(-alpha)))
