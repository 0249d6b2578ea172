"""The Python face of Assay: what the commands do, on data frames, lists and files."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from assay.core.annotation import Decision
from assay.core.cost import Budget, money
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.shown import Shown, html_table
from assay.core.task import Task
from assay.core.value import Value
from assay.data.annotations import Names
from assay.data.base import Columns, Findings, check_columns, record_of
from assay.data.export import export
from assay.data.inputs import Files, files, keeping
from assay.data.write import (
    ANNOTATION_FIELDS,
    DECISION_FIELDS,
    annotation_rows,
    decision_rows,
    write_rows,
)
from assay.ledger import Ledger, MemoryLedger, open_ledger
from assay.project import Project, evaluation, open_project, story
from assay.project.code import allowed, saying
from assay.project.forecast import Forecast, forecast
from assay.project.imports import Brought, check, target_of
from assay.project.imports import bring as bring_in
from assay.quality.accuracy import Accuracy
from assay.report import Evidence, Reference, Story, write_report
from assay.run import Job, Settings, Stop, Summary
from assay.run import label as run_label
from assay.run.ask import Askable
from assay.run.blocking import waited
from assay.run.engine import stop_of
from assay.strategies.base import Strategy
from assay.strategies.single import Single
from assay.strategies.vote import Vote

FIRST = 10  # decisions that a notebook shows


@dataclass(frozen=True, slots=True, repr=False)
class Result(Shown):
    """What labelling gave; the ledger behind it holds every annotation."""

    task: Task
    summary: Summary
    decisions: tuple[Decision, ...]
    ledger: Ledger
    scores: Mapping[str, Accuracy] = field(default_factory=dict)
    story: Story | None = None
    files: Files = field(default_factory=Files, repr=False)

    def facts(self) -> Mapping[str, object]:
        summary, decided = self.summary, self.scores.get("decisions")
        return {
            "task": self.task.name,
            "records": summary.records,
            "decided": summary.decided,
            "waiting": summary.waiting,
            "undecided": summary.undecided,
            "cost": money(summary.cost_nanos, self.currency),
            "right": None if decided is None else str(decided.on_answered),
            "stopped": summary.reason and str(summary.reason),
        }

    def _repr_html_(self) -> str:
        """The figures and the first decisions."""
        head = ("record", "value", "confidence", "decided_by", "route")
        first = [[row[name] for name in head] for row in decision_rows(self.decisions[:FIRST])]
        left = len(self.decisions) - len(first)
        title = "decisions" + (f" (the first {len(first)}; {left:,} more in .frame())" * bool(left))
        return Shown._repr_html_(self) + html_table(title, head, first)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd about the data: empty and repeated records, pictures left out."""
        return self.story.notes if self.story is not None else ()

    @property
    def cost(self) -> float:
        """Of this run, in `currency`."""
        return self.summary.cost

    @property
    def currency(self) -> str:
        """That all amounts of money here are in."""
        return self.summary.currency

    def frame(self) -> pl.DataFrame:
        """One row a record: value, confidence and its source, who decided, by which route."""
        rows = list(decision_rows(self.decisions))
        return pl.DataFrame(rows, None if rows else DECISION_FIELDS, infer_schema_length=None)

    def annotations(self) -> pl.DataFrame:
        """One row an answer of an annotator, with its raw text; `cost` is in `currency`."""
        rows = list(annotation_rows(self.ledger.annotations(self.task.id)))
        return pl.DataFrame(rows, None if rows else ANNOTATION_FIELDS, infer_schema_length=None)

    def export(self, path: Path | str, annotations: bool = False, force: bool = False) -> int:
        """Write the decisions beside their records' text and metadata, or every annotation, by
        the ending of `path` (.csv, .jsonl, .parquet, none: a Hugging Face folder; .json: boxes as
        COCO); gives the number of rows, or boxes. What was read is never replaced, and another
        file that Assay did not write only with `force`."""
        with files(replace(self.files, force=force)):
            if annotations:
                rows = annotation_rows(self.ledger.annotations(self.task.id))
                return write_rows(rows, ANNOTATION_FIELDS, Path(path))
            return export(self.decisions, self.ledger.records, Path(path)).count

    def report(
        self, path: Path | str, gold: Mapping[str, Value] | None = None, force: bool = False
    ) -> Evidence:
        """Write the HTML report; `gold` (record id to label) takes the place of the task file's.
        `force` as for `export`."""
        told = self.story or Story(self.task)
        if gold is not None:
            checked = {id: self.task.schema.check(value) for id, value in gold.items()}
            told = replace(told, reference=Reference("gold", checked))
        with files(replace(self.files, force=force)):
            return write_report(self.ledger, self.summary.run, told, Path(path))

    async def aexport(
        self, path: Path | str, annotations: bool = False, force: bool = False
    ) -> int:
        return await asyncio.to_thread(self.export, path, annotations, force)

    async def areport(
        self, path: Path | str, gold: Mapping[str, Value] | None = None, force: bool = False
    ) -> Evidence:
        return await asyncio.to_thread(self.report, path, gold, force)


@dataclass(frozen=True, slots=True)
class How:
    """Columns of the rows (default: `text`, and `id` and `language` where there), a ledger file or
    URL that answers are kept in (default: memory), and a time limit.

    Money is capped where it is spent: the `Purse` of each `LLM` holds the `Budget`.
    """

    columns: Columns | None = None
    ledger: Path | str | None = None
    minutes: float | None = None
    budget: Budget | None = None

    def settings(self, names: Mapping[str, str]) -> Settings:
        seconds = None if self.minutes is None else self.minutes * 60
        note: dict[str, object] = {"annotators": dict(names)}
        if self.budget is not None:
            note["currency"] = self.budget.currency
        return Settings(budget=self.budget, seconds=seconds, note=note)


PLAIN = How()
LONG = Names()


def label(
    data: object,
    task: Task,
    annotators: Mapping[str, Askable],
    strategy: Strategy | None = None,
    how: How = PLAIN,
) -> Result:
    """Label rows (a polars or pandas frame, dicts, or records) and give back the decisions.

    Without a strategy one annotator labels alone, several vote. `how` names the columns, where
    answers are kept, and what may be spent.
    """
    stop = stop_of(how.settings({}))
    return waited(_labelled(_Order(data, task, annotators, strategy, how), stop), stop.interrupt)


async def alabel(
    data: object,
    task: Task,
    annotators: Mapping[str, Askable],
    strategy: Strategy | None = None,
    how: How = PLAIN,
) -> Result:
    """`label` for code that runs on an event loop, which goes on meanwhile."""
    order = _Order(data, task, annotators, strategy, how)
    return await _labelled(order, stop_of(how.settings({})))


@dataclass(frozen=True, slots=True)
class _Order:
    data: object
    task: Task
    annotators: Mapping[str, Askable]
    strategy: Strategy | None
    how: How


async def _labelled(order: _Order, stop: Stop) -> Result:
    task, how = order.task, order.how
    annotators = _named(order.annotators)
    strategy = order.strategy or _default(tuple(annotators))
    findings = Findings()
    records = records_of(order.data, how.columns, findings)
    names = {name: who.id for name, who in annotators.items()}
    place = None if how.ledger is None else str(how.ledger)
    with files(Files()) as own:
        keeping(place or ":memory:")
    async with _open(place) as ledger:
        job = Job(task, strategy, annotators, ledger, how.settings(names))
        summary = await run_label(job, records, stop=stop)
        told = Story(task, notes=tuple(findings.lines()), currency=summary.currency)
        decisions = tuple(ledger.decisions(summary.run))
        return Result(task, summary, decisions, ledger, story=told, files=own)


@asynccontextmanager
async def _open(place: str | None) -> AsyncIterator[Ledger]:
    """A ledger whose connections are ended afterwards; a later look at it makes new ones."""
    ledger = MemoryLedger() if place is None else open_ledger(place)
    try:
        yield ledger
    finally:
        if place not in (None, "sqlite://", "sqlite:///:memory:"):  # these live in a connection
            ledger.close()


def _named(annotators: Mapping[str, Askable]) -> Mapping[str, Askable]:
    if not isinstance(annotators, Mapping) or not annotators:
        kind = type(annotators).__name__
        raise InputError(f"annotators are given by name, as {{'model': llm}}; this is a {kind}")
    for name, who in annotators.items():
        if not isinstance(name, str) or not isinstance(getattr(who, "id", None), str):
            raise InputError(f"annotator {name!r} is of type {type(who).__name__}, without an id")
    return annotators


def bring(
    path: Path | str,
    task_file: Path | str,
    people: bool = False,
    panel: str | None = None,
    names: Names = LONG,
) -> Brought:
    """Read existing annotations into the ledger of a task file, as `assay import` does: a table
    of record, annotator and label (`names` says how its columns are called), or nested JSON."""
    target = target_of(task_file, people, panel)
    check(Path(path), names, target)
    ledger = open_ledger(str(target.ledger))
    try:
        return bring_in(ledger, Path(path), names, target, people)
    finally:
        ledger.close()


async def abring(
    path: Path | str,
    task_file: Path | str,
    people: bool = False,
    panel: str | None = None,
    names: Names = LONG,
) -> Brought:
    return await asyncio.to_thread(bring, path, task_file, people, panel, names)


def load(path: Path | str, allow_code: bool = False) -> "Opened":
    """A task file, ready to run. Code that the file names (a rule `module:function`, a plugin)
    runs only with `allow_code`, or where it was trusted before."""
    with files(Files()) as own, saying(allowed, allow_code):
        return Opened(open_project(path), own)


@dataclass(frozen=True, slots=True, repr=False)
class Opened(Shown):
    project: Project
    files: Files = field(default_factory=Files, repr=False)

    def facts(self) -> Mapping[str, object]:
        return self.project.facts()

    def run(self, limit: int | None = None) -> Result:
        """Labels the records that are still open, the first `limit` alone where that is given."""
        stop = stop_of(self.project.settings())
        return waited(self._run(limit, stop), stop.interrupt)

    async def arun(self, limit: int | None = None) -> Result:
        """`run` for code that runs on an event loop, which goes on meanwhile."""
        return await self._run(limit, stop_of(self.project.settings()))

    async def _run(self, limit: int | None, stop: Stop) -> Result:
        project = self.project
        _ = project.annotators, project.strategy  # what is wrong with them leaves no ledger
        async with _open(project.ledger_place) as ledger:
            settings = project.settings()
            job = Job(project.task, project.strategy, project.annotators, ledger, settings)
            with project.lines():
                summary = await run_label(job, project.records(limit), stop=stop)
            decisions = tuple(ledger.decisions(summary.run))
            scores = evaluation(project, ledger, summary.run)
            told = story(project)
            return Result(project.task, summary, decisions, ledger, scores, told, self.files)

    def forecast(self) -> Forecast:
        """What a run would do and cost at most; nobody is asked and nothing is written."""
        return forecast(self.project)

    async def aforecast(self) -> Forecast:
        return await asyncio.to_thread(self.forecast)


def _default(names: tuple[str, ...]) -> Strategy:
    return Single(names[0]) if len(names) == 1 else Vote(names)


def records_of(
    data: object, columns: Columns | None = None, findings: Findings | None = None
) -> list[Record]:
    """InputError names the row that cannot be a record; `findings` tells of odd ones."""
    rows = _rows(data)
    if not rows:
        raise InputError("there are no records to label")
    kind = Record if isinstance(rows[0], Record) else Mapping
    for i, row in enumerate(rows, 1):
        if not isinstance(row, kind):
            raise InputError(
                f"row {i} is of type {type(row).__name__}: give texts, dicts with a column `text`, "
                "or a frame; or records alone"
            )
    if kind is Record:
        return rows
    there = list(rows[0])
    columns = columns or Columns(
        ("text",), "id" if "id" in there else None, "language" if "language" in there else None
    )
    check_columns(Path("the data"), there, columns.named)
    told = Findings() if findings is None else findings
    found = (record_of(row, columns, f"row {i}", told) for i, row in enumerate(rows, 1))
    return [record for record in found if record is not None]


def _rows(data: object) -> list[Any]:
    if isinstance(data, Mapping):  # column name to values
        data = _frame(data)
    if isinstance(data, pl.DataFrame):
        return data.to_dicts()
    to_dict = getattr(data, "to_dict", None)
    if to_dict is not None and hasattr(data, "columns"):  # a pandas frame, without importing pandas
        return [{k: _known(v) for k, v in row.items()} for row in to_dict("records")]
    if isinstance(data, str | bytes) or not isinstance(data, Iterable):
        raise InputError(
            f"cannot label what is of type {type(data).__name__}: give a frame, dicts, or records"
        )
    return [{"text": row} if isinstance(row, str) else row for row in data]


def _frame(columns: Mapping[Any, Any]) -> pl.DataFrame:
    try:
        return pl.DataFrame(dict(columns))
    except (pl.exceptions.PolarsError, TypeError, ValueError) as bad:
        said = str(bad).splitlines()[0]
        raise InputError(f"these columns make no table ({said}); give one list for each") from None


def _known(value: object) -> object:
    """The pandas sign for a missing value is no text."""
    return None if type(value).__name__ in ("NAType", "NaTType") else value
