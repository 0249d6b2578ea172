"""`assay import` and `assay export` from end to end."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli.data import export_command, import_command
from assay.core.errors import AssayError
from assay.data.read import read_rows

LONG = "record,annotator,label\nr1,ann,a\nr1,bob,b\nr2,ann,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(LONG)
    (tmp_path / "models.csv").write_text("record,annotator,label\nr1,gpt,c\n")
    return tmp_path


def bring(folder: Path, *more: str) -> dict[str, object]:
    place = ["--ledger", str(folder / "l.sqlite"), "--json", "--name", "t"]
    ran = CliRunner().invoke(import_command, [*more, *place], catch_exceptions=False)
    told: dict[str, object] = json.loads(ran.stdout)
    return told


def test_importing_twice_adds_nothing(folder: Path) -> None:
    path = str(folder / "people.csv")
    first, second = bring(folder, path, "--people"), bring(folder, path, "--people")
    assert (first["added"], first["known"], first["empty"]) == (2, 0, 1)
    assert (second["added"], second["known"]) == (0, 2)


def test_people_and_models_can_share_one_task(folder: Path) -> None:
    people, models = str(folder / "people.csv"), str(folder / "models.csv")
    one = bring(folder, people, "--people", "--labels-of", models)
    two = bring(folder, models, "--labels-of", people)
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
