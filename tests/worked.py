"""Worked examples: every figure of a result, as it was when somebody last looked at it.

A changed figure is either a fault or meant; what is meant is written anew by
`KEEP_WORKED=1 python -m pytest FILE`, and looked at in the diff.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PLACES = 9  # of a number, as kept


def as_kept(path: Path, found: object, rel: float = 1e-6) -> None:
    """Compares with the JSON file: each number to `rel` of it, each text to the letter."""
    told = dict(_flat("", found))
    if os.environ.get("KEEP_WORKED"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(told, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert list(told) == list(kept)
    for name, value in kept.items():
        close = isinstance(value, float) and isinstance(told[name], float)
        expected = pytest.approx(value, rel=rel, abs=1e-9) if close else value
        assert told[name] == expected, f"{path.name}: {name}"
        assert type(told[name]) is type(value), f"{path.name}: {name}"


def _flat(place: str, found: Any) -> Iterator[tuple[str, object]]:
    found = _plain(found)
    if isinstance(found, Mapping):
        for name, value in found.items():
            yield from _flat(f"{place}/{name}", value)
        if not found:
            yield place, "nothing"
    elif isinstance(found, list | tuple):
        for i, value in enumerate(found):
            yield from _flat(f"{place}/{i}", value)
        if not found:
            yield place, "nothing"
    else:
        yield place, found


def _plain(found: Any) -> Any:
    if hasattr(found, "as_json"):
        return found.as_json()
    if is_dataclass(found) and not isinstance(found, type):
        return asdict(found)
    if isinstance(found, np.ndarray | np.generic):
        found = found.tolist()
    if isinstance(found, frozenset | set):
        return sorted(map(str, found))
    if isinstance(found, float):
        return float(f"{found:.{PLACES}g}") if np.isfinite(found) else str(found)
    return str(found) if isinstance(found, Enum | Path) else found
