"""The controller fills in a plan; what does not fit the task is refused, nothing is executed."""

import asyncio

import pytest

from assay.core.errors import ModelError, SpecError
from assay.core.schema import Choice, FreeText
from assay.core.task import Task
from assay.strategies.controller import (
    NOT,
    SUITS,
    Candidate,
    SpecialistPlan,
    choose,
    script,
    unfit,
)
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("tone", "Which tone?", Choice(["good", "bad"]))
SAME = {"good": "good", "bad": "bad"}
REGISTRY = [
    Candidate("lexicon", "counts words of praise", SAME),
    Candidate("hub", "a fine-tuned classifier", {"LABEL_1": "good", "LABEL_0": "bad"}),
    Candidate("stars", "one to five stars", {"1": "bad", "5": "good", "3": "middling"}),
    Candidate("toxic", "finds insults", {"toxic": "bad"}),
    Candidate("learner", "character n-grams", SAME, trainable=True),
    Candidate("weather", "forecasts rain", SAME),
]
SCORES = {"lexicon": 0.5, "hub": 2.0, "learner": 1.0, "weather": -3.0}
SAID: Given = {name: (SUITS if s > 0 else NOT, {SUITS: s, NOT: 0.0}) for name, s in SCORES.items()}


def planned(count: int, said: Given = SAID) -> SpecialistPlan:
    ask = RecordedAsk(TASK, {"llm": said})
    plan = asyncio.run(choose(REGISTRY, count, ("llm", "llm"), ask))
    assert plan is not None
    return plan


def test_the_most_suitable_are_taken_and_learners_apart() -> None:
    plan = planned(3)
    assert (plan.specialists, plan.trainable) == (("lexicon", "hub"), ("learner",))
    assert plan.scores == pytest.approx(SCORES)


def test_candidates_with_other_labels_are_refused_before_anyone_is_asked() -> None:
    assert planned(3).refused == {
        "stars": "it also says middling, which the task does not know",
        "toxic": "it never says good",
    }


def test_label_maps_are_part_of_the_model() -> None:
    swapped = Candidate("x", "", {"LABEL_0": "good", "LABEL_1": "good", "LABEL_2": "bad"})
    assert unfit(swapped, TASK.schema) == "two of its labels mean the same in the task"
    assert unfit(REGISTRY[0], FreeText()) is not None


def test_too_few_candidates_are_named_with_the_reason() -> None:
    with pytest.raises(SpecError, match=r"5 specialists are wanted, 4 can .*toxic: it never says"):
        planned(5)


def test_silence_of_the_controller_is_no_opinion() -> None:
    with pytest.raises(ModelError, match="does not say whether hub"):
        planned(2, {**SAID, "hub": (None, None)})


def test_without_scores_the_answer_counts_and_the_registry_breaks_ties() -> None:
    said: Given = {n: (SUITS if s > 0 else NOT, None) for n, s in SCORES.items()}
    assert planned(2, said).specialists == ("lexicon", "hub")


def test_plans_are_checked() -> None:
    with pytest.raises(SpecError, match="at least two"):
        SpecialistPlan(("a",), (), "r")
    with pytest.raises(SpecError, match="once"):
        SpecialistPlan(("a", "a"), (), "r")
    with pytest.raises(SpecError, match="cannot review"):
        SpecialistPlan(("a", "b"), (), "a")


def test_a_plan_can_be_read_as_a_script() -> None:
    told = script(planned(3))
    assert "load hub" in told
    assert "ask llm about the others" in told
    assert "fit learner again" in told
    assert "again" not in script(SpecialistPlan(("a", "b"), (), "r"))
