"""What an answer can be, and its JSON form in ledgers and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from assay.core.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters start to end (end excluded) of the named text part carry the label."""

    start: int
    end: int
    label: str
    part: str = "text"


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A labelled rectangle; left, top, width and height are shares of the image, 0 to 1."""

    left: float
    top: float
    width: float
    height: float
    label: str


Value: TypeAlias = (
    str | float | frozenset[str] | tuple[Span, ...] | tuple[Box, ...] | Mapping[str, "Value"]
)
"""Choice and FreeText: str; Scale: float; MultiChoice: frozenset; Form: mapping."""


def encode(value: Value) -> object:
    """The JSON form; sets, spans, boxes and forms are tagged, so that an empty one stays itself."""
    if isinstance(value, str | float | int):
        return value
    if isinstance(value, frozenset):
        return {"set": sorted(value)}
    if isinstance(value, Mapping):
        return {"form": {name: encode(part) for name, part in value.items()}}
    if value and isinstance(value[0], Box):
        return {"boxes": [[b.left, b.top, b.width, b.height, b.label] for b in value]}
    return {"spans": [[s.start, s.end, s.label, s.part] for s in value]}  # type: ignore[union-attr]


def decode(form: object) -> Value:
    """The value of its JSON form; the inverse of `encode` (an empty box list reads as no spans)."""
    if isinstance(form, str):
        return form
    if isinstance(form, int | float) and not isinstance(form, bool):
        return float(form)
    if isinstance(form, dict) and len(form) == 1:
        tag, content = next(iter(form.items()))
        if tag == "set" and all(isinstance(name, str) for name in content):
            return frozenset(content)
        if tag == "spans":
            return tuple(Span(*s) for s in content)
        if tag == "boxes":
            return tuple(Box(*b) for b in content)
        if tag == "form":
            return {name: decode(part) for name, part in content.items()}
    raise InputError(f"not a stored value: {form!r}")
