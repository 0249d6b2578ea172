"""What a stored row may hold, so that rows not written by Assay are reported before use."""

import math
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

from assay.ledger.tables import BIGGEST

Kinds = tuple[type, ...]
TEXT, WHOLE, NUMBER = (str,), (int,), (int, float)
MAYBE_TEXT, MAYBE_NUMBER = (str, NoneType), (int, float, NoneType)

ANNOTATION: Mapping[str, Kinds] = {
    "key": TEXT, "person": TEXT, "revision": WHOLE, "task": TEXT, "record": TEXT,
    "annotator": TEXT, "outcome": TEXT, "value": MAYBE_TEXT, "confidence": MAYBE_NUMBER,
    "confidence_source": MAYBE_TEXT, "cost": WHOLE, "run": TEXT, "at": NUMBER, "rest": TEXT,
}  # fmt: skip
REST: Mapping[str, Kinds] = {
    **dict.fromkeys(("focus", "examples", "saw", "made_from", "usage"), (list,)),
    **dict.fromkeys(("rationale", "raw", "mapping", "error"), TEXT),
    "replica": WHOLE, "seconds": NUMBER, "scores": (dict,),
}  # fmt: skip
DECISION: Mapping[str, Kinds] = {
    "record": TEXT, "confidence": MAYBE_NUMBER, "confidence_source": MAYBE_TEXT,
    "decided_by": MAYBE_TEXT, "route": (list,), "waiting_for": MAYBE_TEXT,
}  # fmt: skip
RUN: Mapping[str, Kinds] = {
    "id": TEXT, "task": TEXT, "strategy": TEXT, "started": NUMBER, "ended": MAYBE_NUMBER,
    "version": TEXT,
}  # fmt: skip

_KNOWN: set[tuple[type, ...]] = set()  # kinds of whole rows that were looked at one by one


def check_annotation(row: Sequence[Any]) -> None:
    """ValueError where a cell is not of its kind, or a number is none that was ever written."""
    kinds = tuple(map(type, row))
    if kinds not in _KNOWN:
        for name, value in zip(ANNOTATION, row, strict=True):
            _check(name, value, ANNOTATION[name])
        _KNOWN.add(kinds)
    _, _, revision, _, _, _, _, _, confidence, _, cost, _, at, _ = row
    if not (0 <= revision < BIGGEST and 0 <= cost < BIGGEST and 0 <= at < math.inf):
        raise ValueError(f"revision {revision}, cost {cost}, at {at}")
    if confidence is not None and not math.isfinite(confidence):
        raise ValueError(f"confidence is {confidence}")


def check_rest(rest: Mapping[str, Any]) -> None:
    for name, value in rest.items():
        _check(name, value, REST[name])
        if name == "usage":
            check_all(name, value, NUMBER)
        elif name == "scores":
            check_all(name, value.values(), NUMBER)
        elif isinstance(value, list):
            check_all(name, value, TEXT)


def check_decision(form: Mapping[str, Any], scores: Mapping[str, Any] | None) -> None:
    for name, kinds in DECISION.items():
        _check(name, form[name], kinds)
    _check("made_from", form.get("made_from"), MAYBE_TEXT)
    check_all("route", form["route"], TEXT)
    if scores is not None:
        check_all("scores", scores.values(), NUMBER)


def check_run(row: Any) -> None:
    for name, kinds in RUN.items():
        value = getattr(row, name)
        _check(name, value, kinds)
        if type(value) is float and not math.isfinite(value):
            raise ValueError(f"{name} is {value}")


def check_all(name: str, values: Any, kinds: Kinds) -> None:
    for value in values:
        _check(name, value, kinds)


def _check(name: str, value: object, kinds: Kinds) -> None:
    if type(value) not in kinds:
        raise ValueError(f"{name} is {value!r:.40}")
