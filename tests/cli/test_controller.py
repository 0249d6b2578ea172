"""`assay controller`: the plan that a controller makes, and what to do with it."""

import json
from pathlib import Path

import pytest

from assay.core.record import Record
from tests.cli.commands import assay, project

TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [positive, neutral, negative]}
annotators:
  a: {kind: rule, rule: vader}
  b: {kind: rule, rule: vader}
  c: {kind: rule, rule: vader}
  crowd: {kind: panel}
  chief: {kind: rule, rule: "tests.cli.test_controller:chief"}
strategy: {kind: specialists, registry: r.yaml, controller: chief, annotators: [crowd],
  n_specialists: 2}
"""
REGISTRY = """\
candidates:
  - {name: a, description: good}
  - {name: b, description: poor}
  - {name: c, description: good}
"""


def chief(record: Record) -> str:
    return "suitable" if "good" in record.text else "unsuitable"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project(tmp_path, TASK)
    (tmp_path / "r.yaml").write_text(REGISTRY)
    return tmp_path


def test_those_taken_come_first_and_the_next_command_is_named(folder: Path) -> None:
    done = assay(folder, "controller", "task.yaml", "--allow-code", "--ledger", "l.sqlite")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [
        ["taken", "a:"], ["taken", "c:"], ["left", "b:"],
    ]  # fmt: skip
    assert lines[-1] == "next: assay run task.yaml"
    assert (folder / "l.sqlite").exists()
    plan = json.loads(assay(folder, "controller", "task.yaml", "--json").stdout)
    assert plan["specialists"] == ["a", "c"]
    assert plan["scores"]["a"] > plan["scores"]["b"]


def test_a_controller_that_has_not_answered_is_waited_for(folder: Path) -> None:
    text = (folder / "task.yaml").read_text()
    (folder / "task.yaml").write_text(text.replace("controller: chief", "controller: crowd"))
    done = assay(folder, "controller", "task.yaml")
    assert done.returncode != 0
    assert done.stdout == ""
