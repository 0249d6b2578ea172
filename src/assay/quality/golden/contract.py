"""The pay threshold on golden questions, and what it costs an honest annotator.

Liu et al. (arXiv 2505.19134): a bonus is paid if the estimated commitment reaches a threshold.
Commitment is continuous, so a strategic annotator stops where more of it is not worth its cost:
b sqrt(nI) phi(z) = c'(target), with z the distance from threshold to target in standard errors.
Hence the threshold lies about sqrt(log n / n) below the target, and an annotator who commits as
wanted still fails with probability Phi(-z), of order 1 / sqrt(n log n). Threshold, bonus and
number of questions are therefore tied; a fixed cut such as "80 % right" is none of this.
"""

import math
from dataclasses import dataclass

import numpy as np

from assay.core import within
from assay.core.distributions import binomial_cdf, normal_cdf
from assay.core.errors import InputError
from assay.core.votes import Floats
from assay.quality.finding import Finding
from assay.quality.golden.commitment import Commitment, alike

GRID = 2001  # commitments tried when an annotator looks for its best response
SLACK = 1e-9  # rounding of an estimate that is just at the threshold
NEAR = 0.05  # a best response this close to the target is the target


@dataclass(frozen=True, slots=True)
class Terms:
    """Bonus and cost share one unit, such as money; all golden questions are alike.

    The cost of commitment theta is a power law whose slope at `target` is `marginal_cost`.
    """

    questions: int
    target: float
    bonus: float = 1.0
    marginal_cost: float = 0.5
    certainty: float = 1.0
    guess: float = 0.5
    power: float = 1.0

    def __post_init__(self) -> None:
        within.inner("the target commitment", self.target)
        for name in ("questions", "bonus", "marginal_cost"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise within.OutsideError(f"{name.replace('_', ' ')} is more than 0, not {value:g}")
        if not (math.isfinite(self.power) and self.power >= 1):
            raise within.OutsideError(f"the power of the cost is at least 1, not {self.power:g}")
        alike(1, self.certainty, self.guess)  # checks them

    @property
    def information(self) -> float:
        """Per question, at the target."""
        return float(alike(1, self.certainty, self.guess).information(self.target)[0])

    @property
    def precision(self) -> float:
        """sqrt(nI): one over the standard error at the target."""
        return math.sqrt(self.questions * self.information)

    def cost(self, theta: Floats) -> Floats:
        return self.marginal_cost * self.target / self.power * (theta / self.target) ** self.power

    def chance(self, theta: Floats) -> Floats:
        """That one golden question is answered as gold says."""
        return self.guess + theta * (self.certainty - self.guess)


@dataclass(frozen=True, slots=True)
class Contract:
    """`threshold` None: no threshold makes the target worth an annotator's while, and `why`."""

    terms: Terms
    threshold: float | None
    z: float | None = None
    why: str | None = None

    @property
    def feasible(self) -> bool:
        return self.why is None

    @property
    def failure(self) -> float | None:
        """Probability that an annotator at the target misses the bonus: Phi(-z)."""
        return None if self.z is None else float(normal_cdf(-self.z))

    @property
    def scaled(self) -> float | None:
        """failure x sqrt(n log n), which tends to `limit`."""
        n = self.terms.questions
        return None if self.failure is None else self.failure * math.sqrt(n * math.log(n))

    @property
    def limit(self) -> float:
        t = self.terms
        return t.marginal_cost / (t.bonus * math.sqrt(t.information))

    @property
    def needed(self) -> int | None:
        """Right answers at which the estimate reaches the threshold."""
        if self.threshold is None:
            return None
        share = float(self.terms.chance(np.array(self.threshold)))
        return max(0, math.ceil(self.terms.questions * share - 1e-9))

    @property
    def exact_failure(self) -> float | None:
        """As `failure`, with the binomial distribution of right answers instead of the normal."""
        if self.threshold is None:
            return None
        return float(1 - self.passing(np.array(self.terms.target)))

    def passing(self, theta: Floats) -> Floats:
        """Probability of the bonus at a commitment on golden questions, exactly."""
        if self.needed is None:
            raise InputError(f"no threshold, so nothing to pass: {self.why}")
        chance = np.clip(self.terms.chance(theta), 0, 1)
        return 1 - np.asarray(binomial_cdf(self.needed - 1, self.terms.questions, chance))

    @property
    def statement(self) -> str:
        t = self.terms
        if not self.feasible or self.threshold is None:
            return f"not feasible: {self.why}"
        return (
            f"pay the bonus from an estimated commitment of {self.threshold:.3f} on "
            f"({self.needed:,} of {t.questions:,} golden questions right); an annotator who "
            f"commits at {t.target:g} misses it with probability {self.failure:.2g} "
            f"(exactly: {self.exact_failure:.2g})"
        )

    def as_json(self) -> dict[str, object]:
        t = self.terms
        return {
            "questions": t.questions, "target": t.target, "bonus": t.bonus,
            "marginal_cost": t.marginal_cost, "certainty": t.certainty, "guess": t.guess,
            "information": t.information, "feasible": self.feasible, "why": self.why,
            "threshold": self.threshold, "z": self.z, "needed": self.needed,
            "failure": self.failure, "exact_failure": self.exact_failure,
            "scaled": self.scaled, "limit": self.limit, "statement": self.statement,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paid:
    """Whether an annotator passes a contract, compared with the majority-class baseline."""

    contract: Contract
    commitment: Commitment
    constant: Commitment

    @property
    def finding(self) -> Finding | None:
        """None where there is no contract to pass."""
        if not self.contract.feasible or self.contract.threshold is None:
            return None
        low, doubts = self.contract.threshold - SLACK, []
        if self.constant.commitment >= low:
            doubts.append(
                "majority-class baseline passes too, with "
                f"{self.constant.right} of {self.constant.questions} right"
            )
        if self.commitment.interval[0] <= 0:
            doubts.append("the interval of its commitment holds 0")
        return Finding(self.commitment.commitment >= low, tuple(doubts))

    @property
    def words(self) -> str:
        found, k = self.finding, self.contract
        if found is None:
            return f"; no contract, {k.statement}"
        open_ = found.headline("it earned the bonus")
        if open_ is not None:
            return f"; {open_}"
        verdict = "passes" if found.won else "does not pass"
        return f"; {verdict} (threshold {k.threshold:.2f}; an honest one misses {k.failure:.1%})"

    def as_json(self) -> dict[str, object]:
        found = self.finding
        described = {"passed": None, "doubts": []} if found is None else found.as_json()
        return described | {
            "constant": self.constant.as_json(),
            "contract": self.contract.as_json(),
        }


def contract(terms: Terms) -> Contract:
    """The threshold under which the target is a strategic annotator's best response."""
    pull = terms.bonus * terms.precision / (terms.marginal_cost * math.sqrt(2 * math.pi))
    if pull <= 1:
        return Contract(terms, None, why=_too_weak(terms, pull))
    z = math.sqrt(2 * math.log(pull))
    threshold = terms.target - z / terms.precision
    if threshold <= 0:
        why = (
            f"{terms.questions:,} questions are too few: the threshold would be below 0, "
            "so that everybody is paid"
        )
        return Contract(terms, None, why=why)
    found = Contract(terms, threshold, z)
    best = _best_response(found)
    if abs(best - terms.target) > NEAR:
        why = (
            f"an annotator is better off at commitment {best:.2f} than at {terms.target:g}: "
            "the bonus does not pay for the work; raise it"
        )
        return Contract(terms, threshold, z, why)
    return found


def _too_weak(terms: Terms, pull: float) -> str:
    questions = math.floor(terms.questions / pull**2) + 1
    return (
        f"a bonus of {terms.bonus:g} on {terms.questions:,} questions is too weak for a marginal "
        f"cost of {terms.marginal_cost:g}; it takes at least {questions:,} questions, or a bonus "
        f"above {terms.bonus / pull:.3g}"
    )


def _best_response(found: Contract) -> float:
    """By search, where the estimate is normal with the target's standard error."""
    t = found.terms
    assert found.threshold is not None
    theta = np.linspace(0, 1, GRID)
    utility = t.bonus * normal_cdf((theta - found.threshold) * t.precision) - t.cost(theta)
    return float(theta[np.argmax(utility)])
