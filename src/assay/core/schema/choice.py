"""One label out of a closed set."""

from collections.abc import Mapping, Sequence

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.schema.base import Labelled
from assay.core.value import Value


class Choice(Labelled):
    """Exactly one of the labels; unit "" carries it."""

    kind = "choice"

    def parse(self, raw: str) -> Value | None:
        text = raw.strip()
        if text.startswith(("{", '"')):
            try:
                content = loads(text)
            except ValueError:
                return None
            found = content.get("label") if isinstance(content, dict) else content
            text = found if isinstance(found, str) else ""
        return self.named(text)

    def check(self, cell: object) -> Value:
        name = self.named(cell)
        if name is None:
            raise InputError(f"{cell!r} is not a label; the labels are {', '.join(self.names)}")
        return name

    def json_schema(self) -> dict[str, object]:
        return {
            "type": "object",
            "properties": {"label": {"type": "string", "enum": list(self.names)}},
            "required": ["label"],
            "additionalProperties": False,
        }

    def wording(self) -> object:
        return [self.kind, [label.wording() for label in self.labels]]

    def units(self, values: Sequence[Value]) -> list[str]:
        return [""]

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        return self.names

    def label(self, value: Value, unit: str) -> str | None:
        return str(value)

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        return labels.get("")

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        return True
