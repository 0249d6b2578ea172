"""First task files: they load as they are, and say what the data holds."""

from pathlib import Path

import pytest

from assay.data.draft import draft
from assay.data.specs import DataSpec
from assay.data.taskfile import load
from tests.data.images.hostile import jpeg


def drafted(data: Path) -> DataSpec:
    path = data.parent / "task.yaml"
    path.write_text(draft(data, data.parent), encoding="utf-8")
    return load(path).data


def test_a_table_of_texts(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,text,label\n1,one,a\n2,two,b\n")
    found = drafted(tmp_path / "x.csv")
    assert (found.texts, found.pictures, found.id) == (("text",), (), "id")


def test_a_folder_of_pictures_with_a_folder_a_class(tmp_path: Path) -> None:
    for name in ("cat/a.jpg", "dog/b.jpg"):
        (tmp_path / "pets" / name).parent.mkdir(parents=True)
        (tmp_path / "pets" / name).write_bytes(jpeg())
    found = drafted(tmp_path / "pets")
    assert (found.texts, found.pictures, found.id) == ((), ("image",), "file")
    written = load(tmp_path / "task.yaml")
    assert written.gold is not None
    assert written.gold.label == "folder"
    assert written.annotators["small"].kind == "picture"


@pytest.mark.parametrize("column", ["img", "poster", "anything"])
def test_a_table_of_pictures_and_texts(tmp_path: Path, column: str) -> None:
    (tmp_path / "x.csv").write_text(f"{column},text\na.jpg,one\nb.PNG,two\n")
    found = drafted(tmp_path / "x.csv")
    assert (found.texts, found.pictures) == (("text",), (column,))
