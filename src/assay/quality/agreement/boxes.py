"""Boxes: F1 between annotators, of places with their labels and of places alone, and how well the
places fit. Two boxes are of one thing where they overlap by half."""

from collections.abc import Mapping

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.value import Box, decode
from assay.quality.agreement.spans import Marks
from assay.quality.metrics.boxes import match

EDGES = ("left", "top", "width", "height")
Answer = tuple[Box, ...]


def boxes_of(label: str) -> Answer:
    """A JSON list of boxes with left, top, width, height and label, or the ledger's form."""
    try:
        content = loads(label)
        if isinstance(content, Mapping):
            found = decode(content)
            assert isinstance(found, tuple)
            boxes = [box for box in found if isinstance(box, Box)]
        else:
            boxes = [_box(entry) for entry in content]
        if any(box.width <= 0 or box.height <= 0 for box in boxes):
            raise InputError("a box is empty")
    except (ValueError, TypeError, KeyError, IndexError, AssertionError, InputError):
        raise InputError(
            f"{label!r:.80} is not a JSON list of boxes; each needs label, {', '.join(EDGES)}"
        ) from None
    return tuple(sorted(set(boxes)))


def _box(entry: Mapping[str, object]) -> Box:
    left, top, width, height = (float(str(entry[edge])) for edge in EDGES)
    return Box(left, top, width, height, str(entry["label"]))


def _compare(a: Answer, b: Answer) -> tuple[float, ...]:
    pairs = match(a, b)
    named = sum(a[p.first].label == b[p.second].label for p in pairs)
    boxes = len(a) + len(b)
    return 2 * named, boxes, 2 * len(pairs), boxes, sum(p.overlap for p in pairs), len(pairs)


BOXES = Marks(boxes_of, _compare, ("f1_boxes", "f1_places", "overlap"))
