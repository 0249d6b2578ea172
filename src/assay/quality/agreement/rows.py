"""Votes as counts of labels a record; records with the same counts are one row with a number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from assay.core.errors import InputError
from assay.core.votes import Votes
from assay.quality.agreement.base import Floats, Ints

MOST_LABELS_MERGED = 64  # with more labels equal rows are rare and finding them is expensive
EXACT = 2**53  # whole numbers that a float holds exactly
TABLE = 4_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """`counts` P x V of votes, `times` how many records have such counts.

    `own` is the weight of pairs of a vote with itself, which are no agreement: the number of votes
    where each counts once.
    """

    labels: tuple[str, ...]
    counts: sparse.csr_array
    times: Ints
    own: Floats

    @property
    def total(self) -> Floats:
        return np.asarray(self.counts.sum(axis=1), dtype=np.float64).ravel()

    @property
    def paired(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Rows with two votes of different annotators."""
        return np.asarray(self.total**2 - self.own > 1e-9)

    @property
    def records(self) -> int:
        return int(self.times.sum())

    @property
    def compared(self) -> int:
        """Records with two votes or more."""
        return int(self.times[self.paired].sum())


def check(votes: Votes) -> None:
    """InputError if there is nothing to compare, or a vote was not given independently."""
    if not len(votes):
        raise InputError("there are no answers, so no agreement")
    if votes.saw is not None and votes.saw.any():
        first = int(np.flatnonzero(votes.saw)[0])
        raise InputError(
            f"{int(votes.saw.sum())} of {len(votes)} answers were given by annotators who had seen "
            f"another answer (first: {votes.annotators[votes.annotator[first]]!r} on record "
            f"{votes.records[votes.record[first]]!r}); agreement with what one has seen is no "
            "evidence: leave them out"
        )
    if len(np.unique(votes.annotator)) < 2:
        only = votes.annotators[votes.annotator[0]]
        raise InputError(f"agreement needs two annotators; all answers are of {only!r}")


def once(votes: Votes) -> Votes:
    """InputError if an annotator answered a record twice (its units one by one)."""
    key = (votes.record.astype(np.int64) * len(votes.units) + votes.unit) * len(votes.annotators)
    key += votes.annotator
    key.sort()
    twice = np.flatnonzero(key[1:] == key[:-1])
    if len(twice):
        who = votes.annotators[int(key[twice[0]] % len(votes.annotators))]
        what = votes.records[int(key[twice[0]] // (len(votes.annotators) * len(votes.units)))]
        raise InputError(f"annotator {who!r} answered record {what!r} more than once")
    return votes


def rows_of(votes: Votes, order: Sequence[str] | None = None) -> Rows:
    """Count rows of votes with one unit; `order` gives the labels their columns.

    Labels without a vote have no column, unless `order` names them.
    """
    labels, code = ordered(votes, order)
    row, first = _numbered(votes.record)
    counts, times = _merged(row, code, (first, len(labels)))
    return Rows(labels, counts, times, np.asarray(counts.sum(axis=1), np.float64).ravel())


def ordered(votes: Votes, order: Sequence[str] | None) -> tuple[tuple[str, ...], Ints]:
    """Label names in order, and each vote's place in it."""
    used = [votes.labels[i] for i in np.unique(votes.label)]
    labels = tuple(sorted(used) if order is None else order)
    place = {name: i for i, name in enumerate(labels)}
    strange = next((name for name in used if name not in place), None)
    if strange is not None:
        raise InputError(f"label {strange!r} is not in the order given: {', '.join(labels)}")
    table = np.array([place.get(name, -1) for name in votes.labels], dtype=np.int64)
    return labels, table[votes.label]


def _numbered(record: np.ndarray[tuple[int], np.dtype[np.int32]]) -> tuple[Ints, int]:
    """Records that have votes, numbered from 0."""
    there = np.bincount(record) > 0
    number = np.cumsum(there) - 1
    return number[record], int(there.sum())


def _merged(row: Ints, code: Ints, shape: tuple[int, int]) -> tuple[sparse.csr_array, Ints]:
    """One count row for each distinct one, and how often it is there."""
    rows, labels = shape
    if labels > MOST_LABELS_MERGED:
        return _counts(row, code, shape), np.ones(rows, np.int64)
    base = int(np.bincount(row, minlength=rows).max()) + 1
    pattern = np.zeros(rows, np.int64)
    for start in range(0, labels, step := _digits(base)):
        part = (code >= start) & (code < start + step)
        digits = np.bincount(row[part], float(base) ** (code[part] - start), minlength=rows)
        number, most = _renumber(digits.astype(np.int64))
        pattern, _ = _renumber(pattern * most + number)
    times = np.bincount(pattern)
    example = np.zeros(len(times), np.int64)
    example[pattern] = np.arange(rows)
    chosen = np.full(rows, -1, np.int64)
    chosen[example] = np.arange(len(times))
    kept = chosen[row] >= 0
    return _counts(chosen[row[kept]], code[kept], (len(times), labels)), times


def _digits(base: int) -> int:
    """How many digits of this base a float holds exactly."""
    return max(1, int(np.log(EXACT) / np.log(base)) - 1)


def _renumber(codes: Ints) -> tuple[Ints, int]:
    """The same distinctions with small numbers, and how many there are."""
    if codes.max() < TABLE:
        there = np.bincount(codes) > 0
        number = np.cumsum(there) - 1
        return number[codes], int(there.sum())
    values, number = np.unique(codes, return_inverse=True)
    return number.astype(np.int64), len(values)


def _counts(row: Ints, code: Ints, shape: tuple[int, int]) -> sparse.csr_array:
    table = sparse.coo_array((np.ones(len(row)), (row, code)), shape=shape).tocsr()
    table.sum_duplicates()
    return table
