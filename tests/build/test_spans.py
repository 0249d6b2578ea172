"""A task of kind spans on a CoNLL file, from the task file to scored decisions."""

import asyncio
from pathlib import Path

import pytest

from assay.build import open_project
from assay.core.value import Span
from assay.data.gold import Purpose
from assay.quality.entities import entity_scores
from assay.run import Job, label
from assay.strategies.retrieval import Retrieved

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
    ledger.close()
    truth = {
        id: tuple(s for s in value if isinstance(s, Span))
        for id, value in project.gold.of(Purpose.EVALUATION).items()
        if isinstance(value, tuple)
    }
    assert set(said) == set(truth)
    assert entity_scores(said, truth, "gold").exact.f1.value == 1.0


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
