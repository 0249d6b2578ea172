"""The controller fills in a plan; what does not fit the task is refused, nothing is executed."""

import asyncio

import pytest

from assay.core.annotation import Annotation, Outcome, Request, Waiting, answer
from assay.core.errors import ModelError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, FreeText
from assay.core.task import Task
from assay.strategies.controller import (
    NOT,
    SUITS,
    Candidate,
    SpecialistPlan,
    choose,
    question,
    script,
    suitability,
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
    with pytest.raises(
        SpecError,
        match=r"5 specialists are required, 4 can .*toxic: "
        r"it never says",
    ):
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
    described = script(planned(3))
    assert "load hub" in described
    assert "ask llm about the others" in described
    assert "fit learner again" in described
    assert "again" not in script(SpecialistPlan(("a", "b"), (), "r"))


def test_the_controller_reads_each_able_candidate_and_the_task() -> None:
    class Watching(RecordedAsk):
        def _answer(self, request: Request) -> Annotation | Waiting:
            asked.append(request)
            return super()._answer(request)

    asked: list[Request] = []
    ask = Watching(TASK, {"llm": SAID})
    plan = asyncio.run(choose(REGISTRY, 2, ("llm", "person"), ask))
    assert plan is not None
    assert plan.reviewer == "person"
    assert [r.record.text for r in asked] == [
        f"{c.name}: {c.description}" for c in REGISTRY if c.name in SCORES
    ]
    task = asked[0].task
    assert task.name == "tone-controller"
    assert "Which tone? (labels: good, bad)" in task.question
    assert question(Task("t", "?", FreeText())).question.count("(labels: text)") == 1


def test_an_open_question_leaves_the_plan_open() -> None:
    few = {name: said for name, said in SAID.items() if name != "hub"}
    assert asyncio.run(choose(REGISTRY, 2, ("llm", "r"), RecordedAsk(TASK, {"llm": few}))) is None


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"x": "good"}, "it never says bad"),
        ({"x": "worse"}, "it never says bad, good"),
        ({**SAME, "x": "so", "y": "also"}, "it also says also, so, which the task does not know"),
        (SAME, None),
    ],
)
def test_why_a_candidate_cannot_take_part_is_said(labels: dict[str, str], why: str | None) -> None:
    assert unfit(Candidate("x", "", labels), TASK.schema) == why


def test_a_task_without_labels_has_no_specialists() -> None:
    assert unfit(REGISTRY[0], FreeText()) == (
        "specialists answer one of several labels, the task is text"
    )


@pytest.mark.parametrize(
    ("value", "scores", "suits"),
    [
        (SUITS, {SUITS: -0.5, NOT: -2.0}, 1.5),
        (SUITS, {SUITS: -2.5, NOT: -2.0}, -0.5),
        (SUITS, {SUITS: -0.5}, 1.0),
        (NOT, None, -1.0),
        (SUITS, None, 1.0),
    ],
)
def test_suitability_is_read_from_scores_of_both_or_from_the_answer(
    value: str, scores: dict[str, float] | None, suits: float
) -> None:
    request = Request(question(TASK), text_record("x", "x"), "llm")
    given = answer(request, Outcome.ANSWERED, value=value, scores=scores)
    assert suitability(given) == suits


def test_a_script_counts_its_steps_and_mentions_training_only_where_there_is_some() -> None:
    plain = script(SpecialistPlan(("a", "b"), (), "r"))
    assert plain == (
        "1. load a\n2. load b\n3. label every block with a, b\n"
        "4. take the label where all agree\n5. ask r about the others\n"
    )
    learning = script(SpecialistPlan(("a",), ("b", "c"), "r")).splitlines()
    assert learning[3:6] == [
        "4. fit b on the training gold",
        "5. fit c on the training gold",
        "6. label every block with a, b, c",
    ]
    assert learning[8] == "9. when enough are reviewed, fit b, c again, with old examples"
    assert len(learning) == 10


def test_two_are_enough_for_a_plan_learners_counted() -> None:
    assert SpecialistPlan(("a",), ("b",), "r").trainable == ("b",)
    with pytest.raises(SpecError, match="once"):
        SpecialistPlan(("a",), ("a",), "r")
    with pytest.raises(SpecError, match="'b' cannot review"):
        SpecialistPlan(("a",), ("b",), "b")
