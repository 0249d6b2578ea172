"""A hub model as annotator, by a model that is told what to say: no weights, no extra."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.annotators import hub as hubs
from assay.annotators.hub import Hub, TrainableHub, meanings, outputs
from assay.core.annotation import Annotation, Outcome, Request, Source
from assay.core.cost import Budget, Prices
from assay.core.errors import BudgetError, InputError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, FreeText
from assay.core.task import Example, Task
from assay.models.transformers_text import Tuning
from tests.annotators.test_classifier import Clock

TASK = Task("t", "?", Choice(["good", "bad"]))
MAP = {"L0": "bad", "L1": "good", "L2": "bad"}


@dataclass
class Told:
    """Says each text's first digits as probabilities, in tenths."""

    labels: tuple[str, ...] = ("L0", "L1", "L2")
    on_gpu: bool = False
    heads: tuple[str, ...] = ()
    id: str = "told"
    blocks: list[int] = field(default_factory=list)
    tunings: list[tuple[Any, ...]] = field(default_factory=list)
    closed: int = 0

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        self.blocks.append(len(texts))
        return np.array([[int(d) / 10 for d in t.split()[0]] for t in texts])

    def tuned(self, *how: Any) -> "Told":
        self.tunings.append(how)
        return replace(self, id="tuned")

    def with_heads(self, labels: tuple[str, ...], seed: int) -> "Told":
        return replace(self, labels=labels, heads=labels, id=f"{self.id}/{seed}")

    def close(self) -> None:
        self.closed += 1


def hub(model: Told | None = None, **how: Any) -> Hub:
    return Hub(model or Told(), MAP, **how)  # type: ignore[arg-type]


def asked(who: Hub, *texts: str, task: Task = TASK) -> list[Annotation]:
    async def all_() -> list[Annotation]:
        requests = [Request(task, text_record(f"r{i}", t), who.id) for i, t in enumerate(texts)]
        return [a async for a in who.annotate(requests)]

    return asyncio.run(all_())


def test_labels_that_mean_one_add_up() -> None:
    [bad, good] = asked(hub(), "343", "181")
    assert (bad.value, good.value) == ("bad", "good")
    assert bad.confidence == pytest.approx(0.6)
    assert good.confidence == pytest.approx(0.8)
    assert bad.confidence_source is Source.PROBABILITY
    assert bad.scores == pytest.approx({"good": np.log(0.4), "bad": np.log(0.6)})
    assert (bad.mapping, bad.outcome) == ("hub", Outcome.ANSWERED)
    [sure] = asked(hub(), "900")
    assert (sure.scores or {})["good"] == pytest.approx(np.log(1e-12))


def test_thirty_two_texts_are_read_together_and_none_it_was_fitted_on() -> None:
    model = Told()
    known = text_record("r0", "333 0").digest
    texts = [f"333 {i}" for i in range(70)]
    made = asked(hub(model, fitted_on=frozenset({known})), *texts)
    assert model.blocks == [31, 32, 6]
    assert made[0].outcome is Outcome.ABSTAINED
    assert len(made) == 70
    only = Told()
    assert len(asked(hub(only, fitted_on=frozenset({known})), "333 0")) == 1
    assert only.blocks == []


def test_seconds_are_shared_out_and_priced_on_a_graphics_card_alone() -> None:
    for on_gpu in (False, True):
        who = hub(Told(on_gpu=on_gpu), prices=Prices(gpu_hour=3600.0, per_request=2e-9))
        who.pending_cost.append(50.0)
        made = asked(who, "333", "333")
        assert all(25 <= a.seconds < 30 for a in made)
        assert who.pending_cost == []
        assert [a.usage.attempts for a in made] == [1, 1]
        for a in made:
            assert a.usage.gpu_seconds == (a.seconds if on_gpu else 0.0)
            assert a.cost_nanos == pytest.approx((a.seconds * 1e9 if on_gpu else 0) + 2, abs=2)


def test_a_block_is_held_back_before_and_booked_after() -> None:
    class Watching(Told):
        held = 0

        def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
            type(self).held = budget.reserved_nanos
            return super().probabilities(texts)

    budget = Budget.of_nanos(100)
    who = hub(Watching(), prices=Prices(per_request=5e-9), budget=budget)
    assert [a.cost_nanos for a in asked(who, "333", "333", "333")] == [5, 5, 5]
    assert (Watching.held, budget.reserved_nanos, budget.spent_nanos) == (15, 0, 15)
    with pytest.raises(ValueError, match="x"):
        asked(who, "x")
    assert (budget.reserved_nanos, budget.spent_nanos) == (0, 15)
    with pytest.raises(BudgetError):
        asked(replace(who, budget=Budget.of_nanos(4)), "333")


def test_the_id_names_the_model_its_map_and_what_it_learnt() -> None:
    plain = Hub(Told())  # type: ignore[arg-type]
    assert plain.id == "hub/told"
    mapped = hub()
    assert mapped.id.startswith("hub/told;")
    assert len(mapped.id) == len("hub/told;") + 8
    assert replace(mapped, learnt="abc").id == mapped.id + "+abc"
    assert replace(plain, learnt="abc").id == "hub/told+abc"
    assert plain.facts() == {"id": "hub/told"}


async def test_what_it_holds_is_the_models() -> None:
    model = Told()
    await hub(model).aclose()
    assert model.closed == 1


def examples(*values: str) -> list[Example]:
    return [Example(text_record(f"e{i}", f"text {i}"), v) for i, v in enumerate(values)]


def trained(model: Told, labels: dict[str, str], **how: Any) -> TrainableHub:
    return TrainableHub(model, labels, **how)  # type: ignore[arg-type]


def test_it_is_tuned_on_texts_and_the_numbers_of_their_labels() -> None:
    model, budget = Told(("L0", "L1")), Budget.of_nanos(9)
    tuning, prices = Tuning(epochs=7), Prices(per_request=1.0)
    labels = {"L0": "bad", "L1": "good"}
    learner = trained(model, labels, tuning=tuning, prices=prices, budget=budget)
    given = examples("good", "bad", "good")
    made = learner.fitted(TASK, given, 5)
    [(texts, numbers, how, seed)] = model.tunings
    assert dict(zip(texts, numbers, strict=True)) == {"text 0": 1, "text 1": 0, "text 2": 1}
    assert texts == [e.record.text for e in sorted(given, key=lambda e: e.record.digest)]
    assert (how, seed) == (tuning, 5)
    assert made.fitted_on == {e.record.digest for e in given}
    assert (made.prices, made.budget, made.labels) == (prices, budget, learner.labels)
    assert len(made.pending_cost) == 1
    assert 0 <= made.pending_cost[0] < 30
    assert learner.name == Hub(model, learner.labels).id  # type: ignore[arg-type]


def test_a_version_is_named_by_all_that_it_follows_from() -> None:
    def learnt(given: list[Example], seed: int = 1, model: Told | None = None, **how: Any) -> str:
        who = trained(model or Told(("good", "bad")), {}, tuning=Tuning(**how))
        return who.fitted(TASK, given, seed).learnt

    given = examples("good", "bad", "good")
    first = learnt(given)
    assert first == learnt(given[::-1])
    assert len(first) == 12
    others = [
        learnt(given, 2), learnt(given[:2]), learnt(examples("good", "bad", "bad")),
        learnt(given, rate=1.0), learnt(given, epochs=9), learnt(given, batch=2),
        learnt(given, decay=0.5), learnt(given, longest=9),
        learnt(given, model=Told(("L0", "L1"))),  # with new heads
    ]  # fmt: skip
    assert len({first, *others}) == len(others) + 1


def test_a_model_of_other_labels_gets_new_heads_unless_a_map_says_what_they_mean() -> None:
    given = examples("good", "bad")
    for labels, mapping, said in (
        (("bad", "good"), {}, ("bad", "good")),
        (("L0", "L1"), {}, ("good", "bad")),
        (("L0", "L1"), {"L0": "bad", "L1": "good"}, ("L0", "L1")),
        (("good", "bad", "mixed"), {}, ("good", "bad")),
    ):
        made = trained(Told(labels), mapping).fitted(TASK, given, 3)
        assert made.model.labels == said


def test_what_cannot_be_learnt_is_refused() -> None:
    learner = trained(Told(("good", "bad")), {})
    with pytest.raises(SpecError, match="a hub model answers kind `choice`, not `text`"):
        learner.fitted(Task("t", "?", FreeText()), examples("x", "y"), 1)
    for given, described in ((examples("good", "good"), "there are 2 records of good"),
                        ([], "there are 0 records of none")):  # fmt: skip
        with pytest.raises(InputError, match=described):
            learner.fitted(TASK, given, 1)


def test_what_the_model_says_and_what_it_means() -> None:
    names, table = meanings(("L0", "L1", "L2"), MAP, TASK.schema)
    assert names == ("good", "bad")
    assert table.tolist() == [[0, 1], [1, 0], [0, 1]]
    assert meanings(("bad", "good"), {}, TASK.schema)[1].tolist() == [[0, 1], [1, 0]]
    assert outputs(("L0", "L1"), MAP, TASK.schema) == {"good": 1, "bad": 0}
    with pytest.raises(SpecError, match="several labels of the model mean 'bad'"):
        outputs(("L0", "L1", "L2"), MAP, TASK.schema)
    with pytest.raises(SpecError, match=r"says L0, x, and 'x' is no label .*\(good, bad\)"):
        meanings(("L0", "x"), MAP, TASK.schema)
    with pytest.raises(SpecError, match="which says L0, never says 'good'"):
        meanings(("L0",), MAP, TASK.schema)


def test_seconds_are_those_between_two_looks_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "time", Clock())
    made = trained(Told(("good", "bad")), {}).fitted(TASK, examples("good", "bad"), 1)
    assert made.pending_cost == [2.0]
    assert [a.seconds for a in asked(made, "55", "55 2", "55 3", "55 4")] == [1.0] * 4
    assert [a.seconds for a in asked(made, "55 5", "55 6")] == [1.0] * 2
