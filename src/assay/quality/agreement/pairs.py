"""Two annotators on the records both answered: percent, Cohen, weighted Cohen, Scott, Gwet AC1."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from assay.core.votes import Votes
from assay.quality.agreement.base import (
    ALIKE,
    Estimate,
    Floats,
    Resampling,
    estimate,
    mean_estimate,
    ratio,
    share_estimate,
    smooth_estimate,
)
from assay.quality.agreement.bootstrap import HALF, MOST_WAYS, draws, posterior
from assay.quality.agreement.distances import scaled
from assay.quality.agreement.rows import ordered

Codes = NDArray[np.int64]

PAIR = 2
HIGH_AGREEMENT, NO_KAPPA = 0.7, 0.1
ONE_LABEL = "both gave one label only"
NO_RECORDS = "they share no records"


@dataclass(frozen=True, slots=True)
class Pairwise:
    """None where a coefficient is undefined: no records, or one label only, as `why` says."""

    n: int
    percent: float | None
    cohen: float | None
    scott: float | None
    gwet: float | None  # AC1
    baseline: float | None  # always giving the second's most frequent label
    why: str = ""

    @property
    def warning(self) -> str | None:
        return warning(self.percent, self.baseline, self.cohen)


def warning(percent: float | None, baseline: float | None, kappa: float | None) -> str | None:
    """What must not be overlooked when reading a percent agreement."""
    if percent is None or baseline is None:
        return None
    if percent < baseline - ALIKE:
        return f"agreement {percent:.1%} is below the majority-class baseline {baseline:.1%}"
    if percent >= HIGH_AGREEMENT and kappa is not None and abs(kappa) < NO_KAPPA:
        return f"agreement {percent:.1%} is what chance gives (kappa {kappa:.2f})"
    return None


def pairwise(first: Codes, second: Codes) -> Pairwise:
    """Labels as codes from 0, a record each; the second is the reference of the baseline."""
    cells = Cells.of(first, second, int(max(first.max(), second.max())) + 1) if len(first) else None
    if cells is None:
        return Pairwise(0, None, None, None, None, None, NO_RECORDS)
    described = {
        name: float(v[0]) if np.isfinite(v[0]) else None
        for name, v in coefficients(cells, cells.times[None, :].astype(np.float64)).items()
    }
    why = ONE_LABEL if described["cohen"] is None and described["gwet_ac1"] is None else ""
    return Pairwise(
        len(first),
        described["percent"],
        described["cohen"],
        described["scott"],
        described["gwet_ac1"],
        cells.baseline,
        why,
    )


@dataclass(frozen=True, slots=True)
class Cells:
    """The filled cells of the cross table of two annotators."""

    first: Codes
    second: Codes
    times: Codes
    labels: int

    @staticmethod
    def of(first: Codes, second: Codes, labels: int) -> "Cells":
        cell, times = np.unique(first * labels + second, return_counts=True)
        return Cells(cell // labels, cell % labels, times.astype(np.int64), labels)

    @property
    def most_frequent(self) -> int:
        """The second's most frequent label."""
        return int(np.argmax(np.bincount(self.second, self.times)))

    @property
    def baseline(self) -> float:
        shares = np.bincount(self.second, self.times) / self.times.sum()
        return float(shares.max())


def coefficients(cells: Cells, weights: Floats, numbers: Floats | None = None) -> dict[str, Floats]:
    """Values for each line of `weights` (B x cells), NaN where undefined.

    With `numbers` (one a label) also Cohen's kappa weighted by squared difference.
    """
    n = weights.sum(axis=1)
    rows, columns = _margin(cells.first, weights, cells), _margin(cells.second, weights, cells)
    rows, columns = rows / n[:, None], columns / n[:, None]
    mean = (rows + columns) / 2
    percent = weights @ (cells.first == cells.second) / n
    used = len(np.union1d(cells.first, cells.second))
    gwet = (mean * (1 - mean)).sum(axis=1) / max(used - 1, 1)
    found = {
        "percent": percent,
        "cohen": _corrected(percent, (rows * columns).sum(axis=1)),
        "scott": _corrected(percent, (mean**2).sum(axis=1)),
        "gwet_ac1": _corrected(percent, gwet) if used > 1 else np.full(len(n), np.nan),
    }
    if numbers is not None:
        x = scaled(numbers)
        found["cohen_quadratic"] = quadratic_kappa(weights, x[cells.first], x[cells.second])
    return found


def quadratic_kappa(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Cohen's kappa with quadratic weights of numbers x and y side by side, one a line of
    `weights` (how often each pair counts): one minus the mean squared distance over the one
    expected of independent annotators with the same distributions. NaN where undefined.
    """
    n = np.maximum(weights.sum(axis=1), 1)
    x_mean, y_mean = weights @ x / n, weights @ y / n
    spread = weights @ x**2 / n - x_mean**2 + weights @ y**2 / n - y_mean**2
    observed = weights @ (x - y) ** 2 / n
    kappa: Floats = 1 - ratio(observed, spread + (x_mean - y_mean) ** 2)
    return np.round(kappa, 12) + 0.0  # a constant has 0, not 1e-16 or -0


def _margin(codes: Codes, weights: Floats, cells: Cells) -> Floats:
    member = np.zeros((len(codes), cells.labels))
    member[np.arange(len(codes)), codes] = 1
    return weights @ member


def _corrected(observed: Floats, chance: Floats) -> Floats:
    return ratio(observed - chance, 1 - chance)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two annotators; the second is the reference of the baseline."""

    first: str
    second: str
    n: int
    coefficients: dict[str, Estimate]
    baseline: float | None = None
    baseline_label: str = ""

    @property
    def warning(self) -> str | None:
        known = self.coefficients
        if "percent" not in known:
            return None
        return warning(known["percent"].value, self.baseline, known["cohen"].value)

    def as_json(self) -> dict[str, object]:
        described = {name: e.as_json() for name, e in self.coefficients.items()}
        return {
            "first": self.first, "reference": self.second, "n": self.n, "coefficients": described,
            "baseline": self.baseline, "baseline_label": self.baseline_label,
            "warning": self.warning, "why": "" if self.n else NO_RECORDS,
        }  # fmt: skip


def side_by_side(votes: Votes, order: Sequence[str]) -> tuple[tuple[str, ...], Codes]:
    """Names, and a table annotators x records of places in `order`, -1 where silent."""
    _, code = ordered(votes, order)
    who, annotator = np.unique(votes.annotator, return_inverse=True)
    _, row = np.unique(votes.record, return_inverse=True)
    table = np.full((len(who), int(row.max()) + 1), -1, np.int64)
    table[annotator, row] = code
    return tuple(votes.annotators[i] for i in who), table


def wanted(names: Sequence[str], reference: str | None) -> list[tuple[int, int]]:
    """All pairs, or each annotator with the reference."""
    if reference is None:
        return list(combinations(range(len(names)), 2))
    second = names.index(reference)
    return [(i, second) for i in range(len(names)) if i != second]


def pairs(
    votes: Votes,
    order: Sequence[str],
    how: Resampling,
    *,
    numbers: Floats | None = None,
    reference: str | None = None,
) -> list[Pair]:
    names, table = side_by_side(votes, order)
    return [
        _pair((names[i], names[j]), table[[i, j]], order, numbers, how)
        for i, j in wanted(names, reference)
    ]


def _pair(
    names: tuple[str, str],
    table: Codes,
    order: Sequence[str],
    numbers: Floats | None,
    how: Resampling,
) -> Pair:
    first, second = table[:, (table >= 0).all(axis=0)]
    if not len(first):
        return Pair(*names, 0, {})
    cells = Cells.of(first, second, len(order))
    point = coefficients(cells, cells.times[None, :].astype(np.float64), numbers)
    alike = numbers is None or len(order) == PAIR  # labels are equally far apart
    smooth = alike and 1 < len(order) <= MOST_WAYS**0.5
    whole, weights = _smooth(cells, how) if smooth else (cells, draws(cells.times, how, len(order)))
    blocks = [coefficients(whole, w, numbers) for w in weights]  # each holds every coefficient
    found: dict[str, Estimate] = {}
    for name, value in point.items():
        drawn = np.concatenate([b[name] for b in blocks]) if blocks else None
        make = smooth_estimate if smooth else estimate
        found[name] = make(float(value[0]), len(first), drawn, ONE_LABEL)
    if how.resamples:
        found["percent"] = share_estimate(float(point["percent"][0]), 0.0, len(first))
    return Pair(*names, len(first), found, cells.baseline, order[cells.most_frequent])


def _smooth(cells: Cells, how: Resampling) -> tuple[Cells, Iterator[Floats]]:
    """The whole table, and weights from its posterior: a record more where both say the same,
    shared by the labels, and half a record where they do not, shared by the ways to."""
    labels = cells.labels
    first, second = (side.ravel() for side in np.indices((labels, labels)))
    times = np.zeros(labels**2, np.int64)
    times[cells.first * labels + cells.second] = cells.times
    apart = HALF / (labels * (labels - 1))
    prior = np.where(first == second, 2 * HALF / labels, apart)
    return Cells(first, second, times, labels), posterior(
        times, prior, how, np.ones(len(times), bool)
    )


@dataclass(frozen=True, slots=True)
class AgreementWithOthers:
    """How often an annotator says what another one says of the same record."""

    name: str
    votes: int
    agreement: Estimate

    def as_json(self) -> dict[str, object]:
        return {"name": self.name, "votes": self.votes, "agreement": self.agreement.as_json()}


def agreement_with_others(votes: Votes) -> list[AgreementWithOthers]:
    """For each annotator the mean share of the others on its records who gave its label.

    Intervals over records, kept within 0 and 1.
    """
    row_label = votes.record.astype(np.int64) * len(votes.labels) + votes.label
    _, place, alike = np.unique(row_label, return_inverse=True, return_counts=True)
    others = np.bincount(votes.record)[votes.record] - 1
    share = (alike[place] - 1) / np.maximum(others, 1)
    shared = others > 0
    who, size = votes.annotator[shared], len(votes.annotators)
    n = np.bincount(who, minlength=size)
    total = np.bincount(who, share[shared], minlength=size)
    squares = np.bincount(who, share[shared] ** 2, minlength=size)
    given = np.bincount(votes.annotator, minlength=size)
    return [
        AgreementWithOthers(
            name, int(given[i]), _mean(int(n[i]), float(total[i]), float(squares[i]))
        )
        for i, name in enumerate(votes.annotators)
        if given[i]
    ]


def _mean(n: int, total: float, squares: float) -> Estimate:
    if not n:
        return Estimate(None, 0, why="nobody else answered its records")
    return mean_estimate(total / n, max(squares / n - (total / n) ** 2, 0.0), n)
