"""Any number of labels out of a closed set."""

from collections.abc import Iterable, Mapping, Sequence

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.schema.base import Labelled
from assay.core.value import Value

YES, NO = "yes", "no"


class MultiChoice(Labelled):
    """A set of labels; the empty set is an answer. Each label is a unit, yes or no."""

    kind = "multi"

    def parse(self, raw: str) -> Value | None:
        text = raw.strip()
        try:
            content = loads(text) if text.startswith(("{", "[")) else text.split(",")
        except ValueError:
            return None
        found = content.get("labels") if isinstance(content, dict) else content
        if not isinstance(found, list) or not all(isinstance(f, str) for f in found):
            return None
        names = [self.named(f) for f in found]
        return None if None in names else frozenset(n for n in names if n is not None)

    def check(self, cell: object) -> Value:
        """A list, a JSON list, or labels separated by `;`, `|` or `,`; an empty cell: no label."""
        return frozenset(self._name(entry) for entry in _entries(cell))

    def _name(self, entry: object) -> str:
        name = self.named(entry)
        if name is None:
            raise InputError(f"{entry!r} is not a label; the labels are {', '.join(self.names)}")
        return name

    def json_schema(self) -> dict[str, object]:
        items = {"type": "string", "enum": list(self.names)}
        labels = {"type": "array", "items": items, "maxItems": len(self.names)}
        return {
            "type": "object",
            "properties": {"labels": labels},
            "required": ["labels"],
            "additionalProperties": False,
        }

    def wording(self) -> object:
        return [self.kind, [label.wording() for label in self.labels]]

    def units(self, values: Sequence[Value]) -> list[str]:
        return list(self.names)

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        return (NO, YES)

    def label(self, value: Value, unit: str) -> str | None:
        assert isinstance(value, frozenset)
        return YES if unit in value else NO

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        return frozenset(unit for unit, label in labels.items() if label == YES)

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        return unit in focus


def _entries(cell: object) -> Iterable[object]:
    if isinstance(cell, list | tuple | set | frozenset):
        return cell
    text = str(cell).strip()
    if text.startswith("["):
        try:
            content = loads(text)
        except ValueError as bad:
            raise InputError(f"{text!r} is not a JSON list of labels") from bad
        return list(content)
    mark = next((m for m in ";|," if m in text), ",")
    return [part for part in text.split(mark) if part.strip()]
