"""How sure each annotator's skill is, with the true labels unknown too."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from assay.aggregation.dawid_skene import DawidSkene, OneCoin, Solved, own_cells
from assay.aggregation.em import EPS, Expected, count, expect, log_shares
from assay.aggregation.independence import Independence, independence
from assay.aggregation.table import Gold, tables
from assay.core import within
from assay.core.distributions import beta_quantile
from assay.core.votes import Floats, Votes

INDEPENDENT = "annotators who err independently, given the true label"
OF_GOLD = "the gold records that each answered, taken for a random sample; exact"
CHECKED = "nothing in the votes speaks against that, and they are widened by what cannot be seen"
MOST_NAMED = 5
WIDER = 1.75  # dependence that the check cannot see moves skills by about as much as chance does
HALF = 0.5  # Jeffreys prior of an accuracy, and of each cell of a confusion matrix


@dataclass(frozen=True, slots=True)
class Intervals:
    """By annotator: how often its answers are right, between `low` and `high` at `level`.

    Where nothing can be known they are 0 and 1, and `why` says why; `known` is by annotator.
    """

    mean: Floats
    low: Floats
    high: Floats
    level: float
    basis: str  # what they rest on
    known: NDArray[np.bool_]
    why: str = ""
    checked: Independence | None = None


LEAST_DRAWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillIntervals:
    """Gibbs sampling of Dawid and Skene's model (Paun et al. 2018): draws true labels given the
    confusions and confusions given the labels, from the fitted point on.

    An annotator with few votes gets a wide interval, and so does one whose fellows disagree. That
    holds only where annotators err independently, so it is checked first, and where the check
    speaks against it nothing is claimed, unless `assume_independent`. With gold the intervals are
    exact ones of its records instead (Clopper and Pearson), and rest on no model.
    """

    model: DawidSkene | OneCoin = field(default_factory=DawidSkene)
    draws: int = 300
    burn_in: int = 50
    level: float = 0.95
    seed: int = 0
    assume_independent: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise within.OutsideError(
                f"an interval needs a level between 0 and 1, not {self.level:g}"
            )
        within.count("the number of draws", self.draws, LEAST_DRAWS)
        within.count("draws left out at first", self.burn_in, 0)

    def of(self, votes: Votes) -> Intervals:
        if self.model.gold:
            return _on_gold(votes, self.model.gold, self.level)
        if self.assume_independent:
            return self._drawn(votes)
        checked = independence(votes, self.model, self.seed)
        if checked.why is None:
            return _wider(replace(self._drawn(votes), checked=checked))
        nothing = np.zeros(len(votes.annotators))
        mean = self.model.aggregate(votes).skill
        return Intervals(
            nothing if mean is None else mean, nothing, nothing + 1, self.level, "nothing",
            nothing > 0, f"without gold, skills cannot be known: {checked.why}", checked,
        )  # fmt: skip

    def _drawn(self, votes: Votes) -> Intervals:
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
        return Intervals(
            drawn.mean(axis=0), low, high, self.level, INDEPENDENT, np.ones(people, bool)
        )


def _wider(found: Intervals) -> Intervals:
    low, high = (
        found.mean - WIDER * (found.mean - found.low),
        (found.mean + WIDER * (found.high - found.mean)),
    )
    return replace(
        found,
        low=np.maximum(low, 0.0),
        high=np.minimum(high, 1.0),
        basis=f"{INDEPENDENT}; {CHECKED}",
    )


def _on_gold(votes: Votes, gold: Gold, level: float) -> Intervals:
    """Of the gold records that each annotator answered; they are taken for a random sample."""
    people = len(votes.annotators)
    right, given = np.zeros(people), np.zeros(people)
    trusted = {record for record, _ in gold}
    of_gold = np.array([name in trusted for name in votes.records], bool)[votes.record]
    four = (votes.record, votes.unit, votes.annotator, votes.label)
    columns = zip(*(column[of_gold] for column in four), strict=True)
    for record, unit, annotator, label in columns:
        known = gold.get((votes.records[record], votes.units[unit]))
        if known is not None:
            given[annotator] += 1
            right[annotator] += known == votes.labels[label]
    tail, wrong = (1 - level) / 2, given - right
    low = np.where(right > 0, beta_quantile(tail, np.maximum(right, 1), wrong + 1), 0.0)
    high = np.where(wrong > 0, beta_quantile(1 - tail, right + 1, np.maximum(wrong, 1)), 1.0)
    silent = [name for name, n in zip(votes.annotators, given, strict=True) if not n]
    why = f"no gold record was answered by {', '.join(silent[:MOST_NAMED])}" if silent else ""
    mean = np.where(given > 0, right / np.maximum(given, 1), 0.5)
    return Intervals(mean, low, high, level, OF_GOLD, given > 0, why)


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
