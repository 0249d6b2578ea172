"""Task files that name a specialist of a model hub."""

from pathlib import Path

import pytest

from assay.annotators.hub import Hub
from assay.core.errors import SpecError
from assay.project import open_project
from assay.project.code import allowed, saying
from assay.strategies.specialists import Specialists
from tests.models.tiny_classifier import saved
from tests.needs import needs_extra

pytestmark = needs_extra("hub", "torch", "transformers")

TASK = """\
name: tone
data: {path: data.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
gold: {label: label, calibration: 1.0, monitoring: 0.0, evaluation: 0.0}
annotators:
  small: ANNOTATOR
"""
MAP = "labels: {LABEL_0: bad, LABEL_1: good}"


def project(folder: Path, annotator: str) -> Path:
    saved(folder / "bert")
    rows = [f"{i},the film was {'lovely' if i % 2 else 'poor'} {i},{'good' if i % 2 else 'bad'}"
            for i in range(8)]  # fmt: skip
    (folder / "data.csv").write_text("\n".join(["id,text,label", *rows]) + "\n", encoding="utf-8")
    (folder / "task.yaml").write_text(TASK.replace("ANNOTATOR", annotator), encoding="utf-8")
    return folder / "task.yaml"


def test_a_folder_with_a_label_map_is_an_annotator(tmp_path: Path) -> None:
    made = open_project(project(tmp_path, f"{{kind: hub, model: bert, {MAP}}}"))
    small = made.annotators["small"]
    assert isinstance(small, Hub)
    assert small.id.startswith("hub/bert@")
    assert small.labels == {"LABEL_0": "bad", "LABEL_1": "good"}
    assert not made.fitted


def test_a_hub_name_may_end_in_a_revision(tmp_path: Path) -> None:
    made = open_project(project(tmp_path, "{kind: hub, model: a/b@12ab}")).annotators["small"]
    assert isinstance(made, Hub)
    assert (made.model.name, made.model.revision) == ("a/b", "12ab")


def test_fine_tuning_learns_from_gold_which_is_not_labelled_then(tmp_path: Path) -> None:
    tuned = f"{{kind: hub, model: bert, {MAP}, train: true, tuning: {{epochs: 1, batch: 4}}}}"
    made = open_project(project(tmp_path, tuned))
    small = made.annotators["small"]
    assert isinstance(small, Hub)
    assert len(small.fitted_on) == 8
    assert "+" in small.id
    assert made.fitted
    assert made.held_out == 8


def test_a_model_must_be_named_and_its_fields_are_its_own(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"`annotators\.small\.model` is missing: kind `hub`"):
        open_project(project(tmp_path, "{kind: hub}"))
    with pytest.raises(SpecError, match=r"`train` is for kind `hub`"):
        open_project(project(tmp_path, "{kind: classifier, train: true}"))


def test_specialists_can_train_a_hub_model_in_stages(tmp_path: Path) -> None:
    numbered = "{kind: rule, rule: 'tests.project.test_registry:hub'}"
    path = project(tmp_path, f"{{kind: hub, model: bert, {MAP}}}\n  vader: {numbered}")
    strategy = "strategy: {kind: specialists, annotators: [vader, vader], learners: [LEARNER]}"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + strategy.replace("LEARNER", "small"), encoding="utf-8")
    with saying(allowed, True):
        opened = open_project(path)
    made = opened.strategy
    assert isinstance(made, Specialists)
    assert [t.name for t in made.trainable] == [opened.annotators["small"].id]
    path.write_text(text + strategy.replace("LEARNER", "vader"), encoding="utf-8")
    with (
        saying(allowed, True),
        pytest.raises(SpecError, match="learner 'vader' is none of minilm, ngrams"),
    ):
        _ = open_project(path).strategy
