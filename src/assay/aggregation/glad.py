"""GLAD (Whitehill et al. 2009): how able each annotator is and how hard each record."""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from assay.aggregation.base import Consensus
from assay.aggregation.fit import Fitted, consensus, own
from assay.aggregation.table import Gold, Table
from assay.core import within
from assay.core.annotation import Source
from assay.core.votes import Floats, Ints, Votes


@dataclass(frozen=True, slots=True, kw_only=True)
class Glad:
    """Skill is the ability alpha: 0 is guessing, below 0 misleading, 1 the prior's mean.

    The same steps as crowd-kit: conjugate gradients for alpha and log easiness beta, both with a
    unit normal prior around 1.
    """

    iterations: int = 100
    tolerance: float = 1e-5
    inner_iterations: int = 25
    inner_tolerance: float = 1e-2
    gold: Gold = field(default_factory=dict)

    def __post_init__(self) -> None:
        within.count("the number of inner iterations", self.inner_iterations)
        within.amount("the inner tolerance", self.inner_tolerance)
        within.count("the number of iterations", self.iterations)
        within.amount("the tolerance", self.tolerance)

    @property
    def id(self) -> str:
        return "glad"

    def aggregate(self, votes: Votes) -> Consensus:
        return consensus(votes, self._solve, self.gold, Source.PROBABILITY)

    def _solve(self, table: Table) -> Fitted:
        truths, people = len(table.labels), table.annotators
        if truths == 1:
            return Fitted(np.ones((1, table.rows)), np.ones(people))
        task = _Objective(table)
        point = np.ones(people + table.rows)
        probs = task.posterior(point)
        last = task.value(point, own(table, probs))
        for _ in range(self.iterations):
            probs = task.posterior(point)
            right = own(table, probs)
            found = minimize(
                task.loss, point, (right,), method="CG", jac=True,
                tol=self.inner_tolerance, options={"maxiter": self.inner_iterations},
            )  # fmt: skip
            point = np.asarray(found.x)
            bound = task.value(point, right) / (len(table.label) * truths)
            if bound - last < self.tolerance:
                break
            last = bound
        return Fitted(probs, point[:people])


class _Objective:
    """The expected log likelihood with its gradient; the code of a vote is label x rows + row."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.row: Ints = table.row
        self.code = table.label * np.int64(table.rows) + self.row
        self.spread = float(np.log(len(table.labels) - 1))
        self.weight = 1.0 if table.weight is None else table.weight

    def _edge(self, point: Floats) -> tuple[Floats, Floats, Floats]:
        """alpha x easiness of each vote, and its two factors."""
        people = self.table.annotators
        able = point[:people][self.table.annotator]
        easy = np.exp(point[people:])[self.row]
        return able * easy, able, easy

    def posterior(self, point: Floats) -> Floats:
        """A label's score is the sum of the log odds of the votes for it."""
        table, truths = self.table, len(self.table.labels)
        odds = (self._edge(point)[0] + self.spread) * self.weight
        score = np.bincount(self.code, odds, minlength=truths * table.rows)
        score = score.reshape(truths, table.rows)
        if table.allowed is not None:
            score[~table.allowed.T[:, table.place]] = -np.inf
        score = np.exp(score - score.max(axis=0))
        score /= score.sum(axis=0)
        if table.fixed is not None:
            (at,) = np.nonzero(table.fixed >= 0)
            score[:, at] = 0.0
            score[table.fixed[at], at] = 1.0
        return np.asarray(score)

    def value(self, point: Floats, right: Floats) -> float:
        return -self.loss(point, right)[0]

    def loss(self, point: Floats, right: Floats) -> tuple[float, Floats]:
        """Negative expected log likelihood with priors, and its gradient by alpha and beta."""
        table, people = self.table, self.table.annotators
        edge, able, easy = self._edge(point)
        likely = -np.logaddexp(0.0, -edge) - (1 - right) * (edge + self.spread)
        off = point - 1.0
        total = float(np.sum(likely * self.weight)) - float(off @ off) / 2
        total -= len(point) * float(np.log(2 * np.pi)) / 2
        pull = (right - expit(edge)) * self.weight * easy
        gradient = off.copy()
        gradient[:people] -= np.bincount(table.annotator, pull, minlength=people)
        gradient[people:] -= np.bincount(self.row, pull * able, minlength=table.rows)
        return -total, gradient
