from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision
from assay.core.errors import InputError
from assay.data.read import read_rows
from assay.data.write import DECISION_FIELDS, decision_rows, write_rows

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
def test_nothing_half_written_stays(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[dict[str, object]]:
        yield from decision_rows(DECISIONS)
        raise InputError("the source ended")

    with pytest.raises(InputError, match="the source ended"):
        write_rows(broken(), DECISION_FIELDS, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_formula_is_not_run_by_a_spreadsheet(tmp_path: Path) -> None:
    bad = [Decision("=1+1", "a", decided_by=DecidedBy.MODEL)]
    write_rows(decision_rows(bad), DECISION_FIELDS, tmp_path / "x.csv")
    [(_, row)] = read_rows(tmp_path / "x.csv")
    assert row["record"] == "'=1+1"


def test_an_unknown_ending_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write \.docx"):
        write_rows([], DECISION_FIELDS, tmp_path / "x.docx")
