"""Specialists by model name: real classes with tiny random weights, saved as the hub holds them."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from assay.annotators.hub import Hub, TrainableHub, meanings, outputs
from assay.core.annotation import Annotation, Outcome, Request
from assay.core.cost import Budget, Prices
from assay.core.errors import BudgetError, InputError, ModelError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, FreeText
from assay.core.task import Example, Task
from assay.models.transformers_text import TextClassifier, Tuning
from assay.strategies.specialists import Specialists, Stages
from assay.testing import check_annotator
from tests.models.tiny_classifier import saved
from tests.needs import needs_extra
from tests.strategies.recorded_ask import Given, RecordedAsk

pytestmark = needs_extra("hub", "torch", "transformers")
TASK = Task("tone", "Which tone?", Choice(["good", "bad"]))
MAP = {"LABEL_0": "bad", "LABEL_1": "good"}
FAST = Tuning(rate=5e-3, epochs=6, batch=8, longest=16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("bert"))


def text(i: int) -> tuple[str, str]:
    """A text and its label: the words decide it."""
    word = ("lovely", "dreadful", "fine", "poor")[i % 4]
    return f"the film was {'rather ' * (i % 3)}{word} {i}", "good" if i % 2 == 0 else "bad"


def examples(start: int, end: int) -> list[Example]:
    return [Example(text_record(f"r{i}", text(i)[0]), text(i)[1]) for i in range(start, end)]


def asked(who: Hub, given: list[Example], task: Task = TASK) -> list[Annotation]:
    async def all_() -> list[Annotation]:
        return [a async for a in who.annotate([Request(task, e.record, who.id) for e in given])]

    return asyncio.run(all_())


def accuracy(who: Hub, given: list[Example]) -> float:
    right = {e.record.id: e.value for e in given}
    return float(np.mean([a.value == right[a.record] for a in asked(who, given)]))


def test_it_keeps_the_contract_of_an_annotator(folder: Path) -> None:
    who = Hub(TextClassifier(str(folder)), MAP)
    answers = check_annotator(who, [Request(TASK, e.record, who.id) for e in examples(0, 70)])
    assert all(a.outcome is Outcome.ANSWERED for a in answers)


def test_the_label_map_is_part_of_the_annotator(folder: Path) -> None:
    """Section 4(d): LABEL_0 is not the same class everywhere."""
    one = Hub(TextClassifier(str(folder)), MAP)
    other = Hub(TextClassifier(str(folder)), {"LABEL_0": "good", "LABEL_1": "bad"})
    assert one.id != other.id
    [a], [b] = asked(one, examples(0, 1)), asked(other, examples(0, 1))
    assert {a.value, b.value} == {"good", "bad"}
    assert a.confidence == b.confidence
    assert a.scores is not None
    assert sum(np.exp(s) for s in a.scores.values()) == pytest.approx(1)


def test_labels_that_the_task_does_not_know_are_named(folder: Path) -> None:
    with pytest.raises(SpecError, match=r"says LABEL_0, LABEL_1.*give `labels`"):
        asked(Hub(TextClassifier(str(folder))), examples(0, 1))
    three = Task("t", "?", Choice(["good", "bad", "mixed"]))
    with pytest.raises(SpecError, match="never says 'mixed'"):
        asked(Hub(TextClassifier(str(folder)), MAP), examples(0, 1), three)
    with pytest.raises(SpecError, match="kind `choice`"):
        asked(Hub(TextClassifier(str(folder)), MAP), examples(0, 1), Task("t", "?", FreeText()))


def test_several_of_the_models_labels_can_mean_one_but_not_be_trained() -> None:
    stars = {f"{i} stars": "bad" if i < 3 else "good" for i in range(1, 6)}
    names, means = meanings(list(stars), stars, TASK.schema)
    assert names == ("good", "bad")
    assert means.sum(axis=0).tolist() == [3.0, 2.0]
    with pytest.raises(SpecError, match="not known which one to train"):
        outputs(list(stars), stars, TASK.schema)


def test_a_model_of_several_labels_at_once_is_refused(tmp_path: Path) -> None:
    """Section 4(a): multi-label toxicity models are no specialists for one label."""
    path = saved(tmp_path / "multi", problem_type="multi_label_classification")
    with pytest.raises(SpecError, match="several labels at once"):
        asked(Hub(TextClassifier(str(path)), MAP), examples(0, 1))


def test_a_model_that_is_nowhere_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot load") as bad:
        asked(Hub(TextClassifier(str(tmp_path / "nothing"))), examples(0, 1))
    assert "\n" not in str(bad.value)


def test_fine_tuning_learns_and_leaves_the_hubs_weights_as_they_were(folder: Path) -> None:
    base = TextClassifier(str(folder))
    before = base.probabilities([text(i)[0] for i in range(8)])
    tuned = TrainableHub(base, MAP, FAST).fitted(TASK, examples(0, 80), 1)
    assert accuracy(tuned, examples(100, 160)) > 0.95
    assert np.array_equal(before, base.probabilities([text(i)[0] for i in range(8)]))


def test_a_version_is_a_function_of_examples_and_seed_alone(folder: Path) -> None:
    import torch

    trainable = TrainableHub(TextClassifier(str(folder)), MAP, FAST)
    given, test = examples(0, 24), examples(100, 110)
    torch.manual_seed(5)
    one = trainable.fitted(TASK, given, 1)
    torch.manual_seed(6)
    same = trainable.fitted(TASK, given[::-1], 1)
    assert one.id == same.id
    assert [a.scores for a in asked(one, test)] == [a.scores for a in asked(same, test)]
    ids = {one.id, trainable.fitted(TASK, given, 2).id, trainable.fitted(TASK, given[1:], 1).id}
    assert len(ids) == 3
    assert trainable.name not in ids


def test_it_abstains_on_what_it_was_fitted_on(folder: Path) -> None:
    tuned = TrainableHub(TextClassifier(str(folder)), MAP, FAST).fitted(TASK, examples(0, 8), 1)
    outcomes = {a.record: a.outcome for a in asked(tuned, examples(6, 10))}
    assert outcomes["r7"] is Outcome.ABSTAINED
    assert outcomes["r8"] is Outcome.ANSWERED


def test_without_a_map_a_model_gets_a_new_last_layer(folder: Path) -> None:
    three = Task("t", "?", Choice(["good", "bad", "mixed"]))
    trainable = TrainableHub(TextClassifier(str(folder)), {}, FAST)
    tuned = trainable.fitted(three, examples(0, 80), 1)
    assert tuned.model.labels == ("good", "bad", "mixed")
    assert [a.value for a in asked(tuned, examples(100, 102), three)] == ["good", "bad"]


@pytest.mark.parametrize("count", [0, 1])
def test_one_label_alone_teaches_nothing(folder: Path, count: int) -> None:
    with pytest.raises(InputError, match="at least two labels"):
        TrainableHub(TextClassifier(str(folder)), MAP).fitted(TASK, examples(0, count), 1)


def test_a_folder_that_is_saved_over_is_another_annotator(tmp_path: Path) -> None:
    path = saved(tmp_path / "bert")
    before = Hub(TextClassifier(str(path)), MAP).id
    saved(path, {0: "a", 1: "b", 2: "c"})
    assert Hub(TextClassifier(str(path)), MAP).id != before
    assert str(tmp_path) not in before


def test_each_answer_costs_its_price(folder: Path) -> None:
    who = Hub(TextClassifier(str(folder)), MAP, Prices(per_request=0.5))
    assert [a.cost_nanos for a in asked(who, examples(0, 2))] == [500_000_000] * 2


def test_the_seconds_of_fine_tuning_are_told_once(folder: Path) -> None:
    tuned = TrainableHub(TextClassifier(str(folder)), MAP, FAST).fitted(TASK, examples(0, 40), 1)
    [took] = tuned.pending_cost
    first = sum(a.seconds for a in asked(tuned, examples(100, 110)))
    assert took > 0
    assert first >= took
    assert tuned.pending_cost == []


async def test_specialists_fine_tune_it_in_stages(folder: Path) -> None:
    given = examples(0, 140)
    wrong: Given = {e.record.id: ("bad", None) for e in given}
    truth: Given = {e.record.id: (e.value, None) for e in given}
    ask = RecordedAsk(TASK, {"lexicon": wrong, "people": truth}, ["people"])
    learner = TrainableHub(TextClassifier(str(folder)), MAP, FAST)
    strategy = Specialists(
        ("lexicon",), "people", (learner,), tuple(given[:24]), tuple(given[24:40]),
        Stages(beta=20, block=50, most=2),
    )  # fmt: skip
    decisions = await strategy.label([e.record for e in given[40:]], ask)
    assert len(ask.registered) >= 2
    assert all(id.startswith("hub/") and "+" in id for id in ask.registered)
    right = [d.value == text(int(d.record[1:]))[1] for d in decisions]
    assert np.mean(right) > 0.9


def test_its_calls_stay_within_the_budget(folder: Path) -> None:
    budget = Budget.of_nanos(100)
    who = Hub(TextClassifier(str(folder)), MAP, Prices(per_request=20e-9), budget=budget)
    assert [a.cost_nanos for a in asked(who, examples(0, 4))] == [20] * 4
    with pytest.raises(BudgetError):
        asked(who, examples(4, 8))
    assert (budget.spent_nanos, budget.reserved_nanos) == (80, 0)
