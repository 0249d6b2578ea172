from pathlib import Path

import pytest

from assay.core.errors import InputError, SpecError
from assay.core.record import Record
from assay.core.schema import Choice, Form
from assay.data.gold import Gold, Purpose, Purposes, read_labels, read_numbers, split

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


VALUES = {f"r{i}": "yes" for i in range(20)}


@pytest.mark.parametrize(
    ("shares", "sizes"),
    [
        ({Purpose.CALIBRATION: 0.25, Purpose.EVALUATION: 0.75}, [5, 15]),
        ({Purpose.CALIBRATION: 0.3, Purpose.MONITORING: 0.3, Purpose.EVALUATION: 0.4}, [6, 6, 8]),
        ({Purpose.EVALUATION: 0.5}, [10]),
        ({Purpose.CALIBRATION: 0.0, Purpose.EVALUATION: 1.0}, [0, 20]),
    ],
)
def test_gold_is_dealt_by_its_shares_once(shares: dict[Purpose, float], sizes: list[int]) -> None:
    assigned = split(VALUES, shares, 1)
    assert [len(assigned.of(purpose)) for purpose in shares] == sizes
    together = [id for purpose in shares for id in assigned.of(purpose)]
    assert len(set(together)) == len(together) == sum(sizes)
    assert assigned == split(dict(reversed(VALUES.items())), shares, 1), "whatever the order"
    assert assigned != split(VALUES, shares, 2) or 20 in sizes


@pytest.mark.parametrize(
    "shares",
    [{}, {Purpose.CALIBRATION: 0.6, Purpose.EVALUATION: 0.5}, {Purpose.CALIBRATION: 0.0},
     {Purpose.CALIBRATION: -0.1, Purpose.EVALUATION: 0.5}],
)  # fmt: skip
def test_shares_that_cannot_be_are_refused(shares: dict[Purpose, float]) -> None:
    with pytest.raises(SpecError, match="positive and sum to 1 at most"):
        split(VALUES, shares, 0)


def test_a_gold_label_has_one_purpose() -> None:
    with pytest.raises(InputError, match="record 'a' is gold for calibration and for evaluation"):
        Gold({Purpose.CALIBRATION: {"a": "yes"}, Purpose.EVALUATION: {"a": "yes"}})
    assert Gold().of(Purpose.EVALUATION) == {}


def test_what_a_model_wrote_is_no_gold() -> None:
    gold = Gold({Purpose.EVALUATION: {"a": "yes"}})
    made = Record("a", (), source="synthetic:m")
    free = [Record("b", (), source="synthetic:m"), Record("a", (), source="web")]
    assert list(gold.trusted(free)) == free
    with pytest.raises(InputError, match=r"'a' is synthetic \(synthetic:m\) and in the evaluation"):
        list(gold.trusted([made]))


def test_two_labels_of_one_record_must_agree(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,label\na,yes\na, YES \nb,no\n")
    assert read_labels(path, "id", "label", YES_NO) == {"a": "yes", "b": "no"}
    path.write_text("id,label\na,yes\na,no\n")
    with pytest.raises(
        InputError, match=r"labels\.csv:3: record 'a' has two different gold labels"
    ):
        read_labels(path, "id", "label", YES_NO)


@pytest.mark.parametrize(
    ("cells", "said"),
    [("0.5", 0.5), ("0", 0.0), ("1", 1.0), (" ", None), ("x", "'x' is no number"),
     ("1.01", "is 1.01; it lies between 0 and 1"), ("-0.01", "lies between 0 and 1"),
     ("nan", "lies between 0 and 1")],
)  # fmt: skip
def test_confidences_are_shares(cells: str, said: float | str | None, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"id,sure\na,{cells}\nb,0.25\n")
    if isinstance(said, str):
        with pytest.raises(InputError, match=rf"x\.csv:2: record 'a': .*{said}"):
            read_numbers(path, "id", "sure")
    else:
        found = read_numbers(path, "id", "sure")
        assert found == ({"b": 0.25} if said is None else {"a": said, "b": 0.25})


def test_purposes_come_from_their_column() -> None:
    rows = [(2, {"id": "a", "use": " Calibration "}), (3, {"id": "b", "use": "evaluation"}),
            (4, {"id": "c", "use": "odd"})]  # fmt: skip
    passing = Purposes(Path("x.csv"), rows, "id", "use")
    assert list(passing) == rows
    gold = passing.gold({"a": "yes", "b": "no"})
    assert (gold.of(Purpose.CALIBRATION), gold.of(Purpose.EVALUATION)) == (
        {"a": "yes"},
        {"b": "no"},
    )
    with pytest.raises(InputError, match=r"x\.csv:4: record 'c': purpose 'odd' is none of calib"):
        passing.gold({"c": "yes"})
