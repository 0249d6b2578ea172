"""Student's one-sided test from sums, and which of many hypotheses are rejected together."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def one_sided(n: Ints, total: Floats, squares: Floats, epsilon: float) -> Floats:
    """P-values of mean < epsilon by Student's t, from sums over n > 1 differences.

    Where all differences are alike there is no spread to test with: 0 or 1 by their value.
    """
    mean = total / n
    spread = np.maximum(squares - n * mean**2, 0.0) / (n - 1)
    alike = spread < 1e-12
    t = (mean - epsilon) / np.sqrt(np.where(alike, 1.0, spread) / n)
    found: Floats = np.where(alike, (mean >= epsilon).astype(np.float64), stdtr(n - 1, t))
    return found


def rejections(p_values: Floats, q: float) -> NDArray[np.bool_]:
    """Which hypotheses (last axis) Benjamini and Yekutieli reject at false discovery rate q.

    An infinite p-value is no test and does not count.
    """
    ordered = np.sort(p_values, axis=-1)
    tests = np.isfinite(ordered).sum(axis=-1, keepdims=True)
    rank = np.arange(1, p_values.shape[-1] + 1)
    harmonic = np.append(1.0, np.cumsum(1 / rank))[tests]
    passing = ordered <= rank * q / (np.maximum(tests, 1) * harmonic)
    last = np.where(passing, rank, 0).max(axis=-1, keepdims=True)
    edge = np.take_along_axis(ordered, np.maximum(last - 1, 0), axis=-1)
    rejected: NDArray[np.bool_] = (last > 0) & (p_values <= edge)
    return rejected
