"""Writes boxes in COCO's instances format, in pixels of the picture as it stands upright."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.schema.boxes import rectangle
from assay.core.value import Box, Value
from assay.data.coco import Coco, Picture
from assay.data.images.decode import upright
from assay.data.images.source import content_of
from assay.data.write import written_atomically

DIGITS = 3  # of a pixel


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
