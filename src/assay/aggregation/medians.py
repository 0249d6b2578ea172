"""The middle answer: for labels that have an order, and for numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.aggregation.base import Consensus
from assay.aggregation.fit import Fitted, consensus
from assay.aggregation.majority import counted
from assay.aggregation.table import Table, check
from assay.core.errors import InputError
from assay.core.spelling import as_number, shortened
from assay.core.votes import Floats, Ints, Votes

RESAMPLES = 1_000
EVEN = 1e-12  # rounding of half the weight


@dataclass(frozen=True, slots=True)
class OrdinalMedian:
    """The middle label by `order` (by number where none is given); of two middle ones the lower.

    `probs` are vote shares; skill is 1 less the mean distance from the median, as a share of the
    way from the lowest to the highest label.
    """

    order: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return "median"

    def aggregate(self, votes: Votes) -> Consensus:
        ranks = self._ranks(votes)
        return consensus(votes, lambda table: _median(table, ranks[table.labels]))

    def _ranks(self, votes: Votes) -> Floats:
        if not self.order:
            try:
                return np.unique(numbers_of(votes), return_inverse=True)[1].astype(float)
            except InputError as bad:
                raise InputError(f"{bad}; use --order, lowest first") from None
        missing = [name for name in votes.labels if name not in self.order]
        if missing:
            raise InputError(f"label {missing[0]!r} has no place in the order")
        return np.array([self.order.index(name) for name in votes.labels], float)


def _median(table: Table, ranks: Floats) -> Fitted:
    shares = counted(table).probs
    order = np.argsort(ranks)
    below = np.cumsum(shares[order], axis=0)
    winner = order[(below >= 0.5 - EVEN).argmax(axis=0)].astype(np.int32)
    off = np.abs(ranks[table.label] - ranks[winner][table.row]) / max(float(np.ptp(ranks)), 1.0)
    given = np.bincount(table.annotator, minlength=table.annotators)
    total = np.bincount(table.annotator, 1 - off, minlength=table.annotators)
    return Fitted(shares, total / np.maximum(given, 1), winner)


@dataclass(frozen=True, slots=True)
class Medians:
    """`record` and `unit` name the rows; `apart` is the median distance of a row's votes from its
    median, `off` and `bias` each annotator's mean distance from it, without and with its sign."""

    record: Ints
    unit: Ints
    median: Floats
    apart: Floats
    off: Floats
    bias: Floats


def numeric_medians(votes: Votes) -> Medians:
    """The weighted median of each record x unit; halfway where two numbers are in the middle."""
    check(votes)
    number = numbers_of(votes)[votes.label] if len(votes) else np.empty(0)
    key = votes.record.astype(np.int64) * len(votes.units) + votes.unit
    keys, row = np.unique(key, return_inverse=True)
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    median = _medians(row, number, weight)
    apart = number - median[row]
    people = len(votes.annotators)
    given = np.maximum(np.bincount(votes.annotator, minlength=people), 1)
    return Medians(
        (keys // len(votes.units)).astype(np.int32),
        (keys % len(votes.units)).astype(np.int32),
        median,
        _medians(row, np.abs(apart), weight),
        np.bincount(votes.annotator, np.abs(apart), minlength=people) / given,
        np.bincount(votes.annotator, apart, minlength=people) / given,
    )


def _medians(row: NDArray[np.intp], number: Floats, weight: Floats) -> Floats:
    """By row; a row whose votes weigh nothing counts them alike."""
    rows = int(row.max()) + 1 if len(row) else 0
    nothing = np.bincount(row, weight, minlength=rows) == 0
    weight = np.where(nothing[row], 1.0, weight)
    keep = weight > 0
    row, number, weight = row[keep], number[keep], weight[keep]
    order = np.lexsort((number, row))
    row, number, weight = row[order], number[order], weight[order]
    total = np.bincount(row, weight, minlength=rows)
    start = np.searchsorted(row, np.arange(rows))
    whole = np.concatenate([[0.0], np.cumsum(weight)])
    share = (whole[1:] - whole[start][row]) / total[row]
    low = _first(row, share >= 0.5 - EVEN, rows)
    high = _first(row, share > 0.5 + EVEN, rows)
    return np.asarray((number[low] + number[high]) / 2)


def _first(row: NDArray[np.intp], true: NDArray[np.bool_], rows: int) -> NDArray[np.intp]:
    """The first place in each row that is true."""
    at = np.flatnonzero(true)
    return np.asarray(at[np.searchsorted(row[at], np.arange(rows))])


def numbers_of(votes: Votes) -> Floats:
    """The labels as numbers; InputError if one is none."""
    return _numbers(votes.labels, "label")


def _numbers(names: Sequence[str], what: str) -> Floats:
    found = [as_number(name) for name in names]
    if None in found:
        raise InputError(f"{what} {shortened(names[found.index(None)])} is no number")
    return np.array(found, np.float64)


def by_record(found: Medians, votes: Votes) -> dict[str, float]:
    """Record to median, of votes with one unit."""
    return {votes.records[r]: float(m) for r, m in zip(found.record, found.median, strict=True)}


def compared_numbers(said: Mapping[str, float], truth: Mapping[str, str]) -> dict[str, object]:
    """Mean distance from known numbers with its bootstrap interval, and that of their median."""
    both = [record for record in truth if record in said]
    if not both:
        raise InputError("no record with a known number has a vote")
    true = _numbers([truth[record] for record in both], "known label")
    off = np.abs(np.array([said[record] for record in both]) - true)
    middle = float(np.median(true))
    drawn = np.random.default_rng(0).integers(len(off), size=(RESAMPLES, len(off)))
    low, high = np.quantile(off[drawn].mean(axis=1), [0.025, 0.975])
    return {
        "n": len(both),
        "mean_distance": float(off.mean()),
        "mean_distance_interval": (float(low), float(high)),
        "baseline": float(np.abs(true - middle).mean()),
        "baseline_number": middle,
    }
