"""An answer in free words."""

from collections.abc import Mapping, Sequence

from assay.core import within
from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.shown import Shown
from assay.core.value import Value


class FreeText(Shown):
    """Any text but the empty one, at most `longest` characters."""

    kind = "text"

    def __init__(self, longest: int = 10_000) -> None:
        within.count("the longest text", longest)
        self.longest = longest

    def facts(self) -> Mapping[str, object]:
        return {"longest": self.longest}

    def parse(self, raw: str) -> Value | None:
        text = raw.strip()
        if text.startswith("{"):
            try:
                content = loads(text)
            except ValueError:
                content = None
            if isinstance(content, dict) and isinstance(content.get("text"), str):
                text = content["text"].strip()
        return text if 0 < len(text) <= self.longest else None

    def check(self, cell: object) -> Value:
        text = str(cell).strip()
        if not 0 < len(text) <= self.longest:
            raise InputError(f"a text has 1 to {self.longest} characters, this one {len(text)}")
        return text

    def json_schema(self) -> dict[str, object]:
        return {
            "type": "object",
            "properties": {"text": {"type": "string", "minLength": 1, "maxLength": self.longest}},
            "required": ["text"],
            "additionalProperties": False,
        }

    def wording(self) -> object:
        return [self.kind, self.longest]

    def units(self, values: Sequence[Value]) -> list[str]:
        return [""]

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        return None

    def label(self, value: Value, unit: str) -> str | None:
        return str(value)

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        return labels.get("")

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        return True
