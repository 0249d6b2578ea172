"""Explain, then annotate (section 13.1).

What a toy gets wrong: empty explanations, labelled demonstrations and their order are here; that
the label is read after the explanation is in `tests/annotators/mapping/test_pattern.py`.
"""

import pytest

from assay.core.annotation import DEFAULT_OPTIONS
from assay.core.errors import ModelError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Schema
from assay.core.task import Example, Task
from assay.core.value import Value
from assay.strategies.explain import ExplainThenAnnotate, balanced
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("t", "good or bad?", Choice(["good", "bad"]))
SHOWN = (Example(text_record("g", "lovely"), "good"), Example(text_record("b", "awful"), "bad"))


async def test_explanations_of_the_gold_label_stand_in_the_examples() -> None:
    given = {
        "why": {"g": ("praise", None), "b": ("blame", None)},
        "m": {"r": ("good", None)},
    }
    ask = RecordedAsk(TASK, given)
    await ExplainThenAnnotate("m", "why", SHOWN).label([text_record("r", "nice")], ask)
    hints = [options.hint for name, _, options in ask.log if name == "why"]
    assert hints == ["The right answer is: good", "The right answer is: bad"]
    [options] = [options for name, _, options in ask.log if name == "m"]
    assert [e.rationale for e in options.examples] == ["praise", "blame"]


async def test_an_empty_explanation_is_an_error() -> None:
    ask = RecordedAsk(TASK, {"why": {"g": ("  ", None), "b": ("blame", None)}, "m": {}})
    with pytest.raises(ModelError, match="no explanation for demonstration 'g'"):
        await ExplainThenAnnotate("m", "why", SHOWN).label([text_record("r", "nice")], ask)


async def test_a_demonstration_is_never_labelled() -> None:
    with pytest.raises(SpecError, match="is a demonstration too"):
        await ExplainThenAnnotate("m", "why", SHOWN).label(
            [text_record("other", "lovely")], RecordedAsk(TASK, {})
        )


def test_balanced_demonstrations_take_turns() -> None:
    many = [Example(text_record(str(i), str(i)), "good" if i < 5 else "bad") for i in range(8)]
    assert [e.value for e in balanced(many, 2)] == ["good", "bad", "good", "bad"]


async def test_the_order_of_demonstrations_is_part_of_the_request() -> None:
    given = {"why": {"g": ("praise", None), "b": ("blame", None)}, "m": {"r": ("good", None)}}
    ask, record = RecordedAsk(TASK, given), text_record("r", "nice")
    straight, turned = (ExplainThenAnnotate("m", "why", s) for s in (SHOWN, SHOWN[::-1]))
    await straight.label([record], ask)
    await turned.label([record], ask)
    request_options = [options for name, _, options in ask.log if name == "m"]
    assert [[e.id for e in options.examples] for options in request_options] == [
        ["g", "b"],
        ["b", "g"],
    ]
    assert request_options[0].digest != request_options[1].digest
    assert straight.id != turned.id


async def test_no_gold_of_the_record_itself_is_shown() -> None:
    given = {"why": {"g": ("praise", None), "b": ("blame", None)}, "m": {"r": ("good", None)}}
    ask = RecordedAsk(TASK, given)
    await ExplainThenAnnotate("m", "why", SHOWN).label([text_record("r", "nice")], ask)
    assert [(record, options.hint) for name, record, options in ask.log if name == "m"] == [
        ("r", "")
    ]


async def test_the_explainer_is_asked_the_tasks_question_by_its_guideline() -> None:
    class Watching(RecordedAsk):
        async def __call__(self, annotator, records, request_options=DEFAULT_OPTIONS, *, task=None):  # type: ignore[no-untyped-def]
            asked.append(task)
            return await super().__call__(annotator, records, request_options, task=task)

    asked: list[Task | None] = []
    task = Task("t", "good or bad?", Choice(["good", "bad"]), "be strict")
    given = {"why": {"g": ("praise", None), "b": ("blame", None)}, "m": {"r": ("good", None)}}
    ask = Watching(task, given)
    [made] = await ExplainThenAnnotate("m", "why", SHOWN).label([text_record("r", "nice")], ask)
    assert (made.value, made.route) == ("good", ("explained", "m"))
    why, labelling = asked
    assert why is not None
    assert (why.name, why.guideline, labelling) == ("t-why", "be strict", None)
    assert why.question.startswith("good or bad?\n")
    assert isinstance(why.schema, FreeText)
    assert why.schema.longest == 2_000


@pytest.mark.parametrize("described", [{"g": (None, None)}, {}])
async def test_silence_and_an_open_answer_are_no_explanation(described: Given) -> None:
    ask = RecordedAsk(TASK, {"why": {"b": ("blame", None), **described}, "m": {}})
    with pytest.raises(ModelError, match="why gave no explanation for demonstration 'g'"):
        await ExplainThenAnnotate("m", "why", SHOWN).explained(ask)


async def test_an_explanation_is_kept_without_the_space_around_it() -> None:
    ask = RecordedAsk(TASK, {"why": {"g": (" praise\n", None), "b": ("blame", None)}})
    shown = await ExplainThenAnnotate("m", "why", SHOWN).explained(ask)
    assert [(e.id, e.value, e.rationale) for e in shown] == [
        ("g", "good", "praise"),
        ("b", "bad", "blame"),
    ]


def test_demonstrations_run_out_label_by_label() -> None:
    many = [Example(text_record(str(i), str(i)), v) for i, v in enumerate("aabaca")]
    assert [e.id for e in balanced(many, 3)] == ["0", "2", "4", "1", "3"]
    assert [e.id for e in balanced(many, 1)] == ["0", "2", "4"]


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        (MultiChoice(["x", "y", "z"]), frozenset(["y", "x"]), "x, y"),
        (MultiChoice(["x", "y"]), frozenset(), "none"),
        (Form({"hue": Choice(["red"]), "old": Choice(["yes"])}), {"hue": "red", "old": "yes"},
         "hue: red\nold: yes"),
        (Scale(1, 5), 4.0, "4"),
    ],
)  # fmt: skip
async def test_the_explainer_reads_an_answer_of_any_kind_in_words(
    schema: Schema, value: Value, words: str
) -> None:
    ask = RecordedAsk(Task("t", "?", schema), {"why": {"g": ("so it is", None)}})
    shown = (Example(text_record("g", "lovely"), value),)
    await ExplainThenAnnotate("m", "why", shown).explained(ask)
    assert [options.hint for _, _, options in ask.log] == [f"The right answer is: {words}"]


def test_without_demonstrations_there_is_nothing_to_explain() -> None:
    with pytest.raises(SpecError, match="needs demonstrations"):
        ExplainThenAnnotate("m", "why", ())
