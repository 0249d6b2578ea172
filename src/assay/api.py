"""The Python face of Assay: what the commands do, on data frames, lists and files."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from assay.build import Project, evaluation, open_project
from assay.build.forecast import Forecast, forecast
from assay.core.annotation import Decision
from assay.core.cost import NANOS
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.task import Task
from assay.data.base import Columns, Findings, check_columns, record_of
from assay.data.write import decision_rows
from assay.ledger import Ledger, MemoryLedger
from assay.quality.accuracy import Accuracy
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

    @property
    def cost(self) -> float:
        """Of this run, in currency units."""
        return self.summary.cost / NANOS

    def frame(self) -> pl.DataFrame:
        """One row a record: value, confidence and its source, who decided, by which route."""
        return pl.DataFrame(list(decision_rows(self.decisions)), infer_schema_length=None)


def label(
    data: object,
    task: Task,
    annotators: Mapping[str, Askable],
    strategy: Strategy | None = None,
    ledger: Ledger | None = None,
) -> Result:
    """Label rows (a polars or pandas frame, dicts, or records) and give back the decisions.

    Rows need a column `text` and may have `id` and `language`. Without a strategy one annotator
    labels alone, several vote.
    """
    ledger = ledger or MemoryLedger()
    strategy = strategy or _default(tuple(annotators))
    job = Job(task, strategy, annotators, ledger)
    summary = wait(run_label(job, records_of(data)))
    return Result(task, summary, tuple(ledger.decisions(summary.run)), ledger)


def load(path: Path | str) -> "Opened":
    """A task file, ready to run."""
    return Opened(open_project(path))


@dataclass(frozen=True, slots=True)
class Opened:
    project: Project

    def run(self, limit: int | None = None) -> Result:
        project = self.project
        ledger = project.ledger()
        minutes = project.file.budget.minutes
        settings = Settings(
            budget=project.budget, seconds=None if minutes is None else minutes * 60
        )
        job = Job(project.task, project.strategy, project.annotators, ledger, settings)
        summary = wait(run_label(job, project.records(limit)))
        decisions = tuple(ledger.decisions(summary.run))
        scores = evaluation(project, ledger, summary.run)
        return Result(project.task, summary, decisions, ledger, scores)

    def forecast(self) -> Forecast:
        return forecast(self.project)


def _default(names: tuple[str, ...]) -> Strategy:
    return Single(names[0]) if len(names) == 1 else Vote(names)


def records_of(data: object) -> list[Record]:
    rows = _rows(data)
    if rows and isinstance(rows[0], Record):
        return [r for r in rows if isinstance(r, Record)]
    if not rows:
        raise InputError("there are no records to label")
    there = list(rows[0])
    columns = Columns(
        ("text",), "id" if "id" in there else None, "language" if "language" in there else None
    )
    check_columns(Path("the data"), there, columns.named)
    findings = Findings()
    found = (record_of(row, columns, f"row {i}", findings) for i, row in enumerate(rows, 1))
    return [record for record in found if record is not None]


def _rows(data: object) -> list[Any]:
    if isinstance(data, pl.DataFrame):
        return data.to_dicts()
    to_dict = getattr(data, "to_dict", None)
    if to_dict is not None:  # a pandas frame, without importing pandas
        return list(to_dict("records"))
    if isinstance(data, Iterable) and not isinstance(data, str | bytes):
        return list(data)
    raise InputError(f"cannot label a {type(data).__name__}: give a frame, dicts, or records")


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
