import pytest

from assay.core.annotation import Annotation, Outcome, Request, RequestOptions, answer
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice, MultiChoice
from assay.core.schema.base import Schema
from assay.core.task import Task
from assay.core.value import Value
from assay.quality.golden.watch import always, watched


def said(
    i: int, value: Value, schema: Schema, by: str | None = None, way: RequestOptions | None = None
) -> Annotation:
    request = Request(
        Task("t", "?", schema), text_record(f"r{i}", "x"), "panel", way or RequestOptions()
    )
    return answer(request, Outcome.ANSWERED, value=value, by=by)


def test_people_of_a_panel_are_watched_one_by_one() -> None:
    schema = Choice(["a", "b", "c", "d"])
    answers = [said(i, v, schema, who) for i in range(3) for who, v in (("ann", "a"), ("bob", "b"))]
    found = watched(
        [*answers, said(9, "a", schema, "ann")], {f"r{i}": "a" for i in range(3)}, schema
    )
    assert found.answers.annotators == ("ann", "bob")
    assert found.answers.right.tolist() == [True, False] * 3
    assert found.questions.guess.tolist() == [0.25] * 3


def test_each_tag_is_a_question_and_tags_not_asked_are_none() -> None:
    schema = MultiChoice(["x", "y"])
    full = said(0, frozenset({"x"}), schema)
    part = said(0, frozenset({"y"}), schema, "ann", RequestOptions(focus=("y",)))
    found = watched([full, part], {"r0": frozenset({"x"})}, schema)
    assert len(found.questions) == 2
    assert found.answers.right.tolist() == [True, True, False]


def test_answers_that_saw_another_one_are_left_out() -> None:
    schema = Choice(["a", "b"])
    seen = said(0, "a", schema, "ann", RequestOptions(saw=("key",)))
    found = watched([seen, said(1, "a", schema, "bob")], {"r0": "a", "r1": "a"}, schema)
    assert (found.assisted, found.answers.annotators) == (1, ("bob",))
    with pytest.raises(InputError, match="unassisted"):
        watched([seen], {"r0": "a"}, schema)


def test_the_constant_is_right_where_gold_is_the_commonest_label_of_the_unit() -> None:
    truths = [("x", "yes"), ("y", "no"), ("x", "no"), ("x", "yes"), ("y", "no"), ("y", "yes")]
    assert always(truths).tolist() == [True, True, False, True, True, False]
    schema = Choice(["a", "b"])
    gold: dict[str, Value] = {"r0": "a", "r1": "b", "r2": "b"}
    found = watched([said(i, "a", schema, "ann") for i in range(3)], gold, schema)
    assert found.constant.tolist() == [False, True, True]


def test_silence_and_what_a_strategy_says_are_no_answers() -> None:
    schema = Choice(["a", "b"])
    silent = answer(
        Request(Task("t", "?", schema), text_record("r0", "x"), "panel"), Outcome.FAILED, error="no"
    )
    made = answer(
        Request(Task("t", "?", schema), text_record("r1", "x"), "panel"), Outcome.ANSWERED,
        value="a", mapping="strategy",
    )  # fmt: skip
    gold: dict[str, Value] = {"r0": "a", "r1": "a", "r2": "a"}
    found = watched([silent, made, said(2, "a", schema)], gold, schema)
    assert (len(found.questions), found.assisted, found.answers.right.tolist()) == (1, 0, [True])
    with pytest.raises(InputError, match="nobody answered one of the 3 golden questions"):
        watched([silent, made], gold, schema)
