"""JSON schemas as far as a provider takes them."""

from collections.abc import Collection, Mapping
from typing import Any

STRINGS = frozenset({"minLength", "maxLength"})
BOUNDS = STRINGS | {"minimum", "maximum", "minItems", "maxItems"}


def without(schema: Mapping[str, Any], words: Collection[str]) -> dict[str, Any]:
    """The schema without these words; names of properties stay, whatever they are."""
    found: dict[str, Any] = {}
    for word, part in schema.items():
        if word == "properties":
            found[word] = {name: without(inner, words) for name, inner in part.items()}
        elif word not in words:
            found[word] = _inner(part, words)
    return found


def _inner(part: Any, words: Collection[str]) -> Any:
    if isinstance(part, Mapping):
        return without(part, words)
    if isinstance(part, list):
        return [_inner(one, words) for one in part]
    return part
