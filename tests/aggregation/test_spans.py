"""Span voting: by character, with edges that differ."""

from collections.abc import Mapping

import pytest

from assay.aggregation.spans import SpanVote
from assay.core.annotation import Outcome, Request, RequestOptions, answer
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Spans
from assay.core.task import Task
from assay.core.value import Span

TASK = Task("names", "which names?", Spans(["per", "org"]))


def vote(answers: Mapping[str, list[tuple[int, int, str]]], **options: object) -> list[object]:
    marked = {who: [Span(*s) for s in spans] for who, spans in answers.items()}
    found = SpanVote(**options).vote(marked)  # type: ignore[arg-type]
    return [(f.span.start, f.span.end, f.span.label, round(f.share, 2)) for f in found]


CASES: dict[str, tuple[dict[str, list[tuple[int, int, str]]], list[object]]] = {
    "same": ({"a": [(0, 4, "per")], "b": [(0, 4, "per")]}, [(0, 4, "per", 1.0)]),
    "edges": (
        {"a": [(0, 9, "per")], "b": [(0, 5, "per")], "c": [(2, 9, "per")]}, [(0, 9, "per", 0.67)]
    ),
    "one of three": ({"a": [(0, 4, "per")], "b": [], "c": []}, []),
    "half is no majority": ({"a": [(0, 4, "per")], "b": []}, []),
    "labels apart": ({"a": [(0, 4, "per")], "b": [(0, 4, "org")], "c": [(0, 4, "org")]},
                     [(0, 4, "org", 0.67)]),
    "two that touch": ({"a": [(0, 4, "per"), (4, 8, "per")], "b": [(0, 4, "per"), (4, 8, "per")],
                        "c": [(0, 8, "per")]}, [(0, 4, "per", 1.0), (4, 8, "per", 1.0)]),
    "own overlap counts once": ({"a": [(0, 4, "per"), (2, 6, "per")], "b": [], "c": []}, []),
    "nobody": ({"a": [], "b": []}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_spans_that_most_mark_are_kept(case: str) -> None:
    answers, expected = CASES[case]
    assert vote(answers) == expected


def test_skill_weighs_annotators() -> None:
    answers = {"a": [(0, 4, "per")], "b": [], "c": []}
    assert vote(answers, skill={"a": 3.0, "b": 1.0, "c": 1.0}) == [(0, 4, "per", 0.6)]
    with pytest.raises(InputError, match="'c' has no skill"):
        vote(answers, skill={"a": 3.0, "b": 1.0})


def test_a_lower_threshold_keeps_what_fewer_mark() -> None:
    assert vote({"a": [(0, 4, "per")], "b": [], "c": []}, least=0.3) == [(0, 4, "per", 0.33)]
    with pytest.raises(InputError, match="from 0 to below 1"):
        vote({"a": []}, least=1.0)


def test_annotations_are_voted_on_by_record_and_silence_is_no_vote() -> None:
    record, other = text_record("r", "Ann at Acme"), text_record("s", "nothing here")
    mark = (Span(0, 3, "per"),)
    given = [
        answer(Request(TASK, record, "a"), Outcome.ANSWERED, value=mark),
        answer(Request(TASK, record, "b"), Outcome.ANSWERED, value=mark),
        answer(Request(TASK, record, "c"), Outcome.REFUSED),
        answer(Request(TASK, other, "a"), Outcome.ANSWERED, value=()),
    ]
    found = SpanVote().decide(given)
    assert [(f.span, f.share) for f in found["r"]] == [(mark[0], 1.0)]
    assert found["s"] == ()
    shown = Request(TASK, record, "d", RequestOptions(saw=(given[0].key,)))
    with pytest.raises(InputError, match="'d' had seen another annotation of record 'r'"):
        SpanVote().decide([*given, answer(shown, Outcome.ANSWERED, value=mark)])
