"""Explain, then annotate (section 13.1).

What a toy gets wrong: empty explanations, labelled demonstrations and their order are here; that
the label is read after the explanation is in `tests/annotators/mapping/test_pattern.py`.
"""

import pytest

from assay.core.errors import ModelError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.explain import ExplainThenAnnotate, balanced
from tests.strategies.recorded_ask import RecordedAsk

TASK = Task("t", "good or bad?", Choice(["good", "bad"]))
SHOWN = (Example(text_record("g", "lovely"), "good"), Example(text_record("b", "awful"), "bad"))


async def test_explanations_of_the_gold_label_stand_in_the_examples() -> None:
    given = {
        "why": {"g": ("praise", None), "b": ("blame", None)},
        "m": {"r": ("good", None)},
    }
    ask = RecordedAsk(TASK, given)
    await ExplainThenAnnotate("m", "why", SHOWN).label([text_record("r", "nice")], ask)
    hints = [way.hint for name, _, way in ask.log if name == "why"]
    assert hints == ["The right answer is: good", "The right answer is: bad"]
    [way] = [way for name, _, way in ask.log if name == "m"]
    assert [e.rationale for e in way.examples] == ["praise", "blame"]


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
    ways = [way for name, _, way in ask.log if name == "m"]
    assert [[e.id for e in way.examples] for way in ways] == [["g", "b"], ["b", "g"]]
    assert ways[0].digest != ways[1].digest
    assert straight.id != turned.id


async def test_no_gold_of_the_record_itself_is_shown() -> None:
    given = {"why": {"g": ("praise", None), "b": ("blame", None)}, "m": {"r": ("good", None)}}
    ask = RecordedAsk(TASK, given)
    await ExplainThenAnnotate("m", "why", SHOWN).label([text_record("r", "nice")], ask)
    assert [(record, way.hint) for name, record, way in ask.log if name == "m"] == [("r", "")]
