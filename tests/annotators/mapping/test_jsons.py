import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.annotators.mapping.jsons import Json, anchor, first_json
from assay.core.annotation import Outcome, Request
from assay.core.record import Record, TextPart, text_record
from assay.core.schema import Choice, Spans
from assay.core.task import Task
from assay.core.value import Span
from assay.models.base import Completion

NER = Spans(["PER", "LOC"])


def spans(text: str, *quotes: tuple[str, str]) -> tuple[Span, ...]:
    entries: list[object] = [{"text": q, "label": label} for q, label in quotes]
    return anchor(entries, text_record("r", text), NER).spans


def test_a_code_fence_and_prose_around_json_do_no_harm() -> None:
    task = Task("t", "?", Choice(["a", "b"]))
    request = Request(task, text_record("r", "x"), "m")
    said = Completion('Sure!\n```json\n{"label": "B"}\n```')
    assert Json().read(request, said).value == "b"
    for bad in ('{"label": "c"}', '{"label": ', "b"):
        assert Json().read(request, Completion(bad)).outcome is Outcome.UNPARSED


@pytest.mark.parametrize(
    ("text", "quotes", "found"),
    [
        ("Paris met Paris", [("Paris", "PER"), ("Paris", "PER")], [(0, 5), (10, 15)]),
        ("Paris met Paris", [("Paris", "PER"), ("Paris", "LOC")], [(0, 5), (0, 5)]),
        ("in PARIS", [("Paris", "LOC")], [(3, 8)]),
        ("New York City", [("New York", "LOC"), ("York City", "LOC")], [(0, 8), (4, 13)]),
        ("nobody here", [("Paris", "LOC")], []),
        ("😀 Zoë in Köln", [("Zoë", "PER"), ("Köln", "LOC")], [(2, 5), (9, 13)]),
        ("שלום דנה", [("דנה", "PER")], [(5, 8)]),
        ("cafe\u0301 Ana", [("Ana", "PER")], [(6, 9)]),
        ("a (b) *", [("(b) *", "PER")], [(2, 7)]),
    ],
)
def test_quotes_land_on_their_characters(
    text: str, quotes: list[tuple[str, str]], found: list[tuple[int, int]]
) -> None:
    assert [(s.start, s.end) for s in spans(text, *quotes)] == found


def test_every_repair_is_counted() -> None:
    entries: list[object] = [
        {"text": "ANA", "label": "PER"}, {"text": "Rome", "label": "LOC"}, {"text": "Ana"}, 7,
        {"text": "Ana", "label": "PER"},
    ]  # fmt: skip
    anchored = anchor(entries, text_record("r", "Ana"), NER)
    assert anchored.counts == {
        "with other case": 1,
        "not in the record": 1,
        "not a span": 2,
        "repeated more often than it occurs": 1,
    }


def test_spans_name_the_part_they_are_in() -> None:
    record = Record("r", (TextPart("nobody", "premise"), TextPart("Ana ran", "hypothesis")))
    assert anchor([{"text": "Ana", "label": "PER"}], record, NER).spans[0].part == "hypothesis"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    content = first_json(text)
    assert content is None or isinstance(content, dict | list)


@given(st.text(min_size=1, max_size=40), st.data())
def test_a_quote_of_the_record_is_found_where_the_same_characters_stand(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    if not quote.strip():
        return
    [span] = spans(text, (json.loads(json.dumps(quote)), "PER"))
    assert text[span.start : span.end] == quote.strip()
