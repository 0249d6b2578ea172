"""Names that look like the same one are pointed out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.schema import Choice
from assay.core.spelling import folded, numbers_alike, oddities

WHOLE = "caf\u00e9"
PARTED = unicodedata.normalize("NFD", WHOLE)


@pytest.mark.parametrize(
    "names",
    [["Yes", "yes"], ["a  b", "a b"], [WHOLE, PARTED], ["1", "1.0"], ["1", "01"], ["-0", "0"]],
)
def test_labels_that_look_alike_are_named(names: list[str]) -> None:
    [line] = oddities(labels=[*names, "other"])
    assert line.startswith("2 labels are spelt almost alike")
    assert " / " in line


def test_letters_in_two_parts_can_be_seen() -> None:
    [line] = oddities(labels=[WHOLE, PARTED])
    assert line.endswith("'cafe\\u0301' / 'café'")


def test_case_counts_in_ids_and_zeros_in_front_do_not() -> None:
    assert oddities(records=["A1", "a1", "b"]) == []
    [line] = oddities(records=["7", "007", "7.0", "8", "x"])
    assert line.startswith("3 records")
    assert line.endswith("'007' / '7' / '7.0'")


def test_many_are_counted_and_few_are_shown() -> None:
    [line] = oddities(labels=[f"{way}{n}" for n in "abcdefg" for way in ("X", "x")])
    assert line.startswith("14 labels")
    assert line.endswith("; … and 4 more such")
    assert len(oddities(labels=["x" * 10_000, "X" * 10_000])[0]) < 400


def test_names_that_differ_are_not_odd() -> None:
    assert oddities(["yes", "no"], ["ann", "bob"], ["1", "2", "10"]) == []


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


def test_a_schema_reads_a_label_in_any_form_of_its_letters() -> None:
    schema = Choice([WHOLE, "red wine"])
    assert schema.check(PARTED) == WHOLE
    assert schema.parse("  RED   wine ") == "red wine"


def test_numbers_are_alike_only_where_all_are_numbers() -> None:
    assert numbers_alike(["01", "1.0", "2"]) == {"01": "01", "1.0": "01", "2": "2"}
    assert numbers_alike(["1", "1.0", "x"]) == {}
    assert numbers_alike(["1", "2"]) == {}
