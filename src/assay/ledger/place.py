"""Where a ledger lies: its database, and the files that belong to it."""

import sqlite3
from pathlib import Path
from typing import Any

from platformdirs import user_cache_dir, user_state_dir
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from assay.core.digest import digest_text
from assay.core.errors import LedgerError
from assay.core.redact import hidden
from assay.ledger.statements import DIALECTS

CONNECT = 10  # seconds allowed to reach a server
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL",  # what was committed survives kill -9 and a power cut
    "busy_timeout=60000",
    # keys are spread over their whole index: hold more of it, and copy it to the file less often
    "cache_size=-8192", "wal_autocheckpoint=8000",
)  # fmt: skip


def mirror_of(engine: Engine) -> Path | None:
    """Where the columns lie: next to a SQLite file, in the user's cache for a server's database."""
    if engine.dialect.name == "sqlite":
        place = engine.url.database
        return Path(f"{place}.columns") if place and place != ":memory:" else None
    name = digest_text(engine.url.render_as_string(hide_password=True))
    return Path(user_cache_dir("assay"), "columns", name)


def journal_of(engine: Engine) -> Path:
    """What the names of its files begin with, next to a SQLite file or in the user's own folder."""
    if engine.dialect.name == "sqlite":
        return Path(str(engine.url.database))
    name = digest_text(engine.url.render_as_string(hide_password=True))
    return Path(user_state_dir("assay"), "journals", name)


def address(place: str) -> URL:
    """A path is taken letter by letter: `?` and `#`, which part a URL, may be in a file's name."""
    if "://" not in place:
        return URL.create("sqlite", database=place)
    try:
        url = make_url(place)
    except (ArgumentError, ValueError):  # such as a port that is no number
        raise LedgerError(
            f"ledger {hidden(place)}: no URL of a database; it looks like "
            "postgresql+psycopg://user@host/name"
        ) from None
    kind = url.get_backend_name()
    if kind not in DIALECTS:
        raise LedgerError(
            f"ledger {hidden(place)}: {kind!r} is no database that Assay keeps a ledger in; give "
            "a file, or a URL that begins with postgresql+psycopg://"
        )
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise LedgerError(
            f"ledger {hidden(place)}: it names no file, as sqlite:///answers.sqlite does"
        )
    return url


def engine_at(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        patience = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT}
        # a connection that was lost meanwhile is rebuilt
        return create_engine(url, pool_pre_ping=True, connect_args=patience)
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            try:
                for pragma in PRAGMAS:
                    connection.execute(f"PRAGMA {pragma}")
            except UnicodeDecodeError:  # the words of the library quote a damaged file
                raise sqlite3.DatabaseError("file is damaged") from None

    return engine
