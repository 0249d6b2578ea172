"""The examples do what their first lines say; the page on task files knows every key."""

import csv
import shutil
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from assay.cli import root
from assay.taskfile.reader import load
from assay.taskfile.specs import TaskFile

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(p.parent.name for p in (ROOT / "examples").glob("*/task.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path / "examples"


def described(*arguments: str | Path) -> str:
    done = CliRunner().invoke(root, [str(a) for a in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def values(task: Path, out: Path) -> dict[str, str]:
    described("export", task, "-o", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        assert next(rows)[:3] == ["id", load(task).name, "confidence"]
        return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_checked_run_and_reported(folder: Path, name: str) -> None:
    task = folder / name / "task.yaml"
    assert "up to" in described("check", task)
    described("run", task)
    again = described("run", task)
    assert "from before" in again or "waiting for people" in again
    described("report", task, "-o", folder / "report.html")
    assert (folder / "report.html").stat().st_size > 5_000


def test_reviews_tell_of_odd_records_and_of_gold(folder: Path) -> None:
    said = described("run", folder / "reviews" / "task.yaml")
    assert "1 record is empty" in said
    assert "1 record repeats an earlier one" in said
    assert "decisions against evaluation gold" in said


def test_a_person_decides_the_pairs_that_the_model_is_unsure_of(folder: Path) -> None:
    task = folder / "entailment" / "task.yaml"
    assert "cost 0.102 EUR in this run" in described("run", task)
    assert values(task, folder / "out.csv") == {
        "p1": "yes", "p2": "no", "p3": "yes", "p4": "no",
        "p5": "yes", "p6": "no", "p7": "yes", "p8": "no",
    }  # fmt: skip


def test_topics_wait_for_three_people(folder: Path) -> None:
    task = folder / "topics" / "task.yaml"
    assert "4 waiting for people" in described("run", task)
    described("import", folder / "topics" / "people.csv", "--task", task, "--people")
    assert "3 decided, 1 waiting for people" in described("run", task)
    assert values(task, folder / "out.csv") == {
        "n1": "money;sport", "n2": "money;politics", "n3": "", "n4": "[]",
    }  # fmt: skip


def keys(model: type[BaseModel]) -> set[str]:
    found = set(model.model_fields)
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            found |= keys(inner)
    return found


def models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_in(inner)]


def test_every_key_of_a_task_file_is_on_its_page() -> None:
    page = (ROOT / "docs" / "task-file.md").read_text(encoding="utf-8")
    assert [key for key in sorted(keys(TaskFile)) if f"`{key}`" not in page] == []
