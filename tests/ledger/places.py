"""Ledgers of each kind, fresh and empty; the server's database is skipped where there is none."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy

from assay.ledger import Ledger, MemoryLedger, SqlLedger

POSTGRES = os.environ.get(
    "ASSAY_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)

Place = Callable[[Path], Iterator[Ledger]]


def memory(folder: Path) -> Iterator[Ledger]:
    yield MemoryLedger()


def sqlite(folder: Path) -> Iterator[Ledger]:
    opened = SqlLedger(str(folder / "l.sqlite"))
    yield opened
    opened.close()


def postgres(folder: Path) -> Iterator[Ledger]:
    with own_schema() as url:
        opened = SqlLedger(url)
        yield opened
        opened.close()


@contextmanager
def own_schema() -> Iterator[str]:
    """The URL of a schema that is dropped at the end."""
    name = f"assay_{uuid.uuid4().hex[:12]}"
    engine = sqlalchemy.create_engine(POSTGRES, connect_args={"connect_timeout": 2})
    try:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"CREATE SCHEMA {name}"))
    except sqlalchemy.exc.OperationalError:
        pytest.skip(f"no PostgreSQL server at {POSTGRES} (ASSAY_TEST_POSTGRES names another)")
    yield f"{POSTGRES}?options=-csearch_path%3D{name}"
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()


EVERY: tuple[Place, ...] = (memory, sqlite, postgres)
DURABLE: tuple[Place, ...] = (sqlite, postgres)
