"""Counting votes: each alike, or by the skill of who cast them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.aggregation.base import Consensus
from assay.aggregation.fit import Fitted, consensus
from assay.aggregation.table import Table, check
from assay.core.annotation import Source
from assay.core.errors import InputError
from assay.core.votes import Floats, Ints, Votes

SLICE = 1 << 20  # votes whose keys are held at once


@dataclass(frozen=True, slots=True)
class Majority:
    """The share of the votes; skill is how often an annotator is with the winner."""

    @property
    def id(self) -> str:
        return "majority"

    def aggregate(self, votes: Votes) -> Consensus:
        return _at_once(votes) if _plain(votes) else consensus(votes, counted)


@dataclass(frozen=True, slots=True)
class Weighted:
    """The share of the votes by skill; where none is given, by agreement with the majority.

    The second is crowd-kit's Wawa. Annotators whose skill is not named raise InputError.
    """

    skill: Mapping[str, float] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return "weighted"

    def aggregate(self, votes: Votes) -> Consensus:
        if not self.skill:
            return consensus(votes, _by_agreement)
        missing = [name for name in votes.annotators if name not in self.skill]
        if missing:
            raise InputError(
                f"{len(missing)} annotators have no skill, the first is {missing[0]!r}; "
                "give one for each, or none to weigh by agreement with the majority"
            )
        skill = np.array([self.skill[name] for name in votes.annotators], float)
        return consensus(votes, lambda table: replace(counted(by_skill(table, skill)), skill=skill))


def _plain(votes: Votes) -> bool:
    """One unit, no weights, and hardly a record without a vote."""
    return len(votes.units) == 1 and votes.weight is None and len(votes.records) <= len(votes) > 0


def _at_once(votes: Votes) -> Consensus:
    """The same as `counted`, without putting the votes in order."""
    check(votes)
    records, labels, people = len(votes.records), len(votes.labels), len(votes.annotators)
    # what is read or written at random, once a vote, is kept in few bytes: it must fit the cache
    parts = [slice(i, i + SLICE) for i in range(0, len(votes), SLICE)]
    counts = _counts(votes, parts, np.uint16)
    if counts.sum() != len(votes):  # more votes on one label of a record than the type can count
        counts = _counts(votes, parts, np.uint32)
    winner = _most_frequent(counts, counts.sum(axis=1))
    short = winner.astype(np.min_scalar_type(labels))
    of_people = np.zeros(2 * people, np.intp)
    for p in parts:
        right = short[votes.record[p]] == votes.label[p]
        of_people += np.bincount(_code(votes.annotator[p], 2, right), minlength=2 * people)
    wrong, with_it = of_people.reshape(people, 2).T
    total = counts.sum(axis=0, dtype=float)
    row = np.flatnonzero(total).astype(np.int32)
    if len(row) < records:
        counts, total, winner = counts[:, row], total[row], winner[row]
    skill = with_it / np.maximum(with_it + wrong, 1)
    unit = np.zeros_like(row)
    return Consensus(row, unit, (counts / total).T, skill, Source.VOTE_SHARE, winner)


def _counts(votes: Votes, parts: list[slice], kind: type[np.uint16 | np.uint32]) -> NDArray[Any]:
    """Label x record."""
    flat = np.zeros(len(votes.labels) * len(votes.records), kind)
    for p in parts:
        np.add.at(flat, _code(votes.label[p], len(votes.records), votes.record[p]), kind(1))
    return flat.reshape(len(votes.labels), len(votes.records))


def _code(major: Ints, minors: int, minor: NDArray[Any]) -> NDArray[np.integer[Any]]:
    """major x minors + minor, in as few bytes as hold it."""
    most = minors * (int(major.max()) + 1 if len(major) else 1)
    if most < 2**31:
        short = major * np.int32(minors)
        short += minor
        return short
    code = major.astype(np.int64) * minors
    code += minor
    return code


def _most_frequent(shares: NDArray[Any], common: NDArray[Any]) -> Ints:
    """The winner of each column; of equals the one that is most frequent among all votes."""
    order = np.argsort(-common.astype(float), kind="stable")
    best = shares[order[0]]
    place = np.zeros(len(best), np.min_scalar_type(len(order)))
    for i, k in enumerate(order[1:].tolist(), 1):
        np.maximum(place, (shares[k] > best) * place.dtype.type(i), out=place)
        best = np.maximum(best, shares[k])
    return order.astype(np.int32)[place]


def counted(table: Table) -> Fitted:
    """Vote shares; a row whose votes all weigh nothing is open between its unit's labels.

    Of labels with equal shares the one that is most frequent among all votes wins, then the first.
    """
    shares = _shares(table)
    common = np.bincount(table.label, table.weight, minlength=len(table.labels))
    winner = _most_frequent(shares, common)
    with_it = np.zeros(table.annotators)
    for rows in _slices(table):
        votes = slice(int(table.start[rows.start]), int(table.start[rows.stop]))
        each = np.repeat(winner[rows], np.diff(table.start[rows.start : rows.stop + 1]))
        right = table.label[votes] == each
        with_it += np.bincount(table.annotator[votes], right, minlength=table.annotators)
    given = np.bincount(table.annotator, minlength=table.annotators)
    return Fitted(shares, with_it / np.maximum(given, 1), winner)


def _shares(table: Table) -> Floats:
    truths = len(table.labels)
    shares = np.empty((truths, table.rows))
    for rows in _slices(table):
        a, b = int(table.start[rows.start]), int(table.start[rows.stop])
        size = rows.stop - rows.start
        row = np.repeat(np.arange(size), np.diff(table.start[rows.start : rows.stop + 1]))
        weight = None if table.weight is None else table.weight[a:b]
        code = row + size * table.label[a:b].astype(np.int64)
        part = np.bincount(code, weight, minlength=size * truths).reshape(truths, size)
        total = part.sum(axis=0)
        empty = total == 0
        np.divide(part, np.where(empty, 1, total), out=shares[:, rows])
        if empty.any():
            shares[:, rows.start + np.flatnonzero(empty)] = _open(table, rows, empty)
    return shares


def _open(table: Table, rows: slice, empty: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    if table.allowed is None:
        return np.full((len(table.labels), int(empty.sum())), 1 / len(table.labels))
    allowed = table.allowed[table.place[rows][empty]].T
    return np.asarray(allowed / allowed.sum(axis=0))


def _slices(table: Table) -> list[slice]:
    """Rows in runs of about SLICE votes, so that ten million votes need no large temporaries."""
    edges = np.searchsorted(table.start, np.arange(0, int(table.start[-1]), SLICE))
    stops = np.unique(np.append(edges, table.rows))
    return [slice(a, b) for a, b in pairwise(stops.tolist())]


def by_skill(table: Table, skill: Floats) -> Table:
    """Each vote weighs its annotator's skill, times the weight it has."""
    if not np.isfinite(skill).all() or (skill < 0).any():
        raise InputError("a skill is negative or not a number; a weight is at least 0")
    weight = skill[table.annotator]
    return replace(table, weight=weight if table.weight is None else weight * table.weight)


def _by_agreement(table: Table) -> Fitted:
    skill = counted(table).skill
    return replace(counted(by_skill(table, skill)), skill=skill)
