"""Every snippet of docs/strategies.md is a task file's strategy that can be made."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.project import open_project
from assay.project.strategies import STRATEGIES
from assay.strategies.base import Strategy

PAGE = Path(__file__).resolve().parents[2] / "docs" / "strategies.md"
TEXT = PAGE.read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.M | re.S)
RECORDED = {"kind": "recorded", "path": "answers.csv", "confidence": "sure"}
BASE: dict[str, Any] = {
    "name": "page",
    "data": {"path": "records.csv", "id": "id"},
    "question": "Which?",
    "answer": {"kind": "choice", "labels": ["good", "bad"]},
    "gold": {"path": "gold.csv", "calibration": 0.5, "monitoring": 0.0, "evaluation": 0.5},
}
ANNOTATORS: dict[str, Any] = {
    "cheap": RECORDED,
    "middle": RECORDED,
    "large": RECORDED,
    "vader": {"kind": "rule", "rule": "vader"},
    "crowd": {"kind": "panel"},
}
VALUES = {"choice": "good", "multi": "heron", "form": '{"tone": "good", "price": "named"}'}


def kind(snippet: str) -> str:
    return str(yaml.safe_load(snippet)["strategy"]["kind"])


def written(folder: Path, snippet: dict[str, Any]) -> Path:
    file = {**BASE, **snippet, "annotators": {**ANNOTATORS, **snippet.get("annotators", {})}}
    value = VALUES[file["answer"]["kind"]]
    table(folder / "records.csv", ["id", "text"], [[i, f"text {i}"] for i in range(20)])
    table(folder / "answers.csv", ["record", "label", "sure"], [[i, value, 0.9] for i in range(20)])
    table(folder / "gold.csv", ["record", "label"], [[i, value] for i in range(20)])
    (folder / "task.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    return folder / "task.yaml"


def table(path: Path, head: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])


@pytest.mark.parametrize("snippet", SNIPPETS, ids=[kind(s) for s in SNIPPETS])
def test_the_snippet_loads(snippet: str, tmp_path: Path) -> None:
    found = yaml.safe_load(snippet)
    project = open_project(written(tmp_path, found))
    assert isinstance(project.strategy, Strategy)


def test_every_strategy_of_a_task_file_has_its_section_and_snippet() -> None:
    headings = " ".join(re.findall(r"^## (.*)$", TEXT, re.M))
    assert set(re.findall(r"`(\w+)`", headings)) == set(STRATEGIES)
    assert {kind(s) for s in SNIPPETS} == set(STRATEGIES)
