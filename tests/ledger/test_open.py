"""Opening a ledger by its place: who only reads makes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision
from assay.core.errors import InputError, LedgerError
from assay.core.record import text_record
from assay.core.redact import hide
from assay.data.inputs import Files, claim, files
from assay.ledger import (
    MemoryLedger,
    Run,
    SqlLedger,
    has_ledger,
    kept_ledger,
    last_deciding,
    open_ledger,
    tables,
    trial_of,
)
from tests.fuzz import corpus as fuzzed


@pytest.mark.parametrize("content", [None, b""])
def test_who_only_reads_makes_no_ledger(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "empty.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LedgerError, match="there is no ledger"):
        kept_ledger(str(path))
    assert (path.read_bytes() if path.exists() else None) == content


def test_a_ledger_that_is_there_is_opened(tmp_path: Path) -> None:
    place = str(tmp_path / "l.sqlite")
    assert not has_ledger(place)
    open_ledger(place).close()
    assert has_ledger(place)
    kept_ledger(place).close()
    assert isinstance(open_ledger(":memory:"), MemoryLedger)
    assert has_ledger("postgresql+psycopg://u@h/d")


def test_the_last_run_that_decided_anything_is_found() -> None:
    ledger = MemoryLedger()
    for run in ("one", "two"):
        ledger.add_decisions(run, [Decision(run, "a", decided_by=DecidedBy.MODEL)])
    assert last_deciding(ledger, ["one", "two", "broken off"]) == "two"
    assert last_deciding(ledger, ["two", "one"]) == "one"
    assert last_deciding(ledger, ["broken off"]) is None
    assert last_deciding(ledger, []) is None


def test_the_password_of_a_place_is_hidden_from_then_on() -> None:
    place = "nothing://me:open-sesame-9@host/db"
    with pytest.raises(LedgerError):
        open_ledger(place)
    assert "open-sesame-9" not in hide(f"cannot reach {place}")


@pytest.mark.parametrize("name", ["what?.sqlite", "a#b.sqlite", "50%41.sqlite", "a b.sqlite"])
def test_a_path_is_taken_letter_by_letter(name: str, tmp_path: Path) -> None:
    """A `?` parts a URL, and the answers would lie in a file of another name."""
    open_ledger(str(tmp_path / name)).close()
    assert (tmp_path / name).is_file()
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("mysql://u:secret@host/x", "'mysql' is no database that Assay keeps a ledger in"),
        ("nothing://host", "'nothing' is no database"),
        ("sqlite://", "it names no file"),
        ("sqlite:///", "it names no file"),
        ("sqlite:///:memory:", "it names no file"),
        ("postgresql+psycopg://host:port/x", "no URL of a database"),
        ("://", "no URL of a database"),
    ],
)
def test_a_url_of_no_ledger_is_refused(place: str, says: str) -> None:
    with pytest.raises(LedgerError, match=says) as refused:
        open_ledger(place)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["x", "[", "5", "null", "{}", "[1]", '{"form": 5}', "[" * 2_000])
@pytest.mark.parametrize(
    ("table", "column"),
    [("annotations", "value"), ("annotations", "rest"), ("annotations", "outcome"),
     ("records", "content"), ("decisions", "content"), ("tasks", "content"), ("runs", "settings")],
)  # fmt: skip
def test_rows_that_assay_did_not_write_are_told_as_damage(
    table: str, column: str, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "l.sqlite"
    path.write_bytes(fuzzed.ledger(tmp_path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE {table} SET {column} = ?", (text,))
        connection.commit()
    kept = SqlLedger(str(path))
    said = "damaged"
    try:
        for read in (kept.records(), kept.annotations(), kept.decisions("run")):
            assert list(read)
        assert kept.runs()
        assert kept.schemas()
        kept.votes(fuzzed.TASK.id, fuzzed.FORM)
    except LedgerError as bad:
        said = str(bad)
    finally:
        kept.close()
    assert "damaged" in said or "unknown kind" in said


COLUMNS = [(t.name, c.name) for t in tables.metadata.sorted_tables for c in t.columns]


@pytest.mark.parametrize(("table", "column"), [*COLUMNS, *((t, None) for t, _ in COLUMNS)])
def test_a_table_or_a_column_that_is_gone_is_told_at_once(
    table: str, column: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "l.sqlite"
    SqlLedger(str(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        left = ", ".join(f'"{c}"' for t, c in COLUMNS if t == table and c != column)
        if column is not None:
            connection.execute(f"CREATE TABLE other AS SELECT {left or 1} FROM {table}")
        connection.execute(f"DROP TABLE {table}")
        if column is not None:
            connection.execute(f"ALTER TABLE other RENAME TO {table}")
        connection.commit()
    with pytest.raises(LedgerError, match=r"another program|no ledger") as refused:
        kept_ledger(str(path))
    assert table in str(refused.value) or table == "meta"


def test_text_that_is_none_is_damage_and_no_reason_to_wait(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    ledger = SqlLedger(str(path))
    ledger.add_records([text_record("r", "x")])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE records SET content = CAST(x'22ff22' AS TEXT)")
        connection.commit()
    with pytest.raises(LedgerError, match="the file is damaged") as refused:
        list(ledger.records())
    assert not refused.value.passing
    ledger.close()


def test_an_open_ledger_is_an_input_that_no_output_replaces(tmp_path: Path) -> None:
    place = tmp_path / "kept.sqlite"
    for opening in (open_ledger, kept_ledger):
        with files(Files()):
            opening(str(place)).close()
            with pytest.raises(InputError, match="no output takes the place"):
                claim(place)


@pytest.mark.parametrize(
    ("settings", "trial"),
    [
        (None, None), ({}, None), ({"trial": None}, None), ({"trial": 10}, None),
        ({"trial": {"records": 10, "of": 800}}, (10, 800)),
    ],
)  # fmt: skip
def test_a_trial_run_knows_how_many_records_it_took_of_how_many(
    settings: dict[str, object] | None, trial: tuple[int, int] | None
) -> None:
    assert trial_of(Run("r", "t", "s", 1.0, settings=settings)) == trial


def test_a_trial_run_counts_where_no_other_has_decided() -> None:
    ledger = MemoryLedger()
    for name, settings in (("whole", None), ("trial", {"trial": {"records": 1, "of": 2}})):
        ledger.start_run(Run(name, "t", "s", 1.0, settings=settings))
    decided = [Decision("r", "a", decided_by=DecidedBy.MODEL)]
    ledger.add_decisions("trial", decided)
    assert last_deciding(ledger, ["whole", "trial"]) == "trial"
    ledger.add_decisions("whole", decided)
    assert last_deciding(ledger, ["whole", "trial"]) == "whole"
    assert last_deciding(ledger, []) is None
