"""Exports look like the file that was labelled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision, Source
from assay.core.value import Value
from assay.data.as_yours import Yours, export_yours
from assay.data.base import Row
from assay.data.export import Exported
from assay.data.read import read_rows
from assay.quality.inference.audit_sheet import decisions_in

ROWS: list[Row] = [
    {"nr": "2", "comment": "fine", "confidence": "high", "n": 3},
    {"nr": "1", "comment": "so", "confidence": "low", "n": None},
    {"nr": "9", "comment": "not labelled", "confidence": "low", "n": 1},
]
SURE = Decision("1", "good", 0.9, Source.STATED, DecidedBy.MODEL, ("m", "kept"))


def decided(record: str, value: Value) -> Decision:
    return Decision(record, value, decided_by=DecidedBy.MODEL)


def yours(*fields: str) -> Yours:
    def rows() -> Iterator[tuple[str, Row]]:
        return ((str(row["nr"]), row) for row in ROWS)

    return Yours("nr", "tone", fields, rows)


def rows(path: Path) -> list[dict[str, object]]:
    return [dict(row) for _, row in read_rows(path)]


def test_rows_come_in_your_order_with_your_columns_after_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    decisions = [SURE, Decision("2", None, waiting_for="crowd")]
    assert export_yours(decisions, yours(), path) == Exported(2, undecided=1)
    second, first = rows(path)
    assert list(first) == [
        "nr", "tone", "confidence", "confidence_source", "decided_by", "route", "waiting_for",
        "made_from", "comment", "data.confidence", "n",
    ]  # fmt: skip
    assert (first["nr"], first["tone"], first["confidence"]) == ("1", "good", 0.9)
    assert (first["comment"], first["data.confidence"], first["n"]) == ("so", "low", None)
    assert (second["nr"], second["tone"], second["n"]) == ("2", None, 3)


def test_a_decision_on_a_row_that_is_gone_comes_last(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    export_yours([decided("gone", "bad"), SURE], yours(), path)
    assert [(row["nr"], row["comment"]) for row in rows(path)] == [("1", "so"), ("gone", None)]


def test_your_columns_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    export_yours([SURE], yours(), path, only_answers=True)
    head = path.read_text().splitlines()[0]
    assert head == "nr,tone,confidence,confidence_source,decided_by,route,waiting_for"


@pytest.mark.parametrize(
    ("name", "answer"), [("x.jsonl", ["a", "b"]), ("x.parquet", ["a", "b"]), ("x.csv", "a;b")]
)
def test_a_set_is_a_list_where_a_file_can_hold_one(
    name: str, answer: object, tmp_path: Path
) -> None:
    path = tmp_path / name
    export_yours([decided("1", frozenset({"b", "a"})), Decision("2", None)], yours(), path)
    empty, full = rows(path)
    assert full["tone"] == answer
    assert not empty["tone"]


def test_the_attributes_of_a_form_are_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    value: Value = {"colour": "red", "marks": frozenset({"x", "y"}), "size": 3.0}
    export_yours([decided("1", value)], yours("colour", "marks", "size", "unsaid"), path)
    (row,) = rows(path)
    assert [row[n] for n in ("colour", "marks", "size", "unsaid")] == ["red", ["x", "y"], "3", None]


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
def test_an_export_is_read_back_as_decisions(name: str, tmp_path: Path) -> None:
    export_yours([SURE, Decision("2", None)], yours(), tmp_path / name)
    decisions, _ = decisions_in(tmp_path / name)
    assert [(d.record, d.value, d.confidence) for d in decisions] == [
        ("2", None, None),
        ("1", "good", 0.9),
    ]
    form = tmp_path / f"form.{name}"
    export_yours([decided("1", {"a": "x", "b": "y"})], yours("a", "b", "c"), form)
    decisions, _ = decisions_in(form)
    assert [d.value for d in decisions] == ['{"a": "x", "b": "y"}']


def test_pictures_that_a_table_holds_are_left_out(tmp_path: Path) -> None:
    held: Row = {"nr": "1", "image": {"bytes": b"\x89PNG"}, "raw": b"\x00"}
    export_yours([SURE], Yours("nr", "tone", (), lambda: [("1", held)]), tmp_path / "x.jsonl")
    (row,) = rows(tmp_path / "x.jsonl")
    assert (row["image"], row["raw"]) == (None, None)
