"""People and a model together, from the task file to decisions, with people's answers recorded."""

import asyncio
import csv
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision
from assay.core.errors import SpecError
from assay.project import open_project
from assay.run import Job, label
from assay.strategies.cooperation import Sequential
from assay.strategies.joint import Joint

TASK = """\
name: tone
data: {path: data.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [up, down]}
annotators:
  model: {kind: recorded, path: model.csv, record: id, label: label, confidence: sure}
  people: {kind: recorded, path: people.csv, record: id, label: label, people: true}
strategy: {kind: KIND}
gold: {path: gold.csv, record: id, label: label, calibration: 0.5, evaluation: 0.5}
"""


def write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw, other = random.Random(1), {"up": "down", "down": "up"}
    truth = {f"r{i}": draw.choice(["up", "down"]) for i in range(600)}
    write(tmp_path / "data.csv", [("id", "text"), *((r, f"text {r}") for r in truth)])
    write(tmp_path / "gold.csv", [("id", "label"), *truth.items()])
    said = [(r, y if draw.random() < 0.8 else other[y]) for r, y in truth.items()]
    write(tmp_path / "people.csv", [("id", "label"), *said])
    model: list[tuple[object, ...]] = [("id", "label", "sure")]
    for r, y in truth.items():
        sure = draw.uniform(0.6, 1.0)
        model.append((r, y if draw.random() < sure else other[y], sure))
    write(tmp_path / "model.csv", model)
    return tmp_path


def decided(folder: Path, kind: str) -> tuple[object, list[Decision]]:
    path = folder / "task.yaml"
    path.write_text(TASK.replace("KIND", kind), encoding="utf-8")
    project = open_project(path)
    ledger = project.ledger()
    job = Job(project.task, project.strategy, project.annotators, ledger)
    summary = asyncio.run(label(job, project.records()))
    found = list(ledger.decisions(summary.run))
    ledger.close()
    return project.strategy, found


def test_joint_learns_from_calibration_gold_and_both_decide(folder: Path) -> None:
    strategy, found = decided(folder, "joint")
    assert isinstance(strategy, Joint)
    assert len(strategy.gold) == 300
    assert {d.decided_by for d in found} == {DecidedBy.BOTH}
    with (folder / "gold.csv").open(encoding="utf-8") as file:
        truth = {row["id"]: row["label"] for row in csv.DictReader(file)}
    assert sum(d.value == truth[d.record] for d in found) / len(found) > 0.82


def test_sequential_shows_the_model_save_on_the_control_share(folder: Path) -> None:
    strategy, found = decided(folder, "sequential, control: 0.2")
    assert isinstance(strategy, Sequential)
    control = [d for d in found if d.decided_by is DecidedBy.PEOPLE]
    assert 85 <= len(control) <= 155
    assert all(d.decided_by is DecidedBy.BOTH for d in found if d not in control)


@pytest.mark.parametrize("kind", ["joint", "sequential"])
def test_two_annotators_are_needed(folder: Path, kind: str) -> None:
    with pytest.raises(SpecError, match=f"strategy `{kind}` takes 2 annotators"):
        decided(folder, f"{kind}, annotators: [model]")
