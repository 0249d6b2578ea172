"""No output takes the place of what is read, nor of anything else without `--force`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import assay as python
from assay.core.errors import InputError
from assay.data.replacing import note_output, written_by_us
from tests.cli.commands import LEDGER, TASK, assay, project, validation_error

GOLD = TASK + "gold: {path: gold.csv, record: id, label: label, monitoring: 0.5, evaluation: 0.5}\n"
LABELS = "record,annotator,label\n" + "".join(
    f"{i},{who},{'positive' if i % 2 else 'negative'}\n" for i in range(6) for who in ("a", "b")
)
TEXTS = "id,text,label\n" + "".join(
    f"{i},I {'love' if i % 2 else 'hate'} number {i},{'positive' if i % 2 else 'negative'}\n"
    for i in range(40)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A task that has run, its gold, a table of votes, recorded answers, prices."""
    who = "{kind: recorded, path: said.csv, record: id}"
    project(tmp_path, task=GOLD, rows=TEXTS.encode(), who=who)
    for name in ("gold.csv", "said.csv"):
        (tmp_path / name).write_text(TEXTS)
    (tmp_path / "votes.csv").write_text(LABELS)
    (tmp_path / "truth.csv").write_text("record,label\n1,positive\n2,negative\n3,positive\n")
    (tmp_path / "decided.csv").write_text(
        "record,value,confidence\n" + "".join(f"{i},positive,0.9\n" for i in range(9))
    )
    (tmp_path / "sure.csv").write_text(
        "record,confidence,correct,label\n"
        + "".join(f"{i},0.{i % 9 + 1},{i % 2},x\n" for i in range(60))
    )
    (tmp_path / "prices.yaml").write_text("currency: EUR\nannotators: {a: {human_label: 0.1}}\n")
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    return tmp_path


INPUTS = ["a.csv", "gold.csv", "task.yaml", "said.csv", LEDGER]
COMMANDS = {
    "export": (["export", "task.yaml", "-o"], INPUTS),
    "export of annotations": (["export", "task.yaml", "--annotations", "-o"], INPUTS),
    "export of waiting": (["export", "task.yaml", "--waiting", "-o"], INPUTS),
    "export of a ledger": (["export", LEDGER, "-o"], [LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm"]),
    "report": (["report", "task.yaml", "-o"], INPUTS),
    "aggregate": (
        ["aggregate", "votes.csv", "--truth", "truth.csv", "--out"], ["votes.csv", "truth.csv"],
    ),
    "aggregate of a task": (["aggregate", "task.yaml", "--out"], INPUTS),
    "compare": (
        ["compare", "votes.csv", "--person", "a", "--prices", "prices.yaml", "--html"],
        ["votes.csv", "prices.yaml"],
    ),
    "calibrate": (["calibrate", "sure.csv", "--out"], ["sure.csv"]),
    "audit": (["audit", "draw", "decided.csv", "--size", "3", "-o"], ["decided.csv"]),
    "audit of a task": (["audit", "draw", "task.yaml", "--size", "3", "-o"], INPUTS),
    "golden": (
        ["golden", "choose", "votes.csv", "--gold", "truth.csv", "--out"],
        ["votes.csv", "truth.csv"],
    ),
    "plan": (["plan", "task.yaml", "--human-label", "1", "--html"], INPUTS),
    "synthesise": (["synthesise", "task.yaml", "--per-label", "1", "-o"], INPUTS),
    "init": (["init", "a.csv", "-o"], ["a.csv"]),
}  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    """Of all but what SQLite keeps beside a ledger that is open."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and not p.name.endswith(("-wal", "-shm"))
    }


def same(folder: Path, name: str) -> str:
    return name


def other_spelling(folder: Path, name: str) -> str:
    return f"../{folder.name}/./{name}"


def absolute(folder: Path, name: str) -> str:
    return str(folder / name)


def symlink(folder: Path, name: str) -> str:
    (folder / "link.csv").symlink_to(name)
    return "link.csv"


def hard_link(folder: Path, name: str) -> str:
    if (folder / name).exists():
        os.link(folder / name, folder / "link.csv")
        return "link.csv"
    return name


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_takes_the_place_of_an_input(command: str, folder: Path) -> None:
    words, inputs = COMMANDS[command]
    before = contents(folder)
    for name in inputs:
        said = validation_error(assay(folder, *words, name, "--force"))
        assert "name another file" in said, name
        assert contents(folder) == before


@pytest.mark.parametrize("spelling", [same, other_spelling, absolute, symlink, hard_link])
@pytest.mark.parametrize("name", INPUTS)
def test_an_input_is_known_by_whatever_name(
    spelling: Callable[[Path, str], str], name: str, folder: Path
) -> None:
    out = spelling(folder, name)
    before = contents(folder)
    for words in (["report", "task.yaml"], ["export", "task.yaml"]):
        said = validation_error(assay(folder, *words, "-o", out, "--force"))
        assert "name another file" in said
        assert contents(folder) == before


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "synthesise"])
def test_a_file_is_replaced_by_force_or_where_it_is_as_assay_left_it(
    command: str, folder: Path
) -> None:
    words, _ = COMMANDS[command]
    ending = {"compare": "html", "plan": "html", "report": "html", "init": "yaml"}
    out = folder / f"out.{ending.get(command, 'csv')}"
    out.write_text("years of work")
    said = validation_error(assay(folder, *words, out.name))
    assert "--force" in said
    assert out.read_text() == "years of work"
    assert assay(folder, *words, out.name, "--force").returncode == 0
    assert out.read_text() != "years of work"
    again = assay(folder, *words, out.name)
    assert again.returncode == 0, again.stderr
    out.write_text(out.read_text() + "my own remark")
    assert "somebody has changed it" in validation_error(assay(folder, *words, out.name))
    assert out.read_text().endswith("my own remark")


def test_a_kill_beside_the_last_step_leaves_an_output_that_may_be_replaced(tmp_path: Path) -> None:
    target, part = tmp_path / "x.csv", tmp_path / "part"
    for text in ("older", "newer"):
        part.write_text(text)
        note_output(target, part)
        assert written_by_us(target) == target.exists()  # killed before it took its place
        os.replace(part, target)
        assert written_by_us(target)  # or after
    target.write_text("mine")
    assert not written_by_us(target)
    part.write_text("newest")
    note_output(target, part)
    assert not written_by_us(target)


def test_what_is_refused_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    project(tmp_path, rows=TEXTS.encode())
    (tmp_path / "mine.html").write_text("mine")
    assert "mine.html" in validation_error(
        assay(tmp_path, "plan", "task.yaml", "--html", "mine.html")
    )
    assert not (tmp_path / LEDGER).exists()


@pytest.mark.parametrize("column", ["label", "annotator"])
def test_a_sheet_that_people_have_filled_in_is_never_blanked(column: str, tmp_path: Path) -> None:
    task = TASK.replace("annotators:", "annotators:\n  people: {kind: panel}")
    project(tmp_path, task=task + "strategy: {annotators: [people]}\n")
    assert assay(tmp_path, "run", "task.yaml").returncode in (0, 3)
    words = ["export", "task.yaml", "--waiting", "-o", "waiting.csv"]
    assert assay(tmp_path, *words).returncode == 0
    assert assay(tmp_path, *words).returncode == 0  # nobody has touched it yet
    sheet = tmp_path / "waiting.csv"
    header, first, *rest = sheet.read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index(column)] = "Ann"
    sheet.write_text("\n".join([header, *rest, ",".join(cells)]) + "\n")
    filled = sheet.read_bytes()
    for more in ([], ["--force"]):
        assert "filled in" in validation_error(assay(tmp_path, *words, *more))
        assert sheet.read_bytes() == filled
    said = validation_error(assay(tmp_path, "report", "task.yaml", "-o", "waiting.csv", "--force"))
    assert "filled in" in said
    assert sheet.read_bytes() == filled


def test_an_audit_that_people_have_answered_is_never_drawn_over(folder: Path) -> None:
    words = ["audit", "draw", "decided.csv", "--size", "3", "-o", "sheet.csv"]
    assert assay(folder, *words).returncode == 0
    sheet = folder / "sheet.csv"
    sheet.write_text(sheet.read_text().replace(",,", ",positive,", 2))
    sheet.write_text(sheet.read_text().replace(",,none", ",positive,none"))
    before = sheet.read_bytes()
    assert "filled in" in validation_error(assay(folder, *words, "--force"))
    assert sheet.read_bytes() == before


def test_a_ledger_and_a_picture_are_never_replaced_though_nothing_reads_them(
    folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.sqlite"
    other.write_bytes((folder / LEDGER).read_bytes())
    (folder / "me.jpg").write_bytes(b"\xff\xd8\xff me")
    for name in ("other.sqlite", "me.jpg"):
        said = validation_error(assay(folder, "report", "task.yaml", "-o", name, "--force"))
        assert "name another file" in said
    assert (folder / "me.jpg").read_bytes() == b"\xff\xd8\xff me"


def test_a_dataset_that_somebody_else_saved_is_not_replaced(folder: Path) -> None:
    words = ["export", "task.yaml", "-o", "set"]
    assert assay(folder, *words).returncode == 0
    assert assay(folder, *words).returncode == 0
    (folder / "set" / "state.json").write_text("{}")
    assert "--force" in validation_error(assay(folder, *words))
    assert assay(folder, *words, "--force").returncode == 0
    (folder / "set" / "notes.txt").write_text("mine")
    assert "other things" in validation_error(assay(folder, *words, "--force"))
    assert (folder / "set" / "notes.txt").read_text() == "mine"


def test_data_that_are_a_folder_are_not_replaced(folder: Path) -> None:
    assert assay(folder, "export", "task.yaml", "-o", "set").returncode == 0
    task = (folder / "task.yaml").read_text()
    (folder / "other.yaml").write_text(
        task.replace("a.csv, id: id", "set, id: record").replace("name: tone", "name: other")
    )
    before = contents(folder)
    for out in ("set", "set/state.json", "set/data-00000-of-00001.arrow"):
        words = ["synthesise", "other.yaml", "--per-label", "1", "--force", "-o", out]
        assert "name another file" in validation_error(assay(folder, *words))
        assert contents(folder) == before


def test_a_folder_of_fetched_data_spares_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text("mine")
    for words in (["demo"], ["data", "fetch", "tweets"]):
        assert "gold.csv" in validation_error(assay(tmp_path, *words, "--out", "."))
    assert [p.name for p in tmp_path.iterdir()] == ["gold.csv"]


def test_python_is_held_to_the_same(folder: Path) -> None:
    result = python.load(folder / "task.yaml").run()
    before = contents(folder)
    for name in INPUTS:
        with pytest.raises(InputError, match="name another file"):
            result.report(folder / name, force=True)
        if name.endswith(".csv"):
            with pytest.raises(InputError, match="name another file"):
                result.export(folder / name, force=True)
    (folder / "mine.csv").write_text("mine")
    with pytest.raises(InputError, match="did not write it"):
        result.export(folder / "mine.csv")
    assert contents(folder) == before | {"mine.csv": b"mine"}
    assert result.export(folder / "mine.csv", force=True) == 40
    assert result.export(folder / "mine.csv") == 40
    assert result.export(folder / "new.csv", annotations=True) == 40


SLOW = """
import json, sys, time
from pathlib import Path
from assay.data.write import written_atomically
with written_atomically(Path(sys.argv[1])) as part:
    part.write_text("half")
    print("begun", flush=True)
    time.sleep(600)
"""


def test_what_a_kill_left_is_cleared_by_the_next_run(folder: Path) -> None:
    command = [sys.executable, "-c", SLOW, str(folder / "x.csv")]
    killed, living = (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)
    )
    for started in (killed, living):
        assert started.stdout is not None
        assert started.stdout.readline() == "begun\n"
    try:
        killed.kill()
        killed.wait()
        assert len(list(folder.glob(".assay-part-*"))) == 2
        assert assay(folder, "export", "task.yaml", "-o", "y.csv").returncode == 0
        assert len(list(folder.glob(".assay-part-*"))) == 1  # that of the living one
    finally:
        living.kill()
        for ended in (killed, living):
            ended.communicate()
    assert assay(folder, "run", "task.yaml").returncode == 0
    assert not list(folder.glob(".assay-part-*"))
    assert not (folder / "x.csv").exists()
