"""The alternative annotator test: may a model stand in for people?

Calderon, Reichart and Dror (ACL 2025). Each person is left out in turn: on every record, does the
model or that person agree better with the other people? A model passes where it beats, within the
cost-benefit allowance epsilon, at least half of the people, tested with a false discovery rate of q
(Benjamini-Yekutieli, which allows for dependence between the tests).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from assay.core.errors import InputError

Labels: TypeAlias = Mapping[str, object]
"""Record id to label."""

Score: TypeAlias = Callable[[object, Sequence[object]], float]
"""How well a label agrees with those of the other people; larger is better."""

Floats = NDArray[np.float64]


def accuracy(label: object, others: Sequence[object]) -> float:
    """Share of the others who say the same."""
    return sum(label == other for other in others) / len(others)


def neg_rmse(label: object, others: Sequence[object]) -> float:
    """Minus the root mean square distance to the others."""
    gaps = [(_number(label) - _number(other)) ** 2 for other in others]
    return -float(np.sqrt(np.mean(gaps)))


def _number(label: object) -> float:
    try:
        return float(str(label))
    except ValueError:
        raise InputError(f"{label!r} is not a number; score `neg-rmse` needs numbers") from None


SCORES: dict[str, Score] = {"accuracy": accuracy, "neg-rmse": neg_rmse}


@dataclass(frozen=True, slots=True)
class Rules:
    """`epsilon` is how much worse than a person a model may be, since it is cheaper."""

    epsilon: float = 0.1
    score: str = "accuracy"
    q: float = 0.05
    people_a_record: int = 2
    records_a_person: int = 30


@dataclass(frozen=True, slots=True)
class AgainstPerson:
    """The model against one left-out person; `p` is of the one-sided paired t-test."""

    person: str
    records: int
    model_wins: float  # share of records on which the model agrees at least as well
    person_wins: float
    p: float
    rejected: bool  # the model is at least as good as this person, allowance included


@dataclass(frozen=True, slots=True)
class AltTest:
    model: str
    winning_rate: float
    advantage_probability: float
    passed: bool
    people: int
    records: int
    against: tuple[AgainstPerson, ...]
    left_out: tuple[str, ...]  # people with too few records to be tested

    @property
    def verdict(self) -> str:
        beaten = sum(a.rejected for a in self.against)
        can = "may stand in" if self.passed else "is not shown to be able to stand in"
        return (
            f"{self.model} {can} for people here: within the allowance it is as good as {beaten} "
            f"of {self.people} people (at least half are needed), on {self.records:,} records. "
            "This speaks of records like these, judged by agreement with these people."
        )

    def as_json(self) -> dict[str, object]:
        return {
            "model": self.model,
            "winning_rate": self.winning_rate,
            "advantage_probability": self.advantage_probability,
            "passed": self.passed,
            "people": self.people,
            "records": self.records,
            "verdict": self.verdict,
            "left_out": list(self.left_out),
            "against": [
                {
                    "person": a.person, "records": a.records, "model_wins": a.model_wins,
                    "person_wins": a.person_wins, "p": a.p, "rejected": a.rejected,
                }
                for a in self.against
            ],
        }  # fmt: skip


def alt_test(
    model: str, labels: Labels, people: Mapping[str, Labels], rules: Rules | None = None
) -> AltTest:
    """Test one model against the people; InputError says why where that cannot be done."""
    rules = rules or Rules()
    if rules.score not in SCORES:
        raise InputError(f"unknown score {rules.score!r}; there are {', '.join(SCORES)}")
    if len(people) < 2:
        raise InputError(
            f"the replacement test needs at least two people, there is {len(people)}; "
            "with one expert only agreement with that expert can be told"
        )
    compared = {name: _compare(name, labels, people, rules) for name in people}
    tested = {n: c for n, c in compared.items() if len(c) >= rules.records_a_person}
    if not tested:
        most = max(len(c) for c in compared.values())
        raise InputError(
            f"{model}: no person has {rules.records_a_person} records that the model and "
            f"{rules.people_a_record - 1} or more other people labelled too (the most is {most})"
        )
    p_values = [_p_value(c, rules.epsilon) for c in tested.values()]
    rejected = benjamini_yekutieli(p_values, rules.q)
    against = tuple(
        AgainstPerson(name, len(c), float(c[:, 0].mean()), float(c[:, 1].mean()), p, no)
        for (name, c), p, no in zip(tested.items(), p_values, rejected, strict=True)
    )
    winning = sum(rejected) / len(tested)
    shared = {r for n in tested for r in people[n] if r in labels}
    left_out = tuple(n for n in compared if n not in tested)
    advantage = float(np.mean([a.model_wins for a in against]))
    return AltTest(
        model, winning, advantage, winning >= 0.5, len(tested), len(shared), against, left_out
    )


def _compare(name: str, labels: Labels, people: Mapping[str, Labels], rules: Rules) -> Floats:
    """Rows (model at least as good, person at least as good) over the records of one person."""
    score = SCORES[rules.score]
    rows: list[tuple[float, float]] = []
    for record, own in people[name].items():
        if record not in labels:
            continue
        others = [p[record] for n, p in people.items() if n != name and record in p]
        if len(others) + 1 < rules.people_a_record:
            continue
        model, person = score(labels[record], others), score(own, others)
        rows.append((float(model >= person), float(person >= model)))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _p_value(compared: Floats, epsilon: float) -> float:
    """One-sided: is the person's win share minus the model's below epsilon?"""
    difference = compared[:, 1] - compared[:, 0]
    if np.ptp(difference) == 0:
        return 0.0 if difference[0] < epsilon else 1.0
    return float(stats.ttest_1samp(difference, epsilon, alternative="less").pvalue)


def benjamini_yekutieli(p_values: Sequence[float], q: float) -> list[bool]:
    """Which hypotheses are rejected at false discovery rate q under any dependence."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    harmonic = sum(1 / i for i in range(1, m + 1))
    passing = [k for k, i in enumerate(order, 1) if p_values[i] <= k * q / (m * harmonic)]
    last = max(passing, default=0)
    rejected = [False] * m
    for i in order[:last]:
        rejected[int(i)] = True
    return rejected
