from pathlib import Path

import pytest

from assay.core.annotation import Outcome, Request, Way, answer
from assay.core.errors import LedgerError
from assay.core.record import text_record
from assay.core.schema import Choice, MultiChoice
from assay.core.task import Task
from assay.core.votes import Votes
from assay.ledger import MemoryLedger
from assay.ledger.columns import read_columns, write_columns

TASK = Task("t", "?", Choice(["a", "b"]))


def filled() -> MemoryLedger:
    ledger = MemoryLedger()
    for i in range(50):
        for who in ("m", "n"):
            way = Way(saw=("k",)) if who == "n" else Way()
            request = Request(TASK, text_record(f"r{i}", f"{i}"), who, way)
            silent = i % 7 == 0
            outcome = Outcome.UNPARSED if silent else Outcome.ANSWERED
            ledger.add([answer(request, outcome, value=None if silent else "ab"[i % 2])])
    return ledger


def named(votes: Votes) -> list[tuple[str, str, str, bool]]:
    assert votes.saw is not None
    return [
        (votes.records[r], votes.annotators[w], votes.labels[v], bool(s))
        for r, w, v, s in zip(votes.record, votes.annotator, votes.label, votes.saw, strict=True)
    ]


def test_the_mirror_holds_the_votes_of_the_ledger(tmp_path: Path) -> None:
    ledger, path = filled(), tmp_path / "votes.parquet"
    count = write_columns(TASK.schema, ledger.annotations(TASK.id), path)
    votes = ledger.votes(TASK.id, TASK.schema)
    assert count == len(votes)
    assert sorted(named(read_columns(path))) == sorted(named(votes))


def test_an_empty_mirror_has_no_votes(tmp_path: Path) -> None:
    write_columns(TASK.schema, [], tmp_path / "v.parquet")
    assert len(read_columns(tmp_path / "v.parquet")) == 0


def test_many_units_have_no_mirror(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="one-unit"):
        write_columns(MultiChoice(["a"]), [], tmp_path / "v.parquet")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_mirror_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "v.parquet").write_text("no")
    with pytest.raises(LedgerError, match="is no mirror of votes"):
        read_columns(tmp_path / "v.parquet")
