"""A strategic annotator, by search and by simulation.

It picks its commitment for the largest expected bonus less its cost. One who can tell golden
questions from ordinary records picks two: one for what it takes for golden, which the estimator
sees, and one for the rest, which is the work. Most records are ordinary, so they make the cost.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from assay.core import within
from assay.core.distributions import normal_cdf, normal_quantile
from assay.quality.golden.commitment import Answers, alike, commitments
from assay.quality.golden.contract import Contract

GRID = 201  # commitments tried, for each of the two choices
ALARMS = (1e-4, 1e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class Spotting:
    """Share of golden questions, and of ordinary records, that an annotator takes for golden."""

    hit: float
    alarm: float


BLIND = Spotting(0.0, 0.0)


def spotting(auc: float) -> tuple[Spotting, ...]:
    """What an annotator can choose among whose suspicion ranks gold above ordinary records with
    probability `auc`; both suspicions normal with equal spread."""
    within.share("an AUC", auc)
    distance = np.sqrt(2) * normal_quantile(np.clip(auc, 0.5, 1 - 1e-9))
    return (BLIND, *(Spotting(float(normal_cdf(distance + normal_quantile(a))), a) for a in ALARMS))


@dataclass(frozen=True, slots=True)
class Response:
    """Commitments that the principal sees on gold and gets on the work; `utility` is expected."""

    on_gold: float
    on_work: float
    passing: float
    utility: float
    spotting: Spotting

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def best_response(found: Contract, options: Sequence[Spotting] = (BLIND,)) -> Response:
    """The choice of largest utility; of equal ones the most committed."""
    return max((_respond(found, o) for o in options), key=lambda r: (r.utility, r.on_work))


def _respond(found: Contract, spotted: Spotting) -> Response:
    theta = np.linspace(0, 1, GRID)
    suspected = theta[:, None] if spotted.hit or spotted.alarm else np.zeros((1, 1))
    unsuspected = theta[None, :]
    on_gold = spotted.hit * suspected + (1 - spotted.hit) * unsuspected
    on_work = spotted.alarm * suspected + (1 - spotted.alarm) * unsuspected
    cost = found.terms.cost
    paid = spotted.alarm * cost(suspected) + (1 - spotted.alarm) * cost(unsuspected)
    utility = found.terms.bonus * found.passing(on_gold) - paid
    i, j = np.unravel_index(np.argmax(utility), utility.shape)
    return Response(
        float(on_gold[i, j]),
        float(on_work[i, j]),
        float(found.passing(on_gold[i, j])),
        float(utility[i, j]),
        spotted,
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """Annotators of one commitment, each estimated from its own answers."""

    commitment: float
    questions: int
    annotators: int
    mean: float
    error: float | None  # standard error by theory
    spread: float  # standard deviation of the estimates
    covered: float  # share of the intervals that hold the commitment
    passed: float | None  # share that reach the threshold

    @property
    def bias(self) -> float:
        return self.mean - self.commitment

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"bias": self.bias}


def trial(found: Contract, commitment: float, annotators: int, seed: int) -> Trial:
    """Draws answers to golden questions and estimates commitment from them."""
    t = found.terms
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(annotators, dtype=np.int32), t.questions)
    chance = float(t.chance(np.array(commitment)))
    answers = Answers(
        tuple(map(str, range(annotators))),
        who,
        np.tile(np.arange(t.questions, dtype=np.int32), annotators),
        rng.random(len(who)) < chance,
    )
    questions = alike(t.questions, t.certainty, t.guess)
    estimates = commitments(questions, answers)
    theta = np.array([e.commitment for e in estimates])
    described = float(questions.information(commitment).sum())
    inside = [e.interval[0] <= commitment <= e.interval[1] for e in estimates]
    threshold = found.threshold
    return Trial(
        commitment,
        t.questions,
        annotators,
        float(theta.mean()),
        described**-0.5 if np.isfinite(described) else None,
        float(theta.std(ddof=1)),
        float(np.mean(inside)),
        None if threshold is None else float((theta >= threshold - 1e-9).mean()),
    )


def defeated(found: Contract, auc: float) -> tuple[Response, str]:
    """What an annotator does who can tell gold apart as well as `auc` says, in words too."""
    blind, seeing = best_response(found), best_response(found, spotting(auc))
    if blind.on_work - seeing.on_work < 0.05:
        return seeing, f"an annotator gains nothing from telling gold apart at AUC {auc:.2f}"
    return seeing, (
        f"an annotator who tells gold apart at AUC {auc:.2f} shows commitment "
        f"{seeing.on_gold:.2f} on gold and works at {seeing.on_work:.2f} (without: "
        f"{blind.on_work:.2f}); the estimate says nothing about the work"
    )
