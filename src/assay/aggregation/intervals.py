"""How sure each annotator's skill is, with the true labels unknown too."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from assay.aggregation.dawid_skene import DawidSkene, OneCoin, Solved, own_cells
from assay.aggregation.em import EPS, Expected, count, expect, log_shares
from assay.aggregation.table import tables
from assay.core.errors import InputError
from assay.core.votes import Floats, Votes

HALF = 0.5  # Jeffreys prior of an accuracy, and of each cell of a confusion matrix


@dataclass(frozen=True, slots=True)
class Intervals:
    """By annotator: how often its answers are right; `low` to `high` holds `level` of the draws."""

    mean: Floats
    low: Floats
    high: Floats
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillIntervals:
    """Gibbs sampling of Dawid and Skene's model (Paun et al. 2018): draws true labels given the
    confusions and confusions given the labels, from the fitted point on.

    An annotator with few votes gets a wide interval, and so does one whose fellows disagree.
    """

    model: DawidSkene | OneCoin = field(default_factory=DawidSkene)
    draws: int = 300
    burn_in: int = 50
    level: float = 0.95
    seed: int = 0

    def of(self, votes: Votes) -> Intervals:
        if not 0 < self.level < 1 or self.draws < 20:
            raise InputError("an interval needs a level between 0 and 1 and at least 20 draws")
        rng = np.random.default_rng(self.seed)
        people = len(votes.annotators)
        total, given = np.zeros((self.draws, people)), np.zeros(people)
        solve = self.model.solver(votes)
        for table in tables(votes, self.model.gold):
            votes_each = np.bincount(table.annotator, minlength=people)
            chain = _Chain(solve(table), rng, isinstance(self.model, OneCoin))
            for i in range(-self.burn_in, self.draws):
                skill = chain.step()
                if i >= 0:
                    total[i] += votes_each * skill
            given += votes_each
        drawn = np.where(given > 0, total / np.maximum(given, 1), rng.beta(HALF, HALF, total.shape))
        tail = (1 - self.level) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
        return Intervals(drawn.mean(axis=0), low, high, self.level)


class _Chain:
    """True labels, confusions and label shares, each drawn given the others."""

    def __init__(self, solved: Solved, rng: np.random.Generator, one_coin: bool) -> None:
        self.design, self.rng, self.one_coin = solved.design, rng, one_coin
        self.fitted = solved.probs * (1.0 if solved.design.many is None else solved.design.many)
        self.probs, self.cells, self.shares = solved.probs.copy(), solved.cells, solved.shares

    def step(self) -> Floats:
        """A draw of each annotator's accuracy."""
        d = self.design
        expect(d, self.probs, np.log(np.maximum(self.cells, EPS)), self.shares)
        found = count(d, self._named(self._labels()))
        right = own_cells(d, found.counts)
        wrong = np.maximum(d.per_annotator(found.counts.sum(axis=0)) - right, 0)
        skill = self.rng.beta(right + HALF, wrong + HALF)
        self.cells = self._coins(skill) if self.one_coin else self._confusions(found)
        self.shares = log_shares(d, replace(found, mass=self._mass(found)))
        drawn = np.zeros(d.table.annotators)
        drawn[d.who] = skill
        return drawn

    def _labels(self) -> Floats:
        """One true label a row; for rows kept once, how its many rows fall to the labels."""
        if self.design.kept is None:
            below = np.cumsum(self.probs, axis=0)[:-1] < self.rng.random(self.probs.shape[1])
            chosen = below.sum(axis=0)
            return np.asarray(chosen == np.arange(len(self.probs))[:, None], float)
        many = self.design.kept.many
        share = self.probs / self.probs.sum(axis=0)
        return np.asarray(self.rng.multinomial(many.astype(np.int64), share.T).T / many)

    def _named(self, labels: Floats) -> Floats:
        """The draw with its labels called as in the fitted point.

        Votes alone do not say which true label is which: with all of them exchanged, and every
        annotator wrong, they are as likely, and a chain may cross over (Marin et al. 2005).
        """
        if self.design.table.fixed is not None:
            return labels
        drawn, name = linear_sum_assignment(labels @ self.fitted.T, maximize=True)
        return labels[drawn[np.argsort(name)]]

    def _coins(self, skill: Floats) -> Floats:
        d = self.design
        is_right = d.cell_label == np.arange(d.truths)[:, None]
        wrong = d.spread(1 - skill) / max(d.truths - 1, 1)
        return np.asarray(np.where(is_right, d.spread(skill), wrong))

    def _confusions(self, found: Expected) -> Floats:
        drawn = self.rng.gamma(found.counts + HALF)
        return np.asarray(drawn / self.design.spread(self.design.per_annotator(drawn)))

    def _mass(self, found: Expected) -> Floats:
        return np.asarray(np.maximum(self.rng.gamma(found.mass + HALF), EPS))
