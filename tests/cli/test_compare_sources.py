"""What `compare` takes from a ledger, a task file and files, and what it leaves out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.core import Choice, Form, MultiChoice, Outcome, Request, Task, answer, text_record
from assay.core.annotation import Annotation, RequestOptions
from assay.core.record import Record
from assay.core.schema import Schema
from assay.core.value import Value
from assay.ledger import Run, open_ledger
from tests.cli.commands import assay, project, validation_error

LABELS = Choice(["a", "b"])
FORM = Form({"hat": LABELS, "tone": LABELS})
RECORDS = 40


def said(
    task: Task, record: Record, who: str, value: Value | None, options: RequestOptions
) -> Annotation:
    """By a person of the panel, where the name begins with a capital."""
    panel, by = ("crowd", who) if who[0].isupper() else (who, None)
    outcome = Outcome.REFUSED if value is None else Outcome.ANSWERED
    request = Request(task, record, panel, options)
    return answer(request, outcome, value=value, by=by, run="r", at=1.0)


def fill(
    folder: Path,
    schema: Schema,
    value: Value,
    more: Sequence[tuple[str, str, Value | None, RequestOptions]] = (),
) -> None:
    """All of Ann, Bea and gpt say the same of every record; then come the others."""
    task = Task("tone", "Which?", schema)
    ledger = open_ledger(str(folder / "l.sqlite"))
    ledger.add_task(task)
    ledger.start_run(Run("r", task.id, "vote", 1.0))
    records = [Record(f"r{i}", text_record("", f"text {i}").parts) for i in range(RECORDS)]
    ledger.add_records(records)
    plain = RequestOptions()
    answers = [said(task, r, who, value, plain) for r in records for who in ("Ann", "Bea", "gpt")]
    known = {r.id: r for r in records}
    answers += [said(task, known[record], who, own, options) for record, who, own, options in more]
    ledger.add(answers)
    ledger.close()


def compared(folder: Path, *words: str) -> Any:
    done = assay(folder, "compare", "l.sqlite", "--resamples", "0", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_people_of_a_panel_are_people_and_the_others_are_models(tmp_path: Path) -> None:
    fill(tmp_path, LABELS, "a", [("r0", "mini", "b", RequestOptions())])
    found = compared(tmp_path)
    assert [t["model"] for t in found["replacement_test"]] == ["gpt", "mini"]
    assert {p["person"] for p in found["replacement_test"][0]["against"]} == {"Ann", "Bea"}
    assert not [note for note in found["notes"] if note.startswith("left out")]
    assert not [note for note in found["notes"] if "the last one counts" in note]


def test_a_name_can_be_said_to_be_a_person_and_must_be_there(tmp_path: Path) -> None:
    fill(tmp_path, LABELS, "a", [(f"r{i}", "mini", "a", RequestOptions()) for i in range(RECORDS)])
    found = compared(tmp_path, "--person", "mini")
    assert {p["person"] for p in found["replacement_test"][0]["against"]} == {"Ann", "Bea", "mini"}
    line = validation_error(assay(tmp_path, "compare", "l.sqlite", "--person", "mimi"))
    assert "'mimi'" in line
    assert "gpt" in line


def test_without_people_one_has_to_be_named(tmp_path: Path) -> None:
    votes = "record,annotator,label\n" + "".join(f"r{i},{w},a\n" for i in range(9) for w in "xy")
    (tmp_path / "v.csv").write_text(votes)
    assert assay(tmp_path, "import", "v.csv", "--ledger", "l.sqlite").returncode == 0
    assert "--person NAME, one of x, y" in validation_error(assay(tmp_path, "compare", "l.sqlite"))
    assert compared(tmp_path, "--person", "x")["replacement_test"][0]["model"] == "y"


def test_answers_of_those_who_saw_another_are_left_out_and_counted(tmp_path: Path) -> None:
    shown = RequestOptions(saw=("k",))
    more = [(f"r{i}", "gpt", "b", shown) for i in range(3)]
    fill(tmp_path, LABELS, "a", more)
    found = compared(tmp_path)
    assert found["replacement_test"][0]["advantage_probability"] == 1
    [note] = [note for note in found["notes"] if note.startswith("left out")]
    assert "3 answers" in note


def test_of_several_answers_to_a_record_the_last_counts_and_refusals_do_not(tmp_path: Path) -> None:
    again, last = RequestOptions(replica=1), RequestOptions(replica=2)
    more: list[tuple[str, str, Value | None, RequestOptions]] = [("r0", "gpt", "b", again)]
    more += [("r1", "gpt", "b", again), ("r1", "gpt", "a", last), ("r2", "gpt", None, last)]
    fill(tmp_path, LABELS, "a", more)
    found = compared(tmp_path)
    [test] = found["replacement_test"]
    assert test["records"] == RECORDS
    assert test["advantage_probability"] == pytest.approx((RECORDS - 1) / RECORDS)
    [note] = [note for note in found["notes"] if "the last one counts" in note]
    assert note.startswith("3 further answers")


def test_each_attribute_of_a_form_is_a_case_and_a_slice(tmp_path: Path) -> None:
    fill(tmp_path, FORM, {"hat": "a", "tone": "b"})
    found = compared(tmp_path)
    assert found["replacement_test"][0]["records"] == 2 * RECORDS
    slices = {(s["slice"], s["value"]): s["records"] for s in found["slices"]}
    assert slices == {("attribute", "hat"): RECORDS, ("attribute", "tone"): RECORDS}
    assert any("each attribute of a record counts as a case" in note for note in found["notes"])


def test_attributes_that_an_answer_was_not_asked_about_are_no_case(tmp_path: Path) -> None:
    part = RequestOptions(focus=("hat",))
    more = [(f"r{i}", "mini", {"hat": "a", "tone": "a"}, part) for i in range(RECORDS)]
    fill(tmp_path, FORM, {"hat": "a", "tone": "b"}, more)
    found = {t["model"]: t["records"] for t in compared(tmp_path)["replacement_test"]}
    assert found == {"gpt": 2 * RECORDS, "mini": RECORDS}


def test_sets_are_compared_whole(tmp_path: Path) -> None:
    sets = MultiChoice(["a", "b"])
    more: list[tuple[str, str, Value | None, RequestOptions]]
    more = [(f"r{i}", "mini", frozenset("ab"), RequestOptions()) for i in range(RECORDS)]
    fill(tmp_path, sets, frozenset("a"), more)
    found = compared(tmp_path)
    assert any("compared as a whole" in note for note in found["notes"])
    assert found["slices"] == []
    right = {t["model"]: t["advantage_probability"] for t in found["replacement_test"]}
    assert (right["gpt"], right["mini"]) == (1, 0)


GOLD = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: ANSWER
annotators:
  one: {kind: recorded, path: one.csvLABEL}
  crowd: {kind: recorded, path: one.csv, people: trueLABEL}
strategy: {kind: vote, annotators: [one, crowd]}
"""


def written(folder: Path, gold: str, form: bool = False) -> None:
    kind = "{kind: choice, labels: [a, b]}"
    fields = f"{{kind: form, fields: {{hat: {{answer: {kind}}}}}}}"
    text = GOLD.replace("ANSWER", fields if form else kind)
    text = text.replace("LABEL", ", label: {hat: label}" if form else "")
    project(folder, text + gold, b"id,text\n" + b"".join(b"%d,t %d\n" % (i, i) for i in range(20)))
    rows = "record,label\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20))
    for name in ("one.csv", "gold.csv"):
        (folder / name).write_text(rows)
    done = assay(folder, "run", "task.yaml")
    assert done.returncode == 0, done.stderr


def test_gold_as_the_expert_is_evaluation_gold(tmp_path: Path) -> None:
    written(tmp_path, "gold: {path: gold.csv, calibration: 0.5, evaluation: 0.5}\n")
    words = ("compare", "task.yaml", "--expert", "gold", "--resamples", "0")
    done = assay(tmp_path, *words, "--json")
    among = json.loads(done.stdout)["among_people"]
    assert among["annotators"] == ["crowd", "gold"]
    assert (among["answers"], among["overall"]["compared"]) == (20 + 10, 10)


@pytest.mark.parametrize(
    ("gold", "form", "says"),
    [
        ("gold: {path: gold.csv, calibration: 1, evaluation: 0}\n", False, "needs evaluation gold"),
        ("", False, "needs evaluation gold"),
        ("gold: {path: gold.csv, label: {hat: label}, calibration: 0, evaluation: 1}\n", True,
         "not possible for forms"),
    ],
)  # fmt: skip
def test_gold_that_cannot_be_the_expert_is_refused(
    tmp_path: Path, gold: str, form: bool, says: str
) -> None:
    written(tmp_path, gold, form)
    done = assay(tmp_path, "compare", "task.yaml", "--expert", "gold", "--resamples", "0")
    assert says in validation_error(done)


def test_a_row_of_slices_needs_its_record(tmp_path: Path) -> None:
    for name, who in (("p", "ann bob"), ("m", "gpt")):
        given = {w: {f"r{i}": "ab"[i % 2] for i in range(99)} for w in who.split()}
        (tmp_path / f"{name}.json").write_text(json.dumps(given))
    words: tuple[str, ...] = ("compare", "--people", "p.json", "--models", "m.json")
    words += ("--resamples", "0")
    words += ("--slices", "s.csv")
    rows = "".join(f"r{i},{'xy'[i % 2]},{'big' if i < 40 else ''}\n" for i in range(90))
    (tmp_path / "s.csv").write_text("record,slice,size\nr1,y,big\n,y,small\n" + rows)
    assert "s.csv:3: column 'record' is empty" in validation_error(assay(tmp_path, *words))
    (tmp_path / "s.csv").write_text("record,slice,size\n" + rows)
    done = assay(tmp_path, *words, "--json")
    slices = {(s["slice"], s["value"]): s["records"] for s in json.loads(done.stdout)["slices"]}
    assert slices == {("slice", "x"): 45, ("slice", "y"): 45, ("size", "big"): 40}
    (tmp_path / "s.csv").write_text("record,slice\nr1,\n")
    assert "holds no slices" in validation_error(assay(tmp_path, *words))
