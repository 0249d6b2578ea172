"""Sources that commands read: a task file, a ledger or a table, with their columns on records."""

from collections.abc import Sequence
from pathlib import Path

import click

from assay.core.annotation import Decision
from assay.core.errors import InputError, SpecError
from assay.core.schema import Schema
from assay.data.base import cell, check_columns
from assay.data.layout import RECORD, one_of
from assay.data.read import columns_of, read_rows
from assay.ledger import Ledger, Run, kept_ledger, last_deciding, trial_of
from assay.project import open_project
from assay.quality.inference.audit_sheet import decisions_in

TASK_FILES = (".yaml", ".yml")
LEDGERS = (".sqlite", ".db", *TASK_FILES)


def ledger_and_task(source: str, ledger: str | None = None) -> tuple["Ledger", str | None]:
    task = None
    if source.endswith(TASK_FILES):
        project = open_project(source).changed({}, ledger)
        source, task = str(project.ledger_place), project.task.id
    elif ledger is not None:
        raise SpecError(f"--ledger needs a task file, and {source} is treated as a ledger")
    return kept_ledger(source), task


def trial_notes(runs: Sequence[Run], chosen: str) -> list[str]:
    """What to know where trial runs are among these runs of a task."""
    there = [run.id for run in runs]
    trial = trial_of(runs[there.index(chosen)])
    if trial is not None:
        return [f"this is a trial run with --limit: {trial[0]:,} of {trial[1]:,} records"]
    later = next((r for r in reversed(runs[there.index(chosen) + 1 :]) if trial_of(r)), None)
    if later is None:
        return []
    taken, among = trial_of(later) or (0, 0)
    return [
        f"the trial run {later.id} ({taken:,} of {among:,} records) is newer and left out; "
        f"--run {later.id} takes it"
    ]


def decided_run(ledger: Ledger, task: str | None, wanted: str | None) -> str:
    runs = [run.id for run in ledger.runs(task)]
    if wanted is not None:
        if wanted not in runs:
            raise InputError(
                f"there is no run {wanted!r}; the runs are {', '.join(runs) or 'none'}"
            )
        return wanted
    if (last := last_deciding(ledger, runs)) is not None:
        for line in trial_notes(list(ledger.runs(task)), last):
            click.echo(f"note: {line}", err=True)
        return last
    raise InputError("no run has made decisions yet; use --annotations to export the answers")


def of_records(source: str, name: str, record: str | None = None) -> dict[str, str]:
    """The value of a column for each record, "" if empty: from a table, or a ledger's records."""
    found = _of_ledger(source, name) if is_ledger(source) else _of_table(source, name, record)
    if not any(found.values()):
        raise InputError(f"no record of {source} has {name!r}")
    return found


def _of_table(source: str, name: str, record: str | None) -> dict[str, str]:
    path = Path(source)
    if path.suffix.lower() == ".json":
        raise InputError(f"{path}: --cluster names a column, so it needs a table")
    there = columns_of(path)
    of_record = record or one_of(path, there, RECORD, "--record")
    check_columns(path, there, (of_record, name))
    found: dict[str, str] = {}
    for number, row in read_rows(path):
        own, value = cell(row[of_record]).strip(), cell(row[name]).strip()
        if found.setdefault(own, value) != value:
            raise InputError(
                f"{path}:{number}: record {own!r} has {name} {value!r} here and {found[own]!r} "
                "above"
            )
    return found


def _of_ledger(source: str, name: str) -> dict[str, str]:
    ledger, _ = ledger_and_task(source)
    try:
        found: dict[str, str] = {}
        for r in ledger.records():
            own = {"language": r.language, "source": r.source}
            found[r.id] = own.get(name, r.meta.get(name)) or ""
        return found
    finally:
        ledger.close()


def is_ledger(source: str) -> bool:
    """A ledger or task file, not a table."""
    return "://" in source or Path(source).suffix in LEDGERS


def read_decisions(
    source: str, run: str | None
) -> tuple[Sequence[Decision], dict[str, str], Schema | None]:
    """Decisions, texts if the source has them, and the schema if it is known."""
    if not is_ledger(source):
        return *decisions_in(Path(source)), None
    ledger, task = ledger_and_task(source)
    try:
        wanted = decided_run(ledger, task, run)
        own = next(r.task for r in ledger.runs() if r.id == wanted)
        return list(ledger.decisions(wanted)), {}, ledger.schemas().get(own)
    finally:
        ledger.close()
