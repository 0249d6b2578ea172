"""Marked stretches of text."""

from collections.abc import Mapping, Sequence

from assay.core.errors import InputError
from assay.core.schema.base import MOST_MARKS, Labelled, entries
from assay.core.value import Span, Value

NONE = "none"


class Spans(Labelled):
    """Labelled stretches; each stretch anyone marked is a unit, "none" for who did not mark it."""

    kind = "spans"

    def parse(self, raw: str) -> Value | None:
        """Spans by character offsets; quoted text is anchored by a mapping that sees the record."""
        try:
            return self.check(raw)
        except InputError:
            return None

    def check(self, cell: object) -> Value:
        return tuple(sorted({self._span(entry) for entry in entries(cell, "spans")}))

    def _span(self, entry: object) -> Span:
        if isinstance(entry, Span):
            entry = {
                "start": entry.start,
                "end": entry.end,
                "label": entry.label,
                "part": entry.part,
            }
        if not isinstance(entry, Mapping) or not {"start", "end", "label"} <= set(entry):
            raise InputError(f"{entry!r} is not a span: it needs start, end and label")
        label = self.named(entry["label"])
        if label is None:
            raise InputError(f"{entry['label']!r} is not a label: {', '.join(self.names)}")
        try:
            start, end = int(entry["start"]), int(entry["end"])
        except (TypeError, ValueError, OverflowError) as bad:
            raise InputError(f"{entry!r}: start and end are whole numbers") from bad
        if not 0 <= start < end:
            raise InputError(f"span {start} to {end} is empty or backwards")
        return Span(start, end, label, str(entry.get("part", "text")))

    def json_schema(self) -> dict[str, object]:
        """Quoted text, since models cannot count characters; `check` reads offsets."""
        entry = {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "label": {"type": "string", "enum": list(self.names)},
            },
            "required": ["text", "label"],
            "additionalProperties": False,
        }
        marks = {"type": "array", "items": entry, "maxItems": MOST_MARKS}
        return {
            "type": "object",
            "properties": {"spans": marks},
            "required": ["spans"],
            "additionalProperties": False,
        }

    def wording(self) -> object:
        return [self.kind, [label.wording() for label in self.labels]]

    def units(self, values: Sequence[Value]) -> list[str]:
        places = {(s.part, s.start, s.end) for v in values for s in _spans(v)}
        return [f"{part}:{start}:{end}" for part, start, end in sorted(places)]

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        return (NONE, *self.names)

    def label(self, value: Value, unit: str) -> str | None:
        marked = [s.label for s in _spans(value) if f"{s.part}:{s.start}:{s.end}" == unit]
        return "+".join(sorted(marked)) or NONE

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        spans: list[Span] = []
        for unit, label in labels.items():
            part, start, end = unit.rsplit(":", 2)
            names = [] if label == NONE else _names(label, self.names)
            spans += [Span(int(start), int(end), name, part) for name in names]
        return tuple(sorted(spans))

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        return True


def _spans(value: Value) -> tuple[Span, ...]:
    assert isinstance(value, tuple)
    return tuple(s for s in value if isinstance(s, Span))


def _names(label: str, known: Sequence[str]) -> list[str]:
    """One stretch may carry several labels, joined by plus."""
    return [label] if label in known else label.split("+")
