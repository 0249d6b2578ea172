"""Counting votes: each alike, or by the skill of who cast them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from assay.aggregation.base import Consensus
from assay.aggregation.fit import Fitted, consensus
from assay.aggregation.table import Table
from assay.core.errors import InputError
from assay.core.votes import Floats, Votes

SLICE = 1 << 20  # votes whose keys are held at once


@dataclass(frozen=True, slots=True)
class Majority:
    """The share of the votes; skill is how often an annotator is with the winner."""

    @property
    def id(self) -> str:
        return "majority"

    def aggregate(self, votes: Votes) -> Consensus:
        return consensus(votes, counted)


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


def counted(table: Table) -> Fitted:
    """Vote shares; a row whose votes all weigh nothing is open between its unit's labels.

    Of labels with equal shares the one that is commonest among all votes wins, then the first.
    """
    shares = _shares(table)
    common = np.bincount(table.label, table.weight, minlength=len(table.labels))
    order = np.argsort(-common, kind="stable").astype(np.int32)
    winner = np.empty(table.rows, np.int32)
    with_it = np.zeros(table.annotators)
    for rows in _slices(table):
        winner[rows] = order[shares[order, rows].argmax(axis=0)]
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
