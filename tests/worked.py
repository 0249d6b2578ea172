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
MEANT = "where this is meant, KEEP_WORKED=1 python -m pytest FILE writes it anew"


def as_kept(path: Path, found: object, rel: float = 1e-6, near: float = 1e-9) -> None:
    """Compares with the JSON file: numbers to `rel` of them or to `near`, texts to the letter.

    Where an optimiser ends differs a little from one machine to another.
    """
    described = dict(_flat("", found))
    if os.environ.get("KEEP_WORKED"):
        path.parent.mkdir(exist_ok=True)
        rows = (
            f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in described.items()
        )
        path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert list(described) == list(kept), f"{path.name} has other figures: {MEANT}"
    for name, values in kept.items():
        assert len(described[name]) == len(values), f"{path.name}: {name}: {MEANT}"
        for value, now in zip(values, described[name], strict=True):
            close = isinstance(value, float) and isinstance(now, float)
            expected = pytest.approx(value, rel=rel, abs=near) if close else value
            assert now == expected, f"{path.name}: {name}: {MEANT}"
            assert type(now) is type(value), f"{path.name}: {name}"


def _flat(place: str, found: Any) -> Iterator[tuple[str, list[object]]]:
    """Each place in the result with what stands there, side by side in one list."""
    found = _plain(found)
    if isinstance(found, list | tuple):
        found = dict(enumerate(map(_plain, found)))
    if not isinstance(found, Mapping):
        yield place, [found]
        return
    plain = {k: _plain(v) for k, v in found.items()}
    inner = {k: v for k, v in plain.items() if isinstance(v, Mapping | list | tuple)}
    own = [k for k in plain if k not in inner]
    if own or not plain:
        names = "" if all(isinstance(k, int) for k in own) else " ".join(map(str, own))
        yield f"{place} {names}".strip(), [plain[k] for k in own]
    for name, value in inner.items():
        yield from _flat(f"{place}/{name}", value)


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
