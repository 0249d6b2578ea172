"""Rows of a ledger: what is stored comes back, and what is stored stays what it was."""

import math
from dataclasses import replace

import pytest

from assay.core.annotation import (
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    RequestOptions,
    Source,
    answer,
)
from assay.core.cost import Usage
from assay.core.errors import LedgerError
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import (
    Boxes,
    Choice,
    Form,
    FreeText,
    Label,
    MultiChoice,
    Scale,
    Schema,
    Spans,
)
from assay.core.task import Example, Task
from assay.core.value import Box, Span
from assay.ledger.rows import (
    ANNOTATION,
    annotation_of,
    annotation_row,
    decision_content,
    decision_of,
    decision_row,
    record_content,
    record_of,
    record_row,
)
from assay.ledger.schemas import schema_of

EXAMPLE = Example(text_record("e", "y"), "b")
WAY = RequestOptions(("a",), (EXAMPLE,), 2, "hint", ("k1", "k2"))
REQUEST = Request(Task("t", "?", Choice(["a", "b"])), text_record("r", "x"), "m")
DEFAULT_OPTIONS = answer(REQUEST, Outcome.ANSWERED, value="a")
FULL = answer(
    replace(REQUEST, options=WAY), Outcome.ANSWERED, value="a", confidence=0.5,
    confidence_source=Source.JUDGE, scores={"a": -0.5, "b": -math.inf}, rationale="so", raw="A",
    mapping="json", usage=Usage(1, 2, 3, 4, 5, 6, 7.5, 8.5), cost_nanos=9, seconds=1.5, by="ann",
    run="x", at=12.5, made_from=("k3",), revision=3,
)  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        DEFAULT_OPTIONS,
        FULL,
        replace(DEFAULT_OPTIONS, value=frozenset({"a", "b"})),
        replace(DEFAULT_OPTIONS, value=frozenset()),
        replace(DEFAULT_OPTIONS, value=2.5),
        replace(DEFAULT_OPTIONS, value=(Span(0, 2, "a"),)),
        replace(DEFAULT_OPTIONS, value=(Box(0.0, 0.0, 0.5, 1.0, "a"),)),
        replace(DEFAULT_OPTIONS, value={"f": "a", "g": frozenset({"b"})}),
        answer(REQUEST, Outcome.FAILED, error="down", usage=Usage(attempts=4)),
        answer(REQUEST, Outcome.UNPARSED, raw="?"),
    ],
)
def test_an_answer_comes_back_from_its_row(given: Annotation) -> None:
    row = annotation_row(given)
    assert annotation_of(row) == given
    assert len(row) == len(ANNOTATION)


def test_a_row_holds_what_queries_ask_for_and_the_rest_only_where_it_says_something() -> None:
    named = dict(zip(ANNOTATION, annotation_row(DEFAULT_OPTIONS), strict=True))
    assert named["person"] == ""
    assert (named["value"], named["confidence_source"], named["rest"]) == ('"a"', None, "{}")
    full = dict(zip(ANNOTATION, annotation_row(FULL), strict=True))
    assert (full["person"], full["revision"], full["cost"], full["at"]) == ("ann", 3, 9, 12.5)
    assert (full["confidence"], full["confidence_source"]) == (0.5, "judge")
    assert '"usage":[1,2,3,4,5,6,7.5,8.5]' in full["rest"]
    assert (
        dict(zip(ANNOTATION, annotation_row(answer(REQUEST, Outcome.REFUSED)), strict=True))[
            "value"
        ]
        is None
    )


RECORD = Record(
    "r", (TextPart("x"), ImagePart("u", "0" * 64, "front"), TextPart("y", "title")), "de", "web",
    {"k": "v"},
)  # fmt: skip


def test_a_record_comes_back_with_all_its_parts() -> None:
    id_, digest, content = record_row(RECORD)
    assert (id_, digest) == ("r", RECORD.digest)
    assert record_of(id_, content) == RECORD
    assert content == record_content(RECORD)
    plain = text_record("p", "é")
    assert record_of("p", record_content(plain)) == plain
    assert record_content(plain) == '[[["text","é"]],null,null,{}]'


@pytest.mark.parametrize(
    "made",
    [
        Decision("r", "a", 0.5, Source.RANK, DecidedBy.BOTH, ("x", "y"), {"a": -0.5}),
        Decision("r", frozenset({"a"}), decided_by=DecidedBy.PEOPLE),
        Decision("r", 0.0, 0.0, Source.STATED, DecidedBy.MODEL),
        Decision("r", None, waiting_for="crowd"),
        Decision("r", None, route=("nobody answered",), scores={}),
    ],
)
def test_a_decision_comes_back_from_its_content(made: Decision) -> None:
    assert decision_of(decision_content(made)) == made
    assert decision_row("run", made) == ("run", "r", decision_content(made))


@pytest.mark.parametrize(
    "schema",
    [
        Choice([Label("a", "an a", {"de": ("A1", "A2")}), "b"]),
        MultiChoice(["a"]),
        Spans(["a"]),
        Boxes(["a"]),
        Scale(1, 7, 0.5, {1.0: "low", 7.0: "high"}),
        Scale(0, 1, None),
        FreeText(77),
        Form({"c": Choice(["a"]), "f": Form({"t": FreeText()})}, {"c": "which?"}),
    ],
    ids=lambda schema: schema.kind,
)
def test_a_schema_comes_back_from_its_wording(schema: Schema) -> None:
    back = schema_of(schema.wording())
    assert back.wording() == schema.wording()
    assert back.json_schema() == schema.json_schema()
    assert type(back) is type(schema)


def test_a_kind_of_a_newer_version_is_named() -> None:
    with pytest.raises(LedgerError, match="unknown kind 'film'; install a newer Assay"):
        schema_of(["film", 3])
