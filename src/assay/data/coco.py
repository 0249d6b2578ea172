"""Reads boxes in COCO's instances format: pixels there, shares of the picture here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.schema.boxes import inside
from assay.core.value import Box


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
    """InputError if the file is not COCO, or names a picture or category that it lacks."""
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
    """Cut to the picture; None if nothing is left."""
    left, top, width, height = (float(edge) for edge in bbox)
    right, bottom = min(left + width, picture.width), min(top + height, picture.height)
    left, top = max(left, 0.0), max(top, 0.0)
    if not (left < right and top < bottom):
        return None
    w, h = picture.width, picture.height
    place = inside((left / w, top / h, (right - left) / w, (bottom - top) / h))
    return Box(*place, label) if place[2] > 0 and place[3] > 0 else None
