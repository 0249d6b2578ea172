import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assay.cli import root
from assay.core.errors import InputError
from assay.core.schema.boxes import Boxes, overlap, rectangle
from assay.core.value import Box
from assay.data.coco import Coco, Picture, coco_of, read_coco
from assay.data.coco_write import write_coco
from assay.data.gold import read_labels
from assay.data.images.decode import ORIENTATION
from assay.data.read import read_rows
from tests.core.test_boxes import NAMES, values

CONTENT: dict[str, Any] = {
    "images": [{"id": 7, "file_name": "a.jpg", "width": 200, "height": 100},
               {"id": 9, "file_name": "b.jpg", "width": 50, "height": 50}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 18, "bbox": [20, 10, 40, 50]},
        {"id": 2, "image_id": 7, "category_id": 18, "bbox": [0, 0, 200, 100], "iscrowd": 1},
        {"id": 3, "image_id": 7, "category_id": 3, "bbox": [190, 90, 30, 30]},
        {"id": 4, "image_id": 7, "category_id": 3, "bbox": [10, 10, 0, 5]},
    ],
    "categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}],
}  # fmt: skip


def changed(part: str, **fields: object) -> dict[str, Any]:
    first = {**CONTENT[part][0], **fields}
    return {**CONTENT, part: [first, *CONTENT[part][1:]]}


def test_pixels_become_shares_and_what_cannot_be_used_is_counted() -> None:
    coco = coco_of(CONTENT)
    dog, car = Box(0.1, 0.1, 0.2, 0.5, "dog"), Box(0.95, 0.9, 0.05, 0.1, "car")
    assert coco.boxes == {"7": (dog, car), "9": ()}
    assert (coco.labels, coco.crowds, coco.empty) == (("dog", "car"), 1, 1)
    assert Boxes(coco.labels).check(list(coco.boxes["7"])) == coco.boxes["7"]


@pytest.mark.parametrize(
    "bbox",
    [
        [10, 10, 1e-9, 5], [10, 10, 5, 1e-9], [10, 10, -5, 5], [10, 10, 5, -5],
        [200, 10, 5, 5], [10, 100, 5, 5], [-5, 10, 5, 5], [10, -5, 5, 5],
    ],
)  # fmt: skip
def test_boxes_without_a_place_in_the_picture_are_counted_as_empty(bbox: list[float]) -> None:
    coco = coco_of(changed("annotations", bbox=bbox))
    assert [box.label for box in coco.boxes["7"]] == ["car"]
    assert coco.empty == 2


@pytest.mark.parametrize(
    ("bbox", "place"),
    [
        ([-20, -10, 40, 50], (0, 0, 0.1, 0.4)),
        ([180, 90, 40, 50], (0.9, 0.9, 0.1, 0.1)),
        ([0, 0, 200, 100], (0, 0, 1, 1)),
    ],
)
def test_what_sticks_out_of_a_picture_is_cut_off(
    bbox: list[float], place: tuple[float, float, float, float]
) -> None:
    coco = coco_of(changed("annotations", bbox=bbox))
    assert Box(*place, "dog") in coco.boxes["7"]
    assert coco.empty == 1


@given(values, st.integers(10, 5000), st.integers(10, 5000))
def test_what_is_written_is_read_again(boxes: tuple[Box, ...], width: int, height: int) -> None:
    import tempfile

    given_coco = Coco({"1": Picture("a.jpg", width, height)}, {"1": boxes}, NAMES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boxes.json"
        assert write_coco(given_coco, path) == len(boxes)
        again = read_coco(path)
    assert (again.pictures, again.labels) == (given_coco.pictures, NAMES)
    assert len(again.boxes["1"]) + again.empty == len(boxes)
    if width >= 1000 and height >= 1000:
        for old, new in zip(boxes, again.boxes["1"], strict=True):
            assert (old.label, overlap(rectangle(old), rectangle(new)) > 0.99) == (new.label, True)


def test_ids_that_are_numbers_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_coco(coco_of(CONTENT), path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert [p["id"] for p in content["images"]] == [7, 9]
    assert content["annotations"][0] == {
        "id": 1, "image_id": 7, "category_id": 1, "bbox": [20, 10, 40, 50], "area": 2000,
        "iscrowd": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"images": []}, "not COCO"),
        ([], "not COCO"),
        (changed("annotations", image_id=8), "no picture 8"),
        (changed("annotations", category_id=1), "category 1"),
        (changed("annotations", bbox=[1, 2, 3]), "not COCO"),
        (changed("annotations", bbox="here"), "not COCO"),
        (changed("images", width=0), "no width"),
    ],
)
def test_what_is_not_coco_is_one_clear_line(tmp_path: Path, content: object, why: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=why) as bad:
        read_coco(path)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (changed("annotations", image_id=8), "no picture 8"),
        (changed("annotations", bbox=[1, 2, 3]), "not COCO"),
        (changed("annotations", bbox=[1, 2, "x", 3]), "not COCO"),
        (changed("images", width=float("inf")), "not COCO"),
        (changed("images", width=0), "no width"),
    ],
)
def test_data_that_are_broken_coco_are_one_line_with_the_file(
    tmp_path: Path, content: object, why: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=rf"bad\.json: .*{why}"):
        list(read_rows(path))


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_coco(tmp_path / "none.json")
    (tmp_path / "cut.json").write_text('{"images": [')
    with pytest.raises(InputError, match="broken JSON"):
        read_coco(tmp_path / "cut.json")


def test_boxes_of_unknown_pictures_or_labels_are_not_written(tmp_path: Path) -> None:
    box = Box(0.1, 0.1, 0.1, 0.1, "cow")
    with pytest.raises(InputError, match="size is not known"):
        write_coco(Coco({}, {"1": (box,)}, ("cow",)), tmp_path / "a.json")
    with pytest.raises(InputError, match="'cow' is not among"):
        write_coco(Coco({"1": Picture("a", 9, 9)}, {"1": (box,)}, ("dog",)), tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


def test_a_task_reads_coco_boxes_as_gold(tmp_path: Path) -> None:
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(CONTENT), encoding="utf-8")
    gold = read_labels(path, "id", "boxes", Boxes(["dog", "car"]))
    assert gold == coco_of(CONTENT).boxes


def test_a_run_of_boxes_is_exported_as_coco(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # lies on its side
    Image.new("RGB", (200, 100)).save(tmp_path / "a.jpg", exif=exif)
    picture = CONTENT["images"][0] | {"width": 100, "height": 200}
    annotations = [CONTENT["annotations"][0]]
    coco = {**CONTENT, "images": [picture], "annotations": annotations}
    (tmp_path / "instances.json").write_text(json.dumps(coco))
    (tmp_path / "task.yaml").write_text(
        "name: things\ndata: {path: instances.json, image: image, id: id}\nquestion: What?\n"
        "answer: {kind: boxes, labels: [dog, car]}\nannotators:\n"
        "  old: {kind: recorded, path: instances.json, record: id, label: boxes}\n"
    )
    for words in (["run"], ["export", "-o", str(tmp_path / "x.coco.json")],
                  ["export", "-o", str(tmp_path / "x.jsonl")]):  # fmt: skip
        done = CliRunner().invoke(root, [words[0], str(tmp_path / "task.yaml"), *words[1:]])
        assert done.exit_code == 0, done.output
    again = read_coco(tmp_path / "x.coco.json")
    assert again.pictures == {"7": Picture("a.jpg", 100, 200)}
    assert again.boxes == coco_of(coco).boxes
    [line] = (tmp_path / "x.jsonl").read_text().splitlines()
    assert Boxes(["dog", "car"]).check(json.loads(line)["things"]) == again.boxes["7"]
