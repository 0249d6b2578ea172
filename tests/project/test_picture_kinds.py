"""Task files that name the picture models."""

import io
from pathlib import Path

import pytest
from PIL import Image

from assay.annotators.picture import PictureClassifier, ZeroShotPicture
from assay.annotators.scored import Scored
from assay.core.errors import SpecError
from assay.models.transformers_vlm import TransformersVLM
from assay.project import open_project
from assay.strategies.prior import PriorCorrected
from tests.needs import needs_models

TASK = """\
name: looks
data: {path: data.csv, id: id, image: image}
question: What is it?
answer: {kind: choice, labels: [warm, cold]}
gold: {label: label, calibration: 1.0, monitoring: 0.0, evaluation: 0.0}
annotators:
  eye: ANNOTATOR
"""
COLOURS = {"warm": (220, 60, 20), "cold": (20, 60, 220)}


def project(folder: Path, annotator: str) -> Path:
    rows = ["id,image,label"]
    for i in range(6):
        for label, colour in COLOURS.items():
            out = io.BytesIO()
            Image.new("RGB", (40 + i, 40), colour).save(out, "PNG")
            (folder / f"{label}{i}.png").write_bytes(out.getvalue())
            rows.append(f"{label}{i},{label}{i}.png,{label}")
    (folder / "data.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "task.yaml").write_text(TASK.replace("ANNOTATOR", annotator), encoding="utf-8")
    return folder / "task.yaml"


def test_a_picture_annotator_is_calibrated_unless_told_otherwise(tmp_path: Path) -> None:
    both = open_project(project(tmp_path, "{kind: picture}")).annotators
    assert isinstance(both["eye"], PriorCorrected)
    assert isinstance(both["eye (raw)"], ZeroShotPicture)
    plain = open_project(project(tmp_path, "{kind: picture, calibrate: false}")).annotators
    assert isinstance(plain["eye"], ZeroShotPicture)


def test_a_classifier_on_pictures_learns_from_gold(tmp_path: Path) -> None:
    needs_models("efficientnet-lite0")
    path = project(tmp_path, "{kind: classifier, features: pictures}")
    made = open_project(path).annotators["eye"]
    assert isinstance(made, PictureClassifier)
    assert set(made.fitted.labels) == set(COLOURS)
    assert len(made.fitted.fitted_on) == 12


def test_an_unknown_picture_model_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="efficientnet-lite1"):
        _ = open_project(project(tmp_path, "{kind: picture, model: resnet}")).annotators


def test_a_local_vlm_takes_its_revision_from_the_name(tmp_path: Path) -> None:
    path = project(tmp_path, "{kind: transformers, model: a/b@1234, calibrate: false}")
    made = open_project(path).annotators["eye"]
    assert isinstance(made, Scored)
    assert isinstance(made.scorer, TransformersVLM)
    assert (made.scorer.name, made.scorer.revision) == ("a/b", "1234")
