"""Votes in row order, one table for each group of units that share labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from assay.core.errors import InputError
from assay.core.votes import Floats, Ints, Votes

Gold: TypeAlias = Mapping[tuple[str, str], str]
"""Trusted labels by (record, unit); the unit of a plain choice is ""."""

NO_LABEL_YET = -1  # inside `Table.fixed` only: this row is not gold


@dataclass(frozen=True, slots=True)
class Table:
    """Votes by row; a row is one record x unit, labels are numbered within the group."""

    record: Ints  # of each row
    unit: Ints  # of each row
    place: Ints  # the row's unit, numbered within the group
    start: NDArray[np.int64]  # votes of row r are start[r] to start[r + 1]
    annotator: Ints
    label: Ints
    weight: Floats | None
    labels: Ints  # number within the group to number in `Votes.labels`
    annotators: int
    allowed: NDArray[np.bool_] | None = None  # units x labels; None: one unit, all its labels
    units: int = 1
    fixed: Ints | None = None  # gold label of each row, or NO_LABEL_YET

    @property
    def rows(self) -> int:
        return len(self.record)

    @property
    def row(self) -> Ints:
        """The row of each vote."""
        return np.repeat(np.arange(self.rows, dtype=np.int32), np.diff(self.start))


def tables(votes: Votes, gold: Gold | None = None) -> list[Table]:
    """Units belong to one table if they share a label, directly or through other units.

    So the yes/no of all tags are one table, and attributes of a form with labels of their own
    are a table each. InputError if a vote was not given independently.
    """
    check(votes)
    if not len(votes):
        return []
    whole, key = _in_order(votes)
    trusted = _coded(votes, gold or {})
    group = _groups(whole, votes, trusted)
    if group is None:
        return [_finish(whole, votes, key, trusted)]
    row_group = group[whole.unit]
    return [
        _finish(_part(whole, mask), votes, key[mask], trusted)
        for g in np.unique(row_group)
        for mask in [row_group == g]
    ]


def check(votes: Votes) -> None:
    """InputError for votes that saw others, and for weights that are no weights."""
    if votes.saw is not None and votes.saw.any():
        first = int(np.flatnonzero(votes.saw)[0])
        raise InputError(
            f"{int(votes.saw.sum())} of {len(votes)} votes were given by annotators who had seen "
            f"another annotation (first: {votes.annotators[votes.annotator[first]]!r} on record "
            f"{votes.records[votes.record[first]]!r}); they are not independent: leave them out, "
            "or say how much they count with `discounted(votes, factor)`"
        )
    weight = votes.weight
    if weight is not None and not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise InputError("a vote's weight is negative or not a number")


def discounted(votes: Votes, factor: float) -> Votes:
    """The same votes where those that saw another annotation count `factor` of an own one."""
    if not 0 < factor <= 1:
        raise InputError(f"a discount factor is above 0 and at most 1, not {factor:g}")
    if votes.saw is None:
        return votes
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    return replace(votes, weight=weight * np.where(votes.saw, factor, 1.0), saw=None)


def _in_order(votes: Votes) -> tuple[Table, NDArray[np.int64]]:
    """One table of all votes, rows by record and unit, and each row's key."""
    units = len(votes.units)
    key: NDArray[np.integer[Any]] = (
        votes.record if units == 1 else votes.record.astype(np.int64) * units + votes.unit
    )
    annotator, label, weight = votes.annotator, votes.label, votes.weight
    most = len(votes.records) * units
    if not (key[1:] < key[:-1]).any():
        keys, start = _runs(key)
    elif most > 4 * len(key) + 1_000_000 or max(most, len(key)) >= 2**31:
        order: NDArray[np.integer[Any]] = np.argsort(key, kind="stable")
        annotator, label = annotator[order], label[order]
        weight = None if weight is None else weight[order]
        keys, start = _runs(key[order])
    else:
        start, annotator, label, order = _scattered(votes, key, most)
        weight = None if weight is None else weight[order]
        there = np.flatnonzero(np.diff(start))
        keys, start = there.astype(np.int64), np.append(start[there], len(key))
    record, unit = (keys // units).astype(np.int32), (keys % units).astype(np.int32)
    labels = np.arange(len(votes.labels), dtype=np.int32)
    people = len(votes.annotators)
    return Table(record, unit, unit, start, annotator, label, weight, labels, people), keys


def _runs(key: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct keys of a sorted column, and where each begins, with the end."""
    new = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    return key[new].astype(np.int64), np.append(new, len(key))


def _scattered(
    votes: Votes, key: NDArray[np.integer[Any]], most: int
) -> tuple[NDArray[np.int64], Ints, Ints, Ints]:
    """Where each key's votes begin, annotators and labels in order of key, and that order.

    A counting sort, as the transpose of a sparse matrix of one entry a vote: the entry carries
    annotator and label along, which is faster than to fetch them at random afterwards.
    """
    bits = max(len(votes.labels) - 1, 1).bit_length()
    wide = len(votes.annotators) >> (31 - bits) > 0
    who: NDArray[Any] = votes.annotator.astype(np.int64) if wide else votes.annotator
    both: NDArray[Any] = who << bits
    both |= votes.label
    ends = np.arange(len(key) + 1, dtype=np.int32)
    entries = (both, key.astype(np.int32, copy=False), ends)
    sorted_ = sparse.csc_array(entries, shape=(most, len(key))).tocsr()
    label = (sorted_.data & ((1 << bits) - 1)).astype(np.int32, copy=False)
    annotator = (sorted_.data >> bits).astype(np.int32, copy=False)
    return sorted_.indptr.astype(np.int64), annotator, label, sorted_.indices


def _coded(votes: Votes, gold: Gold) -> tuple[NDArray[np.int64], Ints]:
    """Keys of gold rows in order, and their labels; gold of records without a vote is left out."""
    if not gold:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    record = {name: i for i, name in enumerate(votes.records)}
    unit = {name: i for i, name in enumerate(votes.units)}
    label = {name: i for i, name in enumerate(votes.labels)}
    found: dict[int, int] = {}
    for (r, u), name in gold.items():
        if r in record and u in unit:
            if name not in label:
                raise InputError(f"gold of record {r!r}: {name!r} is not among the votes' labels")
            found[record[r] * len(unit) + unit[u]] = label[name]
    keys = np.array(sorted(found), np.int64)
    return keys, np.array([found[k] for k in keys.tolist()], np.int32)


def _groups(
    whole: Table, votes: Votes, trusted: tuple[NDArray[np.int64], Ints]
) -> NDArray[np.int32] | None:
    """The group of each unit; None if there is only one."""
    units, labels = len(votes.units), len(votes.labels)
    if units == 1:
        return None
    seen = _seen(whole, np.repeat(whole.unit, np.diff(whole.start)), (units, labels))
    seen[trusted[0] % units, trusted[1]] = True
    unit, label = np.nonzero(seen)
    size = units + labels
    links = sparse.coo_array((np.ones(len(unit)), (unit, label + units)), shape=(size, size))
    group = connected_components(links, directed=False)[1][:units]
    there = group[np.unique(whole.unit)]
    return None if (there == there[0]).all() else group.astype(np.int32)


def _seen(table: Table, unit: Ints, shape: tuple[int, int]) -> NDArray[np.bool_]:
    seen = np.zeros(shape, dtype=bool)
    seen[unit, table.label] = True
    return seen


def _part(whole: Table, mask: NDArray[np.bool_]) -> Table:
    """The table of some rows."""
    counts = np.diff(whole.start)
    votes = np.repeat(mask, counts)
    return replace(
        whole,
        record=whole.record[mask],
        unit=whole.unit[mask],
        start=np.append(0, np.cumsum(counts[mask])),
        annotator=whole.annotator[votes],
        label=whole.label[votes],
        weight=None if whole.weight is None else whole.weight[votes],
    )


def _finish(
    table: Table, votes: Votes, key: NDArray[np.int64], trusted: tuple[NDArray[np.int64], Ints]
) -> Table:
    """Number the labels and units within the group; mark what each unit allows and what is gold."""
    known = np.isin(trusted[0], key, assume_unique=True)
    at, gold = np.searchsorted(key, trusted[0][known]), trusted[1][known]
    used = np.bincount(table.label, minlength=len(votes.labels)) > 0
    used[gold] = True
    labels = np.flatnonzero(used).astype(np.int32)
    renumber = np.cumsum(used, dtype=np.int32) - 1
    label = table.label if used.all() else renumber[table.label]
    units, numbered = np.unique(table.unit, return_inverse=True)
    place: Ints = numbered.astype(np.int32)
    fixed = None
    if len(at):
        fixed = np.full(table.rows, NO_LABEL_YET, np.int32)
        fixed[at] = renumber[gold]
    done = replace(table, label=label, labels=labels, place=place, fixed=fixed)
    if len(units) == 1:
        return done
    seen = _seen(done, np.repeat(place, np.diff(table.start)), (len(units), len(labels)))
    seen[place[at], renumber[gold]] = True
    return replace(done, allowed=seen, units=len(units))
