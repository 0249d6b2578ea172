"""MACE (Hovy et al. 2013): an annotator either knows the label or says what it always says."""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import digamma

from assay.aggregation.base import Consensus
from assay.aggregation.em import (
    NEVER,
    Design,
    Expected,
    count,
    design,
    expect,
    log_shares,
    vote_shares,
)
from assay.aggregation.fit import Fitted, consensus
from assay.aggregation.table import Gold, Table
from assay.core import within
from assay.core.annotation import Source
from assay.core.votes import Floats, Votes

KNOWING = 0.5  # Beta prior of knowing and of guessing
STRATEGY = 10.0  # Dirichlet prior of what a guess is; the paper's constants
SMOOTHING = 0.01  # added to expected counts in plain EM, shared among the labels
WIDTH = 1.5  # of the random starts, which are uniform from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mace:
    """Skill is the probability of knowing.

    Starts at the vote shares, and learns how common the labels are; the paper holds all labels
    equally common (`even`), starts at random (`restarts`, the best by likelihood) and is
    `variational`. With one restart and both of these the posteriors are crowd-kit's on votes whose
    annotators and labels first appear in sorted order; on others crowd-kit takes one annotator's
    strategy for another's.
    """

    iterations: int = 50
    even: bool = False
    restarts: int = 0
    seed: int = 0
    variational: bool = False
    gold: Gold = field(default_factory=dict)

    def __post_init__(self) -> None:
        within.count("the number of iterations", self.iterations)
        within.count("the number of restarts", self.restarts, 0)

    @property
    def id(self) -> str:
        return "mace"

    def aggregate(self, votes: Votes) -> Consensus:
        return consensus(votes, self._solve, self.gold, Source.PROBABILITY)

    def _solve(self, table: Table) -> Fitted:
        d = design(table)
        starts = [_random(d, self.seed + i) for i in range(self.restarts)] or [_undecided(d)]
        anchored = not self.restarts
        fits = (self._fit(d, knows, says, anchored) for knows, says in starts)
        best = max(fits, key=lambda fit: fit[0])[1]
        return Fitted(best.probs if d.kept is None else best.probs[:, d.kept.of], best.skill)

    def _fit(self, d: Design, knows: Floats, says: Floats, anchored: bool) -> tuple[float, Fitted]:
        """The log likelihood and the fit; `anchored` starts from the vote shares instead."""
        probs = vote_shares(d)
        found = count(d, probs)
        if not anchored:
            found = expect(d, probs, _logs(d, knows, says), self._prior(d, found))
        for _ in range(self.iterations):
            knows, says = self._maximise(d, found, knows, says)
            found = expect(d, probs, _logs(d, knows, says), self._prior(d, found))
        return found.evidence, Fitted(probs, np.ascontiguousarray(knows[:, 1]))

    def _prior(self, d: Design, found: Expected) -> Floats:
        if not self.even:
            return log_shares(d, found)
        if d.table.allowed is None:
            return np.full(d.truths, -np.log(d.truths))
        allowed = d.table.allowed.T
        return np.where(allowed, -np.log(allowed.sum(axis=0)), NEVER)

    def _maximise(
        self, d: Design, found: Expected, knows: Floats, says: Floats
    ) -> tuple[Floats, Floats]:
        """Expected guesses and knowings of each annotator, as shares."""
        at = np.arange(len(d.cell_label))
        guess = knows[d.cell_annotator, 0] * says[d.cell_annotator, d.cell_label]
        known = knows[d.cell_annotator, 1]
        right = found.counts[d.cell_label, at]
        guessed = found.counts.sum(axis=0) - right + right * guess / (guess + known)
        knowing = right * known / (guess + known)
        strategies = np.zeros_like(says)
        strategies[d.cell_annotator, d.cell_label] = guessed
        counts = np.zeros_like(knows)
        counts[d.who] = np.stack([d.per_annotator(guessed), d.per_annotator(knowing)], axis=1)
        if self.variational:
            return _variational(counts, KNOWING), _variational(strategies, STRATEGY)
        smoothing = SMOOTHING / d.truths
        return _shares(counts + smoothing), _shares(strategies + smoothing)


def _random(d: Design, seed: int) -> tuple[Floats, Floats]:
    """Knowing and strategy of each annotator, both from the same stream, as crowd-kit draws."""
    people = d.table.annotators
    knows = np.random.RandomState(seed).uniform(1, 1 + WIDTH, (people, 2))
    says = np.random.RandomState(seed).uniform(1, 1 + WIDTH, (people, d.truths))
    return _shares(knows), _shares(says)


def _undecided(d: Design) -> tuple[Floats, Floats]:
    people = d.table.annotators
    return np.full((people, 2), 0.5), np.full((people, d.truths), 1 / d.truths)


def _logs(d: Design, knows: Floats, says: Floats) -> Floats:
    guess = knows[d.cell_annotator, 0] * says[d.cell_annotator, d.cell_label]
    is_right = d.cell_label == np.arange(d.truths)[:, None]
    return np.asarray(np.log(guess + np.where(is_right, knows[d.cell_annotator, 1], 0.0)))


def _variational(counts: Floats, prior: float) -> Floats:
    total = (counts + prior).sum(axis=1, keepdims=True)
    return np.asarray(np.exp(digamma(counts + prior) - digamma(total)))


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))
