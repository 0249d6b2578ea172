import csv
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.annotation import DecidedBy, Decision
from assay.core.errors import InputError
from assay.core.schema import Choice, Form, MultiChoice, Scale
from assay.core.value import Value
from assay.data.guard import guarded
from assay.data.read import read_rows
from assay.data.write import DECISION_FIELDS, decision_rows, flat, write_rows

DECISIONS = [
    Decision("r1", "a", decided_by=DecidedBy.MODEL, route=("m",)),
    Decision("r2", frozenset({"y", "x"}), decided_by=DecidedBy.PEOPLE),
    Decision("r3", None, waiting_for="panel"),
]


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet", "folder"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert write_rows(decision_rows(DECISIONS), DECISION_FIELDS, path) == 3
    found = [(row["record"], row["value"] or None) for _, row in read_rows(path)]
    assert found == [("r1", "a"), ("r2", "x;y"), ("r3", None)]


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet", "folder"])
def test_no_label_at_all_is_an_answer_and_undecided_is_none(tmp_path: Path, name: str) -> None:
    path, none = tmp_path / name, frozenset[str]()
    decisions = [Decision("r1", none, decided_by=DecidedBy.MODEL), Decision("r2", None)]
    write_rows(decision_rows(decisions), DECISION_FIELDS, path)
    decided, open_ = (row["value"] or None for _, row in read_rows(path))
    assert MultiChoice(["x", "y"]).check(decided) == none
    assert open_ is None


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet", "folder"])
def test_nothing_half_written_stays(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[dict[str, object]]:
        yield from decision_rows(DECISIONS)
        raise InputError("the source ended")

    with pytest.raises(InputError, match="the source ended"):
        write_rows(broken(), DECISION_FIELDS, tmp_path / name)
    assert not list(tmp_path.iterdir())


FORMULAS = st.sampled_from([*"=+-@\t\r\n", "＝", "＋", "－", "＠"])


@given(FORMULAS, st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=9))
def test_a_formula_is_not_run_by_a_spreadsheet(sign: str, rest: str) -> None:
    text = sign + rest
    try:
        float(text)
    except ValueError:
        assert guarded(text) == "'" + text
    else:
        assert guarded(text) in (text, "'" + text)


@pytest.mark.parametrize("text", ["-1.5", "+3", "-2e-05", "-0", "a=1", "r-1", "", "'=1"])
def test_numbers_and_common_words_stay(text: str) -> None:
    assert guarded(text) == text


def test_every_cell_of_a_csv_is_guarded(tmp_path: Path) -> None:
    bad = "=HYPERLINK(1)"
    rows = [Decision(bad, bad, decided_by=DecidedBy.MODEL, route=(bad,), waiting_for=bad)]
    write_rows(decision_rows(rows), DECISION_FIELDS, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="") as file:
        [cells] = csv.DictReader(file)
    assert [v for v in cells.values() if v.startswith("'")] == ["'" + bad] * 4
    assert not [v for v in cells.values() if v.startswith("=")]
    [(_, row)] = read_rows(tmp_path / "x.csv")
    assert [v for v in row.values() if bad in str(v)] == [bad] * 4
    write_rows(decision_rows(rows), DECISION_FIELDS, tmp_path / "x.jsonl")
    [(_, row)] = read_rows(tmp_path / "x.jsonl")
    assert row["record"] == bad  # only spreadsheets run cells


def test_a_link_stays_a_link_and_an_older_dataset_is_replaced(tmp_path: Path) -> None:
    write_rows([], DECISION_FIELDS, tmp_path / "real.csv")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_rows(decision_rows(DECISIONS), DECISION_FIELDS, tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert "r1" in (tmp_path / "real.csv").read_text()
    for part in (DECISIONS, DECISIONS[:1]):
        write_rows(decision_rows(part), DECISION_FIELDS, tmp_path / "folder")
    assert len(list(read_rows(tmp_path / "folder"))) == 1
    assert {p.name for p in tmp_path.iterdir()} == {"real.csv", "link.csv", "folder"}


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"holds other things \(chapter1.tex"):
        write_rows(decision_rows(DECISIONS), DECISION_FIELDS, tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "years of work"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "x.jsonl"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_rows(decision_rows(DECISIONS), DECISION_FIELDS, pipe)
    reader.join()
    assert heard[0].count("\n") == 3
    assert pipe.is_fifo()


def test_an_unknown_ending_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write \.docx"):
        write_rows([], DECISION_FIELDS, tmp_path / "x.docx")


def test_a_form_in_a_cell_is_read_back_by_its_schema() -> None:
    schema = Form({"hat": Choice(["yes", "no"]), "tags": MultiChoice(["x", "y"]), "n": Scale(0, 3)})
    value: Value = {"hat": "yes", "tags": frozenset(["y", "x"]), "n": 2.0}
    cell = flat(value)
    assert cell == '{"hat": "yes", "tags": ["x", "y"], "n": 2}'
    assert schema.check(cell) == value
