"""A disk that is full: one line, nothing half-written, and what was kept is not asked again."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import LEDGER, assay, forked, names, process, project, validation_error

MANY = "id,text\n" + "".join(f"{i},I love number {i} {'x' * 60}\n" for i in range(2_000))
LIMIT = 900 * 1024  # the ledger is larger than that in the end
WAL = {f"{LEDGER}-shm", f"{LEDGER}-wal"}


def test_a_ledger_on_a_full_disk_ends_the_run_and_the_next_goes_on(
    tmp_path: Path, commands: Path
) -> None:
    project(tmp_path, rows=MANY.encode())
    assert assay(tmp_path, "run", "task.yaml", "--limit", "500").returncode == 0
    said = validation_error(forked(commands, tmp_path, "run", "task.yaml", largest=LIMIT))
    assert LEDGER in said
    assert "run again" in said
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    assert "2,000 decided" in done.stdout
    before = re.search(r"([\d,]+) from cache", done.stdout)
    assert before is not None  # what had been kept was not asked again
    assert int(before[1].replace(",", "")) >= 500
    assert assay(tmp_path, "export", "task.yaml", "--annotations", "-o", "x.csv").returncode == 0
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 1 + 2_000


def test_a_ledger_that_cannot_even_begin_is_one_line(tmp_path: Path, commands: Path) -> None:
    project(tmp_path)
    assert LEDGER in validation_error(
        forked(commands, tmp_path, "run", "task.yaml", largest=8 * 1024)
    )


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    project(folder, rows=MANY.encode())
    assert assay(folder, "run", "task.yaml").returncode == 0
    return folder


@pytest.mark.parametrize("out", ["x.csv", "x.jsonl", "x.parquet", "x"])
def test_an_export_leaves_the_older_file_as_it_was(
    labelled: Path, out: str, commands: Path
) -> None:
    path = labelled / out
    path.mkdir() if out == "x" else path.write_text("older")
    before = names(labelled)
    words = ["export", "task.yaml", "--annotations", "-o", out, "--force"]
    limit = 40 * 1024  # SQLite itself needs 32 of it
    said = validation_error(forked(commands, labelled, *words, largest=limit))
    assert f"cannot write {out}" in said
    assert "nothing was written" in said
    assert list(path.iterdir()) == [] if out == "x" else path.read_text() == "older"
    assert names(labelled) - before <= WAL


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_report_to_a_full_device_leaves_the_device(labelled: Path) -> None:
    said = validation_error(assay(labelled, "report", "task.yaml", "--out", "/dev/full"))
    assert "No space left on device" in said
    assert Path("/dev/full").is_char_device()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_one_line(labelled: Path) -> None:
    command = [sys.executable, "-m", "assay", "check", "task.yaml"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=labelled, stdout=full, stderr=-1, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "assay: No space left on device\n"


def test_output_that_is_closed_ends_no_run(labelled: Path) -> None:
    command = f"exec {sys.executable} -m assay run task.yaml >&- 2>&-"
    assert subprocess.run(command, shell=True, cwd=labelled, check=False).returncode == 0


def test_a_terminal_with_few_letters_shows_the_others_by_number(labelled: Path) -> None:
    strict = {"PYTHONIOENCODING": "latin1:strict"}
    done = process(labelled, "run", "task.yaml", "--ledger", "日本", env=strict)
    assert done.returncode == 0, done.stderr
    assert "\\u65e5\\u672c" in done.stdout


def test_an_older_report_stays_where_no_new_one_can_be_written(labelled: Path) -> None:
    (labelled / "sub").write_text("older")
    before = names(labelled)
    said = validation_error(assay(labelled, "report", "task.yaml", "--out", "sub/report.html"))
    assert "cannot write" in said
    assert (labelled / "sub").read_text() == "older"
    assert names(labelled) - before <= WAL
