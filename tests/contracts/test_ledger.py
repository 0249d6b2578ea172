"""Every ledger keeps the same contract."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from assay.core.errors import InputError
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import Choice, MultiChoice, Spans
from assay.core.task import Task
from assay.core.value import Span
from assay.ledger import Ledger, Run
from tests.ledger.places import EVERY, Place

TASK = Task("t", "which?", Choice(["a", "b"]))


@pytest.fixture(params=EVERY, ids=lambda place: place.__name__)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    place: Place = request.param
    yield from place(tmp_path)


def said(record: str, value: str | None, annotator: str = "m", **fields: object) -> Annotation:
    request = Request(TASK, text_record(record, f"text of {record}"), annotator)
    outcome = Outcome.UNPARSED if value is None else Outcome.ANSWERED
    return answer(request, fields.pop("outcome", outcome), value=value, **fields)  # type: ignore[arg-type]


def failed(record: str, cost: int = 0) -> Annotation:
    request = Request(TASK, text_record(record, f"text of {record}"), "m")
    return answer(request, Outcome.FAILED, error="timeout", cost_nanos=cost)


def test_an_annotation_comes_back_as_it_was(ledger: Ledger) -> None:
    options = RequestOptions(focus=("a",), replica=2, hint="look", saw=("k1",))
    request = Request(TASK, text_record("r", "x"), "m", options)
    full = answer(
        request, Outcome.ANSWERED, value="a", confidence=0.5, confidence_source=Source.LIKELIHOOD,
        scores={"a": -0.5, "b": -1.5}, rationale="since", raw="A", mapping="pattern",
        usage=Usage(10, 2, 3, attempts=2, gpu_seconds=0.5), cost_nanos=12, seconds=0.25, by="ann",
        run="run1", at=1.5,
    )  # fmt: skip
    ledger.add([full])
    assert list(ledger.annotations()) == [full]
    assert ledger.answers([full.key]) == {full.key: full}


def test_a_second_final_answer_to_a_key_is_ignored(ledger: Ledger) -> None:
    assert ledger.add([said("r", "a")]) == 1
    assert ledger.add([said("r", "b")]) == 0
    assert [a.value for a in ledger.annotations()] == ["a"]


def test_two_people_may_answer_one_key(ledger: Ledger) -> None:
    assert ledger.add([said("r", "a", by="ann"), said("r", "b", by="bob")]) == 2


def test_each_person_is_heard_and_may_think_again(ledger: Ledger) -> None:
    key = said("r", "a").key
    ledger.add([said("r", "a", by="ann"), said("r", "b", by="bob"), said("s", "a")])
    ledger.add([said("r", "b", by="ann", revision=1), said("r", "a", by="cho")])
    received = ledger.answers_by_person([key, said("s", "a").key, "of nobody"])
    assert {a.by: a.value for a in received[key]} == {"ann": "b", "bob": "b", "cho": "a"}
    assert [a.value for a in received[said("s", "a").key]] == ["a"]
    assert len(received) == 2
    votes = ledger.votes(TASK.id, TASK.schema, ["m"])
    assert sorted(votes.annotators) == ["ann", "bob", "cho", "m"]


def test_a_failed_request_stays_open_and_its_cost_counts(ledger: Ledger) -> None:
    ledger.add([failed("r", cost=5), failed("r", cost=7)])
    assert ledger.answers([failed("r").key]) == {}
    assert ledger.spent_nanos(TASK.id) == 12
    ledger.add([said("r", "a", cost_nanos=1)])
    assert ledger.answers([failed("r").key])[failed("r").key].value == "a"
    assert ledger.spent_nanos() == 13


def test_unparsed_is_final(ledger: Ledger) -> None:
    ledger.add([said("r", None, raw="?")])
    assert next(iter(ledger.answers([said("r", "a").key]).values())).outcome is Outcome.UNPARSED


def test_the_last_revision_counts(ledger: Ledger) -> None:
    ledger.add([said("r", "a", by="ann"), said("r", "b", by="ann", revision=1)])
    assert [a.value for a in ledger.annotations()] == ["b"]
    assert ledger.answers([said("r", "a").key])[said("r", "a").key].value == "b"


def test_an_earlier_revision_that_comes_late_replaces_nothing(ledger: Ledger) -> None:
    later, earlier = said("r", "b", by="ann", revision=1), said("r", "a", by="ann")
    assert (ledger.add([later]), ledger.add([earlier])) == (1, 1)
    key = later.key
    assert [a.value for a in ledger.annotations()] == ["b"]
    assert ledger.answers([key])[key].value == "b"
    assert [a.value for a in ledger.answers_by_person([key])[key]] == ["b"]
    assert ledger.add([replace(later, value="a")]) == 0  # the same revision again


def test_of_several_people_the_last_answer_is_that_of_the_key(ledger: Ledger) -> None:
    ledger.add([said("r", "a", by="ann"), said("r", "b", by="bob")])
    key = said("r", "a").key
    assert ledger.answers([key])[key].by == "bob"
    assert [a.by for a in ledger.answers_by_person([key])[key]] == ["ann", "bob"]
    ledger.add([said("r", "b", by="ann", revision=1)])
    assert ledger.answers([key])[key].by == "ann"
    assert [a.by for a in ledger.annotations()] == ["bob", "ann"]


def test_what_is_added_again_is_there_once_failed_or_not(ledger: Ledger) -> None:
    first = failed("r", cost=5).stamped("run", 1.0)
    ledger.add([first, said("s", "a").stamped("run", 2.0)])
    again = failed("r", cost=5).stamped("run", 3.0)
    new = [first, again, said("s", "a").stamped("run", 2.0), said("t", "a").stamped("run", 2.0)]
    assert ledger.add_again(new) == 2
    assert ledger.spent_nanos() == 10
    assert [a.record for a in ledger.annotations()] == ["r", "s", "r", "t"]
    assert ledger.add_again([]) == 0


def test_a_run_begun_twice_is_the_first_and_one_never_begun_decided_nothing(
    ledger: Ledger,
) -> None:
    first = Run("run1", TASK.id, "single(m)", 1.0, settings={"seed": 1}, version="0")
    ledger.start_run(first)
    ledger.start_run(replace(first, started=5.0))
    assert ledger.runs() == [first]
    assert list(ledger.decisions("never")) == []
    ledger.add_task(TASK)
    ledger.add_task(TASK)
    assert [schema.wording() for schema in ledger.schemas().values()] == [TASK.schema.wording()]


def test_what_is_asked_for_by_annotator_task_and_record_is_that_alone(ledger: Ledger) -> None:
    other = Request(Task("u", "which?", TASK.schema), text_record("r", "x"), "m")
    ledger.add([said("r", "a"), said("s", "b", "n"), said("r", "b", "o")])
    ledger.add([answer(other, Outcome.ANSWERED, value="a")])

    def found(**how: Any) -> list[tuple[str, str]]:
        return [(a.record, a.annotator) for a in ledger.annotations(**how)]

    assert found(task=TASK.id) == [("r", "m"), ("s", "n"), ("r", "o")]
    assert found(annotators=["n", "o"]) == [("s", "n"), ("r", "o")]
    assert found(records=["r"]) == [("r", "m"), ("r", "o"), ("r", "m")]
    assert found(task=TASK.id, annotators=["m"], records=["r"]) == [("r", "m")]
    assert found(annotators=[]) == []
    assert ledger.votes(TASK.id, TASK.schema, ["o"]).annotators == ("o",)


def test_records_come_back_in_order_and_by_id(ledger: Ledger) -> None:
    picture = ImagePart("a.png", "0" * 64)
    given = [
        Record("b", (TextPart("x", "premise"), picture), "mr", "s", {"k": "v"}),
        text_record("a", "y"),
    ]
    assert ledger.add_records(given) == 2
    assert ledger.add_records(given) == 0
    assert list(ledger.records()) == given
    assert list(ledger.records(["a", "missing", "b"])) == [given[1], given[0]]
    assert ledger.count_records() == 2


def test_a_known_id_with_other_content_is_refused(ledger: Ledger) -> None:
    ledger.add_records([text_record("r", "one")])
    with pytest.raises(InputError, match="'r' is in the ledger with other content"):
        ledger.add_records([text_record("r", "two")])


def test_votes_are_those_of_answered_annotations(ledger: Ledger) -> None:
    ledger.add([said("r1", "a"), said("r2", None), said("r1", "b", "n"), failed("r3")])
    votes = ledger.votes(TASK.id, TASK.schema)
    assert len(votes) == 2
    assert votes.labels == ("a", "b")
    assert votes.annotators == ("m", "n")


@pytest.mark.parametrize(
    ("schema", "value", "rows"),
    [
        (MultiChoice(["x", "y", "z"]), frozenset("x"), 3),
        (Spans(["PER"]), (Span(0, 2, "PER"),), 1),
    ],
)
def test_votes_of_schemas_with_many_units(
    ledger: Ledger, schema: MultiChoice | Spans, value: frozenset[str], rows: int
) -> None:
    task = Task("u", "?", schema)
    ledger.add([answer(Request(task, text_record("r", "x"), "m"), Outcome.ANSWERED, value=value)])
    assert len(ledger.votes(task.id, schema)) == rows


def test_the_last_decision_of_a_run_counts(ledger: Ledger) -> None:
    ledger.start_run(Run("run1", TASK.id, "single(m)", 1.0, settings={"seed": 1}, version="0"))
    ledger.add_decisions("run1", [Decision("r", None, waiting_for="panel")])
    made = Decision("r", "a", 0.9, Source.MARGIN, DecidedBy.MODEL, ("m",), {"a": 0.0})
    ledger.add_decisions("run1", [made])
    assert list(ledger.decisions("run1")) == [made]
    ledger.end_run("run1", 2.0)
    [run] = ledger.runs(TASK.id)
    assert (run.ended, run.settings) == (2.0, {"seed": 1})


def test_runs_are_those_of_the_task_or_all_in_the_order_of_their_start(ledger: Ledger) -> None:
    for id, task, started in (("r2", "t", 2.0), ("r1", "u", 1.0), ("r3", "t", 3.0)):
        ledger.start_run(Run(id, task, "single(m)", started, settings={}, version="0"))
    assert [run.id for run in ledger.runs("t")] == ["r2", "r3"]
    assert [run.id for run in ledger.runs("u")] == ["r1"]
    assert [run.id for run in ledger.runs()] == ["r1", "r2", "r3"]
    assert ledger.runs("none") == []


def test_what_was_spent_is_that_of_the_task_or_of_all(ledger: Ledger) -> None:
    other = Request(Task("u", "which?", TASK.schema), text_record("r", "x"), "m")
    ledger.add([said("r", "a", cost_nanos=5), failed("s", cost=2)])
    ledger.add([answer(other, Outcome.ANSWERED, value="a", cost_nanos=100)])
    assert (ledger.spent_nanos(TASK.id), ledger.spent_nanos(other.task.id)) == (7, 100)
    assert (ledger.spent_nanos(), ledger.spent_nanos("none")) == (107, 0)


def test_what_was_said_of_some_records_is_found_among_the_rest(ledger: Ledger) -> None:
    ledger.add([said(str(i), "a") for i in range(300)])
    ledger.add_decisions(
        "run", [Decision(str(i), "a", decided_by=DecidedBy.MODEL) for i in range(300)]
    )
    wanted = {"299", "7", *(f"unknown {i}" for i in range(40_000))}
    assert [a.record for a in ledger.annotations(TASK.id, ["m"], wanted)] == ["7", "299"]
    assert [d.record for d in ledger.decisions("run", wanted)] == ["7", "299"]
    assert list(ledger.annotations(TASK.id, records=[])) == []
    assert list(ledger.decisions("run", [])) == []


def test_many_rows_stream_in_order(ledger: Ledger) -> None:
    ledger.add([said(f"r{i}", "a") for i in range(4500)])
    assert [a.record for a in ledger.annotations()] == [f"r{i}" for i in range(4500)]
