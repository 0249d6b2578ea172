"""The ledger in SQLite, or in PostgreSQL by its URL, through SQLAlchemy Core."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    String,
    any_,
    cast,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError

from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.errors import InputError, LedgerError, SpecError
from assay.core.record import Record
from assay.core.redact import hidden, without_password
from assay.core.schema.base import Schema
from assay.core.task import Task
from assay.core.votes import Votes
from assay.ledger import rows, tables
from assay.ledger.base import Run
from assay.ledger.journal import FULL, Journal, left_behind, slot
from assay.ledger.locks import Release, file_lock, nothing, server_lock
from assay.ledger.migrations import migrate
from assay.ledger.passing import advice, is_passing
from assay.ledger.place import address, engine_at, journal_of, mirror_of
from assay.ledger.schemas import schema_of
from assay.ledger.statements import Statements

PAGE = 2_000  # rows fetched at once
PAGE_OF_VOTES = 20_000  # the few columns of an answer that votes need
AT_ONCE = 2_000  # names looked up, or records added, in one statement
T = TypeVar("T")
BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError,
          RecursionError, AssertionError)  # fmt: skip


class SqlLedger:
    """Every method is one transaction, durable when it returns."""

    def __init__(self, url: str) -> None:
        self.name = hidden(url)
        self._plain = partial(without_password, place=url)
        with self._clear_errors():
            self.engine = engine_at(address(url))
            migrate(self.engine, self.name)
        self._text = Statements(self.engine.dialect.name)
        self._folder = mirror_of(self.engine)
        self._journal = Journal(journal_of(self.engine))
        self._take_over()

    def __repr__(self) -> str:
        return f"SqlLedger({self.name!r})"

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as bad:
            reason = str(getattr(bad, "orig", None) or bad).strip().splitlines()[0]
            said = f"ledger {self.name}: {self._plain(reason)}; {advice(reason)}"
            raise LedgerError(said, is_passing(bad)) from None
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
        """A block that reads rows: what Assay cannot have written is reported as damage."""
        try:
            yield
        except LedgerError:
            raise
        except (InputError, SpecError, *BROKEN) as bad:
            said = " ".join(str(bad).split()) or type(bad).__name__
            raise LedgerError(
                f"ledger {self.name}: it holds what Assay did not write ({said:.100}); "
                f"{advice('malformed')}"
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
        """Whether it is one of these few."""
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
        """Those that are not in the ledger; InputError if one is, with other content."""
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

    def jot(self, annotation: Annotation) -> None:
        try:
            with self._clear_errors():
                self._journal.write(annotation)
        except OSError as bad:
            raise self._no_journal(bad) from None

    def _no_journal(self, bad: OSError) -> LedgerError:
        where, why = self._journal.neighbour.parent, bad.strerror or bad
        return LedgerError(
            f"ledger {self.name}: answers cannot be kept at once in {where}: {why}; free some "
            "space there, or make it writable",
            bad.errno in FULL,
        )

    def add(self, annotations: Sequence[Annotation]) -> int:
        self._journal.rotate()
        content = [self._journal.row(a) for a in annotations]
        added = self._put(self._text.add_annotations, content)
        self._journal.kept(annotations)
        return added

    def add_again(self, annotations: Sequence[Annotation]) -> int:
        failed = {a.run for a in annotations if not a.outcome.final}
        t = tables.annotations.c
        query = select(t.key, t.person, t.revision, t.at).where(
            t.outcome == str(Outcome.FAILED), t.run.in_(failed)
        )
        there = {(key, by or None, *more) for key, by, *more in self._read(query) if failed}
        self._journal.kept([a for a in annotations if slot(a) in there])
        return self.add([a for a in annotations if slot(a) not in there])

    def _take_over(self) -> None:
        """What processes that were killed had not yet added."""
        for left in left_behind(self._journal.neighbour):
            for batch in left.batches(AT_ONCE):
                self.add_again(batch)
            left.remove()

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
            *([self._among(t.record, records)] if _few(records) else []),
        ]
        query = select(*(t[name] for name in rows.ANNOTATION), t.row).where(*wanted)
        superseded, among = self._superseded(), _wanted(records)
        for row in self._pages(query, t.row):
            if row.row not in superseded and (among is None or row.record in among):
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

    def spent_nanos(self, task: str | None = None) -> int:
        t = tables.annotations.c
        query = select(func.coalesce(func.sum(t.cost), 0))
        return int(self._read(query if task is None else query.where(t.task == task))[0][0])

    def start_run(self, run: Run) -> None:
        try:
            self._journal.open()
        except OSError as bad:
            raise self._no_journal(bad) from None
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
            return [rows.run_of(row) for row in found]

    def add_decisions(self, run: str, decisions: Sequence[Decision]) -> None:
        self._put(self._text.add_decisions, [rows.decision_row(run, d) for d in decisions])

    def decisions(self, run: str, records: Collection[str] | None = None) -> Iterator[Decision]:
        t = tables.decisions.c
        few = [self._among(t.record, records)] if _few(records) else []
        query = select(t.row, t.record, t.content).where(t.run == run, *few)
        among = _wanted(records)
        for row in self._pages(query, t.row):
            if among is not None and row.record not in among:
                continue
            with self._sound():
                yield rows.decision_of(row.content)

    def lock(self, name: str) -> Release | None:
        if self.engine.dialect.name == "postgresql":
            with self._clear_errors():
                return server_lock(self.engine, name)
        place = self.engine.url.database
        return nothing if place in (None, "", ":memory:") else file_lock(Path(place), name)

    def close(self) -> None:
        self._journal.close()
        self.engine.dispose()


def _few(names: Collection[str] | None) -> TypeGuard[Collection[str]]:
    """Few enough to be sent with every page; of more, the rows are chosen here."""
    return names is not None and len(names) <= AT_ONCE


def _wanted(names: Collection[str] | None) -> Collection[str] | None:
    if names is None or isinstance(names, Mapping | AbstractSet):
        return names
    return frozenset(names)


def chunks(things: Iterable[T], size: int) -> Iterator[list[T]]:
    chunk: list[T] = []
    for thing in things:
        chunk.append(thing)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
