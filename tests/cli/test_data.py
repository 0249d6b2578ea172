"""`assay export`: what it writes, and what it says of it to people and to programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cli.commands import TASK, assay, project, validation_error

BOXES = """\
name: things
data: {path: instances.json, image: image, id: id}
question: What?
answer: {kind: boxes, labels: [dog, car]}
annotators:
  old: {kind: recorded, path: instances.json, record: id, label: boxes}
"""
BOX = {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400,
       "iscrowd": 0}  # fmt: skip


def exported(folder: Path, *words: str) -> tuple[dict[str, Any], str]:
    """The figures, and the line that people read."""
    said = assay(folder, "export", "task.yaml", *words, "--force")
    assert said.returncode == 0, said.stderr
    done = assay(folder, "export", "task.yaml", *words, "--force", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), said.stdout


def test_boxes_are_counted_one_by_one(tmp_path: Path) -> None:
    Image.new("RGB", (100, 200)).save(tmp_path / "a.jpg")
    (tmp_path / "instances.json").write_text(json.dumps({
        "images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 200}],
        "annotations": [BOX, BOX | {"id": 2, "category_id": 2, "bbox": [50, 60, 20, 20]}],
        "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "car"}],
    }))  # fmt: skip
    (tmp_path / "task.yaml").write_text(BOXES)
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    figures, said = exported(tmp_path, "-o", "x.json")
    assert figures == {"boxes": 2, "out": "x.json"}
    assert "2 boxes" in said
    assert "x.json" in said
    assert len(json.loads((tmp_path / "x.json").read_text())["annotations"]) == 2


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    project(tmp_path, rows=b"id,text\n1,I love it\n2,I hate it\n3,so\n")
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    return tmp_path


def test_decisions_and_annotations_are_counted(labelled: Path) -> None:
    figures, said = exported(labelled, "-o", "x.csv")
    assert figures == {"records": 3, "undecided": 0, "out": "x.csv"}
    assert "3 decisions" in said
    figures, said = exported(labelled, "-o", "y.jsonl", "--annotations")
    assert figures == {"annotations": 3, "out": "y.jsonl"}
    assert "3 annotations" in said
    assert len((labelled / "y.jsonl").read_text().splitlines()) == 3


def test_what_is_open_is_counted_and_waits_for_somebody(tmp_path: Path) -> None:
    project(tmp_path, TASK, b"id,text\n1,I love it\n2,I hate it\n", "{kind: panel}")
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    figures, said = exported(tmp_path, "-o", "x.csv")
    assert figures == {"records": 2, "undecided": 2, "out": "x.csv"}
    assert "2 undecided" in said
    figures, said = exported(tmp_path, "-o", "w.csv", "--waiting")
    assert figures == {"waiting": {"one": 2}, "out": "w.csv"}
    assert "2 records wait for one" in said
    figures, _ = exported(tmp_path, "-o", "w.csv", "--waiting", "--panel", "nobody")
    assert figures["waiting"] == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--annotations", "--waiting"), "choose one"),
        (("--panel", "one"), "--waiting"),
        (("--panel", "one", "--annotations"), "--waiting"),
        (("--run", "none"), "'none'"),
    ],
)
def test_what_does_not_go_together_is_refused(
    labelled: Path, words: tuple[str, ...], says: str
) -> None:
    assert says in validation_error(assay(labelled, "export", "task.yaml", "-o", "x.csv", *words))
    assert not (labelled / "x.csv").exists()
