from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay.annotators.base import HoldsNothing
from assay.annotators.scored import Scored
from assay.core.annotation import PLAIN, Annotation, Outcome, Request, Way
from assay.core.cost import Budget, Prices, Usage
from assay.core.errors import BudgetError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Schema
from assay.core.task import Task
from assay.models.base import Completion, Message


class Counting(HoldsNothing):
    """Scores a label by how often its word stands in the prompt's last message."""

    id = "counting"

    def __init__(self) -> None:
        self.calls: list[int] = []

    async def score(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]:
        self.calls.append(len(prompts))
        return [self._one(p[-1].text, labels) for p in prompts]

    def _one(self, text: str, labels: Sequence[str]) -> Completion:
        if "too long" in text:
            return Completion("", error="too long")
        if set(labels) == {"no", "yes"}:
            asked = text.split("“")[1].split("”", maxsplit=1)[0]
            return Completion("", scores={"no": 0.5, "yes": float(text.count(asked) - 1)})
        return Completion("", scores={label: float(text.count(label)) for label in labels})


async def answers(
    schema: Schema, *texts: str, way: Way = PLAIN, normalise: bool = False
) -> list[Annotation]:
    task = Task("t", "What is it?", schema)
    annotator = Scored(Counting(), normalise=normalise)
    requests = [
        Request(task, text_record(str(i), t), annotator.id, way) for i, t in enumerate(texts)
    ]
    made = {a.record: a async for a in annotator.annotate(requests)}
    return [made[str(i)] for i in range(len(texts))]


async def test_the_best_label_wins_and_all_scores_are_kept() -> None:
    cat, dog = await answers(Choice(["cat", "dog"]), "cat cat", "dog")
    assert (cat.value, dog.value) == ("cat", "dog")
    assert cat.scores == {"cat": 2.0, "dog": 0.0}
    assert cat.confidence == pytest.approx(0.8808, abs=1e-4)


async def test_each_label_of_a_set_is_a_yes_or_no() -> None:
    (made,) = await answers(MultiChoice(["cat", "dog", "cow"]), "cat dog")
    assert made.value == frozenset({"cat", "dog"})


async def test_a_label_outside_the_focus_is_not_asked() -> None:
    (made,) = await answers(MultiChoice(["cat", "dog"]), "cat dog", way=Way(focus=("dog",)))
    assert made.value == frozenset({"dog"})
    assert set(made.scores or {}) == {"dog=no", "dog=yes"}


async def test_a_scale_is_scored_step_by_step() -> None:
    (made,) = await answers(Scale(1, 3), "3 3")
    assert made.value == 3.0


async def test_a_form_is_scored_attribute_by_attribute() -> None:
    form = Form({"animal": Choice(["cat", "dog"]), "size": Choice(["small", "large"])})
    (made,) = await answers(form, "a small dog")
    assert made.value == {"animal": "dog", "size": "small"}
    assert (made.scores or {})["size=small"] == 1.0


async def test_normalising_divides_by_the_length_of_the_label() -> None:
    schema = Choice(["at", "attack"])
    plain = await answers(schema, "attack at")
    assert plain[0].value == "at"
    (made,) = await answers(Choice(["ab", "longlabel"]), "ab longlabel longlabel", normalise=True)
    assert made.value == "ab"


async def test_an_error_fails_its_record_alone() -> None:
    bad, good = await answers(Choice(["cat", "dog"]), "too long", "dog")
    assert bad.outcome is Outcome.FAILED
    assert bad.error == "too long"
    assert good.value == "dog"


async def test_an_open_schema_is_refused() -> None:
    with pytest.raises(SpecError, match="closed set"):
        await answers(FreeText(), "x")


class OnCard(Counting):
    """Each prompt takes half an hour of a graphics card."""

    def _one(self, text: str, labels: Sequence[str]) -> Completion:
        return replace(super()._one(text, labels), usage=Usage(attempts=1, gpu_seconds=1800))


async def test_what_a_card_takes_is_booked_and_then_the_budget_ends_it() -> None:
    budget = Budget(10)
    task, prices = Task("t", "?", Choice(["cat", "dog"])), Prices(gpu_hour=2e-8)
    who = Scored(OnCard(), prices, budget=budget)
    requests = [Request(task, text_record("r", "cat"), who.id)]
    assert [a.cost async for a in who.annotate(requests)] == [10]
    assert budget.spent == 10
    assert [a.cost async for a in who.annotate(requests)] == [10]
    with pytest.raises(BudgetError):
        [a async for a in who.annotate(requests)]
