import csv
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.annotation import (
    DecidedBy,
    Decision,
    Outcome,
    Request,
    RequestOptions,
    Source,
    answer,
)
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, MultiChoice, Scale
from assay.core.task import Task
from assay.core.value import Box, Value
from assay.data.guard import guarded
from assay.data.read import read_rows
from assay.data.write import (
    ANNOTATION_FIELDS,
    BATCH,
    DECISION_FIELDS,
    annotation_rows,
    decision_rows,
    flat,
    reason,
    write_rows,
    written_atomically,
)

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
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    write_rows(decision_rows(DECISIONS), DECISION_FIELDS, pipe)
    reader.join()
    assert received[0].count("\n") == 3
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


def test_a_decision_is_told_cell_by_cell() -> None:
    sure = Decision("r", 2.0, 0.5, Source.STATED, DecidedBy.BOTH, ("a", "b"), waiting_for="crowd")
    assert list(decision_rows([sure], {"r": "web"})) == [
        {"record": "r", "value": "2", "confidence": 0.5, "confidence_source": "stated",
         "decided_by": "both", "route": "a > b", "waiting_for": "crowd", "source": "web"}
    ]  # fmt: skip
    [row] = decision_rows([Decision("r", None)], {"other": "web"})
    assert (row["confidence_source"], row["decided_by"], row["source"]) == (None, None, None)


def test_an_annotation_is_told_cell_by_cell() -> None:
    task = Task("t", "q?", Choice(["x"]))
    way = RequestOptions(focus=("f", "g"), replica=2, saw=("k1", "k2"))
    a = answer(
        Request(task, text_record("r", "text"), "m", way), Outcome.ANSWERED, value="x",
        confidence=0.5, confidence_source=Source.STATED, cost_nanos=1_500_000_000, seconds=2.5,
    )  # fmt: skip
    [row] = annotation_rows([a])
    assert tuple(row) == ANNOTATION_FIELDS
    assert (row["value"], row["outcome"], row["confidence_source"]) == ("x", "answered", "stated")
    assert (row["cost"], row["seconds"], row["replica"]) == (1.5, 2.5, "2")
    assert (row["focus"], row["saw"], row["key"]) == ("f;g", "k1;k2", a.key)
    [silent] = annotation_rows([answer(Request(task, text_record("r", "x"), "m"), Outcome.REFUSED)])
    assert (silent["value"], silent["confidence_source"]) == (None, None)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, None),
        ("word", "word"),
        (frozenset("ba"), "a;b"),
        (frozenset(), "[]"),
        (2.0, "2"),
        (0.1 + 0.2, "0.3"),
        ((Box(0.0, 0.5, 0.25, 0.5, "é"),),
         '[{"left": 0.0, "top": 0.5, "width": 0.25, "height": 0.5, "label": "é"}]'),
        ({"a": 1.5, "b": 2.0, "c": frozenset("yx"), "d": "w"},
         '{"a": 1.5, "b": 2, "c": ["x", "y"], "d": "w"}'),
    ],
)  # fmt: skip
def test_a_value_is_one_cell(value: Value | None, cell: str | None) -> None:
    assert flat(value) == cell


def test_guarded_cells_are_named_from_the_first_of_them_on(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [{"a": "1", "b": "x"}, {"a": "=1", "b": "+x"}, {"a": "2", "b": "y"}]
    assert write_rows(rows, ("a", "b"), path) == 3
    assert list(csv.reader(path.read_text().splitlines())) == [
        ["a", "b", "assay_guard"],
        ["1", "x", ""],
        ["'=1", "'+x", '["a", "b"]'],
        ["2", "y", ""],
    ]
    assert [dict(row) for _, row in read_rows(path)] == rows
    write_rows(rows[:1], ("a", "b"), tmp_path / "plain.csv")
    assert (tmp_path / "plain.csv").read_text().splitlines() == ["a,b", "1,x"]
    odd = [{"=a": "1"}]
    write_rows(odd, ("=a",), tmp_path / "y.csv")
    assert (tmp_path / "y.csv").read_text().splitlines() == ["'=a,assay_guard", "1,"]
    assert [dict(row) for _, row in read_rows(tmp_path / "y.csv")] == odd


@pytest.mark.parametrize("name", ["x.parquet", "folder", "x.csv", "x.jsonl"])
def test_every_batch_is_written(name: str, tmp_path: Path) -> None:
    rows = [{"record": str(i), "confidence": i / 8} for i in range(BATCH + 2)]
    assert write_rows(rows, ("record", "confidence"), tmp_path / name) == BATCH + 2
    found = [
        (row["record"], float(str(row["confidence"]))) for _, row in read_rows(tmp_path / name)
    ]
    assert found == [(str(i), i / 8) for i in range(BATCH + 2)]


def test_numbers_keep_their_kind_in_tables(tmp_path: Path) -> None:
    write_rows([{"record": "r", "confidence": 0.5}], ("record", "confidence"), tmp_path / "f")
    info = json.loads((tmp_path / "f" / "dataset_info.json").read_text())
    assert info["features"] == {
        "record": {"dtype": "string", "_type": "Value"},
        "confidence": {"dtype": "float64", "_type": "Value"},
    }
    state = json.loads((tmp_path / "f" / "state.json").read_text())
    assert state == {
        "_data_files": [{"filename": "data-00000-of-00001.arrow"}],
        "_fingerprint": "0000000000000000",
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }


def test_places_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write to stdout"), written_atomically(Path("-")):
        pass
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"cannot write to .*: "):
        write_rows([], ("a",), tmp_path / "file" / "x.csv")
    with pytest.raises(InputError, match="is a file; a name without ending makes a folder"):
        write_rows([], ("a",), tmp_path / "file")
    full = pytest.raises(InputError, match="No space left on device; nothing was written")
    with full, written_atomically(tmp_path / "new.csv"):
        raise OSError(28, "No space left on device")
    assert not (tmp_path / "new.csv").exists()


@pytest.mark.parametrize(
    ("bad", "said"),
    [(OSError(2, "No such file"), "No such file"), (OSError("one\ntwo"), "one"),
     (OSError(), "OSError")],
)  # fmt: skip
def test_what_the_system_says_is_one_line(bad: OSError, said: str) -> None:
    assert reason(bad) == said
