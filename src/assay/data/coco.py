"""Boxes in COCO's instances format: pixels there, shares of the picture here."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.record import Record
from assay.core.schema.boxes import inside, rectangle
from assay.core.value import Box, Value
from assay.data.images.decode import upright
from assay.data.images.source import content_of
from assay.data.write import written_atomically

DIGITS = 3  # of a pixel


@dataclass(frozen=True, slots=True)
class Picture:
    file: str
    width: int  # pixels
    height: int


@dataclass(frozen=True, slots=True)
class Coco:
    """Pictures by id, their boxes, and the labels in the file's order.

    A picture without annotations has no boxes, which is an answer. Crowds (one box around many)
    and boxes without area are left out and counted.
    """

    pictures: Mapping[str, Picture]
    boxes: Mapping[str, tuple[Box, ...]]
    labels: tuple[str, ...]
    crowds: int = 0
    empty: int = 0


def read_coco(path: Path) -> Coco:
    """InputError where the file is not COCO, or names a picture or category that it lacks."""
    try:
        content = loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except ValueError as bad:
        raise InputError(f"{path}: broken JSON ({bad})") from None
    with validation_errors(path):
        return coco_of(content)


@contextmanager
def validation_errors(path: Path) -> Iterator[None]:
    """A block that reads COCO of this file: whatever is wrong with it is one line with its name."""
    try:
        yield
    except InputError as bad:
        raise InputError(f"{path}: {bad}") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as bad:
        raise InputError(f"{path}: not COCO: {type(bad).__name__} {bad}") from None


def has_boxes(content: Mapping[str, Any]) -> bool:
    """Whether pictures have sizes and annotations places; captions and bare tags have not."""
    return all("width" in p and "height" in p for p in content["images"]) and all(
        "bbox" in annotation for annotation in content.get("annotations", ())
    )


def coco_of(content: Mapping[str, Any]) -> Coco:
    names = {c["id"]: str(c["name"]) for c in content["categories"]}
    pictures = {
        p["id"]: Picture(str(p["file_name"]), int(p["width"]), int(p["height"]))
        for p in content["images"]
    }
    if any(p.width < 1 or p.height < 1 for p in pictures.values()):
        raise InputError("a picture has no width or height, so its boxes have no meaning")
    found: dict[object, set[Box]] = {id: set() for id in pictures}
    crowds = empty = 0
    for annotation in content.get("annotations", ()):
        id, category = annotation["image_id"], annotation["category_id"]
        if id not in pictures or category not in names:
            raise InputError(
                f"annotation {annotation.get('id')!r}: no picture {id!r} or category {category!r}"
            )
        if annotation.get("iscrowd"):
            crowds += 1
            continue
        box = _box(annotation["bbox"], pictures[id], names[category])
        if box is None:
            empty += 1
        else:
            found[id].add(box)
    return Coco(
        {str(id): picture for id, picture in pictures.items()},
        {str(id): tuple(sorted(boxes)) for id, boxes in found.items()},
        tuple(names.values()),
        crowds,
        empty,
    )


def _box(bbox: Sequence[float], picture: Picture, label: str) -> Box | None:
    """Cut to the picture; None where nothing is left."""
    left, top, width, height = (float(edge) for edge in bbox)
    right, bottom = min(left + width, picture.width), min(top + height, picture.height)
    left, top = max(left, 0.0), max(top, 0.0)
    if not (left < right and top < bottom):
        return None
    w, h = picture.width, picture.height
    place = inside((left / w, top / h, (right - left) / w, (bottom - top) / h))
    return Box(*place, label) if place[2] > 0 and place[3] > 0 else None


def coco_of_records(
    records: Iterable[Record], values: Mapping[str, Value | None], labels: Sequence[str] = ()
) -> Coco:
    """Decided boxes by record id, with the sizes of the records' pictures as they stand upright.

    Records without a decision are left out; without `labels` those in the boxes are taken.
    InputError for a record without exactly one picture, or a value that is no boxes.
    """
    pictures: dict[str, Picture] = {}
    boxes: dict[str, tuple[Box, ...]] = {}
    for record in records:
        value = values.get(record.id)
        if value is None:
            continue
        if not isinstance(value, tuple) or not all(isinstance(box, Box) for box in value):
            raise InputError(f"record {record.id!r} was not answered with boxes; COCO holds boxes")
        if len(record.images) != 1:
            raise InputError(f"record {record.id!r} has {len(record.images)} pictures, not one")
        [part] = record.images
        width, height = upright(content_of(part))
        pictures[record.id] = Picture(PurePosixPath(part.uri).name, width, height)
        boxes[record.id] = tuple(box for box in value if isinstance(box, Box))
    names = labels or sorted({box.label for found in boxes.values() for box in found})
    return Coco(pictures, boxes, tuple(names))


def write_coco(coco: Coco, path: Path) -> int:
    """How many boxes were written; ids of pictures stay numbers where they are numbers."""
    number = {name: i for i, name in enumerate(coco.labels, 1)}
    annotations: list[dict[str, object]] = []
    for id, boxes in coco.boxes.items():
        if id not in coco.pictures:
            raise InputError(f"picture {id!r} has boxes, but its size is not known")
        for box in boxes:
            if box.label not in number:
                raise InputError(f"{box.label!r} is not among the labels {', '.join(number)}")
            bbox = _pixels(box, coco.pictures[id])
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": _number(id),
                    "category_id": number[box.label],
                    "bbox": bbox,
                    "area": round(bbox[2] * bbox[3], DIGITS),
                    "iscrowd": 0,
                }
            )
    content = {
        "images": [
            {"id": _number(id), "file_name": p.file, "width": p.width, "height": p.height}
            for id, p in coco.pictures.items()
        ],
        "annotations": annotations,
        "categories": [{"id": i, "name": name} for name, i in number.items()],
    }
    with written_atomically(path) as part:
        part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return len(annotations)


def _pixels(box: Box, picture: Picture) -> list[float]:
    sizes = (picture.width, picture.height, picture.width, picture.height)
    return [round(edge * n, DIGITS) for edge, n in zip(rectangle(box), sizes, strict=True)]


def _number(id: str) -> int | str:
    return int(id) if id.isascii() and id.isdigit() and str(int(id)) == id else id
