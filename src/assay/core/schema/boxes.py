"""Labelled rectangles in a picture."""

from collections.abc import Mapping, Sequence

from assay.core.errors import InputError
from assay.core.schema.base import MOST_MARKS, Labelled, entries
from assay.core.value import Box, Value

NONE = "none"
MATCH = 0.5  # intersection over union from which two boxes are of one thing
DIGITS = 6  # of a share of the picture; finer than any pixel
SLACK = 1e-3  # how far a box may stick out of the picture by rounding
EDGES = ("left", "top", "width", "height")

Rectangle = tuple[float, float, float, float]
"""Left, top, width, height, as shares of the picture."""


class Boxes(Labelled):
    """Boxes of several annotators that overlap by half are one unit: its mean rectangle.

    Who has no box there said "none". The empty tuple is an answer: nothing to be seen.
    """

    kind = "boxes"

    def parse(self, raw: str) -> Value | None:
        try:
            return self.check(raw)
        except InputError:
            return None

    def check(self, cell: object) -> Value:
        """A list of boxes, each with label, left, top, width and height from 0 to 1; or JSON."""
        return tuple(sorted({self._box(entry) for entry in entries(cell, "boxes")}))

    def _box(self, entry: object) -> Box:
        if isinstance(entry, Box):
            entry = {name: getattr(entry, name) for name in (*EDGES, "label")}
        if not isinstance(entry, Mapping) or not {*EDGES, "label"} <= set(entry):
            raise InputError(f"{entry!r:.80} is not a box: it needs label, {', '.join(EDGES)}")
        label = self.named(entry["label"])
        if label is None:
            raise InputError(f"{entry['label']!r} is not a label: {', '.join(self.names)}")
        try:
            left, top, width, height = (float(entry[edge]) for edge in EDGES)
        except (TypeError, ValueError, OverflowError) as bad:
            raise InputError(f"{entry!r:.80}: {', '.join(EDGES)} are numbers") from bad
        return Box(*inside((left, top, width, height)), label)

    def json_schema(self) -> dict[str, object]:
        share = {"type": "number", "minimum": 0, "maximum": 1}
        entry = {
            "type": "object",
            "properties": {
                "label": {"type": "string", "enum": list(self.names)},
                **dict.fromkeys(EDGES, share),
            },
            "required": ["label", *EDGES],
            "additionalProperties": False,
        }
        marks = {"type": "array", "items": entry, "maxItems": MOST_MARKS}
        return {
            "type": "object",
            "properties": {"boxes": marks},
            "required": ["boxes"],
            "additionalProperties": False,
        }

    def wording(self) -> object:
        return [self.kind, [label.wording() for label in self.labels]]

    def units(self, values: Sequence[Value]) -> list[str]:
        return sorted(_written(mean(region)) for region in regions([_boxes(v) for v in values]))

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        return (NONE, *self.names)

    def label(self, value: Value, unit: str) -> str | None:
        """Of the box that overlaps the unit most, if by half; several of one place by plus."""
        place = _read(unit)
        near = [(overlap(rectangle(b), place), b.label) for b in _boxes(value)]
        most = max((share for share, _ in near), default=0.0)
        if most < MATCH:
            return NONE
        return "+".join(sorted(label for share, label in near if share == most))

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        boxes: list[Box] = []
        for unit, label in labels.items():
            names = [] if label == NONE else [label] if label in self.names else label.split("+")
            boxes += [Box(*_read(unit), name) for name in names]
        return tuple(sorted(boxes))

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        return True


def inside(place: Rectangle) -> Rectangle:
    """Rounded, and cut where it sticks out of the picture by rounding alone; else InputError."""
    left, top, width, height = place
    right, bottom = left + width, top + height
    if not (-SLACK <= left < right <= 1 + SLACK and -SLACK <= top < bottom <= 1 + SLACK):
        raise InputError(
            f"a box at {left:g}, {top:g} of {width:g} x {height:g} is empty or leaves the picture; "
            "all four are shares of it, from 0 to 1"
        )
    left, top = (round(max(edge, 0.0), DIGITS) for edge in (left, top))
    return (
        left, top, round(min(right, 1.0) - left, DIGITS), round(min(bottom, 1.0) - top, DIGITS),
    )  # fmt: skip


def rectangle(box: Box) -> Rectangle:
    return box.left, box.top, box.width, box.height


def overlap(a: Rectangle, b: Rectangle) -> float:
    """Intersection over union."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    if a == b:
        return 1.0
    shared = width * height
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def regions(values: Sequence[Sequence[Box]]) -> list[list[Rectangle]]:
    """Rectangles of one thing together, at most one of each value; the order of values is free.

    Value by value, the pairs of rectangle and region that overlap most are joined first.
    """
    found: list[list[Rectangle]] = []
    for value in sorted(tuple(sorted(v)) for v in values):
        places = sorted({rectangle(box) for box in value})
        pairs = [(overlap(p, mean(found[k])), i, k) for i, p in enumerate(places)
                 for k in range(len(found))]  # fmt: skip
        taken: set[int] = set()
        joined: set[int] = set()
        for share, i, k in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
            if share >= MATCH and i not in joined and k not in taken:
                found[k].append(places[i])
                joined.add(i)
                taken.add(k)
        found += [[place] for i, place in enumerate(places) if i not in joined]
    return found


def mean(region: Sequence[Rectangle]) -> Rectangle:
    left, top, width, height = (
        round(sum(place[edge] for place in region) / len(region), DIGITS) for edge in range(4)
    )
    return left, top, width, height


def _boxes(value: Value) -> tuple[Box, ...]:
    assert isinstance(value, tuple)
    return tuple(b for b in value if isinstance(b, Box))


def _written(place: Rectangle) -> str:
    return ":".join(f"{edge:.{DIGITS}g}" for edge in place)


def _read(unit: str) -> Rectangle:
    left, top, width, height = (float(edge) for edge in unit.split(":"))
    return left, top, width, height
