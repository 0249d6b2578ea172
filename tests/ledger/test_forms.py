"""What a stored row may hold: each cell of its kind, and numbers that were ever written."""

import math
from typing import Any

import pytest

from assay.ledger.forms import ANNOTATION, check_annotation, check_rest
from assay.ledger.tables import BIGGEST

SOUND: dict[str, Any] = {
    "key": "k", "person": "", "revision": 0, "task": "t", "record": "r", "annotator": "m",
    "outcome": "answered", "value": '"a"', "confidence": 0.5, "confidence_source": "stated",
    "cost": 0, "run": "x", "at": 1.5, "rest": "{}",
}  # fmt: skip


def row(**changed: Any) -> tuple[Any, ...]:
    return tuple((SOUND | changed)[name] for name in ANNOTATION)


@pytest.mark.parametrize(
    "changed",
    [
        {}, {"revision": 7}, {"cost": 9_223_372_036_854_775_807}, {"at": 0}, {"at": 0.0},
        {"revision": 9_223_372_036_854_775_807}, {"confidence": None}, {"value": None},
        {"confidence": -3}, {"confidence_source": None},
    ],
)  # fmt: skip
def test_what_was_ever_written_is_read(changed: dict[str, Any]) -> None:
    check_annotation(row(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"revision": -1}, {"cost": -1}, {"at": -0.5}, {"at": math.inf}, {"at": math.nan},
        {"revision": BIGGEST}, {"cost": BIGGEST}, {"confidence": math.nan},
        {"confidence": math.inf}, {"confidence": "0.5"}, {"key": None}, {"value": 3},
        {"cost": 1.5}, {"at": None}, {"rest": None}, {"revision": "1"},
    ],
)  # fmt: skip
def test_what_was_never_written_is_refused(changed: dict[str, Any]) -> None:
    check_annotation(row())
    with pytest.raises(ValueError, match=r"\w"):
        check_annotation(row(**changed))


def test_whole_numbers_end_where_a_column_of_eight_bytes_does() -> None:
    assert BIGGEST == 9_223_372_036_854_775_808


def test_the_rest_of_a_row_is_of_its_kinds() -> None:
    check_rest({
        "focus": ["a"], "usage": [1, 2.5], "scores": {"a": -0.5}, "raw": "x", "replica": 2,
        "seconds": 1.5,
    })  # fmt: skip
    for wrong in (
        {"focus": [1]}, {"usage": ["1"]}, {"scores": {"a": "b"}}, {"raw": 1}, {"replica": 1.5},
        {"seconds": "1"}, {"scores": [1]}, {"saw": "a"},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            check_rest(wrong)
