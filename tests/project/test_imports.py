"""Answers that exist already come into a ledger once, under the panel and price they have."""

from pathlib import Path

import pytest

from assay.core.cost import to_nanos
from assay.core.errors import InputError, SpecError
from assay.core.schema import Choice, Scale
from assay.data.annotations import Names
from assay.ledger import MemoryLedger
from assay.project.imports import BATCH, Target, check, import_annotations, inferred, target_of

TASK = """\
name: tone
data: {path: data.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
annotators:
  m: {kind: recorded, path: said.csv}
"""
CROWD = "  crowd: {kind: panel, prices: {human_label: 0.1}}\n"
EXPERTS = "  experts: {kind: panel}\n"
SAID = "record,annotator,label\n1,ann,good\n1,bob,bad\n2,ann,\n"


def task(folder: Path, more: str = "") -> Path:
    (folder / "data.csv").write_text("id,text\n1,x\n2,y\n")
    (folder / "task.yaml").write_text(TASK + more)
    return folder / "task.yaml"


def written(folder: Path, text: str = SAID, name: str = "said.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_task_file_gives_question_records_ledger_and_currency(tmp_path: Path) -> None:
    written(tmp_path)
    found = target_of(task(tmp_path, "currency: EUR\n"))
    assert found.task.question == "Which tone?"
    assert found.records is not None
    assert {id: record.text for id, record in found.records.items()} == {"1": "x", "2": "y"}
    assert (found.currency, found.panel, found.price) == ("EUR", "people", 0)
    assert "tone" in str(found.ledger)


@pytest.mark.parametrize(
    ("panels", "asked", "panel", "price"),
    [
        ("", None, "people", 0),
        ("", "mine", "mine", 0),
        (CROWD, None, "crowd", to_nanos(0.1)),
        (CROWD + EXPERTS, "crowd", "crowd", to_nanos(0.1)),
        (CROWD + EXPERTS, "experts", "experts", 0),
    ],
)
def test_people_are_the_panel_of_the_task_file(
    panels: str, asked: str | None, panel: str, price: int, tmp_path: Path
) -> None:
    written(tmp_path)
    found = target_of(task(tmp_path, panels), people=True, panel=asked)
    assert (found.panel, found.price) == (panel, price)
    assert target_of(task(tmp_path, panels), people=False).panel == "people"


@pytest.mark.parametrize(
    ("panels", "asked", "says"),
    [
        (CROWD + EXPERTS, None, "has several panels; use --panel crowd or --panel experts"),
        (CROWD + EXPERTS, "none", "has no panel 'none'; there are crowd, experts"),
    ],
)
def test_a_panel_that_is_not_known_is_asked_for(
    panels: str, asked: str | None, says: str, tmp_path: Path
) -> None:
    written(tmp_path)
    with pytest.raises(SpecError, match=says):
        target_of(task(tmp_path, panels), people=True, panel=asked)


def test_a_task_is_made_of_the_labels_of_all_files(tmp_path: Path) -> None:
    one = written(tmp_path, "record,annotator,label\n1,ann,1\n")
    two = written(tmp_path, "record,annotator,label\n1,bob,3\n", "more.csv")
    found = inferred([one, two], Names())
    assert isinstance(found.task.schema, Choice)
    assert found.task.schema.names == ("1", "3")
    assert (found.task.name, found.task.question) == ("said", "Imported: said")
    assert (found.records, found.ledger) == (None, None)
    ordinal = inferred([one, two], Names(), "mine", ordinal=True)
    assert isinstance(ordinal.task.schema, Scale)
    assert ordinal.task.name == "mine"


def test_a_mistake_in_the_last_line_is_found_before_anything_is_written(tmp_path: Path) -> None:
    path = written(tmp_path)
    found = target_of(task(tmp_path))
    check(path, Names(), found)
    path.write_text(SAID + "2,bob,odd\n")
    with pytest.raises(InputError, match=r"said\.csv:5: record '2': 'odd' is not a label"):
        check(path, Names(), found)
    path.write_text(SAID + "3,bob,good\n")
    with pytest.raises(InputError, match="record '3' is not in the data"):
        check(path, Names(), found)


def target(folder: Path) -> Target:
    return target_of(task(folder, CROWD + "currency: EUR\n"), people=True)


def test_people_come_in_as_their_panel_and_models_as_themselves(tmp_path: Path) -> None:
    path = written(tmp_path)
    held = MemoryLedger()
    found = target(tmp_path)
    brought = import_annotations(held, path, Names(), found, people=True)
    assert (brought.added, brought.known, brought.empty, brought.notes) == (2, 0, 1, ())
    described = {
        (a.annotator, a.by, a.value, a.cost_nanos, a.run) for a in held.annotations(found.task.id)
    }
    price = to_nanos(0.1)
    assert described == {
        ("crowd", "ann", "good", price, brought.run), ("crowd", "bob", "bad", price, brought.run),
    }  # fmt: skip
    [run] = held.runs(found.task.id)
    assert (run.id, run.strategy, run.settings) == (brought.run, "import", {"currency": "EUR"})
    assert run.ended is not None
    assert run.ended >= run.started
    assert run.version
    assert [r.id for r in held.records()] == ["1", "2"]
    models = MemoryLedger()
    import_annotations(models, path, Names(), found)
    told_of = {(a.annotator, a.by, a.cost_nanos) for a in models.annotations(found.task.id)}
    assert told_of == {("ann", None, 0), ("bob", None, 0)}


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    path, held, found = written(tmp_path), MemoryLedger(), target(tmp_path)
    import_annotations(held, path, Names(), found, people=True)
    again = import_annotations(held, path, Names(), found, people=True)
    assert (again.added, again.known, again.empty) == (0, 2, 1)


def test_without_a_currency_or_records_none_are_kept(tmp_path: Path) -> None:
    path, held = written(tmp_path), MemoryLedger()
    found = inferred([path], Names())
    import_annotations(held, path, Names(), found)
    assert list(held.records()) == []
    assert [run.settings for run in held.runs(found.task.id)] == [{}]


def test_every_batch_is_counted(tmp_path: Path) -> None:
    rows = "".join(f"{i},ann,good\n" for i in range(BATCH + 2))
    path, held = written(tmp_path, f"record,annotator,label\n{rows}{rows}"), MemoryLedger()
    brought = import_annotations(held, path, Names(), inferred([path], Names()))
    assert (brought.added, brought.known) == (BATCH + 2, 0)  # the first of two answers counts


def notes(folder: Path, *labels: str) -> tuple[str, ...]:
    rows = "".join(f"{i % 2 + 1},p{i},{label}\n" for i, label in enumerate(labels))
    path = written(folder, f"record,annotator,label\n{rows}")
    return import_annotations(MemoryLedger(), path, Names(), target(folder), people=True).notes


def test_labels_in_another_spelling_are_told_commonest_first(tmp_path: Path) -> None:
    assert notes(tmp_path, "Good", "Good", "BAD", "good") == (
        "3 labels are treated as another spelling of a label: 'Good' for 'good' (2), "
        "'BAD' for 'bad' (1)",
    )
    assert notes(tmp_path, "Good") == (
        "1 label is treated as another spelling of a label: 'Good' for 'good' (1)",
    )
    six = ["Good", "GOOD", "gOOD", "goOD", "BAD"]
    assert "more spellings" not in notes(tmp_path, *six)[0]
    assert notes(tmp_path, *six, "bAD", "Bad")[0].endswith(", … and 2 more spellings")


def test_labels_of_a_task_that_look_alike_are_told(tmp_path: Path) -> None:
    path, said = task(tmp_path), written(tmp_path, "record,annotator,label\n1,ann,1\n")
    path.write_text(TASK.replace("[good, bad]", "['1', '1.0']"))
    [note] = import_annotations(MemoryLedger(), said, Names(), target_of(path)).notes
    assert "'1'" in note
    assert "'1.0'" in note


def test_labels_of_a_task_stay_apart_in_a_file_of_answers(tmp_path: Path) -> None:
    path = task(tmp_path)
    said = written(tmp_path, "record,annotator,label\n1,bob,1.0\n2,bob,1\n")
    path.write_text(TASK.replace("[good, bad]", "['1', '1.0']"))
    held = MemoryLedger()
    import_annotations(held, said, Names(), target_of(path))
    assert sorted((a.record, a.value) for a in held.annotations()) == [
        ("1", "1.0"), ("2", "1"),
    ]  # fmt: skip


def test_a_label_that_is_a_word_for_a_missing_one_is_a_label(tmp_path: Path) -> None:
    path = task(tmp_path)
    rows = "1,ann,None\n2,ann,good\n1,bob,NA\n"
    said = written(tmp_path, f"record,annotator,label\n{rows}")
    path.write_text(TASK.replace("[good, bad]", "[good, None]"))
    held = MemoryLedger()
    found = import_annotations(held, said, Names(), target_of(path))
    assert (found.added, found.empty) == (2, 1)
    assert sorted((a.record, a.value) for a in held.annotations()) == [("1", "None"), ("2", "good")]
