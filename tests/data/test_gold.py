from pathlib import Path

import pytest

from assay.core.errors import InputError, SpecError
from assay.core.schema import Choice, Form
from assay.data.gold import read_labels

YES_NO = Choice(["yes", "no"])
FORM = Form({"Smiling": YES_NO, "Male": YES_NO})


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("id,Smiling,Male,label,sex\na,yes,no,yes,no\nb,,yes,no,\nc,,,,\n")
    return path


def test_a_form_is_read_from_columns_named_like_its_attributes(table: Path) -> None:
    said = read_labels(table, "id", "labels", FORM)
    assert said == {"a": {"Smiling": "yes", "Male": "no"}, "b": {"Male": "yes"}}


def test_a_form_is_read_from_the_columns_that_are_named(table: Path) -> None:
    said = read_labels(table, "id", {"Smiling": "label", "Male": "sex"}, FORM)
    assert said == {"a": {"Smiling": "yes", "Male": "no"}, "b": {"Smiling": "no"}}


def test_columns_of_a_form_that_do_not_fit_are_told(table: Path) -> None:
    with pytest.raises(SpecError, match="no attribute 'Hat'; there are Smiling, Male"):
        read_labels(table, "id", {"Hat": "label"}, FORM)
    with pytest.raises(SpecError, match="one column for answers of kind `choice`"):
        read_labels(table, "id", {"Smiling": "label"}, YES_NO)
    with pytest.raises(InputError, match="column 'hat'"):
        read_labels(table, "id", {"Smiling": "hat"}, FORM)
    with pytest.raises(InputError, match="column 'gold'"):
        read_labels(table, "id", "gold", Form({"Smiling": YES_NO, "Hat": YES_NO}))
    table.write_text("id,Smiling,Male\na,yes,perhaps\n")
    with pytest.raises(InputError, match=r"labels\.csv:2: record 'a': 'perhaps'"):
        read_labels(table, "id", "label", FORM)


def test_a_key_that_a_line_lacks_is_no_gold(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id": 1}\n{"id": 2, "label": "yes"}\n{"id": 3}\n')
    assert read_labels(path, "id", "label", YES_NO) == {"2": "yes"}
