"""The ledger in SQLite, or in PostgreSQL by its URL, through SQLAlchemy Core."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_cache_dir
from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    any_,
    cast,
    create_engine,
    event,
    func,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from assay.core.annotation import Annotation, Decision
from assay.core.digest import digest_text
from assay.core.errors import InputError, LedgerError, SpecError
from assay.core.record import Record
from assay.core.redact import hidden, without_password
from assay.core.schema.base import Schema
from assay.core.task import Task
from assay.core.votes import Votes
from assay.ledger import rows, tables
from assay.ledger.base import Run
from assay.ledger.migrations import migrate
from assay.ledger.schemas import schema_of
from assay.ledger.statements import DIALECTS, Statements
from assay.ledger.turns import LetGo, file_turn, nothing, server_turn

PAGE = 2_000  # rows fetched at once
PAGE_OF_VOTES = 20_000  # the few columns of an answer that votes need
AT_ONCE = 2_000  # names looked up, or records added, in one statement
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL",  # what was committed survives kill -9 and a power cut
    "busy_timeout=60000",
    # keys are spread over their whole index: hold more of it, and copy it to the file less often
    "cache_size=-8192", "wal_autocheckpoint=8000",
)  # fmt: skip
T = TypeVar("T")
BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError,
          RecursionError, AssertionError)  # fmt: skip


class SqlLedger:
    """Every method is one transaction, durable when it returns."""

    def __init__(self, url: str) -> None:
        self.name = hidden(url)
        self._plain = partial(without_password, place=url)
        with self._clear_errors():
            self.engine = _engine(_address(url))
            migrate(self.engine, self.name)
        self._text = Statements(self.engine.dialect.name)
        self._folder = _mirror_of(self.engine)

    def __repr__(self) -> str:
        return f"SqlLedger({self.name!r})"

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as bad:
            reason = str(getattr(bad, "orig", None) or bad).strip().splitlines()[0]
            raise LedgerError(
                f"ledger {self.name}: {self._plain(reason)}; {_advice(reason)}"
            ) from None
        except UnicodeEncodeError:
            raise InputError(
                "a record or an answer holds half a character (a lone surrogate such as \\ud83d), "
                "which cannot be kept; replace it, as in text.encode('utf-8', 'replace').decode()"
            ) from None
        except ImportError as bad:
            raise LedgerError(
                f"ledger {self.name}: {self._plain(str(bad))}; for PostgreSQL: "
                "pip install assay[postgres] and a URL that begins with postgresql+psycopg://"
            ) from None

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """A block that makes objects of rows: what Assay cannot have written is told as damage."""
        try:
            yield
        except LedgerError:
            raise
        except (InputError, SpecError, *BROKEN) as bad:
            said = " ".join(str(bad).split()) or type(bad).__name__
            raise LedgerError(
                f"ledger {self.name}: it holds what Assay did not write ({said:.100}); "
                f"{_advice('malformed')}"
            ) from None

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._clear_errors(), self.engine.begin() as connection:
            yield connection

    def _put(self, statement: str, content: list[rows.Row]) -> int:
        """Rows as tuples straight to the driver; how many were new."""
        if not content:
            return 0
        with self._write() as connection:
            return connection.exec_driver_sql(statement, content).rowcount

    def _read(self, query: Select[Any]) -> list[Any]:
        with self._clear_errors(), self.engine.connect() as connection:
            return list(connection.execute(query))

    def _named(self, statement: str, names: Sequence[str]) -> Iterator[Sequence[Any]]:
        """The rows that a look-up finds for the names, so many names at once."""
        for chunk in chunks(names, AT_ONCE):
            with self._clear_errors(), self.engine.connect() as connection:
                yield connection.exec_driver_sql(statement, (self._text.names(chunk),)).all()

    def _among(self, column: Column[str], names: Collection[str]) -> ColumnElement[bool]:
        """Whether it is one of these, be they as many as they may."""
        if self.engine.dialect.name == "postgresql":
            return column == any_(cast(list(names), ARRAY(String)))
        given = func.json_each(json.dumps(list(names))).table_valued("value")
        return column.in_(select(given.c.value))

    def add_task(self, task: Task) -> None:
        content = rows.dump([task.name, task.question, task.schema.wording(), task.guideline])
        self._put(self._text.insert("tasks", ("id", "content")), [(task.id, content)])

    def schemas(self) -> dict[str, Schema]:
        found = self._read(select(tables.tasks).order_by(tables.tasks.c.id))
        with self._sound():
            return {row.id: schema_of(json.loads(row.content)[2]) for row in found}

    def add_records(self, records: Iterable[Record]) -> int:
        return sum(self._add_records(batch) for batch in chunks(records, AT_ONCE))

    def _add_records(self, batch: Sequence[Record]) -> int:
        fresh = self._unknown(batch)
        added = self._put(self._text.add_records, [rows.record_row(r) for r in fresh])
        if added < len(fresh):  # another process was quicker: is it the same content?
            self._unknown(fresh)
        return added

    def _unknown(self, batch: Sequence[Record]) -> list[Record]:
        """Those that are not in the ledger; InputError where one is, with other content."""
        known: dict[str, str] = {}
        for found in self._named(self._text.digests, [r.id for r in batch]):
            known.update(found)
        fresh: list[Record] = []
        for record in batch:
            digest = known.get(record.id)
            if digest is None:
                known[record.id] = record.digest
                fresh.append(record)
            elif digest != record.digest:
                raise InputError(
                    f"record {record.id!r} is in the ledger with other content; give the changed "
                    "record another id, or use another ledger"
                )
        return fresh

    def records(self, ids: Sequence[str] | None = None) -> Iterator[Record]:
        with self._sound():
            yield from self._records(ids)

    def _records(self, ids: Sequence[str] | None) -> Iterator[Record]:
        t = tables.records.c
        if ids is None:
            for row in self._pages(select(t.row, t.id, t.content), t.row):
                yield rows.record_of(row.id, row.content)
            return
        for chunk in chunks(ids, AT_ONCE):
            for found in self._named(self._text.contents, chunk):
                content = dict(found)
                yield from (rows.record_of(id, content[id]) for id in chunk if id in content)

    def _pages(self, query: Select[Any], place: Any) -> Iterator[Any]:
        """Keyset paging: memory stays flat and no cursor is held open."""
        last = 0
        while page := self._read(query.where(place > last).order_by(place).limit(PAGE)):
            yield from page
            last = page[-1].row

    def count_records(self) -> int:
        return int(self._read(select(func.count()).select_from(tables.records))[0][0])

    def add(self, annotations: Sequence[Annotation]) -> int:
        return self._put(self._text.add_annotations, [rows.annotation_row(a) for a in annotations])

    def answers(self, keys: Sequence[str]) -> dict[str, Annotation]:
        return {a.key: a for a in self._answers(keys)}

    def answers_by_person(self, keys: Sequence[str]) -> dict[str, list[Annotation]]:
        said: dict[str, dict[str | None, Annotation]] = {}
        for a in self._answers(keys):
            said.setdefault(a.key, {})[a.by] = a
        return {key: list(people.values()) for key, people in said.items()}

    def _answers(self, keys: Sequence[str]) -> Iterator[Annotation]:
        """Earlier revisions first, then by arrival."""
        for page in self._named(self._text.answers, keys):
            with self._sound():
                yield from map(rows.annotation_of, page)

    def annotations(
        self,
        task: str | None = None,
        annotators: Sequence[str] | None = None,
        records: Collection[str] | None = None,
    ) -> Iterator[Annotation]:
        t = tables.annotations.c
        wanted = [
            *([t.task == task] if task is not None else []),
            *([t.annotator.in_(annotators)] if annotators is not None else []),
            *([self._among(t.record, records)] if records is not None else []),
        ]
        query = select(*(t[name] for name in rows.ANNOTATION), t.row).where(*wanted)
        superseded = self._superseded()
        for row in self._pages(query, t.row):
            if row.row not in superseded:
                with self._sound():
                    yield rows.annotation_of(row[:-1])

    def _superseded(self) -> set[int]:
        """Rows of answers of which a later revision exists; they are few."""
        return {row[0] for row in self._said(self._text.superseded)}

    def votes(self, task: str, schema: Schema, annotators: Sequence[str] | None = None) -> Votes:
        """From the mirror in columns and what the ledger holds beyond it."""
        # pyarrow is loaded by those who look at votes, not by every command
        from assay.ledger.columns import Source, mirrored  # noqa: PLC0415
        from assay.ledger.votes import chosen, columns_for, votes_from_columns, without  # noqa: PLC0415

        with self._sound():
            superseded = self._superseded()
            names = ["task", *(["annotator"] if annotators is not None else [])]
            names += ["row"] if superseded else []
            source = Source(self._answered, self._mark)
            table = mirrored(source, self._folder, self._end(), [*names, *columns_for(schema)])
            table = chosen(table, "task", [task])
            table = table if annotators is None else chosen(table, "annotator", annotators)
            if superseded:
                table = without(table, superseded)
            return votes_from_columns(schema, table)

    def _answered(self, start: int, end: int) -> Iterator[Sequence[Any]]:
        for first in range(start, end, PAGE_OF_VOTES):
            yield self._said(self._text.answered, (first, min(first + PAGE_OF_VOTES, end)))

    def _mark(self, end: int) -> str:
        return " ".join(str(part) for row in self._said(self._text.last, (end,)) for part in row)

    def _end(self) -> int:
        """The last row number below which no other can appear any more."""
        with self._clear_errors(), self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                # numbers are given out before rows are seen: wait for those who are writing now
                connection.exec_driver_sql("LOCK TABLE annotations IN SHARE MODE")
            return connection.execute(select(func.max(tables.annotations.c.row))).scalar() or 0

    def _said(self, statement: str, values: tuple[object, ...] = ()) -> Sequence[Any]:
        with self._clear_errors(), self.engine.connect() as connection:
            found = connection.exec_driver_sql(statement, values).cursor
            return found.fetchall() if found is not None else []

    def spent(self, task: str | None = None) -> int:
        t = tables.annotations.c
        query = select(func.coalesce(func.sum(t.cost), 0))
        return int(self._read(query if task is None else query.where(t.task == task))[0][0])

    def start_run(self, run: Run) -> None:
        settings = rows.dump(dict(run.settings or {}))
        row = (run.id, run.task, run.strategy, run.started, run.ended, settings, run.version)
        self._put(self._text.insert("runs", rows.RUN), [row])

    def end_run(self, id: str, ended: float) -> None:
        with self._write() as connection:
            connection.execute(
                update(tables.runs).where(tables.runs.c.id == id).values(ended=ended)
            )

    def runs(self, task: str | None = None) -> list[Run]:
        t = tables.runs
        query = select(t).order_by(t.c.started)
        found = self._read(query if task is None else query.where(t.c.task == task))
        with self._sound():
            return [
                Run(r.id, r.task, r.strategy, r.started, r.ended, json.loads(r.settings), r.version)
                for r in found
            ]

    def add_decisions(self, run: str, decisions: Sequence[Decision]) -> None:
        self._put(self._text.add_decisions, [rows.decision_row(run, d) for d in decisions])

    def decisions(self, run: str, records: Collection[str] | None = None) -> Iterator[Decision]:
        t = tables.decisions.c
        among = [] if records is None else [self._among(t.record, records)]
        query = select(t.row, t.content).where(t.run == run, *among)
        for row in self._pages(query, t.row):
            with self._sound():
                yield rows.decision_of(row.content)

    def turn(self, name: str) -> LetGo | None:
        if self.engine.dialect.name == "postgresql":
            with self._clear_errors():
                return server_turn(self.engine, name)
        place = self.engine.url.database
        return nothing if place in (None, "", ":memory:") else file_turn(Path(place), name)

    def close(self) -> None:
        self.engine.dispose()


def chunks(things: Iterable[T], size: int) -> Iterator[list[T]]:
    chunk: list[T] = []
    for thing in things:
        chunk.append(thing)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _mirror_of(engine: Engine) -> Path | None:
    """Where the columns lie: beside a SQLite file, in the user's cache for a server's database."""
    if engine.dialect.name == "sqlite":
        place = engine.url.database
        return Path(f"{place}.columns") if place and place != ":memory:" else None
    name = digest_text(engine.url.render_as_string(hide_password=True))
    return Path(user_cache_dir("assay"), "columns", name)


def _address(place: str) -> URL:
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


def _engine(url: URL) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

    return engine


def _advice(reason: str) -> str:
    for sign, advice in {
        "not a database": "give another path, this file is something else",
        "malformed": "the file is damaged; take a copy of it, or give another path",
        "unable to open": "check that the folder exists and may be written",
        "disk is full": "free some space and run again, nothing answered so far is lost",
        "I/O": "is the disk full, or gone? nothing answered so far is lost, run again",
        "readonly": "the file or its folder may not be written",
        "locked": "another process holds it; run again when that has ended",
        "onnect": "is the database server running, and are user and password right?",
    }.items():
        if sign in reason:
            return advice
    return "the ledger is as it was before this write"
