"""The cost-quality frontier: the cheapest strategy that meets the target.

Every model has answered a random sample of records once, and people have labelled it; each option
is replayed on those answers. Options that let models decide are certified on the sample, with
the error probability shared among them, since the cheapest of several is chosen afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from assay.core.distributions import exact_interval
from assay.core.errors import InputError
from assay.core.spelling import shortened
from assay.quality.calibration.calibrators import fit_arrays
from assay.quality.finding import Finding
from assay.quality.guarantees.certificate import PEOPLE, certify_chain, first_sure
from assay.quality.guarantees.promise import Certificate, Promise
from assay.quality.verdicts import Constant

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Interval = tuple[float, float]

RESAMPLES = 1000
LEVEL = 0.95
LEAST_FIT = 10  # labels to fit a curve on
ALL_BY_PEOPLE = "people alone"


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said of the sample: how sure, whether right, and what it cost (currency)."""

    confidence: Floats  # minus infinity where it gave no answer
    right: Bools
    cost: Floats

    @property
    def flat(self) -> bool:
        """Whether all its answers are equally sure, so that none can be taken before another."""
        return len(np.unique(self.confidence[np.isfinite(self.confidence)])) <= 1


@dataclass(frozen=True, slots=True)
class Option:
    """One strategy, measured on the sample.

    `agreement` is of everything that is shipped, records that people label included (they are the
    reference, so theirs agree); `cost` is per record in currency units.
    """

    name: str
    links: tuple[str, ...]
    certificate: Certificate | None  # None: people alone, or nothing promised
    threshold: float | None
    shares: tuple[float, ...]  # decided by each link
    agreement: float
    agreement_interval: Interval
    cost: float
    cost_interval: Interval

    @property
    def to_people(self) -> float:
        return max(0.0, 1.0 - sum(self.shares))

    @property
    def meets(self) -> bool:
        """People are the reference; anything else needs a certificate."""
        return not self.links or (self.certificate is not None and self.threshold is not None)

    @property
    def unsaid(self) -> bool:
        """Whether all answers are accepted, because no confidence distinguishes them."""
        return self.certificate is not None and self.certificate.unsaid

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "links": list(self.links),
            "meets": self.meets,
            "threshold": None if self.unsaid else self.threshold,
            "unsaid": self.unsaid,
            "shares": dict(zip(self.links, self.shares, strict=True)),
            "to_people": self.to_people,
            "agreement": self.agreement,
            "agreement_interval": self.agreement_interval,
            "cost_per_record": self.cost,
            "cost_interval": self.cost_interval,
            "certificate": self.certificate and self.certificate.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """`options` by cost, those that promise the target; `bare` are models without any promise.

    `baseline` is what always saying the most frequent label reaches on the sample; `notes` say
    what was not planned, and why.
    """

    promise: Promise
    reference: str
    records: int
    options: tuple[Option, ...]
    bare: tuple[Option, ...]
    baseline: Constant | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # why what the pick accepts would show nothing

    @property
    def finding(self) -> Finding:
        """Whether a model may label, and whether that says anything of its labels."""
        little = () if self.asks_little is None else (self.asks_little,)
        return Finding(bool(self.pick.links), (*little, *self.doubts))

    @property
    def verdict(self) -> str:
        """The headline."""
        open_ = self.finding.headline("meeting the target shows anything of the models' labels")
        if self.pick.certificate is None:
            return "no strategy with models guarantees the target for less than human labels only"
        return open_ or self.pick.certificate.statement

    @property
    def asks_little(self) -> str | None:
        """Where the majority-class baseline meets the target too."""
        target = 1 - self.promise.alpha
        if self.baseline is None or self.baseline.share < target:
            return None
        return (
            f"the majority-class baseline ({shortened(self.baseline.label)}) agrees in "
            f"{self.baseline.share:.1%} of "
            f"this sample too, so a target of {target:.1%} is a weak one"
        )

    @property
    def pick(self) -> Option:
        """The cheapest that meets the target; people alone always do."""
        return min((o for o in self.options if o.meets), key=lambda o: (o.cost, len(o.links)))

    @property
    def frontier(self) -> tuple[Option, ...]:
        """Options, promised or not, that no other beats in both cost and agreement."""
        kept: list[Option] = []
        for option in sorted((*self.options, *self.bare), key=lambda o: (o.cost, -o.agreement)):
            if option.links and option.threshold is None:
                continue
            if not kept or option.agreement > kept[-1].agreement:
                kept.append(option)
        return tuple(kept)

    @property
    def steps(self) -> tuple[tuple[Option, Option, float], ...]:
        """Along the frontier: from, to, and the money a percentage point of agreement costs there,
        per 1,000 records."""
        return tuple(
            (a, b, 10 * (b.cost - a.cost) / (b.agreement - a.agreement))
            for a, b in zip(self.frontier, self.frontier[1:], strict=False)
        )

    def as_json(self) -> dict[str, object]:
        return {
            "promise": self.promise.about,
            "target": 1 - self.promise.alpha,
            "delta": self.promise.delta,
            "reference": self.reference,
            "records": self.records,
            "baseline": self.baseline and self.baseline.as_json(),
            "asks_little": self.asks_little,
            "notes": list(self.notes),
            "pick": self.pick.name,
            **self.finding.as_json(),
            "verdict": self.verdict,
            "options": [o.as_json() for o in self.options],
            "without_promise": [o.as_json() for o in self.bare],
            "frontier": [o.name for o in self.frontier],
            "steps": [
                {"from": a.name, "to": b.name, "money_per_point_and_1000": money}
                for a, b, money in self.steps
            ],
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """The models' answers to the labelled records, and what one label of a person costs.

    InputError if it is empty or the answers are of different records.
    """

    models: Mapping[str, Answers]
    person: float
    reference: str = "people"
    baseline: Constant | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        sizes = {len(a.right) for a in self.models.values()}
        if len(sizes) != 1 or 0 in sizes:
            raise InputError("a plan needs a labelled sample that every model was asked about")
        if self.person < 0:
            raise InputError(f"a person's label cannot cost {self.person:g}")

    @property
    def n(self) -> int:
        return len(next(iter(self.models.values())).right)


def plan(trial: Trial, chains: Sequence[tuple[str, ...]], promise: Promise) -> Plan:
    """Measure every chain (one link: a model alone) with people behind it, and people alone.

    A chain passes on what its links are unsure of, so a model whose answers are all equally sure
    is tried alone. Verdicts have no say in that, and delta is shared among the chains left.
    """
    tried = [c for c in chains if len(c) == 1 or not any(trial.models[k].flat for k in c)]
    shared = replace(promise, delta=promise.delta / max(len(tried), 1))
    options = [_option(links, trial, shared) for links in tried]
    options.append(_measured(ALL_BY_PEOPLE, (), trial, None, None))
    bare = [_measured(f"{name}, unchecked", (name,), trial, None, -np.inf) for name in trial.models]
    ordered = sorted(options, key=lambda o: (not o.meets, o.cost))
    return Plan(
        promise, trial.reference, trial.n, tuple(ordered), tuple(bare), trial.baseline, trial.notes
    )


def _option(links: tuple[str, ...], trial: Trial, promise: Promise) -> Option:
    models = [trial.models[link] for link in links]
    sure = np.array([m.confidence for m in models])
    right = np.array([m.right for m in models])
    found = certify_chain(sure, right, promise, trial.reference)
    if models[0].flat:
        found = replace(found, unsaid=True)
    return _measured(" > ".join((*links, "people")), links, trial, found, found.threshold)


def _measured(
    name: str,
    links: tuple[str, ...],
    trial: Trial,
    certificate: Certificate | None,
    threshold: float | None,
) -> Option:
    takers, cost = routed(links, trial, threshold)
    by_chance = threshold is not None and threshold > -np.inf  # whether a record goes to people
    last = trial.person if by_chance else 0.0
    wrong = np.zeros(trial.n, dtype=bool)
    for k, link in enumerate(links):
        wrong |= (takers == k) & ~trial.models[link].right
    if (
        threshold == -np.inf
    ):  # a missing answer of an unchecked model leaves the record without label
        wrong |= takers == PEOPLE
    low, high = exact_interval(int(wrong.sum()), trial.n, LEVEL)
    return Option(
        name, links, certificate, threshold,
        tuple(float((takers == k).mean()) for k in range(len(links))),
        float(1 - wrong.mean()), (float(1 - high), float(1 - low)),
        float(cost.mean()), _cost_interval(cost, int((takers == PEOPLE).sum()), last),
    )  # fmt: skip


def routed(
    links: tuple[str, ...], trial: Trial, threshold: float | None
) -> tuple[NDArray[np.int64], Floats]:
    """Who decides each record, and what that record costs: every link that was asked is paid."""
    n, person = trial.n, trial.person
    if not links or threshold is None:  # nothing is certified, so no model is asked
        return np.full(n, PEOPLE), np.full(n, person)
    sure = np.array([trial.models[link].confidence for link in links])
    takers = np.where(np.isneginf(sure).all(axis=0), PEOPLE, first_sure(sure, threshold))
    cost = np.zeros(n)
    for k, link in enumerate(links):
        cost += np.where((takers == PEOPLE) | (takers >= k), trial.models[link].cost, 0.0)
    last = 0.0 if threshold == -np.inf else person
    return takers, cost + np.where(takers == PEOPLE, last, 0.0)


def logistic(evidence: Floats, right: Bools) -> tuple[float, float]:
    """Slope and offset of the chance to be right over log-odds stated; never falling. A flat line
    at the share that is right where the labels are few, or all right or all wrong, or where all
    answers state the same."""
    if len(right) < LEAST_FIT or right.all() or not right.any() or np.ptp(evidence) == 0:
        share = (right.sum() + 0.5) / (len(right) + 1)
        return 0.0, float(np.log(share / (1 - share)))
    fitted = fit_arrays(expit(evidence), right).parameters
    return max(fitted["slope"], 0.0), fitted["intercept"]


def _cost_interval(cost: Floats, to_people: int, person: float) -> Interval:
    """A bootstrap, at least as wide as the exact interval of the share that people label makes it:
    that share is most of the cost, and where hardly any record of the sample goes to people no
    draw differs from another, though other records may go there."""
    n, mean = len(cost), float(cost.mean())
    low, high = exact_interval(to_people, n, LEVEL)
    drawn = _bootstrap(cost)
    return (
        min(drawn[0], mean + person * (low - to_people / n)),
        max(drawn[1], mean + person * (high - to_people / n)),
    )


def _bootstrap(cost: Floats) -> Interval:
    """Costs take few values, one a route, so that a draw is how often each of them comes."""
    rng, (values, times) = np.random.default_rng(0), np.unique(cost, return_counts=True)
    means = rng.multinomial(len(cost), times / len(cost), RESAMPLES) @ values / len(cost)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)
