"""Active labelling against its random arm.

What a toy gets wrong (section 9(d)), beside what is here: stated confidences are calibrated and
thresholds bounded in `tests/quality/test_calibration.py` and `test_certificate.py`; few votes and
switched labels are in `tests/aggregation`; synthetic texts in `test_synthesise.py`.
"""

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
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.active import Active, Loop, arms
from assay.strategies.queries import QUERIES, Pool, core_set, disagreement, gradient_diversity
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


def pool(n: int = 30) -> Pool:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet([1, 1], n)
    return Pool(probs, np.stack([probs, probs[::-1]]), rng.normal(size=(n, 3)), np.zeros((0, 3)))


def test_picks_are_distinct() -> None:
    for query in QUERIES.values():
        picks = query(pool(), 10, np.random.default_rng(0))
        assert len(set(picks.tolist())) == 10


def test_core_set_starts_far_from_what_is_known() -> None:
    vectors = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 9.0]])
    known = np.array([[0.0, 0.0]])
    probs = np.full((3, 2), 0.5)
    [pick] = core_set(Pool(probs, probs[None], vectors, known), 1, np.random.default_rng(0))
    assert pick == 2


def test_a_committee_of_one_never_disagrees_and_is_drawn_at_random() -> None:
    probs = np.random.default_rng(0).dirichlet([1, 1], 50)
    alone = Pool(probs, probs[None], np.zeros((50, 2)), np.zeros((0, 2)))
    first = disagreement(alone, 10, np.random.default_rng(1))
    second = disagreement(alone, 10, np.random.default_rng(2))
    assert first.tolist() != second.tolist()


def test_gradient_diversity_copes_with_identical_records() -> None:
    probs = np.full((5, 2), 0.5)
    same = Pool(probs, probs[None], np.ones((5, 2)), np.zeros((0, 2)))
    assert len(gradient_diversity(same, 3, np.random.default_rng(0))) == 3


def test_an_unknown_query_is_named() -> None:
    with pytest.raises(SpecError, match="unknown query 'best'"):
        Active("people", (Logistic(),), Plane(), "best")
