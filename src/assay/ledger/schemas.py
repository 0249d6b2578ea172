"""Schemas from their stored wording, so that a ledger can be read without its task file."""

from collections.abc import Mapping
from typing import Any

from assay.core.errors import LedgerError
from assay.core.schema import (
    Boxes,
    Choice,
    Form,
    FreeText,
    Label,
    MultiChoice,
    Scale,
    Schema,
    Spans,
)


def schema_of(wording: Any) -> Schema:
    """The inverse of `Schema.wording`."""
    kind, *rest = wording
    if kind in _LABELLED:
        schema: Schema = _LABELLED[kind]([_label(entry) for entry in rest[0]])
        return schema
    if kind == Scale.kind:
        low, high, step, anchors = rest
        return Scale(low, high, step, {float(k): v for k, v in anchors.items()})
    if kind == FreeText.kind:
        return FreeText(rest[0])
    if kind == Form.kind:
        return Form({name: schema_of(part) for name, part in rest[0].items()}, rest[1])
    raise LedgerError(
        f"the ledger holds a task of the unknown kind {kind!r}; install a newer Assay"
    )


_LABELLED: Mapping[str, Any] = {cls.kind: cls for cls in (Choice, MultiChoice, Spans, Boxes)}


def _label(wording: Any) -> Label:
    name, definition, aliases = wording
    return Label(name, definition, {code: tuple(words) for code, words in aliases.items()})
