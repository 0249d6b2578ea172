"""What to do about an error of a database, and whether waiting may help."""

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

SQLITE = {5, 6, 13}  # busy, locked, full
POSTGRESQL = ("08", "40", "53", "57")  # connection, rolled back, resources, an operator steps in


def is_passing(bad: SQLAlchemyError | sqlite3.Error) -> bool:
    orig = bad.orig if isinstance(bad, DBAPIError) else bad
    if isinstance(orig, sqlite3.Error):
        code = getattr(orig, "sqlite_errorcode", None)  # none: it is of the library, not the file
        return code is not None and int(code) & 0xFF in SQLITE
    if not isinstance(bad, DBAPIError):
        return False
    state = getattr(orig, "sqlstate", None)
    if state is None:  # no server has answered
        return bad.connection_invalidated or isinstance(bad, OperationalError)
    return str(state).startswith(POSTGRESQL)


def advice(reason: str) -> str:
    for sign, what in {
        "not a database": "give another path, this file is something else",
        "decode to UTF-8": "the file is damaged; take a copy of it, or give another path",
        "malformed": "the file is damaged; take a copy of it, or give another path",
        "no such column": "another program changed its tables; take a copy of it from before",
        "has no column": "another program changed its tables; take a copy of it from before",
        "no such table": "another program changed its tables; take a copy of it from before",
        "unable to open": "check that the folder exists and may be written",
        "disk is full": "free some space and run again; all answers so far are saved",
        "I/O": "is the disk full, or gone? All answers so far are saved; run again",
        "readonly": "the file or its folder may not be written",
        "locked": "another process holds it; run again when that has ended",
        "onnect": "is the database server running, and are user and password right?",
    }.items():
        if sign in reason:
            return what
    return "the ledger is as it was before this write"
