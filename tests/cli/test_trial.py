"""A trial run, of the first records alone, does not take the place of the whole result."""

import csv
from pathlib import Path

import pytest

from tests.cli.commands import Done, assay, project

ROWS = "id,text,label\n" + "".join(f"{i},I love it,positive\n" for i in range(8))


def good(folder: Path, *words: str) -> Done:
    done = assay(folder, *words)
    assert done.returncode == 0, done.stderr
    return done


def exported(folder: Path, *words: str) -> tuple[int, str]:
    """How many records, and what is said of them."""
    done = good(folder, "export", "task.yaml", "-o", "out.csv", *words)
    with (folder / "out.csv").open() as file:
        return sum(1 for _ in csv.DictReader(file)), done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project(tmp_path, rows=ROWS.encode())
    return tmp_path


def test_a_trial_says_how_many_of_how_many(folder: Path) -> None:
    good(folder, "run", "--limit", "3")
    assert exported(folder) == (3, "note: this is a trial run with --limit: 3 of 8 records\n")
    report = good(folder, "report", "task.yaml")
    assert "3 of 8 records" in report.stderr + report.stdout
    assert "3 of 8 records" in (folder / "report.html").read_text()


def test_all_decisions_are_taken_though_a_trial_is_newer(folder: Path) -> None:
    good(folder, "run")
    good(folder, "run", "--limit", "3")
    count, said = exported(folder)
    assert count == 8
    assert "(3 of 8 records) is newer and left out; --run" in said
    name = said.rpartition("--run ")[2].split()[0]
    assert exported(folder, "--run", name)[0] == 3


def test_a_limit_beyond_the_records_is_no_trial(folder: Path) -> None:
    good(folder, "run", "--limit", "8")
    assert exported(folder) == (8, "")


def test_a_whole_run_after_a_trial_is_the_result(folder: Path) -> None:
    good(folder, "run", "--limit", "3")
    good(folder, "run")
    assert exported(folder) == (8, "")
