"""What is told of one annotator: counts of all it did, values only where there is a reference."""

from collections.abc import Mapping

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
from assay.core.cost import NANOS, Usage
from assay.core.record import text_record
from assay.core.schema import Choice, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.core.value import Span, Value
from assay.report import Reference
from assay.report.line import LONGEST, UNANSWERED, Decided, Line, by_annotator, excerpt

YES_NO = Choice(["yes", "no"])


def said(record: str, value: Value | None = None, **more: object) -> Annotation:
    replica, who = more.pop("replica", 0), str(more.pop("who", "m"))
    options = RequestOptions(replica=replica)  # type: ignore[arg-type]
    request = Request(Task("t", "q?", YES_NO), text_record(record, "x"), who, options)
    outcome = more.pop("outcome", Outcome.ABSTAINED if value is None else Outcome.ANSWERED)
    return answer(request, outcome, value=value, **more)  # type: ignore[arg-type]


def line(*answers: Annotation, judged: str = "") -> Line:
    found = Line("m", list(judged))
    for a in answers:
        found.add(a)
    return found


def test_everything_that_answers_used_is_added_up() -> None:
    found = line(
        said("a", "yes", cost_nanos=2 * NANOS, seconds=1.5,
             usage=Usage(100, output_tokens=10, attempts=1)),
        said("b", cost_nanos=NANOS, seconds=0.5, usage=Usage(50, output_tokens=5, attempts=3)),
        said("b", "no", cost_nanos=NANOS, replica=1),
    )  # fmt: skip
    described = found.as_json()
    assert described["outcomes"] == {"answered": 2, "abstained": 1}
    assert (described["cost"], described["tokens"], described["attempts"]) == (4, 165, 4)
    assert (found.asked, found.seconds) == (2, 2.0)
    assert (described["cost_per_1000"], described["seconds_per_1000"]) == (2_000, 1_000)
    assert (found.answered.hits, found.answered.n) == (2, 3)


def test_who_was_never_asked_costs_nothing() -> None:
    described = line().as_json()
    assert (described["cost_per_1000"], described["seconds_per_1000"], described["answered"]) == (
        0, 0, {"value": None, "hits": 0, "n": 0, "interval": None},
    )  # fmt: skip
    for part in ("accuracy", "kappa", "macro_f1", "classes", "confusion", "entities", "tags"):
        assert described[part] is None


def test_of_single_records_only_those_with_a_reference_are_kept() -> None:
    sure: dict[str, object] = {"confidence": 0.9, "confidence_source": Source.STATED}
    failed = said("c", outcome=Outcome.FAILED, error="no")
    found = line(said("a", "yes", **sure), said("b", "no", **sure), failed, said("d"), judged="acd")
    assert found.values == {"a": "yes", "d": None}
    assert found.confidence == {"a": 0.9}
    assert found.pairs == ["stated"]


def test_a_source_without_a_confidence_says_nothing() -> None:
    found = line(said("a", "yes", confidence_source=Source.STATED), judged="a")
    assert (found.pairs, found.confidence) == ([], {})


def test_a_second_source_of_confidence_is_told_though_its_record_has_no_reference() -> None:
    other = said("b", "no", confidence=0.5, confidence_source=Source.LIKELIHOOD)
    found = line(said("a", "yes", confidence=0.9, confidence_source=Source.STATED), other)
    assert found.as_json()["confidence_sources"] == ["likelihood", "stated"]


def test_the_first_without_an_answer_are_told_with_what_was_said_instead() -> None:
    whys = [{"error": "e", "rationale": "r", "raw": "w"}, {"rationale": "r", "raw": "w"},
            {"raw": "w"}, {}, {"error": "x" * 500}]  # fmt: skip
    answers = [said(str(i), outcome=Outcome.REFUSED, **why) for i, why in enumerate(whys)]
    found = line(said("a", "yes", raw="not this"), *answers, said("late"))
    described = found.as_json()["unanswered"]
    assert isinstance(described, list)
    assert len(described) == UNANSWERED
    assert [s["why"] for s in described] == ["e", "r", "w", None, "x" * LONGEST + "…"]
    assert described[0] == {"record": "0", "outcome": "refused", "why": "e"}


def test_the_commonest_errors_are_counted_by_their_beginning() -> None:
    long = "x" * LONGEST
    errors = [long + "1", long + "2", *"bbb", "c", "d", "e", "f"]
    answers = [said(f"{i}", outcome=Outcome.FAILED, error=error) for i, error in enumerate(errors)]
    described = line(*answers).as_json()["errors"]
    assert described == {"b": 3, long: 2, "c": 1, "d": 1, "e": 1}


@pytest.mark.parametrize(("length", "cut"), [(LONGEST, False), (LONGEST + 1, True)])
def test_only_what_is_longer_than_it_may_be_is_cut(length: int, cut: bool) -> None:
    assert excerpt("x" * length) == "x" * LONGEST + "…" * cut


def judged(values: Mapping[str, Value | None], truth: dict[str, Value], schema: Schema) -> Line:
    found = Line("m", truth, values=dict(values))
    found.judge(Reference("gold", truth), schema)
    return found


@pytest.mark.parametrize(("labels", "shown"), [(20, True), (21, False)])
def test_a_table_of_more_labels_than_can_be_read_is_left_out(labels: int, shown: bool) -> None:
    names = [f"l{i}" for i in range(labels)]
    truth: dict[str, Value] = {name: name for name in names}
    found = judged(dict(truth), truth, Choice(names))
    assert (found.table is not None) == shown
    assert found.score is not None


def test_each_kind_of_answer_has_the_scores_that_fit_it() -> None:
    spans: dict[str, Value] = {"1": (Span(0, 1, "x"),)}
    tags: dict[str, Value] = {"1": frozenset("a")}
    steps: dict[str, Value] = {"1": 2.0, "2": 1.0}
    one, many = judged({"1": "yes"}, {"1": "yes"}, YES_NO), judged(tags, tags, MultiChoice(["a"]))
    marked, step = judged(spans, spans, Spans(["x"])), judged(steps, steps, Scale(1, 3))
    assert [bool(j.table) for j in (one, step, many, marked)] == [True, True, False, False]
    assert [bool(j.entities) for j in (one, step, many, marked)] == [False, False, False, True]
    assert [bool(j.tags) for j in (one, step, many, marked)] == [False, False, True, False]
    assert [bool(j.figures) for j in (one, step, many, marked)] == [False, False, True, True]
    assert one.table is not None
    assert list(one.table.labels) == ["yes", "no"], "all that the task has, as it has them"
    described = one.as_json()["classes"]
    assert described == [
        {"label": "yes", "precision": 1.0, "recall": 1.0, "f1": 1.0, "given": 1, "true": 1},
        {"label": "no", "precision": None, "recall": None, "f1": None, "given": 0, "true": 0},
    ]


def test_warnings_of_answers_and_of_tags_are_both_told() -> None:
    good = judged({"1": "yes"}, {"1": "yes"}, YES_NO)
    assert good.warnings == []
    worse = judged({"1": "no", "2": "yes"}, {"1": "yes", "2": "yes"}, YES_NO)
    assert len(worse.warnings) == 1
    truth: dict[str, Value] = {str(i): frozenset("a") for i in range(9)}
    none: dict[str, Value | None] = {id: frozenset("b") for id in truth}
    tags = judged(none, truth, MultiChoice(["a", "b"]))
    assert len(tags.warnings) == 2


def test_decisions_are_counted_by_what_became_of_them() -> None:
    likely = (0.8, Source.LIKELIHOOD)
    found = Decided.of(
        [
            Decision("a", "yes", *likely, decided_by=DecidedBy.MODEL),
            Decision("b", "no", decided_by=DecidedBy.PEOPLE),
            Decision("c", "no", decided_by=DecidedBy.PEOPLE),
            Decision("d", None, waiting_for="crowd"),
            Decision("e", None),
        ],
        {"a", "b", "d"},
    )
    assert found.line.name == "decisions"
    assert found.line.outcomes == {"answered": 3, "open": 2}
    assert found.deciders == {"model": 1, "people": 2}
    assert found.waiting == {"crowd": 1}
    assert found.given == {"yes": 1, "no": 2}
    assert found.line.values == {"a": "yes", "b": "no", "d": None}
    assert found.line.confidence == {"a": 0.8}
    assert found.line.sources == {"likelihood"}
    assert set(found.judged) == {"a", "b", "d"}


def test_each_annotator_has_a_line_by_its_name_in_the_task_file() -> None:
    answers = [said("a", "yes", who="m1"), said("b", "no", who="m1"), said("a", "no", who="m2")]
    found = by_annotator(answers, {"m1": "big"}, ["a"])
    assert {id: (one.name, one.asked, one.values) for id, one in found.items()} == {
        "m1": ("big", 2, {"a": "yes"}),
        "m2": ("m2", 1, {"a": "no"}),
    }
