"""Sheets of an audit as people send them back."""

from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision
from assay.core.errors import InputError
from assay.quality.inference.audit_sheet import Sheet, answers_of, decisions_in, mark_of, read_sheet

SHIPPED = [Decision(f"r{i}", v, decided_by=DecidedBy.MODEL) for i, v in enumerate("aabb")]


def sheet(*answers: str | None, records: tuple[str, ...] = ("r0", "r1")) -> Sheet:
    return Sheet(records, answers, "none", mark_of(SHIPPED))


def text(value: str) -> str:
    if value == "?":
        raise InputError("'?' is not a label")
    return value


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("", "holds no sample; `assay audit draw` makes one"),
        ("r1,a,none x\nr1,b,none x\n", r"s\.csv:3: the record is missing or there twice"),
        (",a,none x\n", r"s\.csv:2: the record is missing or there twice"),
        ("r1,a,none x\nr2,b,none x\nr1,b,none x\n", "record 'r1' is there twice"),
        ("r1,a,none x\nr2,b,none y\n", "column 'audit' must say the same in every row"),
        ("r1,a,none\n", "column 'audit' must say the same in every row"),
    ],
)
def test_a_sheet_that_is_none_is_one_line(rows: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("record,answer,audit\n" + rows)
    with pytest.raises(InputError, match=says):
        read_sheet(path)


def test_a_sheet_is_read_as_it_was_drawn(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("record,answer,audit\nr2, a ,value abc\nr1,,value abc\n")
    assert read_sheet(path) == Sheet(("r2", "r1"), ("a", None), "value", "abc")


def test_answers_are_read_by_record() -> None:
    assert answers_of(sheet("a", None), SHIPPED, text) == {"r0": "a"}
    with pytest.raises(InputError, match="no record is answered yet"):
        answers_of(sheet(None, None), SHIPPED, text)
    with pytest.raises(InputError, match=r"record 'r1': '\?' is not a label"):
        answers_of(sheet("a", "?"), SHIPPED, text)
    with pytest.raises(InputError, match="record 'r9' of the sample has no decision"):
        answers_of(sheet("a", records=("r9",)), SHIPPED, text)


def test_the_mark_is_of_every_decided_value_whatever_the_order() -> None:
    assert mark_of(SHIPPED[::-1]) == mark_of(SHIPPED)
    assert mark_of([*SHIPPED, Decision("r9", None)]) == mark_of(SHIPPED)
    changed = [*SHIPPED[:-1], Decision("r3", "a", decided_by=DecidedBy.MODEL)]
    assert mark_of(changed) != mark_of(SHIPPED)


def test_a_table_of_decisions_keeps_texts_confidences_and_routes(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("record,value,confidence,route,text\nr1,a,0.5,m > n,one\nr2,,,,two\n")
    decisions, texts = decisions_in(path)
    assert decisions == [
        Decision("r1", "a", 0.5, decided_by=DecidedBy.MODEL, route=("m", "n")),
        Decision("r2", None),
    ]
    assert texts == {"r1": "one", "r2": "two"}
