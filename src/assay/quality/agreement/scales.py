"""Pearson and Spearman correlation of two annotators' numbers.

Correlation does not see a shift: who always says one more correlates perfectly. Alpha at level
interval does, so it is reported as well.
"""

import numpy as np

from assay.quality.agreement.base import Estimate, Floats, Resampling, estimate, ratio
from assay.quality.agreement.bootstrap import draws

ONE_NUMBER = "one of them gave one number only"


def correlations(first: Floats, second: Floats, how: Resampling) -> dict[str, Estimate]:
    """Of numbers on the same records, with bootstrap intervals over records."""
    both, times = np.unique(np.column_stack([first, second]), axis=0, return_counts=True)
    times = times.astype(np.int64)
    point = _values(both, times[None, :].astype(np.float64))
    blocks = [_values(both, w) for w in draws(times, how)]
    return {
        name: estimate(
            float(value[0]),
            len(first),
            np.concatenate([b[name] for b in blocks]) if blocks else None,
            ONE_NUMBER,
        )
        for name, value in point.items()
    }


def _values(both: Floats, weights: Floats) -> dict[str, Floats]:
    x, y = (both - both.mean(axis=0)).T / np.maximum(np.ptp(both, axis=0), 1e-300)[:, None]
    ranks = _ranks(x, weights), _ranks(y, weights)
    lines = np.ones((len(weights), 1))
    return {
        "pearson": _correlation(lines * x, lines * y, weights),
        "spearman": _correlation(*ranks, weights),
    }


def _ranks(x: Floats, weights: Floats) -> Floats:
    """Mid-ranks of the values when each counts as often as its weight; B x values."""
    _, place = np.unique(x, return_inverse=True)
    size = int(place.max()) + 1
    held = np.array([np.bincount(place, line, minlength=size) for line in weights])
    return (np.cumsum(held, axis=1) - held / 2)[:, place]


def _correlation(x: Floats, y: Floats, weights: Floats) -> Floats:
    n = weights.sum(axis=1, keepdims=True)
    dx = x - (weights * x).sum(axis=1, keepdims=True) / n
    dy = y - (weights * y).sum(axis=1, keepdims=True) / n
    above = (weights * dx * dy).sum(axis=1)
    below = (weights * dx**2).sum(axis=1) * (weights * dy**2).sum(axis=1)
    return ratio(above, np.sqrt(below))
