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
from assay.core.annotation import DecidedBy, Decision
from assay.core.record import Record, TextPart
from assay.core.schema import Choice
from assay.core.task import Task
from assay.data.vader import VaderSet
from assay.ledger import MemoryLedger
from assay.models.base import Completion, Message
from assay.strategies.confidence import own
from assay.strategies.specialists import Specialists, Stages
from assay.training.vader import (
    LABELS,
    Models,
    Row,
    Setup,
    compare,
    deal,
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
    found = asyncio.run(compare(deal(texts(), SETUP, 1), task, Models(Even(), Letters()), how))
    return {row.strategy: row for row in found}


def test_a_sample_is_dealt_into_parts_that_share_no_record() -> None:
    dealt = deal(texts(), SETUP, 3)
    parts = [{r.id for r in part} for part in (dealt.fit, dealt.certify, dealt.label)]
    assert [len(part) for part in parts] == [40, 120, 60]
    assert len(set.union(*parts)) == 220
    again = deal(texts(), SETUP, 3)
    assert dealt.label == again.label
    assert dealt.label != deal(texts(), SETUP, 4).label


def test_every_strategy_labels_the_same_records(rows: dict[str, Row]) -> None:
    assert len(rows) == 11
    assert len({frozenset(row.right) for row in rows.values()}) == 1
    assert "always the commonest label" in rows


def test_people_and_the_language_model_are_counted(rows: dict[str, Row]) -> None:
    assert rows["one person"].to_people == 1.0
    assert rows["vader"].to_people == rows["vader"].cost_per_1000 == 0.0
    assert rows["chain"].to_llm == pytest.approx(1 / 3)
    assert rows["vote"].to_llm == rows["smollm2"].to_llm == 1.0
    assert rows["one person"].cost_per_1000 == pytest.approx(100.0)  # 1,000 labels of 0.10
    assert rows["always the commonest label"].answered == 1.0
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
    dealt = deal(texts(620), setup, 2)
    pick = SimpleNamespace(links=("vader",), threshold=0.7, certificate=None)
    made: Any = SimpleNamespace(pick=pick), own
    found = strategies(dealt, Models(Even(), Letters()), setup, made)
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
