"""Agreement of any number of annotators, who may each have answered only some records.

All coefficients come from the same sums over count rows, and a block of resampled weights goes
through them at once. Sources: Fleiss (1971) in Gwet's form for unequal numbers of votes, Gwet
(2008, 2014), Krippendorff (2011).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assay.core.votes import Votes
from assay.quality.agreement.base import (
    Distance,
    Estimate,
    Floats,
    Resampling,
    estimate,
    ratio,
    share_estimate,
    smooth_estimate,
)
from assay.quality.agreement.bootstrap import annotator_draws, draws, smooth_draws
from assay.quality.agreement.distances import Nominal, for_alpha, for_gwet
from assay.quality.agreement.rows import Rows

PAIR = 2
ONE_LABEL = "all answers are the same label, which chance alone would give"
NO_PAIRS = "no record was answered by two annotators"


@dataclass(frozen=True)
class Measures:
    """The coefficients to compute, and the distances that they use."""

    alpha: Mapping[str, Distance]
    gwet: Mapping[str, Distance]

    @staticmethod
    def at(level: str, labels: tuple[str, ...]) -> "Measures":
        name = "gwet_ac1" if level == "nominal" else "gwet_ac2"
        return Measures({"krippendorff": for_alpha(level, labels)}, {name: for_gwet(level, labels)})

    def nominal(self, labels: int) -> bool:
        """Whether all labels are equally far apart: two always are."""
        return labels > 1 and (labels == PAIR or "gwet_ac1" in self.gwet)


def coefficients(rows: Rows, weights: Floats, measures: Measures) -> dict[str, Floats]:
    """Values for each line of `weights` (B x rows); NaN where undefined."""
    total, paired = rows.total, rows.paired
    pairs = np.where(paired, total**2 - rows.own, 1.0)
    compared = weights * paired
    records = compared.sum(axis=1)
    share = weights * (total > 0)
    per_vote = np.divide(1, total, out=np.zeros_like(total), where=total > 0)
    prevalence = _product(share * per_vote, rows) / np.maximum(share.sum(axis=1), 1)[:, None]
    unlike, _ = Nominal().sums(rows.counts, compared / pairs, prevalence)
    percent = 1 - ratio(unlike, records)
    found = {
        "percent": percent,
        "fleiss": _corrected(percent, (prevalence**2).sum(axis=1)),
    }
    for name, distance in measures.gwet.items():
        found[name] = _gwet(rows, compared / pairs, (records, prevalence), distance)
    for name, distance in measures.alpha.items():
        found[name] = _alpha(rows, compared, pairs, distance)
    return found


def _product(weights: Floats, rows: Rows) -> Floats:
    """weights @ counts, dense."""
    return np.asarray((rows.counts.T @ weights.T).T)


def _corrected(observed: Floats, chance: Floats) -> Floats:
    return ratio(observed - chance, 1 - chance)


def _gwet(rows: Rows, share: Floats, base: tuple[Floats, Floats], distance: Distance) -> Floats:
    q, (records, prevalence) = len(rows.labels), base
    if q < 2:
        return np.full(len(share), np.nan)
    unlike, _ = distance.sums(rows.counts, share, prevalence)
    _, apart = distance.sums(rows.counts, share[:1], np.ones((1, q)))
    alike = q * q - apart[0]  # the sum of all agreement weights
    chance = alike / (q * (q - 1)) * (prevalence * (1 - prevalence)).sum(axis=1)
    return _corrected(1 - ratio(unlike, records), chance)


def _alpha(rows: Rows, compared: Floats, pairs: Floats, distance: Distance) -> Floats:
    total = rows.total
    pooled = _product(compared, rows)
    votes, own = pooled.sum(axis=1), compared @ rows.own
    within, over_all = distance.sums(rows.counts, compared * total / pairs, pooled)
    return 1 - ratio(ratio(within, votes), ratio(over_all, votes**2 - own))


def estimates(
    rows: Rows, measures: Measures, how: Resampling, votes: Votes | None = None
) -> dict[str, Estimate]:
    """Each coefficient with its bootstrap interval; `votes` are needed to resample annotators."""
    point = coefficients(rows, rows.times[None, :].astype(np.float64), measures)
    drawn: dict[str, list[Floats]] = {name: [] for name in point}
    smooth = None
    if how.over == "records" and rows.compared and measures.nominal(len(rows.labels)):
        smooth = smooth_draws(rows, how)
    if how.over == "annotators" and votes is not None and rows.compared:
        for some in annotator_draws(votes, rows.labels, how):
            for name, values in coefficients(some, np.ones((1, len(some.times))), measures).items():
                drawn[name].append(values)
    elif rows.compared:
        whole, blocks = smooth or (rows, draws(rows.times, how, len(rows.labels)))
        for weights in blocks:
            for name, values in coefficients(whole, weights, measures).items():
                drawn[name].append(values)
    why = ONE_LABEL if rows.compared else NO_PAIRS
    size = None if how.over == "records" or votes is None else len(np.unique(votes.annotator))
    found: dict[str, Estimate] = {}
    for name, value in point.items():
        resampled = np.concatenate(drawn[name]) if drawn[name] else None
        if smooth is not None:
            found[name] = smooth_estimate(float(value[0]), rows.compared, resampled, why)
        else:
            found[name] = estimate(float(value[0]), rows.compared, resampled, why, size=size)
    if "percent" in found and rows.compared and how.over == "records" and how.resamples:
        found["percent"] = _percent(rows)
    return found


def _percent(rows: Rows) -> Estimate:
    """The share of pairs of votes that are alike, a record each, by Wilson."""
    paired = rows.paired
    total, own = rows.total[paired], rows.own[paired]
    squares = np.asarray(rows.counts.multiply(rows.counts).sum(axis=1), np.float64).ravel()[paired]
    alike, times = (squares - own) / (total**2 - own), rows.times[paired]
    n = int(times.sum())
    mean = float(alike @ times / n)
    return share_estimate(mean, float(((alike - mean) ** 2) @ times / n), n)


def prevalence(rows: Rows) -> dict[str, float]:
    """Share of each label, every record counting the same."""
    total = rows.total
    each = rows.times * np.divide(1, total, out=np.zeros_like(total), where=total > 0)
    shares = (rows.counts.T @ each) / rows.records
    return {label: float(s) for label, s in zip(rows.labels, shares, strict=True)}
