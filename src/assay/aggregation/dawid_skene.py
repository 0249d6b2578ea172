"""Each annotator's confusions and the true labels, together, by expectation-maximisation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from assay.aggregation.base import Consensus
from assay.aggregation.em import (
    EPS,
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
from assay.core.errors import InputError
from assay.core.votes import Floats, Votes


@dataclass(frozen=True, slots=True)
class Prior:
    """Votes assumed before any is seen, for each true label: so many right, so many wrong."""

    right: float
    wrong: float

    def __post_init__(self) -> None:
        if not (self.right >= 0 and self.wrong >= 0):
            raise InputError(f"a prior counts votes, at least 0: {self.right:g}, {self.wrong:g}")


NOTHING = Prior(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Solved:
    """Where EM stopped: the posterior (true label x row of the design), the probability of each
    cell under each true label, the log shares of the labels, and the votes expected."""

    design: Design
    probs: Floats
    cells: Floats
    shares: Floats
    counts: Floats

    def right(self) -> Floats:
        """Expected number of right votes of each annotator that voted."""
        return own_cells(self.design, self.counts)

    def fitted(self) -> Fitted:
        d = self.design
        skill = np.zeros(d.table.annotators)
        skill[d.who] = self.right() / np.maximum(d.per_annotator(self.counts.sum(axis=0)), EPS)
        return Fitted(self.probs if d.kept is None else self.probs[:, d.kept.of], skill)


@dataclass(frozen=True, slots=True, kw_only=True)
class DawidSkene:
    """A confusion matrix an annotator (Dawid and Skene 1979); skill is expected agreement.

    Starts at the vote shares, which anchors the labels, and stops as crowd-kit does, so with no
    prior the posteriors are the same. `gold` rows stay what gold says. `priors` by annotator go
    before `prior`: give those of one kind (people, models, rules) the same.
    """

    iterations: int = 100
    tolerance: float = 1e-5  # least gain of the bound, in nats a vote
    gold: Gold = field(default_factory=dict)
    prior: Prior = NOTHING
    priors: Mapping[str, Prior] = field(default_factory=dict)

    def __post_init__(self) -> None:
        within.count("the number of iterations", self.iterations)
        within.amount("the tolerance", self.tolerance)

    @property
    def id(self) -> str:
        return "dawid-skene"

    def aggregate(self, votes: Votes) -> Consensus:
        solve = self.solver(votes)
        return consensus(votes, lambda t: solve(t).fitted(), self.gold, Source.PROBABILITY)

    def solver(self, votes: Votes) -> Callable[[Table], Solved]:
        """What fits one table of these votes."""
        answering = confusions(prior_counts(votes, self.prior, self.priors))
        return lambda table: solve(table, answering, self.iterations, self.tolerance)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCoin:
    """One accuracy an annotator, errors spread evenly: for few votes an annotator."""

    iterations: int = 100
    tolerance: float = 1e-5
    gold: Gold = field(default_factory=dict)
    prior: Prior = NOTHING
    priors: Mapping[str, Prior] = field(default_factory=dict)

    def __post_init__(self) -> None:
        within.count("the number of iterations", self.iterations)
        within.amount("the tolerance", self.tolerance)

    @property
    def id(self) -> str:
        return "one-coin"

    def aggregate(self, votes: Votes) -> Consensus:
        solve = self.solver(votes)
        return consensus(votes, lambda t: solve(t).fitted(), self.gold, Source.PROBABILITY)

    def solver(self, votes: Votes) -> Callable[[Table], Solved]:
        """What fits one table of these votes."""
        answering = coins(prior_counts(votes, self.prior, self.priors))
        return lambda table: solve(table, answering, self.iterations, self.tolerance)


Answering = Callable[[Design, Floats], Floats]
"""Expected counts (true label x cell) to the probability of each cell under each true label."""


def prior_counts(votes: Votes, prior: Prior, priors: Mapping[str, Prior]) -> Floats:
    """Annotator x (right, wrong)."""
    unknown = [name for name in priors if name not in votes.annotators] if priors else []
    if unknown:
        raise InputError(f"a prior is given for {unknown[0]!r}, who cast no vote")
    each = [priors.get(name, prior) for name in votes.annotators] if priors else None
    if each is None:
        return np.tile([prior.right, prior.wrong], (len(votes.annotators), 1))
    return np.array([(p.right, p.wrong) for p in each])


def confusions(known: Floats) -> Answering:
    informed = bool(known.any())

    def answering(d: Design, counts: Floats) -> Floats:
        unseen = 0.0
        if informed:
            right, wrong = known[d.who, 0], known[d.who, 1] / max(d.truths - 1, 1)
            is_right = d.cell_label == np.arange(d.truths)[:, None]
            added = np.where(is_right, d.spread(right), d.spread(wrong))
            unseen = known[d.who].sum(axis=1) - d.per_annotator(added)
            counts = counts + added
        counts = np.maximum(counts, EPS)
        return counts / d.spread(d.per_annotator(counts) + unseen)

    return answering


def coins(known: Floats) -> Answering:
    def answering(d: Design, counts: Floats) -> Floats:
        right, wrong = known[d.who, 0], known[d.who, 1]
        own = own_cells(d, counts) + right
        total = d.per_annotator(counts.sum(axis=0)) + right + wrong
        skill = own / np.where(total == 0, 1, total)  # no weight, no prior: skill 0 and no say
        is_right = d.cell_label == np.arange(d.truths)[:, None]
        each = np.where(is_right, d.spread(skill), d.spread(1 - skill) / max(d.truths - 1, 1))
        return np.clip(each, EPS, 1 - EPS)

    return answering


def own_cells(d: Design, counts: Floats) -> Floats:
    """Votes expected for the true label, of each annotator that voted."""
    return d.per_annotator(counts[d.cell_label, np.arange(len(d.cell_label))])


def solve(table: Table, answering: Answering, iterations: int, tolerance: float) -> Solved:
    d = design(table)
    probs = vote_shares(d)
    found = count(d, probs)
    cells, shares = answering(d, found.counts), log_shares(d, found)
    votes = float(found.counts.sum()) or 1.0
    last = -np.inf
    for _ in range(iterations):
        found = expect(d, probs, np.log(cells), shares)
        cells, shares = answering(d, found.counts), log_shares(d, found)
        bound = _bound(found, cells, shares) / votes
        if bound - last < tolerance:
            break
        last = bound
    return Solved(d, probs, cells, shares, found.counts)


def _bound(found: Expected, cells: Floats, prior: Floats) -> float:
    """The evidence bound as crowd-kit computes it: the prior counts once a vote, not once a row."""
    weight = found.counts.sum(axis=1) if prior.ndim == 1 else found.mass
    said = float(np.vdot(found.counts, np.log(cells)))
    return said + float((weight * prior).sum()) + found.entropy
