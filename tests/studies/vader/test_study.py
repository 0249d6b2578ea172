"""The study of strategies on small made-up texts: gold kept apart, shares and money counted."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.annotators.base import HoldsNothing
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Decision
from assay.core.record import Record, TextPart
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger
from assay.models.base import Completion, Message
from assay.quality.planning import logistic
from assay.run import Job
from assay.strategies.chain import Chain
from assay.strategies.confidence import own
from assay.strategies.hybrid import Hybrid
from assay.strategies.prior import PriorCorrected
from assay.strategies.single import Single
from assay.strategies.specialists import Specialists, Stages
from assay.strategies.vote import Vote
from assay.studies.vader.data import HeldOut, VaderSet
from assay.studies.vader.study import (
    LABELS,
    Assignment,
    Models,
    Row,
    Setup,
    annotators,
    asked_llm,
    assign,
    certified,
    compare,
    constant,
    strategies,
    study,
    summary,
)

WORDS = {
    "negative": "awful bad sad",
    "neutral": "table chair plain",
    "positive": "great good happy",
}
SETUP = Setup(records=60, fit=40, certify=120, target=0.8)


def texts(count: int = 260) -> VaderSet:
    rng = np.random.default_rng(0)
    records, ratings = [], {}
    for i in range(count):
        tone = int(rng.integers(-1, 2))
        words = WORDS[LABELS[tone + 1]].split()
        records.append(Record(f"t{i}", (TextPart(f"{rng.choice(words)} {i}"),)))
        votes = 2 * tone + rng.integers(-1, 2, 12)
        ratings[f"t{i}"] = tuple(int(v) for v in votes)
    return VaderSet("tweets", tuple(records), ratings)


class Letters:
    """Vectors of the letters in a text."""

    id = "letters"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [[text.count(chr(97 + k)) for k in range(26)] for text in texts]
        found = np.array(rows, dtype=np.float32)
        scaled = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1)
        return np.asarray(scaled, dtype=np.float32)


class Even(HoldsNothing):
    """A language model that likes each label as much as any other."""

    id = "even"

    def __init__(self) -> None:
        self.asked = 0

    async def score(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]:
        self.asked += len(prompts)
        return [Completion("", scores={label: -1.0 - len(label) / 9 for label in labels})] * len(
            prompts
        )


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    task = Task("tweets", "Which tone?", Choice(LABELS))
    how = SETUP, MemoryLedger()
    found = asyncio.run(compare(assign(texts(), SETUP, 1), task, Models(Even(), Letters()), how))
    return {row.strategy: row for row in found}


def test_a_sample_is_dealt_into_parts_that_share_no_record() -> None:
    assigned = assign(texts(), SETUP, 3)
    parts = [{r.id for r in part} for part in (assigned.fit, assigned.certify, assigned.label)]
    assert [len(part) for part in parts] == [40, 120, 60]
    assert len(set.union(*parts)) == 220
    again = assign(texts(), SETUP, 3)
    assert assigned.label == again.label
    assert assigned.label != assign(texts(), SETUP, 4).label


def test_every_strategy_labels_the_same_records(rows: dict[str, Row]) -> None:
    assert len(rows) == 11
    assert len({frozenset(row.right) for row in rows.values()}) == 1
    assert "majority-class baseline" in rows


def test_people_and_the_language_model_are_counted(rows: dict[str, Row]) -> None:
    assert rows["one person"].to_people == 1.0
    assert rows["vader"].to_people == rows["vader"].cost_per_1000 == 0.0
    assert rows["chain"].to_llm == pytest.approx(1 / 3)
    assert rows["vote"].to_llm == rows["smollm2"].to_llm == 1.0
    assert rows["one person"].cost_per_1000 == pytest.approx(100.0)  # 1,000 labels of 0.10
    assert rows["majority-class baseline"].answered == 1.0
    people, llm = rows["specialists, people review"], rows["specialists, LLM reviews"]
    assert people.cost_per_1000 == pytest.approx(100 * people.to_people)
    assert 0 < llm.to_llm < 1
    assert people.to_llm == llm.to_people == 0.0


def test_the_hybrid_reaches_its_target_here(rows: dict[str, Row]) -> None:
    assert np.mean(list(rows["hybrid"].right.values())) >= 0.8
    assert "accepted" in rows["hybrid"].note


def test_a_record_drawn_twice_counts_once() -> None:
    first = Row("s", {"a": True, "b": True}, 1.0, 0.0)
    second = Row("s", {"b": False, "c": False}, 1.0, 0.5)
    found = summary("tweets", [first, second])
    assert (found.n, found.accuracy, found.to_people) == (3, 0.5, 0.25)
    assert found.seeds == (0.0, 1.0)


def test_seeds_are_summed_up_by_strategy_and_a_stopped_study_goes_on(tmp_path: Path) -> None:
    model = Even()
    found = study(texts(), Models(model, Letters()), SETUP, range(2), tmp_path)
    asked = model.asked
    assert asked > 0
    assert study(texts(), Models(model, Letters()), SETUP, range(2), tmp_path) == found
    assert model.asked == asked
    assert len(found) == 11
    assert all(row.interval[0] <= row.accuracy <= row.interval[1] for row in found)


@pytest.mark.parametrize("count", [60, 400])
def test_stages_of_the_specialists_grow_with_the_records(count: int) -> None:
    setup = Setup(records=count, fit=40, certify=120, stages=3)
    assigned = assign(texts(620), setup, 2)
    pick = SimpleNamespace(links=("vader",), threshold=0.7, certificate=None)
    made: Any = SimpleNamespace(pick=pick), own
    found = strategies(assigned, Models(Even(), Letters()), setup, made)
    table = {name: strategy for name, (strategy, _) in found.items()}
    beta = max(10, count // 10)
    for name, reviewer in (("LLM reviews", "smollm2"), ("people review", "people")):
        here = table[f"specialists, {name}"]
        assert isinstance(here, Specialists)
        assert here.stages == Stages(beta=beta, block=max(10, beta // 2), seed=2, most=3)
        assert here.reviewer == reviewer
        assert len(here.training) == len(here.gold) == 20
        assert not {e.id for e in here.training} & {e.id for e in here.gold}
    assert found["hybrid"][1] == "nothing certified"


def test_a_row_counts_shares_of_the_records_decided() -> None:
    decided = [
        Decision("a", "x", decided_by=DecidedBy.PEOPLE),
        Decision("b", "y", decided_by=DecidedBy.MODEL),
        Decision("c", None),
        Decision("d", "x", decided_by=DecidedBy.MODEL),
    ]
    row = Row.of("s", decided, {"a": "x", "b": "x", "c": "x", "d": "x"})
    assert row.right == {"a": True, "b": False, "c": False, "d": True}
    assert (row.strategy, row.answered, row.to_people) == ("s", 0.75, 0.25)


def test_a_summary_averages_the_seeds_and_its_interval_is_a_bootstrap_over_records() -> None:
    marks = {f"r{i}": i % 4 != 0 for i in range(400)}
    one = Row("s", marks, 1.0, 0.2, 0.4, 10.0, "note")
    two = Row("s", dict.fromkeys(marks, True), 0.5, 0.4, 0.0, 30.0, "other")
    found = summary("set", [one, two])
    assert (found.set, found.strategy, found.note, found.n) == ("set", "s", "note", 400)
    assert (found.accuracy, found.seeds) == (0.875, (0.75, 1.0))
    rest = (found.answered, found.to_people, found.to_llm, found.cost_per_1000)
    assert rest == pytest.approx((0.75, 0.3, 0.2, 20.0))
    half = 1.96 * np.std(np.repeat([1.0, 0.5], [300, 100])) / 20
    assert found.interval == pytest.approx((0.875 - half, 0.875 + half), abs=0.004)


def test_the_interval_is_drawn_by_the_same_seed_each_time() -> None:
    marks = [{f"r{i}": i % (k + 2) > 0 for i in range(k, 90, k)} for k in range(1, 6)]
    found = summary("set", [Row("s", right, 1.0, 0.0) for right in marks]).interval
    assert found == pytest.approx((0.7044897004, 0.8121816479), abs=1e-9)


def test_the_sizes_of_the_published_study() -> None:
    assert Setup() == Setup(300, 150, 250, target=0.9, delta=0.1, person=0.1, stages=2)
    row = Row("s", {}, 1.0, 0.0)
    assert (row.to_llm, row.cost_per_1000, row.note) == (0.0, 0.0, "")


def test_always_the_commonest_label_of_the_gold_to_fit_on() -> None:
    truth = {"f0": "a", "f1": "b", "f2": "b", "c0": "a", "c1": "a", "x": "b", "y": "a", "z": "b"}
    fit, certify, rest = (
        tuple(Record(id, ()) for id in ids) for ids in (["f0", "f1", "f2"], ["c0"], "xyz")
    )
    row = constant(Assignment(fit, certify, rest, HeldOut({}, truth), 0))
    assert row.right == {"x": True, "y": False, "z": True}
    assert (row.answered, row.to_people) == (1.0, 0.0)


def test_who_is_asked_in_the_study() -> None:
    setup = Setup(records=130, fit=40, certify=60, person=0.25)
    assigned = assign(texts(), setup, 2)
    task = Task("tweets", "Which tone?", Choice(LABELS))
    who = annotators(assigned, Models(Even(), Letters()), task, setup)
    assert list(who) == [
        "vader", "minilm", "ngrams", "smollm2 (raw)", "smollm2", "people", "one person"
    ]  # fmt: skip
    prior = who["smollm2"]
    assert isinstance(prior, PriorCorrected)
    assert (prior.annotator, prior.fit) == ("smollm2 (raw)", assigned.label[:100])
    for name, truth in (("people", assigned.truth.others), ("one person", assigned.truth.person)):
        person = who[name]
        assert isinstance(person, Recorded)
        assert person.decided_by is DecidedBy.PEOPLE
        assert person.given == {
            r.id: Given(truth[r.id], cost_nanos=250_000_000)
            for r in (*assigned.certify, *assigned.label)
        }


def test_confidences_are_calibrated_on_fifty_labels_and_promised_on_the_rest() -> None:
    assigned = assign(texts(), SETUP, 2)
    task, others = Task("tweets", "Which tone?", Choice(LABELS)), assigned.truth.others
    rng = np.random.default_rng(1)
    chances = {r.id: float(rng.uniform(0.4, 0.99)) for r in assigned.certify}
    other = {id: LABELS[LABELS.index(label) - 1] for id, label in others.items()}
    first = {
        id: Given(others[id] if rng.uniform() < chance else other[id], chance)
        for id, chance in list(chances.items())[1:]  # says nothing of the first
    }
    second = {id: Given(others[id], chance) for id, chance in chances.items()}
    who: dict[str, Any] = {"vader": Recorded("v", first), "minilm": Recorded("m", second)}
    job = Job(task, Single("vader"), who, MemoryLedger())
    made, sure = asyncio.run(certified(assigned, job, Setup(target=0.8, delta=0.2, person=3.0)))
    ids = [r.id for r in assigned.certify][1:50]
    odds = np.array([np.log(chances[id] / (1 - chances[id])) for id in ids])
    line = logistic(odds, np.array([first[id].value == others[id] for id in ids]))
    assert line[0] > 0
    assert sure.curves[0][0] == "v"
    assert sure.curves[0][1:] == pytest.approx(line)
    assert sure.curves[1][:2] == ("m", 0.0)
    assert made.records == 70
    assert made.promise.alpha == pytest.approx(0.2)
    assert made.promise.delta == 0.2
    found = {o.links: o for o in (*made.options, *made.bare)}
    assert set(found) >= {("vader",), ("minilm",), ()}
    assert found[()].cost == 3.0
    assert found[("minilm",)].agreement == 1.0
    bare = {o.links[0]: o for o in made.bare}
    rest = [r.id for r in assigned.certify][50:]
    assert bare["vader"].agreement == np.mean([first[id].value == others[id] for id in rest])
    assert bare["vader"].cost == 0.0


@pytest.mark.parametrize(
    ("strategy", "share"),
    [
        (Single("vader"), 0.0),
        (Single("smollm2"), 1.0),
        (Vote(("vader", "smollm2")), 1.0),
        (Chain(("vader", "smollm2"), "rank", own), 0.5),
        (Chain(("vader", "minilm"), "rank", own), 0.0),
        (Hybrid(("vader",), "people", 0.5, own), 0.0),
    ],
)
def test_the_share_of_records_that_the_language_model_is_asked_about(
    strategy: Any, share: float
) -> None:
    assert asked_llm(strategy, [Decision("a", None)]) == share
