"""`assay import` and `assay export` from end to end."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assay.cli.data import export_command, import_command
from assay.core.errors import AssayError
from assay.data.read import read_rows
from tests.cli.commands import assay, project, validation_error

LONG = "record,annotator,label\nr1,ann,a\nr1,bob,b\nr2,ann,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(LONG)
    (tmp_path / "models.csv").write_text("record,annotator,label\nr1,gpt,c\n")
    return tmp_path


def import_annotations(folder: Path, *more: str) -> dict[str, Any]:
    place = ["--ledger", str(folder / "l.sqlite"), "--json", "--name", "t"]
    ran = CliRunner().invoke(import_command, [*more, *place], catch_exceptions=False)
    described: dict[str, Any] = json.loads(ran.stdout)
    return described


def test_importing_twice_adds_nothing(folder: Path) -> None:
    path = str(folder / "people.csv")
    first, second = (
        import_annotations(folder, path, "--people"),
        import_annotations(folder, path, "--people"),
    )
    assert (first["added"], first["known"], first["empty"]) == (2, 0, 1)
    assert (second["added"], second["known"]) == (0, 2)


def test_people_and_models_can_share_one_task(folder: Path) -> None:
    people, models = str(folder / "people.csv"), str(folder / "models.csv")
    one = import_annotations(folder, people, "--people", "--labels-of", models)
    two = import_annotations(folder, models, "--labels-of", people)
    assert one["task"] == two["task"]
    out = folder / "all.jsonl"
    asked = [str(folder / "l.sqlite"), "--annotations", "-o", str(out)]
    CliRunner().invoke(export_command, asked, catch_exceptions=False)
    assert sorted(str(row["value"]) for _, row in read_rows(out)) == ["a", "b", "c"]


def test_a_missing_ledger_is_not_made_by_export(folder: Path) -> None:
    asked = [str(folder / "no.sqlite"), "-o", str(folder / "x.csv")]
    with pytest.raises(AssayError, match="there is no ledger"):
        CliRunner().invoke(export_command, asked, catch_exceptions=False)
    assert not (folder / "no.sqlite").exists()


def test_labels_taken_for_the_same_in_another_spelling_are_told(folder: Path) -> None:
    rows = "r1,ann,Yes\nr2,ann,yes\nr3,ann,YES\nr4,ann,yes\nr5,ann,no\nr6,ann,caf\u00e9\n"
    (folder / "people.csv").write_text(
        f"record,annotator,label\n{rows}r7,ann,cafe\u0301\n", encoding="utf-8"
    )
    words = [str(folder / "people.csv"), "--ledger", str(folder / "x.sqlite"), "--json"]
    done = CliRunner().invoke(import_command, words)
    assert json.loads(done.stdout)["added"] == 7


def test_numbers_spelt_in_two_ways_are_two_classes_and_that_is_said(folder: Path) -> None:
    (folder / "people.csv").write_text("record,annotator,label\nr1,ann,1\nr2,ann,01\nr3,ann,2\n")
    [note] = import_annotations(folder, str(folder / "people.csv"))["notes"]
    assert "2 labels are spelt almost alike" in note
    assert "'01' / '1'" in note


def test_a_task_file_says_which_labels_and_ids_it_took_otherwise(folder: Path) -> None:
    project(folder)
    described = LONG.replace("r1,ann,a", "1,ann,POSITIVE").replace("r1,bob,b", "2,bob,neutral")
    (folder / "people.csv").write_text(described.replace("r2,ann,", "2,ann,"))
    done = assay(folder, "import", "people.csv", "--task", "task.yaml")
    assert "note: 1 label is treated as another spelling of a label: 'POSITIVE'" in done.stderr
    (folder / "people.csv").write_text(described.replace("2,bob", "002,bob"))
    line = validation_error(assay(folder, "import", "people.csv", "--task", "task.yaml"))
    assert "record '002' is not in the data of the task, which holds '2', spelt almost" in line
