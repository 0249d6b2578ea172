"""Recorded answers come back as they were given."""

from dataclasses import replace

import pytest

from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import (
    DEFAULT_OPTIONS,
    Annotation,
    DecidedBy,
    Outcome,
    Request,
    RequestOptions,
    Source,
    answer,
)
from assay.core.cost import Budget, Usage
from assay.core.errors import BudgetError
from assay.core.record import text_record
from assay.core.schema import Choice, Form
from assay.core.task import Task

TASK = Task("t", "which?", Choice(["a", "b"]))


def request(record: str, annotator: str = "old") -> Request:
    return Request(TASK, text_record(record, f"text of {record}"), annotator)


async def answers(annotator: Recorded, *records: str) -> list[Annotation]:
    return [a async for a in annotator.annotate([request(r) for r in records])]


async def test_value_confidence_scores_and_cost_come_back() -> None:
    given = {"r": Given("a", 0.9, {"a": 0.9, "b": 0.1}, cost_nanos=7)}
    [made] = await answers(Recorded("old", given), "r")
    assert (made.value, made.confidence, made.cost_nanos) == ("a", 0.9, 7)
    assert (made.confidence_source, made.scores) == (Source.PROBABILITY, {"a": 0.9, "b": 0.1})


async def test_a_recorded_silence_is_an_abstention() -> None:
    [made] = await answers(Recorded("old", {"r": Given(None)}), "r")
    assert made.outcome is Outcome.ABSTAINED


async def test_a_model_without_a_record_abstains_and_people_are_waited_for() -> None:
    assert [a.outcome for a in await answers(Recorded("old", {}), "r")] == [Outcome.ABSTAINED]
    assert await answers(Recorded("old", {}, DecidedBy.PEOPLE), "r") == []


async def test_annotations_replay_with_their_outcome_and_cost() -> None:
    annotations = [
        answer(
            request("r", "llm"), Outcome.ANSWERED, value="b", cost_nanos=3, by="ann", usage=Usage(5)
        ),
        answer(request("s", "llm"), Outcome.REFUSED, raw="no", cost_nanos=2),
        answer(request("t", "llm"), Outcome.FAILED, error="timeout"),
    ]
    recorded = Recorded.of("replay", annotations)
    said = await answers(recorded, "r", "s", "t")
    assert [a.outcome for a in said] == [Outcome.ANSWERED, Outcome.REFUSED, Outcome.ABSTAINED]
    assert [a.cost_nanos for a in said] == [3, 2, 0]
    assert said[0].value == "b"


async def test_people_are_paid_for_each_attribute_they_are_asked_about() -> None:
    form = Task("f", "?", Form({"hat": TASK.schema, "smile": TASK.schema}))
    people = Recorded("p", {"r": Given({"hat": "a"})}, DecidedBy.PEOPLE, price_nanos=5)
    request_options = [DEFAULT_OPTIONS, RequestOptions(focus=("hat",))]
    asked = [Request(form, text_record("r", "x"), "p", options) for options in request_options]
    assert [a.cost_nanos async for a in people.annotate(asked)] == [10, 5]
    assert [a.cost_nanos async for a in people.annotate([request("r", "p")])] == [5]


async def test_of_a_form_only_what_is_asked_is_answered() -> None:
    form = Task("f", "?", Form({"hat": TASK.schema, "smile": TASK.schema}))
    record, hat, smile = (
        text_record("r", "x"),
        RequestOptions(focus=("hat",)),
        RequestOptions(focus=("smile",)),
    )
    people = Recorded("p", {"r": Given({"hat": "a"})}, DecidedBy.PEOPLE)
    asked = [Request(form, record, "p", options) for options in (hat, smile)]
    assert [a.value async for a in people.annotate(asked)] == [{"hat": "a"}]
    both = Recorded("m", {"r": Given({"hat": "a", "smile": "b"})})
    assert [a.value async for a in both.annotate(asked)] == [{"hat": "a"}, {"smile": "b"}]


async def test_answers_that_cost_stay_within_the_budget() -> None:
    budget = Budget.of_nanos(13)
    people = Recorded(
        "p", {"r": Given("a"), "s": Given("b")}, DecidedBy.PEOPLE, price_nanos=5, budget=budget
    )
    assert [a.cost_nanos for a in await answers(people, "r", "s")] == [5, 5]
    with pytest.raises(BudgetError):
        await answers(people, "r")
    assert (budget.spent_nanos, budget.reserved_nanos) == (10, 0)


@pytest.mark.parametrize(
    ("now", "then", "differs"),
    [
        (Given("a"), ("a", None), False),
        (Given("a"), ("b", None), True),
        (Given("a", 0.5), ("a", 0.5), False),
        (Given("a", 0.5), ("a", 0.75), True),
        (Given("a"), (None, Outcome.ABSTAINED), True),
        (Given(None), (None, Outcome.ABSTAINED), False),
        (Given(None, outcome=Outcome.REFUSED), (None, Outcome.ABSTAINED), True),
        (Given(None), ("a", None), True),
        (None, (None, Outcome.ABSTAINED), False),
        (None, ("a", None), True),
        (None, (None, Outcome.REFUSED), True),
    ],
)
def test_whether_it_would_answer_otherwise_now(
    now: Given | None, then: tuple[str | None, object], differs: bool
) -> None:
    asked, (value, how) = request("r"), then
    outcome = Outcome.ANSWERED if value else Outcome(str(how))
    sure = how if isinstance(how, float) else None
    source = Source.STATED if sure else None
    kept = answer(asked, outcome, value=value, confidence=sure, confidence_source=source)
    recorded = Recorded("old", {} if now is None else {"r": now})
    assert recorded.differs(asked, kept) is differs


async def test_a_confidence_has_the_source_it_was_given_with() -> None:
    given = {"r": Given("a", 0.5, source=Source.RANK), "s": Given("a", 0.5), "t": Given("a")}
    made = await answers(Recorded("old", given, source=Source.JUDGE, price_nanos=3), "r", "s", "t")
    assert [a.confidence_source for a in made] == [Source.RANK, Source.JUDGE, None]
    assert [a.cost_nanos for a in made] == [3, 3, 3]
    [silent] = await answers(Recorded("old", {"r": Given(None, cost_nanos=2)}, price_nanos=3), "r")
    assert silent.cost_nanos == 5
    assert Recorded("old", given).facts() == {"name": "old", "answers": 3, "decided_by": "model"}


async def test_a_replay_keeps_the_last_answer_and_its_source() -> None:
    first = answer(request("r", "llm"), Outcome.ANSWERED, value="a", confidence=0.25,
                   confidence_source=Source.MARGIN, scores={"a": 1.0})  # fmt: skip
    second = replace(first, value="b", revision=1)
    people = Recorded.of("replay", [first, second], DecidedBy.PEOPLE)
    assert people.given == {"r": Given("b", 0.25, {"a": 1.0}, 0, Outcome.ANSWERED, Source.MARGIN)}
    assert people.decided_by is DecidedBy.PEOPLE
