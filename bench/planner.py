"""Does the planner's pick cost and agree, on records it has not seen, what its intervals say?

    python bench/planner.py ../shared/data [--splits 200]

Half of the records, drawn at random, is the labelled sample: as `assay plan` does it, a fifth of
it calibrates confidences, the rest certifies and measures every option, and the cheapest that keeps
the promise is picked. Three rates at which the interval (nominal 95 %) holds what is found:

- `half`: the mean over the other half. That mean moves by chance as well, so that an honest
  interval for the expectation holds it in fewer than 95 % of the splits (about 83 % were both
  halves independent and equally large).
- `widened`: the same, with the interval's arm towards the mean and the arm of the other half's own
  interval added in quadrature, which makes it an interval for that mean: nominal 95 %.
- `known`: samples of the same size drawn with replacement from all records, which are then the
  whole population: what is found has no noise of its own. Nominal 95 %.

The sets of `alttest` taken are those with three people or more a record and at least 500 records;
on `wax` (206 records) all twelve splits that were tried picked people alone.

`promise` is how often the labels promised about (accepted ones, or the whole output) agree less
than the target in the known population (at most delta is promised). Splits that pick people alone
have nothing to measure and are counted apart.
"""

import argparse
import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from recordings import (
    ALTTEST,
    CASCADE,
    PERSON,
    TOKENS,
    Bools,
    Places,
    Recording,
    alttest,
    cascade,
    price,
    prices,
)
from scipy.special import expit, logit
from scipy.stats import binomtest

from assay.core.annotation import Decision
from assay.ledger import MemoryLedger
from assay.project.plan import FIT_SHARE, VOTE, chains
from assay.quality.guarantees.certificate import PEOPLE
from assay.quality.guarantees.promise import ABOUT, Promise
from assay.quality.planning import (
    LEVEL,
    Answers,
    Interval,
    Option,
    Trial,
    logistic,
    plan,
    routed,
)
from assay.run import Job, label
from assay.strategies.confidence import EDGE
from assay.strategies.vote import Vote

Floats = NDArray[np.float64]

MODELS = ("gemini_flash", "gpt-4o-mini", "gemini_pro", "gpt-4o")  # of the sets of alttest
TARGETS: Mapping[str, tuple[float, ...]] = {
    "cascade": (0.7, 0.8, 0.85), "cebab_aspects": (0.85, 0.9), "framing": (0.8,),
}  # fmt: skip
DELTA = 0.1
RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class World:
    """Evidence (log-odds, minus infinity for silence), verdicts and prices of every model."""

    evidence: Mapping[str, Floats]
    right: Mapping[str, Bools]
    costs: Mapping[str, float]
    n: int


def world(recording: Recording, models: tuple[str, ...]) -> World:
    """The models as recorded, and their vote as one more."""
    sure, right = {}, {}
    for model in models:
        right[model] = recording.right(model)
        logs = recording.scores.get(model)
        top = np.array([max(s.values()) for s in logs]) if logs else None
        sure[model] = np.zeros(recording.n) if top is None else log_odds(np.exp(top))
        sure[model][[said is None for said in recording.said[model]]] = -np.inf
    votes = asyncio.run(voted(recording, models))
    right[VOTE] = np.array([d.value == t for d, t in zip(votes, recording.truth, strict=True)])
    sure[VOTE] = log_odds(np.array([d.confidence for d in votes], dtype=np.float64))
    costs = {m: price(m) for m in models}
    return World(sure, right, {**costs, VOTE: sum(costs.values())}, recording.n)


async def voted(recording: Recording, models: tuple[str, ...]) -> list[Decision]:
    places, ledger = np.arange(recording.n), MemoryLedger()
    job = Job(recording.task, Vote(models, ties="first"), recording.annotators(places), ledger)
    summary = await label(job, recording.records(places))
    found = {d.record: d for d in ledger.decisions(summary.run)}
    return [found[f"{i}"] for i in places]


def log_odds(confidence: Floats) -> Floats:
    return np.asarray(logit(np.clip(confidence, EDGE, 1 - EDGE)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Planned:
    pick: Option
    curves: Mapping[str, tuple[float, float]]


def planned(given: World, places: Places, promise: Promise) -> Planned:
    """As `assay.project.plan` does it, on arrays."""
    fit, rest = np.split(places, [round(FIT_SHARE * len(places))])
    curves = {}
    for name, sure in given.evidence.items():
        there = fit[np.isfinite(sure[fit])]
        curves[name] = logistic(sure[there], given.right[name][there])
    options = chains(list(given.evidence), given.costs)
    return Planned(plan(trial(given, rest, curves), options, promise).pick, curves)


def trial(given: World, places: Places, curves: Mapping[str, tuple[float, float]]) -> Trial:
    models = {}
    for name, (slope, offset) in curves.items():
        sure = given.evidence[name][places]
        confidence = np.where(
            np.isfinite(sure), expit(slope * np.nan_to_num(sure) + offset), -np.inf
        )
        cost = np.full(len(places), given.costs[name])
        models[name] = Answers(confidence, given.right[name][places], cost)
    return Trial(models, PERSON)


def measured(found: Planned, given: World, places: Places) -> tuple[Bools, Floats, float]:
    """What was wrong, what it cost, and the share of accepted labels that agree."""
    there = trial(given, places, found.curves)
    takers, cost = routed(found.pick.links, there, found.pick.threshold)
    wrong = np.zeros(len(places), dtype=bool)
    for k, link in enumerate(found.pick.links):
        wrong |= (takers == k) & ~there.models[link].right
    taken = int((takers != PEOPLE).sum())
    return wrong, cost, 1 - float(wrong.sum()) / max(taken, 1)


@dataclass
class Tally:
    """Whether each interval held, split by split."""

    half: list[tuple[bool, bool]] = field(default_factory=list)  # cost, agreement
    widened: list[tuple[bool, bool]] = field(default_factory=list)
    known: list[tuple[bool, bool]] = field(default_factory=list)
    broken: list[bool] = field(default_factory=list)
    people: int = 0
    shares: list[float] = field(default_factory=list)

    def split(
        self, given: World, order: Places, promise: Promise, rng: np.random.Generator
    ) -> None:
        plan_on, test = np.split(order, [len(order) // 2])
        found = planned(given, plan_on, promise)
        if not found.pick.links:
            self.people += 1
            return
        wrong, cost, _ = measured(found, given, test)
        self.shares.append(found.pick.to_people)
        means = (float(cost.mean()), 1 - float(wrong.mean()))
        stated = (found.pick.cost_interval, found.pick.agreement_interval)
        centres = (found.pick.cost, found.pick.agreement)
        own = (resampled(cost, rng), exact(wrong))
        self.half.append(both(holds(i, m) for i, m in zip(stated, means, strict=True)))
        self.widened.append(
            both(
                abs(m - c) <= np.hypot(arm(i, c, m), arm(o, m, c)) + 1e-12
                for i, c, o, m in zip(stated, centres, own, means, strict=True)
            )
        )

    def draw(self, given: World, places: Places, promise: Promise) -> None:
        found = planned(given, places, promise)
        if not found.pick.links:
            return
        wrong, cost, accepted = measured(found, given, np.arange(given.n))
        kept = accepted if promise.about == "accepted" else 1 - float(wrong.mean())
        stated = (found.pick.cost_interval, found.pick.agreement_interval)
        means = (float(cost.mean()), 1 - float(wrong.mean()))
        self.known.append(both(holds(i, m) for i, m in zip(stated, means, strict=True)))
        self.broken.append(kept < 1 - promise.alpha)


def both(found: Iterable[bool]) -> tuple[bool, bool]:
    cost, agreement = found
    return bool(cost), bool(agreement)


def holds(interval: Interval, value: float) -> bool:
    return interval[0] - 1e-12 <= value <= interval[1] + 1e-12


def arm(interval: Interval, centre: float, towards: float) -> float:
    return interval[1] - centre if towards > centre else centre - interval[0]


def exact(wrong: Bools) -> Interval:
    low, high = binomtest(int(wrong.sum()), len(wrong)).proportion_ci(LEVEL, method="exact")
    return float(1 - high), float(1 - low)


def resampled(cost: Floats, rng: np.random.Generator) -> Interval:
    means = cost[rng.integers(0, len(cost), (RESAMPLES, len(cost)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def run(given: World, promise: Promise, splits: int) -> Tally:
    rng, tally = np.random.default_rng(0), Tally()
    for _ in range(splits):
        tally.split(given, rng.permutation(given.n), promise, rng)
        tally.draw(given, rng.integers(0, given.n, given.n // 2), promise)
    return tally


def row(name: str, promise: Promise, tally: Tally) -> str:
    used = len(tally.half)
    cells = [name, promise.about, f"{1 - promise.alpha:g}", f"{used} + {tally.people}"]
    if not used:
        return f"| {' | '.join((*cells, *'-----'))} |"
    cells.append(f"{np.mean(tally.shares):.2f}")
    cells += [rates(held) for held in (tally.half, tally.widened, tally.known)]
    broken = f"{np.mean(tally.broken):.3f}" if tally.broken else "-"
    return f"| {' | '.join((*cells, broken))} |"


def rates(held: list[tuple[bool, bool]]) -> str:
    if not held:
        return "-"
    cost, agreement = np.mean(held, axis=0)
    return f"{cost:.3f}, {agreement:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--splits", type=int, default=200)
    options = parser.parse_args()
    print(f"dollars a million tokens ({TOKENS} a record): {prices((*CASCADE, *MODELS))};")
    print(f"a person's label {PERSON:g} dollars; delta {DELTA:g}; cells: cost, agreement")
    print("| set | promise | target | splits: models + people alone | share to people | half | "
          "widened | known | promise broken |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    sets = [cascade(options.folder / "cascade")]
    sets += [alttest(options.folder / "alttest" / name) for name in ALTTEST if name in TARGETS]
    for recording in sets:
        given = world(recording, CASCADE if recording.scores else MODELS)
        for target in TARGETS[recording.name]:
            for about in ABOUT:
                promise = Promise(1 - target, DELTA, about)
                print(row(recording.name, promise, run(given, promise, options.splits)), flush=True)


if __name__ == "__main__":
    main()
