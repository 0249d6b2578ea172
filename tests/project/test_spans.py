"""A task of kind spans on a CoNLL file, from the task file to scored decisions."""

import asyncio
import json
from pathlib import Path

import pytest

from assay.data.gold import Purpose
from assay.project import entities, open_project
from assay.run import Job, label
from assay.strategies.retrieval import Retrieved
from tests.cli.commands import assay

TASK = """\
name: names
data: {path: names.conll, id: id}
question: Find the people.
answer: {kind: spans, labels: [PER]}
annotators:
  tagger: {kind: classifier}
  people: {kind: recorded, path: names.conll, record: id, label: spans}
strategy: {kind: single, annotators: [tagger]}
gold: {label: spans}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ["Ana", "Zoë", "דנה", "Bob"]
    blocks = [f"{names[i % 4]}\tB-PER\nsaw\tO\n{i}\tO\n😀\tO" for i in range(40)]
    (tmp_path / "names.conll").write_text("\n\n".join(blocks), encoding="utf-8")
    return tmp_path


def test_a_conll_file_is_labelled_by_a_tagger_fitted_on_its_gold(folder: Path) -> None:
    (folder / "task.yaml").write_text(TASK, encoding="utf-8")
    project = open_project(folder / "task.yaml")
    ledger = project.ledger()
    job = Job(project.task, project.strategy, project.annotators, ledger)
    summary = asyncio.run(label(job, project.records()))
    said = {d.record: d.value for d in ledger.decisions(summary.run)}
    assert set(said) == set(project.gold.of(Purpose.EVALUATION))
    scores = entities(project, ledger, summary.run)
    ledger.close()
    assert scores["decisions"].exact.f1.value == scores["tagger"].exact.f1.value == 1.0


def test_a_drafted_task_of_a_conll_file_runs_and_tells_its_entity_scores(folder: Path) -> None:
    said = assay(folder, "init", "names.conll", "-o", "task.yaml")
    assert said.returncode == 0, said.stderr
    done = assay(folder, "run", "task.yaml", "--json")
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)["entities"]["decisions"]
    assert scores["schemes"]["exact"]["f1"]["value"] == 1.0
    described = assay(folder, "run", "task.yaml").stdout
    assert "decisions, direct score against evaluation gold" in described


@pytest.mark.parametrize(
    ("nearest", "id"),
    [("words", "tf-idf"), ("random", "random(0)"), ("fixed", "fixed(0)"), ("meaning", "minilm")],
)
def test_the_task_file_says_how_examples_are_found(folder: Path, nearest: str, id: str) -> None:
    strategy = f"{{kind: retrieved, annotators: [people], nearest: {nearest}}}"
    text = TASK.replace("{kind: single, annotators: [tagger]}", strategy)
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    made = open_project(folder / "task.yaml").strategy
    assert isinstance(made, Retrieved)
    assert id in made.id
