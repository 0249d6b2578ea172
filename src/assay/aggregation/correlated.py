"""Annotators that err together count less: how much less is measured from the votes.

Dawid and Skene take annotators as independent given the true label. Models of one family are not:
they agree more often than their skills explain, and five copies of one opinion outvote four people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from assay.aggregation.base import Consensus
from assay.aggregation.dawid_skene import DawidSkene
from assay.aggregation.fit import Fitted, consensus
from assay.aggregation.majority import counted
from assay.aggregation.table import Table, tables
from assay.core import within
from assay.core.annotation import Source
from assay.core.errors import InputError
from assay.core.votes import Floats, Votes

MOST_CELLS = 3_000  # annotators x labels whose pairs fit in memory
SURE = 2.0  # standard errors by which agreement must pass what skills explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlated:
    """Dawid-Skene where a vote counts 1 / (1 + sum of its dependence on the record's others).

    Two annotators' dependence is the share of records on which one would have to copy the other to
    make them agree as often as they do: (agreement - expected) / (1 - expected), where `expected`
    follows from their confusions if they are independent given the true label (the copying model
    of Dong et al. 2009). A copy and its original so count one vote together. Measured on gold rows
    where a pair shares `least` of them, else on the posterior; fitted and measured in turns.
    With `families` only annotators of one family can depend on each other.
    """

    model: DawidSkene = field(default_factory=DawidSkene)
    families: Mapping[str, str] = field(default_factory=dict)  # annotator to family
    least: int = 30  # records that a pair must share
    rounds: int = 5

    def __post_init__(self) -> None:
        within.count("records that a pair must share", self.least)
        within.count("the number of rounds", self.rounds)

    @property
    def id(self) -> str:
        return "correlated"

    def aggregate(self, votes: Votes) -> Consensus:
        return consensus(
            votes, lambda t: self._solve(t, votes)[0], self.model.gold, Source.PROBABILITY
        )

    def dependence(self, votes: Votes) -> Floats:
        """Annotator x annotator, 0 (independent) to 1 (copies); the largest over label groups."""
        found = np.zeros((len(votes.annotators), len(votes.annotators)))
        for table in tables(votes, self.model.gold):
            found = np.maximum(found, self._solve(table, votes)[1])
        return found

    def _solve(self, table: Table, votes: Votes) -> tuple[Fitted, Floats]:
        solve = self.model.solver(votes)
        may = self._may_depend(votes)
        between = np.where(may, dependence(table, counted(table).probs, self.least), 0.0)
        solved = solve(weighed(table, between))
        for _ in range(self.rounds):
            probs = solved.fitted().probs
            last, between = between, np.where(may, dependence(table, probs, self.least), 0.0)
            solved = solve(weighed(table, between))
            if np.abs(between - last).max() < 0.01:
                break
        return solved.fitted(), between

    def _may_depend(self, votes: Votes) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        people = len(votes.annotators)
        if people * len(votes.labels) > MOST_CELLS:
            raise InputError(
                f"{people} annotators with {len(votes.labels)} labels are too many pairs to "
                f"measure; at most {MOST_CELLS // max(len(votes.labels), 1)} annotators"
            )
        unknown = [name for name in self.families if name not in votes.annotators]
        if unknown:
            raise InputError(f"a family is given for {unknown[0]!r}, who cast no vote")
        if not self.families:
            return ~np.eye(people, dtype=bool)
        family = [self.families.get(name, (name,)) for name in votes.annotators]
        return np.array([[i != j and family[i] == family[j] for j in range(people)]
                         for i in range(people)])  # fmt: skip


def weighed(table: Table, between: Floats) -> Table:
    """Each vote's weight, divided by 1 and its dependence on the others of its row.

    A second vote of one annotator on a row is a copy of the first.
    """
    ones = np.ones(len(table.annotator))
    votes = sparse.csr_array(
        (ones, table.annotator, table.start), shape=(table.rows, table.annotators)
    )
    leaning = sparse.csr_array(between + np.eye(table.annotators))
    row = table.row
    shared = np.asarray((votes @ leaning)[row, table.annotator]).ravel()
    weight = 1 / np.maximum(shared, 1.0)
    return replace(table, weight=weight if table.weight is None else table.weight * weight)


def dependence(table: Table, probs: Floats, least: int) -> Floats:
    """Annotator x annotator, given true label x row; 0 for pairs that share fewer rows than
    `least`."""
    everywhere = _measured(table, probs, least)
    if table.fixed is None:
        return everywhere[0]
    known, shared = _measured(table, probs * (table.fixed >= 0), least)
    return np.where(shared >= least, known, everywhere[0])


def _measured(table: Table, probs: Floats, least: int) -> tuple[Floats, Floats]:
    """The dependence of each pair, and the rows it shares; `probs` is true label x row."""
    people, labels = table.annotators, len(table.labels)
    cell = table.annotator.astype(np.int64) * labels + table.label
    votes = sparse.csr_array(
        (np.ones(len(cell)), cell, table.start), shape=(table.rows, people * labels)
    )
    shared = np.zeros((people, people))
    same, expected = np.zeros_like(shared), np.zeros_like(shared)
    for of_truth in probs:
        joint = (votes.T @ (votes * of_truth[:, None])).toarray()
        joint = joint.reshape(people, labels, people, labels)
        rows = joint.sum(axis=(1, 3))
        mine = joint.sum(axis=3).transpose(0, 2, 1)  # i, j, label of i where j voted too
        shared += rows
        same += np.einsum("ikjk->ij", joint)
        theirs = mine.transpose(1, 0, 2)
        expected += (mine * theirs).sum(axis=2) / np.maximum(rows, 1e-9)
    agree, by_skill = same / np.maximum(shared, 1), expected / np.maximum(shared, 1)
    noise = np.sqrt(np.maximum(by_skill * (1 - by_skill), 0) / np.maximum(shared, 1))
    excess = agree - by_skill
    sure = (shared >= least) & (excess > SURE * noise) & (by_skill < 1)
    found = np.where(sure, excess / np.maximum(1 - by_skill, 1e-9), 0.0)
    np.fill_diagonal(found, 0.0)
    return np.clip(found, 0.0, 1.0), shared
