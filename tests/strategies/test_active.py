"""Active labelling against its random arm.

What a toy gets wrong (section 9(d)), beside what is here: stated confidences are calibrated and
thresholds bounded in `tests/quality`; few votes
and switched labels are in `tests/aggregation`; synthetic texts in `test_synthesise.py`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from assay.annotators.base import HoldsNothing
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.digest import digest
from assay.core.errors import SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Schema
from assay.core.task import Example, Task
from assay.strategies.active import Active, Loop, arms
from assay.strategies.queries import QUERIES, Pool, core_set, disagreement, gradient_diversity
from tests.strategies.held import held
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("t", "which?", Choice(["a", "b"]))


class Plane:
    """Two numbers written as text, read back as the vector."""

    id = "plane"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[float(x) for x in t.split()] for t in texts], dtype=np.float32)


@dataclass(frozen=True)
class Fitted(HoldsNothing):
    id: str
    model: Any
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        requests = list(requests)
        if not requests:
            return
        probs = self.model.predict_proba(Plane().encode([r.record.text for r in requests]))
        logs = np.log(np.maximum(probs, 1e-12))
        for request, row in zip(requests, logs, strict=True):
            scores = dict(zip(self.model.classes_, map(float, row), strict=True))
            value = max(scores, key=scores.__getitem__)
            yield answer(request, Outcome.ANSWERED, value=value, scores=scores)


class Logistic:
    name = "logistic"

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Fitted:
        vectors = Plane().encode([e.record.text for e in examples])
        model = LogisticRegression(C=10).fit(vectors, [str(e.value) for e in examples])
        return Fitted(f"logistic#{digest([e.digest for e in examples], 4)}", model)


def world(n: int = 400) -> tuple[list[Record], dict[str, str], RecordedAsk]:
    points = np.random.default_rng(3).normal(size=(n, 2))
    records = [text_record(f"r{i}", f"{x:.6f} {y:.6f}") for i, (x, y) in enumerate(points)]
    truth = {
        r.id: "a" if x + 0.3 * y > 0.2 else "b" for r, (x, y) in zip(records, points, strict=True)
    }
    people: Given = {k: (v, None) for k, v in truth.items()}
    return records, truth, RecordedAsk(TASK, {"people": people}, ["people"])


@pytest.mark.parametrize("query", QUERIES)
async def test_every_query_spends_its_budget_and_labels_the_rest(query: str) -> None:
    records, truth, ask = world()
    loop = Loop(first=20, batch=10, rounds=3, seed=1)
    strategy = Active("people", (Logistic(), Logistic()), Plane(), query, loop)
    decisions = await strategy.label(records, ask)
    by_people = [d for d in decisions if d.decided_by is DecidedBy.PEOPLE]
    assert len(by_people) == 20 + 3 * 10
    assert np.mean([truth[d.record] == d.value for d in decisions]) > 0.9


async def test_margin_learns_a_boundary_better_than_its_random_arm_over_seeds() -> None:
    records, truth, _ = world()
    loop = Loop(first=10, batch=5, rounds=4, random_share=0.0)
    right: dict[str, list[float]] = {"margin": [], "random": []}
    for arm in arms(Active("people", (Logistic(),), Plane(), "margin", loop), range(8)):
        _, _, ask = world()
        learnt = [d for d in await arm.label(records, ask) if d.route == ("learnt",)]
        right[arm.query].append(float(np.mean([truth[d.record] == d.value for d in learnt])))
    assert np.mean(right["margin"]) > np.mean(right["random"])


async def test_labels_of_picked_and_of_random_records_can_be_told_apart() -> None:
    """A model that errs near the boundary errs more on what the query picks."""
    records, truth, ask = world()
    wrong = {"a": "b", "b": "a"}
    rng = np.random.default_rng(2)

    def said(r: Record) -> str:
        x, y = (float(part) for part in r.text.split())
        close = abs(x + 0.3 * y - 0.2) < 0.3
        return wrong[truth[r.id]] if close and rng.random() < 0.4 else truth[r.id]

    ask.given = {"people": {r.id: (said(r), None) for r in records}}
    loop = Loop(first=20, batch=20, rounds=4, random_share=0.5, seed=1)
    decisions = await Active("people", (Logistic(),), Plane(), "margin", loop).label(records, ask)
    right = {
        why: [d.value == truth[d.record] for d in decisions if d.route[0] == f"chosen {why}"]
        for why in ("by margin", "at random")
    }
    assert [len(r) for r in right.values()] == [40, 60]
    assert np.mean(right["by margin"]) < np.mean(right["at random"])


async def test_people_who_have_not_answered_are_waited_for() -> None:
    records, _, ask = world(60)
    ask.given = {"people": {}}
    decisions = await Active("people", (Logistic(),), Plane()).label(records, ask)
    assert all(d.value is None and d.waiting_for == "people" for d in decisions)


async def test_the_loop_replays_the_same_way() -> None:
    records, _, ask = world()
    strategy = Active("people", (Logistic(),), Plane(), "badge", Loop(seed=5))
    first = await strategy.label(records, ask)
    assert first == await strategy.label(records, ask)


class Counted(Plane):
    def __init__(self) -> None:
        self.texts = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += len(texts)
        return super().encode(texts)


@pytest.mark.parametrize(("query", "texts"), [("margin", 0), ("badge", 60), ("core-set", 60)])
async def test_records_are_encoded_where_the_query_looks_at_vectors(query: str, texts: int) -> None:
    records, _, ask = world(60)
    encoder = Counted()
    await Active("people", (Counting(),), encoder, query, Loop(10, 5, 2)).label(records, ask)
    assert encoder.texts == texts


def pool(n: int = 30) -> Pool:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet([1, 1], n)
    return Pool(
        probs, np.stack([probs, probs[::-1]]), held(rng.normal(size=(n, 3))), np.zeros((0, 3))
    )


def test_picks_are_distinct() -> None:
    for query in QUERIES.values():
        picks = query(pool(), 10, np.random.default_rng(0))
        assert len(set(picks.tolist())) == 10


def test_core_set_starts_far_from_what_is_known() -> None:
    vectors = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 9.0]])
    known = np.array([[0.0, 0.0]])
    probs = np.full((3, 2), 0.5)
    [pick] = core_set(Pool(probs, probs[None], held(vectors), known), 1, np.random.default_rng(0))
    assert pick == 2


def test_a_committee_of_one_never_disagrees_and_is_drawn_at_random() -> None:
    probs = np.random.default_rng(0).dirichlet([1, 1], 50)
    alone = Pool(probs, probs[None], held(np.zeros((50, 2))), np.zeros((0, 2)))
    first = disagreement(alone, 10, np.random.default_rng(1))
    second = disagreement(alone, 10, np.random.default_rng(2))
    assert first.tolist() != second.tolist()


def test_gradient_diversity_copes_with_identical_records() -> None:
    probs = np.full((5, 2), 0.5)
    same = Pool(probs, probs[None], held(np.ones((5, 2))), np.zeros((0, 2)))
    assert len(gradient_diversity(same, 3, np.random.default_rng(0))) == 3


def test_an_unknown_query_is_named() -> None:
    with pytest.raises(SpecError, match="unknown query 'best'"):
        Active("people", (Logistic(),), Plane(), "best")


class Even(HoldsNothing):
    """Says a of everything, with the odds of the first number of the text; a member's id and the
    seeds it was fitted with are kept."""

    decided_by = DecidedBy.MODEL

    def __init__(self, name: str, scored: bool = True, level: float = 0.0) -> None:
        self.id, self.scored, self.level = name, scored, level

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            odds = float(request.record.text.split()[0])
            scores = {"a": odds + self.level, "b": self.level} if self.scored else None
            yield answer(request, Outcome.ANSWERED, value="a", scores=scores)


class Counting:
    """A learner that remembers how many examples and which seeds it was fitted with."""

    def __init__(self, name: str = "counting", scored: bool = True, level: float = 0.0) -> None:
        self.name, self.scored, self.level = name, scored, level
        self.fits: list[tuple[int, int]] = []

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Even:
        self.fits.append((len(examples), seed))
        return Even(f"{self.name}#{len(self.fits)}", self.scored, self.level)


async def test_rounds_fit_on_all_that_is_known_and_the_last_only_predicts() -> None:
    records, _, ask = world(60)
    one, two = Counting("one"), Counting("two")
    loop = Loop(first=10, batch=5, rounds=2, random_share=0.4, seed=3)
    made = await Active("people", (one, two), Plane(), "margin", loop).label(records, ask)
    assert one.fits == [(10, 3000), (15, 3001), (20, 3002)]
    assert two.fits == [(10, 3101), (15, 3102), (20, 3103)]
    assert [d.record for d in made] == [r.id for r in records]
    why = Counter(d.route[0] for d in made)
    assert why == {"chosen at random": 10 + 2 * 2, "chosen by margin": 2 * 3, "learnt": 40}
    learnt = [d for d in made if d.route == ("learnt",)]
    assert {(d.value, d.decided_by) for d in learnt} == {("a", DecidedBy.MODEL)}
    assert {d.route[1] for d in made if d.decided_by is DecidedBy.PEOPLE} == {"people"}
    assert (ask.asked["one#3"], ask.asked["two#3"]) == (40, 40)


@pytest.mark.parametrize("level", [0.0, -900.0, 900.0])
async def test_the_query_takes_those_nearest_to_the_boundary(level: float) -> None:
    """However far the log-probabilities of both labels lie from nought."""
    records, _, ask = world(40)
    loop = Loop(first=5, batch=4, rounds=1, random_share=0.0)
    learner = Counting(level=level)
    made = await Active("people", (learner,), Plane(), "margin", loop).label(records, ask)
    first = {d.record for d in made if d.route[0] == "chosen at random"}
    odds = {r.id: abs(float(r.text.split()[0])) for r in records if r.id not in first}
    assert len(first) == 5
    assert {d.record for d in made if d.route[0] == "chosen by margin"} == set(
        sorted(odds, key=odds.__getitem__)[:4]
    )


async def test_without_scores_all_labels_are_as_likely_and_picks_are_drawn() -> None:
    records, _, ask = world(30)
    loop = Loop(first=5, batch=4, rounds=1, random_share=0.0)
    learner = Counting(scored=False)
    made = await Active("people", (learner,), Plane(), "margin", loop).label(records, ask)
    assert sum(d.route[0] == "chosen by margin" for d in made) == 4


async def test_fewer_records_than_the_budget_are_all_labelled_by_the_oracle() -> None:
    records, _, ask = world(8)
    learner = Counting()
    loop = Loop(first=5, batch=9, rounds=3)
    made = await Active("people", (learner,), Plane(), "margin", loop).label(records, ask)
    assert {d.decided_by for d in made} == {DecidedBy.PEOPLE}
    assert learner.fits == [(5, 0)]
    assert ask.asked["people"] == 8


async def test_an_open_answer_stops_the_loop_and_keeps_what_was_decided() -> None:
    records, _, ask = world(40)
    loop = Loop(first=10, batch=5, rounds=3, random_share=0.0)
    first = await Active("people", (Counting(),), Plane(), "margin", loop).label(records, ask)
    picked = [d.record for d in first if d.route[0] == "chosen by margin"]
    ask.given["people"].pop(picked[0])  # type: ignore[attr-defined]
    made = await Active("people", (Counting(),), Plane(), "margin", loop).label(records, ask)
    assert {d.waiting_for for d in made if d.value is None} == {"people"}
    assert sum(d.value is not None for d in made) >= 10
    assert {d.route for d in made if d.value is None} >= {("not reached",)}
    assert not [d for d in made if d.route == ("learnt",)]


async def test_an_oracle_that_says_nothing_teaches_nothing() -> None:
    records, _, ask = world(12)
    ask.given = {"people": {r.id: (None, None) for r in records}}
    learner = Counting()
    loop = Loop(first=4, batch=2, rounds=2)
    made = await Active("people", (learner,), Plane(), "margin", loop).label(records, ask)
    assert learner.fits == []
    assert Counter(d.route[-1] for d in made) == {"unparsed": 4, "not reached": 8}
    assert {d.waiting_for for d in made} == {None}


@pytest.mark.parametrize(
    "schema", [FreeText(), Form({"f": Choice(["a"])}), MultiChoice(["a", "b"]), Scale(0, 1, None)]
)
async def test_other_answers_cannot_be_learnt_and_nobody_is_asked_for_them(schema: Schema) -> None:
    records, _, ask = world(8)
    text = RecordedAsk(Task("t", "?", schema), ask.given, ["people"])
    with pytest.raises(SpecError, match="one label of a closed set"):
        await Active("people", (Counting(),), Plane()).label(records, text)
    assert not text.asked


def test_a_loop_needs_a_learner() -> None:
    with pytest.raises(SpecError, match="needs a learner"):
        Active("people", (), Plane())


def test_arms_are_the_query_and_the_random_control_once_a_seed() -> None:
    loop = Loop(first=7, seed=99)
    found = arms(Active("people", (Counting(),), Plane(), "badge", loop), (1, 2))
    assert [(arm.query, arm.loop.seed, arm.loop.first) for arm in found] == [
        ("badge", 1, 7),
        ("badge", 2, 7),
        ("random", 1, 7),
        ("random", 2, 7),
    ]
