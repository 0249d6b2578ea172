from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay.annotators.base import HoldsNothing
from assay.annotators.scored import (
    Received,
    Scored,
    by_question,
    confidence,
    field_request,
    flat,
    join,
    tag_prompt,
)
from assay.core.annotation import DEFAULT_OPTIONS, Annotation, Outcome, Request, RequestOptions
from assay.core.cost import Budget, Prices, Usage
from assay.core.errors import BudgetError, SpecError
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import Choice, Form, FreeText, Label, MultiChoice, Scale, Schema
from assay.core.task import Example, Task
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
    schema: Schema, *texts: str, options: RequestOptions = DEFAULT_OPTIONS, normalise: bool = False
) -> list[Annotation]:
    task = Task("t", "What is it?", schema)
    annotator = Scored(Counting(), normalise=normalise)
    requests = [
        Request(task, text_record(str(i), t), annotator.id, options) for i, t in enumerate(texts)
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
    (made,) = await answers(
        MultiChoice(["cat", "dog"]), "cat dog", options=RequestOptions(focus=("dog",))
    )
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
    budget = Budget.of_nanos(10)
    task, prices = Task("t", "?", Choice(["cat", "dog"])), Prices(gpu_hour=2e-8)
    who = Scored(OnCard(), prices, budget=budget)
    requests = [Request(task, text_record("r", "cat"), who.id)]
    assert [a.cost_nanos async for a in who.annotate(requests)] == [10]
    assert budget.spent_nanos == 10
    assert [a.cost_nanos async for a in who.annotate(requests)] == [10]
    with pytest.raises(BudgetError):
        [a async for a in who.annotate(requests)]


def request(
    schema: Schema, text: str = "x", options: RequestOptions = DEFAULT_OPTIONS, guideline: str = ""
) -> Request:
    return Request(
        Task("t", "What is it?", schema, guideline), text_record("r", text), "m", options
    )


async def test_requests_are_scored_thirty_two_at_a_time_and_each_question_by_itself() -> None:
    scorer = Counting()
    asked = [
        Request(Task("t", "?", Choice(["cat", "dog"])), text_record(f"r{i}", "cat"), "m",
                RequestOptions(focus=("cat",)) if i == 3 else DEFAULT_OPTIONS)
        for i in range(40)
    ]  # fmt: skip
    made = [a.record async for a in Scored(scorer).annotate(asked)]
    assert scorer.calls == [31, 1, 8]
    assert made == [
        *(f"r{i}" for i in range(32) if i != 3),
        "r3",
        *(f"r{i}" for i in range(32, 40)),
    ]
    one, other = Task("t", "?", Choice(["a"])), Task("u", "??", Choice(["a"]))
    record = text_record("r", "x")
    mixed = [Request(task, record, "m", options) for task in (one, other)
             for options in (DEFAULT_OPTIONS, RequestOptions(focus=("a",)),
                             DEFAULT_OPTIONS)]  # fmt: skip
    assert [len(group) for group in by_question(mixed)] == [2, 1, 2, 1]


async def test_what_is_not_seen_fails_by_itself_and_is_not_scored() -> None:
    scorer = Counting()
    picture = Record("p", (ImagePart("a.png", "0" * 64), TextPart("cat")))
    task = Task("t", "?", Choice(["cat", "dog"]))
    asked = [Request(task, r, "m") for r in (text_record("r", "cat"), picture)]
    made = [a async for a in Scored(scorer, modality="image").annotate(asked)]
    assert [(a.record, a.outcome) for a in made] == [
        ("r", Outcome.FAILED), ("p", Outcome.ANSWERED)
    ]  # fmt: skip
    assert made[0].error == "the record has no image, and nothing else is shown to this model"
    assert scorer.calls == [1]
    assert (made[1].scores or {})["cat"] == 0.0  # its text was not shown


def test_each_way_to_score_is_another_annotator() -> None:
    plain = Scored(Counting())
    assert plain.id == "counting/likelihood/p2"
    assert replace(plain, normalise=True).id == "counting/likelihood/p2/n"
    assert replace(plain, all_scores=False).id == "counting/likelihood/p2/best"
    assert replace(plain, normalise=True, modality="text").id == "counting/likelihood/p2/n/text"
    assert plain.facts() == {"scorer": plain.scorer, "id": plain.id}


class Finding(Counting):
    """Finds the best of many labels without scoring them all."""

    found = 0

    async def best(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]:
        self.found += 1
        return [Completion("", scores={labels[-1]: -1.0})] * len(prompts)


async def test_the_best_of_more_than_eight_labels_is_found_where_that_is_asked_for() -> None:
    for count, all_scores, found in ((8, False, 0), (9, False, 1), (9, True, 0)):
        scorer = Finding()
        schema = Choice([f"l{i}" for i in range(count)])
        who = Scored(scorer, all_scores=all_scores)
        [made] = [a async for a in who.annotate([request(schema, "l0")])]
        assert scorer.found == found
        assert made.value == (f"l{count - 1}" if found else "l0")
        assert (made.confidence is None) == (made.confidence_source is None) == bool(found)
    nine = request(Choice([f"l{i}" for i in range(9)]))
    with pytest.raises(SpecError, match="length normalisation needs the scores of all labels"):
        [a async for a in Scored(Finding(), normalise=True, all_scores=False).annotate([nine])]
    [made] = [a async for a in Scored(Counting(), all_scores=False).annotate([nine])]
    assert len(made.scores or {}) == 9


def test_a_label_is_asked_about_after_the_record_with_what_it_means() -> None:
    schema = MultiChoice([Label("cat", "a small one"), "dog"])
    asked = request(schema, "the record", RequestOptions(focus=("cat",)), "Be fair.")
    system, user = tag_prompt(asked, schema, "cat")
    assert system.text.startswith("What is it?\nPossible labels: cat, dog\nBe fair.\nLabels:\n")
    assert "- yes\n- no" in system.text
    assert user.text == (
        "<record>the record</record>\nDoes the label “cat” (a small one) apply?\nAnswer:"
    )
    assert "Does the label “dog” apply?" in tag_prompt(asked, schema, "dog")[1].text


def test_of_a_form_one_attribute_is_asked_with_the_parts_of_examples_that_answer_it() -> None:
    form = Form({"tone": Choice(["a", "b"]), "age": Scale(1, 5)}, {"tone": "how does it sound"})
    own = Example(text_record("e0", "x"), {"tone": "a", "age": 3.0}, "so")
    shown = Example(text_record("e1", "x"), {"age": 4.0}, "so")
    task = Task("t", "What is it?", form, "Be fair.", (own,))
    asked = Request(
        task, text_record("r", "x"), "m", RequestOptions(("tone",), (shown,), 2, "hint")
    )
    tone, age = (field_request(asked, form, name) for name in ("tone", "age"))
    assert tone.task.name == "t/tone"
    assert tone.task.question == "What is it?\ntone: how does it sound"
    assert age.task.question == "What is it?\nage"
    assert (tone.task.schema, tone.task.guideline) == (form.fields["tone"], "Be fair.")
    assert [(e.id, e.value, e.rationale) for e in tone.task.examples] == [("e0", "a", "so")]
    assert [e.value for e in age.task.examples] == [3.0, 4.0]
    assert tone.options == RequestOptions(replica=2, hint="hint")


async def test_of_a_form_only_the_attributes_in_focus_are_scored() -> None:
    form = Form({"tone": Choice(["calm", "b"]), "tags": MultiChoice(["red", "blue"])})
    [both] = await answers(form, "b red red")
    assert both.value == {"tone": "b", "tags": frozenset({"red"})}
    assert set(both.scores or {}) == {
        "tone=calm", "tone=b", "tags/red=no", "tags/red=yes", "tags/blue=no", "tags/blue=yes"
    }  # fmt: skip
    [one] = await answers(form, "b red red", options=RequestOptions(focus=("tone",)))
    assert one.value == {"tone": "b"}
    assert (one.confidence or 0) > (both.confidence or 1)  # the least sure counts


def test_what_is_heard_of_parts_adds_up() -> None:
    first = Received({"a": {"x": 1.0}}, Usage(1), 2.0, None)
    part = Received({"": {"y": 2.0}, "u": {"z": 3.0}}, Usage(10), 3.0, "broke")
    both = join(first, "f", part)
    assert both == Received(
        {"a": {"x": 1.0}, "f": {"y": 2.0}, "f/u": {"z": 3.0}}, Usage(11), 5.0, "broke"
    )
    assert join(replace(first, error="first"), "f", part).error == "first"
    described = first.with_unit("b", Completion("", Usage(5), 0.5, scores={"y": 1.0}, error="late"))
    assert described == Received({"a": {"x": 1.0}, "b": {"y": 1.0}}, Usage(6), 2.5, "late")
    assert described.with_unit("c", Completion("", error="later")).error == "late"
    assert described.with_unit("c", Completion("")).units["c"] == {}
    assert flat({"": {"x": 1.0}}) == {"x": 1.0}
    assert flat({"": {"x": 1.0}, "u": {"y": 2.0}}) == {"=x": 1.0, "u=y": 2.0}
    assert flat({"u": {"y": 2.0}}) == {"u=y": 2.0}


def test_a_confidence_is_the_share_of_the_best() -> None:
    assert confidence({"a": 0.0, "b": 0.0}) == 0.5
    assert confidence({"a": -1000.0, "b": -1000.0, "c": -1000.0}) == pytest.approx(1 / 3)
    assert confidence({"a": 1.0}) == 1.0


async def test_scores_by_length_are_divided_by_bytes_and_kept_as_they_were() -> None:
    class Even(Counting):
        def _one(self, text: str, labels: Sequence[str]) -> Completion:
            return Completion("", Usage(7), 1.5, scores={"é": -3.0, "abc": -4.0})

    schema = Choice(["é", "abc"])
    [plain] = [a async for a in Scored(Even()).annotate([request(schema)])]
    [scaled] = [a async for a in Scored(Even(), normalise=True).annotate([request(schema)])]
    assert (plain.value, scaled.value) == ("é", "abc")
    assert plain.scores == scaled.scores == {"é": -3.0, "abc": -4.0}
    assert scaled.confidence == pytest.approx(confidence({"é": -1.5, "abc": -4 / 3}))
    assert (plain.seconds, plain.usage, plain.mapping) == (1.5, Usage(7), "likelihood")


async def test_calls_are_held_back_before_and_booked_after() -> None:
    class Watching(Counting):
        held = 0

        def _one(self, text: str, labels: Sequence[str]) -> Completion:
            self.held = budget.reserved_nanos
            if "broken" in text:
                raise ValueError("broken")
            return replace(super()._one(text, labels), usage=Usage(attempts=1))

    budget, scorer = Budget.of_nanos(100), Watching()
    who = Scored(scorer, Prices(per_request=3e-9), budget=budget)
    schema = Choice(["cat", "dog"])
    asked = [replace(request(schema, "cat"), record=text_record(f"r{i}", "cat")) for i in range(4)]
    assert [a.cost_nanos async for a in who.annotate(asked)] == [3] * 4
    assert (scorer.held, budget.reserved_nanos, budget.spent_nanos) == (12, 0, 12)
    with pytest.raises(ValueError, match="broken"):
        [a async for a in who.annotate([request(schema, "broken")])]
    assert (budget.reserved_nanos, budget.spent_nanos) == (0, 12)
