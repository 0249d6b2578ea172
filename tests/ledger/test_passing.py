"""Which errors of a database pass by themselves, and what is advised."""

import sqlite3

import pytest
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, SQLAlchemyError

from assay.ledger.passing import advice, is_passing


class Driver(Exception):
    def __init__(self, **described: object) -> None:
        super().__init__("x")
        self.__dict__.update(described)


def sqlite(code: int) -> sqlite3.Error:
    bad = sqlite3.OperationalError("x")
    bad.sqlite_errorcode = code
    return bad


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        (sqlite3.SQLITE_BUSY, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_LOCKED, True),
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_ERROR, False),
        (sqlite3.SQLITE_PERM, False),
        (sqlite3.SQLITE_NOMEM, False),
        (sqlite3.SQLITE_CANTOPEN, False),
        (sqlite3.SQLITE_CORRUPT, False),
        (sqlite3.SQLITE_IOERR_READ, False),
    ],
)
def test_a_file_that_is_busy_or_a_full_disk_passes(code: int, passes: bool) -> None:
    assert is_passing(sqlite(code)) is passes
    assert is_passing(OperationalError("s", {}, sqlite(code))) is passes


@pytest.mark.parametrize(
    ("state", "passes"),
    [("08006", True), ("40001", True), ("53100", True), ("57P01", True), ("42P01", False),
     ("23505", False), ("28P01", False)],
)  # fmt: skip
def test_a_server_that_is_lost_or_short_of_something_passes(state: str, passes: bool) -> None:
    assert is_passing(OperationalError("s", {}, Driver(sqlstate=state))) is passes


def test_where_no_server_has_answered_the_kind_of_error_tells() -> None:
    assert is_passing(OperationalError("s", {}, Driver()))
    assert not is_passing(DatabaseError("s", {}, Driver()))
    assert is_passing(InterfaceError("s", {}, Driver(), connection_invalidated=True))
    assert not is_passing(SQLAlchemyError("x"))
    assert not is_passing(sqlite3.OperationalError("without a code"))


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("file is not a database", "give another path, this file is something else"),
        ("database disk image is malformed", "the file is damaged"),
        ("no such column: x", "another program changed its tables"),
        ("table records has no column named x", "another program changed its tables"),
        ("no such table: records", "another program changed its tables"),
        ("unable to open database file", "check that the folder exists"),
        ("database or disk is full", "free some space and run again"),
        ("disk I/O error", "is the disk full, or gone?"),
        ("attempt to write a readonly database", "may not be written"),
        ("database locked", "another process holds it"),
        ("could not Connect to server", "is the database server running"),
        ("something else", "the ledger is as it was before this write"),
    ],
)
def test_what_to_do_follows_from_what_is_wrong(reason: str, says: str) -> None:
    assert says in advice(reason)
