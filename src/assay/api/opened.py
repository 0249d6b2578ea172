"""Task files from Python: open, forecast, run, and import what people answered."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assay.api.answers import Names
from assay.api.labelling import opened
from assay.api.result import Result, Source
from assay.api.tables import ColumnTable, Table, polars_frame
from assay.core.shown import Shown
from assay.data.annotations import Names as ImportNames
from assay.data.gold import Purpose
from assay.data.inputs import Files, files
from assay.ledger import Ledger, open_ledger
from assay.project import Project, evaluation, open_project, report_context
from assay.project.code import allowed, saying
from assay.project.exports import yours_of
from assay.project.forecast import Forecast, forecast
from assay.project.imports import Imported, check, target_of
from assay.project.imports import import_annotations as bring_in
from assay.run import Job, Stop
from assay.run import label as run_label
from assay.run.blocking import waited
from assay.run.engine import stop_of

if TYPE_CHECKING:
    import polars as pl

LONG = ImportNames()


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

    def run(self, limit: int | None = None) -> "Result[pl.DataFrame]":
        """Labels the records that are still open, only the first `limit` if given."""
        stop = stop_of(self.project.settings())
        return waited(self._run(limit, stop), stop.interrupt)

    async def arun(self, limit: int | None = None) -> "Result[pl.DataFrame]":
        """`run` for code on an event loop, which keeps running."""
        return await self._run(limit, stop_of(self.project.settings()))

    async def _run(self, limit: int | None, stop: Stop) -> "Result[pl.DataFrame]":
        project = self.project
        _ = project.annotators, project.strategy  # what is wrong with them leaves no ledger
        async with opened(project.ledger_place) as ledger:
            settings = project.settings()
            job = Job(project.task, project.strategy, project.annotators, ledger, settings)
            with project.lines():
                summary = await run_label(job, project.records(limit), stop=stop)
                project.follow(ledger, summary.run)
            return Result(
                project.task,
                summary,
                tuple(ledger.decisions(summary.run)),
                ledger,
                _source(project, ledger, summary.run),
                project.gold.of(Purpose.EVALUATION),
                evaluation(project, ledger, summary.run),
                report_context(project),
                self.files,
                yours=yours_of(project),
            )

    def forecast(self) -> Forecast:
        """Upper bounds of a run's requests and cost; nothing is asked or written."""
        return forecast(self.project)

    async def aforecast(self) -> Forecast:
        return await asyncio.to_thread(self.forecast)


def _source(project: Project, ledger: Ledger, run: str) -> Source:
    """The records of a run, from its ledger: their ids, texts and metadata as columns."""

    def read() -> tuple[Table, tuple[str | None, ...]]:
        ids = [d.record for d in ledger.decisions(run)]
        records = list(ledger.records(ids))
        content: dict[str, list[object]] = {"record": list(ids)}
        for name in dict.fromkeys(part.name for r in records for part in r.texts):
            texts = [{part.name: part.text for part in r.texts} for r in records]
            content[name] = [found.get(name) for found in texts]
        for name in dict.fromkeys(name for r in records for name in r.meta):
            content.setdefault(name, [r.meta.get(name) for r in records])
        return ColumnTable(content), tuple(ids)

    return Source(read, Names(project.task.name), polars_frame)


def import_annotations(
    path: Path | str,
    task_file: Path | str,
    people: bool = False,
    panel: str | None = None,
    names: ImportNames = LONG,
) -> Imported:
    """Read existing annotations into the ledger of a task file, as `assay import` does: a table
    of record, annotator and label (`names` says how its columns are called), or nested JSON."""
    target = target_of(task_file, people, panel)
    check(Path(path), names, target)
    ledger = open_ledger(str(target.ledger))
    try:
        return bring_in(ledger, Path(path), names, target, people)
    finally:
        ledger.close()


async def aimport_annotations(
    path: Path | str,
    task_file: Path | str,
    people: bool = False,
    panel: str | None = None,
    names: ImportNames = LONG,
) -> Imported:
    return await asyncio.to_thread(import_annotations, path, task_file, people, panel, names)
