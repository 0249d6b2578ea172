"""Agreement on steps of a scale: near misses count less than far ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.quality.agreement.pairs import quadratic_kappa

Floats = NDArray[np.float64]
Ratings = Mapping[str, Mapping[str, float]]
"""Annotator to record to step."""

DRAWS = 1_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Ordinal:
    """One annotator against each (other) person in turn, averaged over those people.

    `kappa` is quadratically weighted, `gap` the mean distance in steps. None where undefined:
    nobody else rated the same records, or both sides used one step only.
    """

    name: str
    records: int
    kappa: float | None
    interval: tuple[float, float] | None  # of kappa; bootstrap over records
    gap: float | None


def ordinal(name: str, own: Mapping[str, float], people: Ratings, seed: int = 0) -> Ordinal:
    """`people` without this annotator."""
    ids = [r for r in own if any(r in ratings for ratings in people.values())]
    if not ids:
        return Ordinal(name, 0, None, None, None)
    x = np.array([own[r] for r in ids])
    others = np.array([[ratings.get(r, np.nan) for r in ids] for ratings in people.values()])
    n = len(ids)
    once = np.ones((1, n))
    gaps = [float(np.nanmean(np.abs(x - y))) for y in others if not np.isnan(y).all()]
    kappa = mean_kappa(once, x, others)[0]
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), DRAWS)
    resampled = mean_kappa(drawn.astype(np.float64), x, others)
    known = resampled[~np.isnan(resampled)]
    interval = None
    if not np.isnan(kappa) and len(known) > DRAWS / 2:
        low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        interval = (float(low), float(high))
    return Ordinal(
        name, n, None if np.isnan(kappa) else float(kappa), interval, float(np.mean(gaps))
    )


def mean_kappa(counts: Floats, x: Floats, others: Floats) -> Floats:
    """A kappa for each row of `counts` (how often a record is drawn), averaged over `others`
    (a row a person, NaN where silent); NaN where no person gives one.
    """
    there = ~np.isnan(others)
    each = np.array(
        [quadratic_kappa(counts[:, k], x[k], y[k]) for k, y in zip(there, others, strict=True)]
    )
    known = ~np.isnan(each)
    total = np.where(known, each, 0.0).sum(axis=0)
    mean: Floats = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    return mean
