"""The alternative annotator test (alt-test): may a model replace people?

Calderon, Reichart and Dror (ACL 2025). Each person is left out in turn: on every record, does the
model or that person agree better with the other people? A model passes where it beats, within the
cost-benefit margin epsilon, at least half of the people, tested with a false discovery rate of q
(Benjamini-Yekutieli, which allows for dependence between the tests). With a single expert (appendix
C.2 there) both are held against the expert instead of against the other people.

Each comparison is a mean of differences that are -1, 0 or 1. The published test is Student's, which
does not hold where few of them differ from 0 or epsilon is small; the exact one always does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.errors import InputError, SpecError
from assay.quality.finding import Finding
from assay.quality.replacement.rejections import one_sided, rejections
from assay.quality.replacement.trinomial import p_value

Labels: TypeAlias = Mapping[str, object]
"""Record id to label."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_PEOPLE = 3  # with two, each is the only measure of the other
FEW_RECORDS = 50  # the paper advises 50 to 100
PUBLISHED_LIMIT = (
    "the published test is Student's, which passes too many models if epsilon is small or "
    "answers hardly differ; --test exact holds"
)
PAIRS_AT_ONCE = 4_000_000


EXACT, PUBLISHED = "exact", "published"
TESTS = (EXACT, PUBLISHED)


class NotPossible(InputError):
    """The test has no answer here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well a label agrees with others: `end` of the mean of `points`; larger is better."""

    points: Callable[[Floats, Floats], Floats]
    end: Callable[[Floats], Floats] = lambda mean: mean
    numbers: bool = False


def _same(labels: Floats, others: Floats) -> Floats:
    alike: Floats = (labels == others).astype(np.float64)
    return alike


def _squares(labels: Floats, others: Floats) -> Floats:
    gaps: Floats = (labels - others) ** 2
    return gaps


SCORES: dict[str, Score] = {
    "accuracy": Score(_same),  # share of the others who say the same
    "neg-rmse": Score(_squares, lambda mean: -np.sqrt(mean), numbers=True),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """`epsilon` is how much worse than a person a model may be, since it is cheaper.

    With an `expert`, people and model are held against that person alone.
    """

    epsilon: float = 0.1
    score: str = "accuracy"
    q: float = 0.05
    people_a_record: int = 2
    records_a_person: int = 30
    expert: str | None = None
    test: str = EXACT  # or published: Student's t

    def __post_init__(self) -> None:
        within.share("epsilon", self.epsilon)
        within.inner("q", self.q)
        within.count("people a record", self.people_a_record)
        within.count("records a person", self.records_a_person)
        if self.test not in TESTS:
            raise SpecError(f"unknown test {self.test!r}; there are {', '.join(TESTS)}")
        if self.score not in SCORES:
            raise SpecError(f"unknown score {self.score!r}; there are {', '.join(SCORES)}")


@dataclass(frozen=True, slots=True)
class AgainstPerson:
    """The model against one left-out person; `p` is of the one-sided test that the rules name."""

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
    won: bool  # against at least half of the people
    people: int
    records: int
    against: tuple[AgainstPerson, ...]
    left_out: tuple[str, ...]  # people with too few records to be tested
    rules: Rules = Rules()
    doubts: tuple[str, ...] = ()  # why winning would show nothing here

    @property
    def passed(self) -> bool | None:
        """None where it won and that shows nothing, so it cannot be determined."""
        return self._finding.passed

    @property
    def result(self) -> str:
        return self._finding.result

    @property
    def _finding(self) -> Finding:
        return Finding(self.won, self.doubts)

    @property
    def verdict(self) -> str:
        beaten = sum(a.rejected for a in self.against)
        can = "may replace" if self.won else "is not shown to be able to replace"
        who = "person" if self.people == 1 else "people"
        within = f"within epsilon {self.rules.epsilon:g}"
        open_ = self._finding.headline(
            f"{self.model} may replace people here",
            f"it is {within} of {beaten} of {self.people} {who}, but ",
        )
        return open_ or (
            f"{self.model} {can} people here: {within} "
            f"it is as good as {beaten} of {self.people} {who} (at least half are needed), on "
            f"{self.records:,} records"
        )

    @property
    def limits(self) -> list[str]:
        """What to keep in mind when reading the verdict."""
        judges = "these people" if self.rules.expert is None else f"the expert {self.rules.expert}"
        found = [f"this speaks of records like these, judged by agreement with {judges}"]
        if self.rules.expert is None and self.people < FEWEST_PEOPLE:
            found.append("with two people each is the only measure of the other; take three")
        if not self.won:
            found.append(
                "not passing does not show that it is worse; `assay compare --plan` estimates how "
                "many records are needed"
            )
        if self.rules.test == PUBLISHED:
            found.append(PUBLISHED_LIMIT)
        fewest = min(a.records for a in self.against)
        if fewest < FEW_RECORDS:
            found.append(f"{fewest} records for a person are few; 50 to 100 are advised")
        if self.left_out:
            out = ", ".join(self.left_out)
            found.append(f"left out, with under {self.rules.records_a_person} records: {out}")
        return found

    def as_json(self) -> dict[str, object]:
        return {
            "model": self.model,
            "winning_rate": self.winning_rate,
            "advantage_probability": self.advantage_probability,
            "passed": self.passed,
            "doubts": list(self.doubts),
            "people": self.people,
            "records": self.records,
            "verdict": self.verdict,
            "limits": self.limits,
            "left_out": list(self.left_out),
            "against": [
                {
                    "person": a.person, "records": a.records, "model_wins": a.model_wins,
                    "person_wins": a.person_wins, "p": a.p, "rejected": a.rejected,
                }
                for a in self.against
            ],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotTested:
    """A model on which the test has nothing to say, and why."""

    model: str
    why: str
    people: int
    records: int

    @property
    def verdict(self) -> str:
        return f"{self.model}: not possible because {self.why}"

    def as_json(self) -> dict[str, object]:
        return {
            "model": self.model, "winning_rate": None, "advantage_probability": None,
            "passed": None, "people": self.people, "records": self.records,
            "verdict": self.verdict, "not_possible": self.why,
        }  # fmt: skip


def doubted(test: AltTest, constant: "AltTest | NotTested") -> AltTest:
    """If the majority-class baseline wins too, winning shows nothing."""
    if isinstance(constant, NotTested) or not constant.won:
        return test
    return replace(test, doubts=(*test.doubts, f"{constant.model} is too"))


def alt_test(
    model: str, labels: Labels, people: Mapping[str, Labels], rules: Rules | None = None
) -> AltTest:
    """Test one model against the people; NotPossible says why where that cannot be done."""
    rules = rules or Rules()
    _check(labels, people, rules)
    compared = advantages(labels, people, rules).by_person()
    tested = {n: c for n, c in compared.items() if len(c) >= rules.records_a_person}
    if not tested:
        most = max((len(c) for c in compared.values()), default=0)
        also = (
            f"{rules.people_a_record - 1} or more other people"
            if rules.expert is None
            else f"the expert {rules.expert!r}"
        )
        raise NotPossible(
            f"no person has {rules.records_a_person} records that {model} and {also} labelled too "
            f"(the most is {most})"
        )
    p_values = np.array([_p_value(c[:, 1] - c[:, 0], rules) for c in tested.values()])
    rejected = rejections(p_values, rules.q)
    against = tuple(
        AgainstPerson(name, len(c), float(c[:, 0].mean()), float(c[:, 1].mean()), float(p), bool(r))
        for (name, c), p, r in zip(tested.items(), p_values, rejected, strict=True)
    )
    winning = float(rejected.mean())
    shared = {r for n in tested for r in people[n] if r in labels}
    left_out = tuple(n for n in compared if n not in tested)
    advantage = float(np.mean([a.model_wins for a in against]))
    return AltTest(
        model, winning, advantage, winning >= 0.5, len(tested), len(shared), against, left_out,
        rules,
    )  # fmt: skip


def _p_value(differences: Floats, rules: Rules) -> float:
    n, plus, minus = len(differences), int((differences > 0).sum()), int((differences < 0).sum())
    if rules.test == EXACT:
        return p_value(n, plus, minus, rules.epsilon)
    total, squares = np.array([float(plus - minus)]), np.array([float(plus + minus)])
    return float(one_sided(np.array([n]), total, squares, rules.epsilon)[0])


def _check(labels: Labels, people: Mapping[str, Labels], rules: Rules) -> None:
    expert = rules.expert
    if expert is not None and expert not in people:
        raise SpecError(f"there is no person {expert!r}; there are {', '.join(people) or 'none'}")
    if not labels:
        raise NotPossible("it gave no answers")
    if not any(record in labels for said in people.values() for record in said):
        raise NotPossible("it and the people share no record: do both use the same ids?")
    if expert is not None and len(people) < 2:
        raise NotPossible(
            f"{expert!r} is the only person: the test asks who is closer to the expert, the model "
            "or another person, so it needs labels of others"
        )
    if len(people) < 2:
        raise NotPossible(
            f"it needs at least two people, there is {len(people)}; if that one is an expert, add "
            "people who are not and name the expert with --expert"
        )


@dataclass(frozen=True, slots=True)
class Advantages:
    """One row a person and record: `wins` says whether the model, and whether the person, is at
    least as good as the other of the two."""

    records: tuple[str, ...]
    people: tuple[str, ...]  # those who are judged, without the expert
    record: Ints
    person: Ints
    wins: Floats

    def by_person(self) -> dict[str, Floats]:
        return {name: self.wins[self.person == i] for i, name in enumerate(self.people)}


def advantages(labels: Labels, people: Mapping[str, Labels], rules: Rules) -> Advantages:
    """Model and person on every record that enough others (or the expert) labelled too."""
    judged = tuple(name for name in people if name != rules.expert)
    order = judged if rules.expert is None else (*judged, rules.expert)
    records, votes = _coded(labels, [people[n] for n in order], SCORES[rules.score].numbers)
    judges, least = votes, max(rules.people_a_record - 1, 1)
    if rules.expert is not None:
        own = votes.person == len(judged)
        judges, votes, least = votes.only(own), votes.only(~own), 1
    wins, others = _wins(votes, judges, SCORES[rules.score])
    enough = others >= least
    return Advantages(records, judged, votes.record[enough], votes.person[enough], wins[enough])


@dataclass(frozen=True, slots=True)
class _Coded:
    """People's votes on the model's records, sorted by record; labels as codes or numbers."""

    record: Ints
    person: Ints
    label: Floats
    model: Floats  # the model's label of the same record

    def only(self, kept: NDArray[np.bool_]) -> "_Coded":
        return _Coded(self.record[kept], self.person[kept], self.label[kept], self.model[kept])


def _coded(
    labels: Labels, people: Sequence[Labels], numbers: bool
) -> tuple[tuple[str, ...], _Coded]:
    place: dict[str, int] = {}
    codes: dict[object, int] = {}

    def code(label: object) -> float:
        return _number(label) if numbers else codes.setdefault(label, len(codes))

    rows = [
        (place.setdefault(record, len(place)), i, code(label), code(labels[record]))
        for i, said in enumerate(people)
        for record, label in said.items()
        if record in labels
    ]
    rows.sort()
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4)
    whole = columns[:, :2].astype(np.int64)
    return tuple(place), _Coded(whole[:, 0], whole[:, 1], columns[:, 2], columns[:, 3])


def _number(label: object) -> float:
    try:
        number = float(str(label))
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise InputError(f"{label!r} is not a number; score `neg-rmse` needs numbers")
    return number


def _wins(judged: _Coded, judges: _Coded, score: Score) -> tuple[Floats, Ints]:
    """For each vote whether model and person are at least as good, and how many judged them."""
    first = np.searchsorted(judges.record, judged.record, "left")
    size = np.searchsorted(judges.record, judged.record, "right") - first
    wins, others = np.zeros((len(size), 2)), np.zeros(len(size), np.int64)
    done = np.cumsum(size)
    for start, stop in _blocks(done):
        own = slice(start, stop)
        vote = np.repeat(np.arange(stop - start), size[own])
        before = np.repeat(np.cumsum(size[own]) - size[own], size[own])
        judge = np.repeat(first[own], size[own]) + np.arange(len(vote)) - before
        another = judges.person[judge] != judged.person[own][vote]
        vote, judge = vote[another], judge[another]
        n = np.bincount(vote, minlength=stop - start)
        model, person = (
            score.end(
                np.bincount(
                    vote, score.points(given[own][vote], judges.label[judge]), stop - start
                ) / np.maximum(n, 1)
            )
            for given in (judged.model, judged.label)
        )  # fmt: skip
        wins[own] = np.column_stack([model >= person, person >= model])
        others[own] = n
    return wins, others


def _blocks(done: Ints) -> list[tuple[int, int]]:
    """Stretches of votes whose pairs fit in memory at once."""
    edges = np.arange(0, (done[-1] if len(done) else 0) + PAIRS_AT_ONCE, PAIRS_AT_ONCE)
    cuts = np.unique(np.append(np.searchsorted(done, edges[1:], "right"), len(done)))
    starts = np.insert(cuts[:-1], 0, 0)
    return [(int(a), int(b)) for a, b in zip(starts, cuts, strict=True) if b > a]
