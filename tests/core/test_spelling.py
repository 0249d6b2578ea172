"""Names that look like the same one are pointed out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.schema import Choice
from assay.core.spelling import (
    as_number,
    composed,
    folded,
    numbers_alike,
    oddities,
    plain,
    plain_id,
    shortened,
    whole_letters,
)

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


def test_folding_leaves_one_space_between_words() -> None:
    assert folded(" Red   WINE\n") == "red wine"


def test_a_schema_reads_a_label_in_any_form_of_its_letters() -> None:
    schema = Choice([WHOLE, "red wine"])
    assert schema.check(PARTED) == WHOLE
    assert schema.parse("  RED   wine ") == "red wine"


def test_numbers_are_alike_only_where_all_are_numbers() -> None:
    assert numbers_alike(["01", "1.0", "2"]) == {"01": "01", "1.0": "01", "2": "2"}
    assert numbers_alike(["1", "1.0", "x"]) == {}
    assert numbers_alike(["1", "2"]) == {}


def test_of_two_spellings_of_one_length_the_first_in_order_stands() -> None:
    assert numbers_alike(["2.", "02", "2.0"]) == dict.fromkeys(["2.", "02", "2.0"], "02")
    assert numbers_alike(["10", "1e1", "010"])["1e1"] == "10"


@pytest.mark.parametrize(
    ("name", "number"),
    [("1", 1.0), ("-1.50", -1.5), ("1e3", 1000.0), ("x", None), ("", None), ("inf", None),
     ("nan", None)],
)  # fmt: skip
def test_a_name_may_be_a_finite_number(name: str, number: float | None) -> None:
    assert as_number(name) == number


@pytest.mark.parametrize(
    ("id", "plain"),
    [("007", "7"), ("000", "0"), ("7.0", "7"), ("07.00", "7"), ("0.5", "0.5"), ("70", "70"),
     (" a  b ", "a b"), ("0abc", "0abc"), ("A1", "A1"), (PARTED, WHOLE), ("٠٧", "٠٧")],
)  # fmt: skip
def test_an_id_has_one_plain_spelling(id: str, plain: str) -> None:
    assert plain_id(id) == plain


def test_an_accent_is_composed_unless_more_are_piled_up_than_any_script_has() -> None:
    mark = "\u0301"
    assert composed(PARTED) == WHOLE
    assert composed("a" + mark * 30) == "á" + mark * 29
    assert composed("a" + mark * 31) == "a" + mark * 31
    assert composed(mark * 30 + PARTED) == mark * 30 + WHOLE
    assert composed("x" * 40 + ("a" + mark * 20) * 2) == "x" * 40 + ("á" + mark * 19) * 2


def test_half_characters_are_replaced_and_whole_ones_stay() -> None:
    assert whole_letters("a\ud83db") == "a\ufffdb"
    assert whole_letters("\ud83d\ude00 é") == "😀 é"


def test_a_name_is_shown_in_forty_characters() -> None:
    assert shortened("x" * 40) == repr("x" * 40)
    assert shortened("x" * 41) == repr("x" * 39 + "…")
    assert shortened(PARTED) == "'cafe\\u0301'"
    assert shortened(WHOLE) == "'café'"
    assert plain("x y") == "x y"
    assert plain("x" * 41) == repr("x" * 39 + "…")
    assert plain("x\ny") == "'x\\ny'"


def test_four_names_of_three_groups_are_told() -> None:
    spelt = [letter + " " * spaces + "z" for letter in "abcd" for spaces in range(1, 6)]
    [line] = oddities(labels=spelt[:15])
    assert line.startswith("15 labels are spelt almost alike")
    assert line.endswith("'c     z' / 'c    z' / 'c   z' / 'c  z' and 1 more")
    [line] = oddities(labels=spelt)
    assert line.endswith(" and 1 more; … and 1 more such")
    [line] = oddities(labels=spelt[:4])
    assert line.endswith("'a    z' / 'a   z' / 'a  z' / 'a z'")


def test_labels_annotators_and_records_have_a_line_each() -> None:
    lines = oddities(["A", "a"], ["Ann", "ann"], ["1", "01"])
    assert [line.split(" are ")[0] for line in lines] == ["2 labels", "2 annotators", "2 records"]
    assert "count as different annotators: 'Ann' / 'ann'" in lines[1]
    assert oddities(annotators=["1", "1.0"]) == []  # a name, not a number
