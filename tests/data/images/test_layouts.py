"""Collections of pictures become records, whatever their layout."""

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.schema import MultiChoice
from assay.data.base import Columns, Findings
from assay.data.gold import read_labels
from assay.data.images.column import pictures
from assay.data.images.source import content_of
from assay.data.read import read_records, read_rows
from tests.data.images.hostile import photo, saved

RED, BLUE = (saved(photo(w), "JPEG") for w in (30, 31))


def records(path: Path, image: str = "image", **columns: Any) -> list[Record]:
    images = columns.pop("images", None)
    found, findings = pictures((image,), path, images), Findings()
    columns = {"text": ()} | columns
    came = list(read_records(path, Columns(pictures=found, **columns), findings))
    assert findings.lines() == []
    return came


def contents(came: list[Record]) -> list[bytes]:
    return [content_of(part) for record in came for part in record.images]


def filled(folder: Path) -> Path:
    for name, content in {"cat/a.jpg": RED, "dog/b.jpg": BLUE, "dog/notes.txt": b"x"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / ".hidden.jpg").write_bytes(RED)
    return folder


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/a.jpg", RED)
        archive.writestr("dog/b.jpg", BLUE)
        archive.writestr("__MACOSX/dog/._b.jpg", b"x")
    return path


def tarred(path: Path, mode: Any = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in {"cat/a.jpg": RED, "dog/b.jpg": BLUE}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


COLLECTIONS: dict[str, Callable[[Path], Path]] = {
    "folder": filled,
    "x.zip": zipped,
    "x.tar": tarred,
    "x.tar.gz": lambda path: tarred(path, "w:gz"),
    "x.tar.xz": lambda path: tarred(path, "w:xz"),
}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_folder_and_an_archive_give_the_same_records(tmp_path: Path, name: str) -> None:
    came = records(COLLECTIONS[name](tmp_path / name), id="file", meta=("folder",))
    assert [(r.id, r.meta["folder"]) for r in came] == [("cat/a.jpg", "cat"), ("dog/b.jpg", "dog")]
    assert contents(came) == [RED, BLUE]


def test_without_an_id_the_content_names_the_record(tmp_path: Path) -> None:
    folder = [r.id for r in records(filled(tmp_path / "a"))]
    assert folder == [r.id for r in records(zipped(tmp_path / "b.zip"))]
    assert len(set(folder)) == 2


def test_equal_pictures_are_two_records_and_reported(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jpg").write_bytes(RED)
    findings = Findings()
    columns = Columns((), pictures=pictures(("image",), tmp_path))
    assert len({r.id for r in read_records(tmp_path, columns, findings)}) == 2
    assert findings.duplicates == 1
    assert findings.empty == 0


def test_celeba_is_read_as_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "img_align_celeba").mkdir()
    for name, content in {"000001.jpg": RED, "000002.jpg": BLUE}.items():
        (tmp_path / "img_align_celeba" / name).write_bytes(content)
    lines = "2\nBald Smiling \n000001.jpg -1  1\n000002.jpg  1 -1\n"
    (tmp_path / "list_attr_celeba.txt").write_text(lines)
    for path in (tmp_path, tmp_path / "list_attr_celeba.txt"):
        came = records(path, id="file", meta=("Bald", "Smiling"))
        assert contents(came) == [RED, BLUE]
        assert [dict(r.meta) for r in came] == [
            {"Bald": "no", "Smiling": "yes"}, {"Bald": "yes", "Smiling": "no"}
        ]  # fmt: skip


def test_a_broken_line_of_celeba_is_named(tmp_path: Path) -> None:
    (tmp_path / "list_attr_celeba.txt").write_text("1\nBald Smiling\n000001.jpg -1\n")
    with pytest.raises(InputError, match=r"list_attr_celeba\.txt:3: a picture and 2 marks"):
        list(read_rows(tmp_path))


def test_hateful_memes_hold_picture_and_text(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "08291.png").write_bytes(RED)
    row = {"id": 8291, "img": "img/08291.png", "label": 1, "text": "so it goes"}
    (tmp_path / "dev.jsonl").write_text(json.dumps(row) + "\n")
    findings = Findings()
    found = pictures(("img",), tmp_path / "dev.jsonl")
    columns = Columns(("text",), "id", meta=("label",), pictures=found)
    [record] = read_records(tmp_path / "dev.jsonl", columns, findings)
    assert (record.id, record.text, record.meta["label"]) == ("8291", "so it goes", "1")
    assert contents([record]) == [RED]
    assert "JPEG in spite of its ending" in findings.lines()[0]


def test_films_hold_poster_plot_and_genres(tmp_path: Path) -> None:
    film = {"title": "M", "plot": ["short", "a longer plot"], "genres": ["Crime", "Drama"]}
    (tmp_path / "0022100.json").write_text(json.dumps(film))
    (tmp_path / "0022100.jpeg").write_bytes(RED)
    (tmp_path / "0022101.json").write_text(json.dumps(film | {"genres": []}))
    came = records(tmp_path, id="id", text=("title", "plot"))
    assert [r.id for r in came] == ["0022100", "0022101"]
    assert [p.text for p in came[0].texts] == ["M", "a longer plot"]
    assert [len(r.images) for r in came] == [1, 0]
    genres = MultiChoice(["Crime", "Drama"])
    assert read_labels(tmp_path, "id", "genres", genres) == {
        "0022100": frozenset({"Crime", "Drama"}), "0022101": frozenset()
    }  # fmt: skip


def test_coco_gives_the_categories_as_tags(tmp_path: Path) -> None:
    content = {
        "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}],
        "categories": [{"id": 3, "name": "cat"}, {"id": 1, "name": "fire hydrant"}],
        "annotations": [{"image_id": 7, "category_id": c, "bbox": [0, 0, 1, 1]} for c in (1, 3, 1)],
    }
    (tmp_path / "annotations").mkdir()
    (tmp_path / "val2017").mkdir()
    path = tmp_path / "annotations" / "instances.json"
    path.write_text(json.dumps(content))
    (tmp_path / "val2017" / "a.jpg").write_bytes(RED)
    (tmp_path / "val2017" / "b.jpg").write_bytes(BLUE)
    came = records(path, id="id", images=tmp_path / "val2017")
    assert contents(came) == [RED, BLUE]
    tags = read_labels(path, "id", "tags", MultiChoice(["cat", "fire hydrant"]))
    assert tags == {"7": frozenset({"cat", "fire hydrant"}), "8": frozenset()}


def test_a_broken_coco_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"images": [{"id": 7}], "categories": []}))
    with pytest.raises(InputError, match="not COCO: KeyError 'file_name'"):
        list(read_rows(path))


@pytest.mark.parametrize("kind", ["parquet", "arrow", "dataset"])
def test_bytes_in_a_table_are_kept_beside_it(tmp_path: Path, kind: str) -> None:
    """As `datasets` writes image columns: a struct of bytes and path."""
    rows = [{"image": {"bytes": c, "path": None}, "label": i} for i, c in enumerate((RED, BLUE))]
    table, path = pa.Table.from_pylist(rows), tmp_path / f"x.{kind}"
    if kind == "parquet":
        pq.write_table(table, path)
    else:
        if kind == "dataset":
            path.mkdir()
            state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
            (path / "state.json").write_text(json.dumps(state))
        file = path / "data-00000-of-00001.arrow" if kind == "dataset" else path
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    came = records(path, meta=("label",))
    assert contents(came) == [RED, BLUE]
    assert contents(records(path)) == [RED, BLUE]


def test_plain_bytes_and_lists_of_pictures_work_as_well(tmp_path: Path) -> None:
    pq.write_table(
        pa.Table.from_pylist([{"image": [RED, BLUE], "text": "x"}, {"image": [], "text": "y"}]),
        tmp_path / "x.parquet",
    )
    both, none = records(tmp_path / "x.parquet", text=("text",))
    assert [p.name for p in both.images] == ["image1", "image2"]
    assert contents([both]) == [RED, BLUE]
    assert none.images == ()


@pytest.mark.parametrize("archive", ["x.zip", "x.tar"])
def test_a_table_may_name_members_of_an_archive(tmp_path: Path, archive: str) -> None:
    images = COLLECTIONS[archive](tmp_path / archive)
    with (tmp_path / "x.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["image", "text"], ["cat/a.jpg", "one"], ["dog/b.jpg", "two"]])
    came = records(tmp_path / "x.csv", text=("text",), images=images)
    assert contents(came) == [RED, BLUE]
    assert [r.text for r in came] == ["one", "two"]


def test_a_folder_with_metadata_joins_them_by_file_name(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(RED)
    (tmp_path / "metadata.csv").write_text("file_name,label\na.jpg,cat\n")
    [record] = records(tmp_path, meta=("label",))
    assert record.meta["label"] == "cat"
    assert contents([record]) == [RED]


def test_broken_collections_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(InputError, match="not a readable archive"):
        list(read_rows(tmp_path / "x.zip"))
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="holds no dataset and no pictures"):
        list(read_rows(tmp_path / "none"))


def test_a_film_that_is_no_json_object_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(RED)
    for content, said in (
        ("{", "a.json: broken JSON"),
        ("[]", "a JSON object is needed, not a list"),
    ):
        (tmp_path / "a.json").write_text(content)
        with pytest.raises(InputError, match=said):
            list(read_rows(tmp_path))


def test_of_several_plots_the_longest_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(RED)
    (tmp_path / "a.json").write_text(json.dumps({"plot": ["short", "much longer", 5], "year": 7}))
    (tmp_path / "b.json").write_text(json.dumps({"plot": []}))
    (_, film), (number, other) = read_rows(tmp_path)
    assert (film["id"], film["plot"], film["year"]) == ("a", "much longer", 7)
    assert str(film["image"]).endswith("a.jpg")
    assert (number, other["plot"], other["image"]) == (2, "", None)
