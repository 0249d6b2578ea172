"""Where nothing is said about how good labels are, it is said why, and what to do."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import assay

TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
annotators:
  one: {kind: recorded, path: said.csv}
"""
GOLD = "gold: {path: gold.csv, calibration: 0, evaluation: 1}\n"
HINT = "to measure label quality, add `gold` to task.yaml: trusted labels of some"


def folder(tmp_path: Path, task: str, gold: str = "") -> Path:
    (tmp_path / "a.csv").write_text("id,text\n1,fine\n2,awful\n3,so\n")
    (tmp_path / "said.csv").write_text("record,label\n1,good\n2,bad\n3,bad\n")
    (tmp_path / "gold.csv").write_text(f"record,label\n{gold}")
    (tmp_path / "task.yaml").write_text(task)
    return tmp_path


def test_without_gold_one_line_says_what_to_add(tmp_path: Path) -> None:
    folder(tmp_path, TASK)
    done = assay(tmp_path, "run", "task.yaml")
    assert [line for line in done.stdout.splitlines() if HINT in line]
    assert not done.stderr
    found = assay(tmp_path, "run", "task.yaml", "--json")
    assert "how good" not in found.stdout + found.stderr
    assert json.loads(found.stdout)["evaluation"] == {}


def test_with_gold_that_counts_nothing_is_added(tmp_path: Path) -> None:
    done = assay(folder(tmp_path, TASK + GOLD, "1,good\n"), "run", "task.yaml")
    assert "how good" not in done.stdout
    assert not done.stderr


WITH_ID = (
    "note: task.yaml:7: `gold`: no id of gold.csv ('x1' …, 2 in all) is in a.csv ('1' …): the "
    "column 'record' must hold the ids of the data's column 'id'"
)


@pytest.mark.parametrize("command", ["run", "check"])
def test_gold_of_other_records_is_told_with_its_line(command: str, tmp_path: Path) -> None:
    folder(tmp_path, TASK + GOLD, "x1,good\nx2,bad\n")
    done = assay(tmp_path, command, "task.yaml")
    assert done.returncode == 0
    described = (done.stderr + done.stdout).splitlines()
    assert described.count(WITH_ID) == 1
    assert not [line for line in described if HINT in line]


def test_where_the_data_has_no_ids_it_is_told_to_name_them(tmp_path: Path) -> None:
    task = TASK.replace(", id: id", "").replace("[good", "[{name: good, aliases: [positive]}")
    task = task.replace("kind: recorded, path: said.csv", "kind: rule, rule: vader") + GOLD
    done = assay(folder(tmp_path, task, "1,good\n"), "run", "task.yaml")
    assert "no id of gold.csv ('1' …, 1 in all) is in a.csv ('" in done.stderr
    assert "name the column of the data that holds these ids as `data.id`" in done.stderr


def test_gold_without_a_label_is_told(tmp_path: Path) -> None:
    done = assay(folder(tmp_path, TASK + GOLD, "1,\n"), "run", "task.yaml")
    assert "note: task.yaml:7: `gold`: gold.csv holds no gold label" in done.stderr


def test_gold_for_records_that_were_not_labelled_is_no_mistake_but_is_told(tmp_path: Path) -> None:
    folder(tmp_path, TASK + GOLD, "3,bad\n")
    done = assay(tmp_path, "run", "task.yaml", "--limit", "1")
    assert not done.stderr
    assert "no record of this run has evaluation gold" in done.stdout


def test_gold_that_is_fitted_on_counts_as_found(tmp_path: Path) -> None:
    gold = GOLD.replace("calibration: 0, evaluation: 1", "calibration: 1, evaluation: 0")
    task = TASK + "  two: {kind: classifier, features: ngrams}\nstrategy: {annotators: [two]}\n"
    done = assay(folder(tmp_path, task + gold, "1,good\n2,bad\n"), "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    assert "no id of" not in done.stderr
    assert "no record of this run has evaluation gold" in done.stdout
