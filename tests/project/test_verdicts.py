"""Answers in the ledger become verdicts: whose count, how each is judged, and how sure it was."""

from dataclasses import replace
from pathlib import Path

import pytest

from assay.annotators.scored import confidence
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
from assay.core.errors import InputError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, MultiChoice, Schema
from assay.core.task import Task
from assay.core.value import Value
from assay.data.gold import Purpose
from assay.ledger import MemoryLedger, Run
from assay.project import open_project
from assay.project.project import Project
from assay.project.verdicts import Reading, judged_answers, reading, verdicts_of

PURPOSES = {"a": Purpose.CALIBRATION, "b": Purpose.MONITORING}
YES_NO = Choice(["yes", "no"])
TAGS = MultiChoice(["x", "y", "z"])
FACE = Form({"hat": YES_NO, "smile": YES_NO})


def said(record: str, value: Value | None, schema: Schema = YES_NO, **more: object) -> Annotation:
    way = RequestOptions(
        **{key: more.pop(key) for key in ("focus", "replica", "saw") if key in more}  # type: ignore[arg-type]
    )
    who = str(more.pop("who", "id-m"))
    outcome = more.pop("outcome", Outcome.ABSTAINED if value is None else Outcome.ANSWERED)
    request = Request(Task("t", "q?", schema), text_record(record, "x"), who, way)
    return answer(request, outcome, value=value, **more)  # type: ignore[arg-type]


def test_an_answer_is_held_against_its_gold() -> None:
    how = Reading({"a": "yes", "b": "no"}, PURPOSES)
    stated = {"confidence": 0.9, "confidence_source": Source.STATED}
    answers = [said("a", "yes", **stated), said("b", "yes"), said("b", None), said("c", "no")]  # type: ignore[arg-type]
    found = [
        (v.record, v.annotator, v.tag, v.label, v.confidence, v.right, v.answered, v.source,
         v.purpose, v.reference)
        for v in how.of(answers, "m")
    ]  # fmt: skip
    assert found == [
        ("a", "m", "", "yes", 0.9, True, True, Source.STATED, Purpose.CALIBRATION, "yes"),
        ("b", "m", "", "yes", None, False, True, None, Purpose.MONITORING, "no"),
        ("b", "m", "", "", None, False, False, None, Purpose.MONITORING, "no"),
        ("c", "m", "", "no", None, None, True, None, None, None),
    ]


@pytest.mark.parametrize(("tolerance", "right"), [(0.0, False), (0.4, False), (0.5, True)])
def test_numbers_are_right_within_the_tolerance(tolerance: float, right: bool) -> None:
    [found] = Reading({"a": 2.0}, PURPOSES, tolerance).of([said("a", 2.5)], "m")
    assert found.right is right


def test_tags_are_judged_one_by_one() -> None:
    how = Reading({"a": frozenset("xy")}, PURPOSES, tags=("x", "y", "z"))
    described = [
        (v.tag, v.label, v.right, v.reference) for v in how.of([said("a", frozenset("xz"))], "m")
    ]
    assert described == [
        ("x", "yes", True, "yes"),
        ("y", "no", False, "yes"),
        ("z", "yes", False, "no"),
    ]
    silent = [(v.tag, v.label, v.right, v.answered) for v in how.of([said("a", None)], "m")]
    assert silent == [("x", "", False, False), ("y", "", False, False), ("z", "", False, False)]


def test_fields_are_judged_one_by_one_where_they_have_gold() -> None:
    how = Reading({"a": {"hat": "yes"}}, PURPOSES, tags=("hat", "smile"))
    described = [
        (v.tag, v.label, v.right) for v in how.of([said("a", {"hat": "no", "smile": "no"})], "m")
    ]
    assert described == [("hat", "no", False), ("smile", "no", None)]
    odd = Reading({"a": "yes"}, PURPOSES, tags=("hat",)).of([said("a", "yes")], "m")
    assert [(v.label, v.right) for v in odd] == [("", None)]


def test_how_sure_of_a_tag_comes_from_its_own_scores() -> None:
    scores = {"x=yes": -0.1, "x=no": -2.0, "y=yes": -1.0, "xy=no": -3.0}
    likely = {"confidence": 0.5, "confidence_source": Source.LIKELIHOOD, "scores": scores}
    how = Reading({}, {}, tags=("x", "y"))
    [x, y] = how.of([said("a", frozenset("x"), **likely)], "m")  # type: ignore[arg-type]
    assert x.confidence == confidence({"0": -0.1, "1": -2.0})
    assert y.confidence == 0.5, "of one score alone nothing is sure"
    stated = likely | {"confidence_source": Source.STATED}
    [x, _] = how.of([said("a", frozenset("x"), **stated)], "m")  # type: ignore[arg-type]
    assert x.confidence == 0.5


HEAD = """\
name: t
data: {path: data.csv, id: id}
question: q?
answer: ANSWER
annotators:
  m: {kind: recorded, path: said.csv}
  n: {kind: recorded, path: said.csv}
GOLD
strategy: {kind: KIND, annotators: [m, n]}
"""
GOLD = "gold: {path: gold.csv, calibration: 0.5, monitoring: 0, evaluation: 0.5}"


def project(
    folder: Path,
    label: str = "yes",
    answer: str = "{kind: choice, labels: [yes, no]}",
    kind: str = "vote",
    gold: str = GOLD,
) -> Project:
    ids = [f"r{i}" for i in range(4)]
    (folder / "data.csv").write_text("id,text\n" + "".join(f"{id},t\n" for id in ids))
    (folder / "said.csv").write_text("record,label\n")
    (folder / "gold.csv").write_text("record,label\n" + "".join(f"{id},{label}\n" for id in ids))
    text = HEAD.replace("ANSWER", answer).replace("KIND", kind).replace("GOLD", gold)
    (folder / "task.yaml").write_text(text)
    return open_project(folder / "task.yaml")


def test_gold_of_every_purpose_judges(tmp_path: Path) -> None:
    how = reading(project(tmp_path, "yes"), 0.25, False)
    assert dict(how.gold) == {f"r{i}": "yes" for i in range(4)}
    assert sorted(how.purposes.values()) == ["calibration"] * 2 + ["evaluation"] * 2
    assert (how.tolerance, how.tags) == (0.25, ())


def test_tags_are_the_labels_and_fields_the_attributes(tmp_path: Path) -> None:
    multi = project(tmp_path, "x", answer="{kind: multi, labels: [x, y]}")
    assert reading(multi, 0.0, True).tags == ("x", "y")
    assert reading(multi, 0.0, False).tags == ()
    fields = "{kind: form, fields: {hat: {answer: {kind: choice, labels: [yes, no]}}}}"
    form = project(tmp_path, '"{""hat"": ""no""}"', answer=fields)
    assert reading(form, 0.0, True).tags == ("hat",)
    assert reading(form, 0.0, False).tags == ()


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no gold: set `gold`"):
        reading(project(tmp_path, gold=""), 0.0, False)
    with pytest.raises(InputError, match="answers are choice here"):
        reading(project(tmp_path, "yes"), 0.0, True)
    with pytest.raises(SpecError, match=r"no ledger .*; first run: assay run"):
        judged_answers(project(tmp_path, "yes"))
    how = reading(project(tmp_path, "yes"), 0.0, False)
    with pytest.raises(SpecError, match="has no run of this task; first run: assay run"):
        verdicts_of(project(tmp_path, "yes"), MemoryLedger(), how)


def ledger(task: str) -> MemoryLedger:
    held = MemoryLedger()
    names = {"settings": {"annotators": {"m": "id-m", "n": "id-n"}}}
    held.start_run(Run("first", task, "vote(m)", 0.0, settings={"annotators": {"old": "id-m"}}))
    held.start_run(Run("last", task, "vote(m,n)", 1.0, **names))  # type: ignore[arg-type]
    held.start_run(Run("brought", task, "import", 2.0))
    return held


def answered(found: Project, *answers: Annotation) -> list[tuple[str, str, str, bool | None]]:
    task = found.task.id
    held = ledger(task)
    held.add([replace(a, task=task) for a in answers])
    held.add_decisions(
        "last",
        [
            Decision("r0", "no", 0.8, Source.VOTE_SHARE, DecidedBy.MODEL),
            Decision("r1", "yes", decided_by=DecidedBy.PEOPLE),
            Decision("r2", None, waiting_for="crowd"),
            Decision("other", "yes", 0.7, Source.VOTE_SHARE, DecidedBy.MODEL),
        ],
    )
    how = reading(found, 0.0, False)
    return [(v.record, v.annotator, v.label, v.right) for v in verdicts_of(found, held, how)]


def test_plain_final_answers_of_the_last_runs_models_count(tmp_path: Path) -> None:
    found = answered(
        project(tmp_path, "yes", kind="single"),
        said("r0", "yes"),
        said("r1", "no", who="id-n"),
        said("r0", "no", who="stranger"),
        said("r2", "no", by="ann"),
        said("r2", "no", replica=1),
        said("r2", "no", saw=("k",)),
        said("r2", "no", focus=("x",)),
        said("r3", None, outcome=Outcome.FAILED, error="e"),
    )
    assert sorted(found) == [("r0", "m", "yes", True), ("r1", "n", "no", False)]


def test_decisions_of_several_annotators_count_beside_their_answers(tmp_path: Path) -> None:
    found = answered(project(tmp_path, "yes"), said("r0", "yes"))
    assert found == [
        ("r0", "m", "yes", True),
        ("r0", "decisions", "no", False),
        ("r1", "decisions", "yes", False),
        ("r2", "decisions", "", False),
        ("other", "decisions", "yes", None),
    ]


def test_what_people_decided_is_not_taken_on_confidence(tmp_path: Path) -> None:
    found = project(tmp_path, "yes")
    held = ledger(found.task.id)
    sure = (0.8, Source.VOTE_SHARE)
    held.add_decisions(
        "last",
        [
            Decision("r0", "yes", *sure, DecidedBy.MODEL),
            Decision("r1", "yes", *sure, DecidedBy.PEOPLE),
            Decision("r2", "yes", *sure, DecidedBy.BOTH),
        ],
    )
    described = verdicts_of(found, held, reading(found, 0.0, False))
    assert [(v.confidence, v.right, v.answered, v.tag) for v in described] == [
        (0.8, True, True, ""), (None, False, False, ""), (None, False, False, ""),
    ]  # fmt: skip
    assert {v.reference for v in described} == {"yes"}
    assert {v.source for v in described} == {Source.VOTE_SHARE}
    assert None not in {v.purpose for v in described}


def test_tag_by_tag_there_are_no_decisions(tmp_path: Path) -> None:
    found = project(tmp_path, "x", answer="{kind: multi, labels: [x, y]}")
    held = ledger(found.task.id)
    held.add_decisions("last", [Decision("r0", frozenset("x"), decided_by=DecidedBy.MODEL)])
    held.add([replace(said("r0", frozenset("x"), TAGS), task=found.task.id)])
    described = verdicts_of(found, held, reading(found, 0.0, True))
    assert [(v.annotator, v.tag, v.right) for v in described] == [
        ("m", "x", True),
        ("m", "y", True),
    ]
    assert len(verdicts_of(found, held, reading(found, 0.0, False))) == 2
