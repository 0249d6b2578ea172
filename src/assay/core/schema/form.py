"""Several named answers to one record."""

import json
from collections.abc import Mapping, Sequence

from assay.core.errors import InputError, SpecError
from assay.core.jsons import loads
from assay.core.schema.base import Schema
from assay.core.shown import Shown
from assay.core.value import Value

SLASH = "/"


class Form(Shown):
    """Named attributes, each with its own schema; units are `attribute` or `attribute/unit`.

    A value may leave attributes out: what was not asked or not said is unknown, not a "no".
    `objectivity` says of attributes whether they can be seen (objective) or are a matter of
    opinion (subjective). It is for readers of the figures; annotators do not see it.
    """

    kind = "form"

    def __init__(
        self,
        fields: Mapping[str, Schema],
        questions: Mapping[str, str] | None = None,
        objectivity: Mapping[str, str] | None = None,
    ):
        if not fields:
            raise SpecError("a form needs at least one attribute")
        for name in fields:
            if SLASH in name or not name.strip():
                raise SpecError(f"attribute name {name!r}: not empty and without a slash, please")
        self.fields = dict(fields)
        self.questions = dict(questions or {})
        self.objectivity = dict(objectivity or {})

    def facts(self) -> Mapping[str, object]:
        return self.fields

    def parse(self, raw: str) -> Value | None:
        try:
            content = loads(raw)
        except ValueError:
            return None
        if not isinstance(content, dict):
            return None
        value = {n: self._parse_field(n, content[n]) for n in self.fields if n in content}
        return {n: v for n, v in value.items() if v is not None} or None

    def _parse_field(self, name: str, content: object) -> Value | None:
        try:
            return self.fields[name].check(content)
        except InputError:
            return self.fields[name].parse(json.dumps(content))

    def check(self, cell: object) -> Value:
        content = cell
        if isinstance(cell, str):
            try:
                content = loads(cell)
            except ValueError:
                content = None
        if not isinstance(content, Mapping):
            raise InputError(f"{cell!r} is not a JSON object of attributes")
        value: dict[str, Value] = {}
        for name, part in content.items():
            if name not in self.fields:
                raise InputError(f"{name!r} is not an attribute: {', '.join(self.fields)}")
            if part is not None:
                value[name] = self.fields[name].check(part)
        return value

    def json_schema(self) -> dict[str, object]:
        parts: dict[str, object] = {}
        for name, schema in self.fields.items():
            inner = schema.json_schema()
            properties = inner["properties"]
            assert isinstance(properties, dict)
            # a field with one property is given bare: {"colour": "red"}, not {"colour": {...}}
            parts[name] = next(iter(properties.values())) if len(properties) == 1 else inner
        return {
            "type": "object",
            "properties": parts,
            "required": list(parts),
            "additionalProperties": False,
        }

    def wording(self) -> object:
        fields = {name: schema.wording() for name, schema in self.fields.items()}
        return [self.kind, fields, self.questions]

    def units(self, values: Sequence[Value]) -> list[str]:
        units: list[str] = []
        for name, schema in self.fields.items():
            parts = [v[name] for v in values if isinstance(v, Mapping) and name in v]
            units += [_join(name, inner) for inner in schema.units(parts)]
        return units

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        name, _, inner = unit.partition(SLASH)
        return self.fields[name].unit_labels(inner)

    def label(self, value: Value, unit: str) -> str | None:
        assert isinstance(value, Mapping)
        name, _, inner = unit.partition(SLASH)
        return self.fields[name].label(value[name], inner) if name in value else None

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        groups: dict[str, dict[str, str]] = {}
        for unit, label in labels.items():
            name, _, inner = unit.partition(SLASH)
            groups.setdefault(name, {})[inner] = label
        value: dict[str, Value] = {}
        for name in self.fields:
            part = self.fields[name].assemble(groups[name]) if name in groups else None
            if part is not None:
                value[name] = part
        return value or None

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        return unit.partition(SLASH)[0] in focus


def narrowed(schema: Schema, focus: Sequence[str]) -> Schema:
    """The part of a form that a request with this focus asks about; other schemas as they are."""
    if not isinstance(schema, Form) or not focus:
        return schema
    kept = {name: field for name, field in schema.fields.items() if name in focus}
    return Form(kept, {n: q for n, q in schema.questions.items() if n in kept})


def _join(name: str, inner: str) -> str:
    return f"{name}{SLASH}{inner}" if inner else name
