"""The ledger's versions: functions in a list, the number of the last one applied in `meta`."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, inspect, select, text

from assay.core.errors import LedgerError
from assay.ledger import tables
from assay.ledger.passing import advice


def _index_later_revisions(connection: Connection) -> None:
    tables.later_revisions.create(connection, checkfirst=True)


def _pages_in_order(connection: Connection) -> None:
    for index in ("annotations_by_task", "one_decision"):
        connection.execute(text(f"DROP INDEX IF EXISTS {index}"))
    for made in (tables.costs, tables.one_decision):
        made.create(connection, checkfirst=True)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    tables.metadata.create_all,
    _index_later_revisions,
    _pages_in_order,
)
"""Entry i takes a ledger of version i to version i + 1; never change one that was released."""

assert len(MIGRATIONS) == tables.VERSION


def migrate(engine: Engine, name: str) -> None:
    """Bring a ledger, new or old, to this version; LedgerError if it is newer than us."""
    if _version(engine, name) == tables.VERSION:
        _check_tables(engine, name)
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(20409)"))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for step in MIGRATIONS[_applied(connection, name) :]:
            step(connection)
        connection.execute(tables.meta.delete())
        connection.execute(
            tables.meta.insert(), {"name": "version", "content": str(tables.VERSION)}
        )


def _version(engine: Engine, name: str) -> int:
    with engine.connect() as connection:
        return _applied(connection, name)


def _check_tables(engine: Engine, name: str) -> None:
    """LedgerError if a table or a column is gone: half a ledger would look like less work."""
    there = inspect(engine).get_multi_columns()
    columns = {table: {c["name"] for c in found} for (_, table), found in there.items()}
    for table in tables.metadata.sorted_tables:
        gone = [c.name for c in table.columns if c.name not in columns.get(table.name, ())]
        if gone:
            what = f"column {gone[0]!r} in table" if table.name in columns else "table"
            raise LedgerError(
                f"ledger {name}: there is no {what} {table.name!r}; {advice('no such table')}"
            )


def _applied(connection: Connection, name: str) -> int:
    there = set(inspect(connection).get_table_names())
    if "meta" not in there:
        if there & {"annotations", "records"}:
            raise LedgerError(f"{name} holds tables of another program; give another path")
        return 0
    if {c["name"] for c in inspect(connection).get_columns("meta")} != {"name", "content"}:
        raise LedgerError(f"{name} holds tables of another program; give another path")
    row = connection.execute(select(tables.meta.c.content)).scalar()
    if row is not None and not str(row).isdecimal():
        raise LedgerError(
            f"ledger {name} has format {row!r}, which was not written by Assay; use another"
        )
    version = int(row or 0)
    if version > tables.VERSION:
        raise LedgerError(
            f"ledger {name} has format {version}, this Assay reads up to {tables.VERSION}; "
            "install a newer Assay (pip install -U assay)"
        )
    return version
