"""The Python face of Assay: what the commands do, on data frames, lists and files."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from assay.core.annotation import Decision
from assay.core.cost import NANOS, Budget
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.task import Task
from assay.core.value import Value
from assay.data.annotations import Names
from assay.data.base import Columns, Findings, check_columns, record_of
from assay.data.export import export
from assay.data.write import (
    ANNOTATION_FIELDS,
    DECISION_FIELDS,
    annotation_rows,
    decision_rows,
    write_rows,
)
from assay.ledger import Ledger, MemoryLedger, open_ledger
from assay.project import Project, evaluation, open_project, story
from assay.project.forecast import Forecast, forecast
from assay.project.imports import Brought, check, target_of
from assay.project.imports import bring as bring_in
from assay.quality.accuracy import Accuracy
from assay.report import Evidence, Reference, Story, write_report
from assay.run import Job, Settings, Summary
from assay.run import label as run_label
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.single import Single
from assay.strategies.vote import Vote

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """What labelling gave; the ledger behind it holds every annotation."""

    task: Task
    summary: Summary
    decisions: tuple[Decision, ...]
    ledger: Ledger
    scores: Mapping[str, Accuracy] = field(default_factory=dict)
    story: Story | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd about the data: empty and repeated records, pictures left out."""
        return self.story.notes if self.story is not None else ()

    @property
    def cost(self) -> float:
        """Of this run, in currency units."""
        return self.summary.cost / NANOS

    def frame(self) -> pl.DataFrame:
        """One row a record: value, confidence and its source, who decided, by which route."""
        rows = list(decision_rows(self.decisions))
        return pl.DataFrame(rows, None if rows else DECISION_FIELDS, infer_schema_length=None)

    def export(self, path: Path | str, annotations: bool = False) -> int:
        """Write the decisions beside their records' text and metadata, or every annotation, by
        the ending of `path` (.csv, .jsonl, .parquet, none: a Hugging Face folder; .json: boxes as
        COCO); gives the number of rows, or boxes."""
        if annotations:
            rows = annotation_rows(self.ledger.annotations(self.task.id))
            return write_rows(rows, ANNOTATION_FIELDS, Path(path))
        return export(self.decisions, self.ledger.records, Path(path)).count

    def report(self, path: Path | str, gold: Mapping[str, Value] | None = None) -> Evidence:
        """Write the HTML report; `gold` (record id to label) takes the place of the task file's."""
        told = self.story or Story(self.task)
        if gold is not None:
            checked = {id: self.task.schema.check(value) for id, value in gold.items()}
            told = replace(told, reference=Reference("gold", checked))
        return write_report(self.ledger, self.summary.run, told, Path(path))


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
    ledger = MemoryLedger() if how.ledger is None else open_ledger(str(how.ledger))
    strategy = strategy or _default(tuple(annotators))
    names = {name: who.id for name, who in annotators.items()}
    job = Job(task, strategy, annotators, ledger, how.settings(names))
    findings = Findings()
    summary = wait(run_label(job, records_of(data, how.columns, findings)))
    told = Story(task, notes=tuple(findings.lines()))
    return Result(task, summary, tuple(ledger.decisions(summary.run)), ledger, story=told)


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


def load(path: Path | str) -> "Opened":
    """A task file, ready to run."""
    return Opened(open_project(path))


@dataclass(frozen=True, slots=True)
class Opened:
    project: Project

    def run(self, limit: int | None = None) -> Result:
        project = self.project
        ledger = project.ledger()
        job = Job(project.task, project.strategy, project.annotators, ledger, project.settings())
        with project.lines():
            summary = wait(run_label(job, project.records(limit)))
        decisions = tuple(ledger.decisions(summary.run))
        scores = evaluation(project, ledger, summary.run)
        return Result(project.task, summary, decisions, ledger, scores, story(project))

    def forecast(self) -> Forecast:
        return forecast(self.project)


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


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also from a notebook, where a loop is running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    came: list[T] = []
    trouble: list[BaseException] = []

    def work() -> None:
        try:
            came.append(asyncio.run(coroutine))
        except BaseException as bad:  # handed to the caller's thread below
            trouble.append(bad)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]
    return came[0]
