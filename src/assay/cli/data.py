"""`assay import` and `assay export`: annotations into a ledger, and what it holds out of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assay.core.annotation import Decision
    from assay.ledger import Ledger

BATCH = 1_000
TASK_FILES = (".yaml", ".yml")


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--ledger", help="Ledger file or URL to write to; default: the task file's.")
@click.option("--task", type=click.Path(path_type=Path), help="Task file that the answers are to.")
@click.option("--name", help="Name of the task where no task file is given; default: the file's.")
@click.option("--record", default="record", show_default=True, help="Column with the record id.")
@click.option("--annotator", default="annotator", show_default=True, help="Column of who said it.")
@click.option("--label", default="label", show_default=True, help="Column with the label.")
@click.option("--wide", multiple=True, help="Column of one annotator; repeat for each of them.")
@click.option(
    "--labels-of", multiple=True, type=click.Path(path_type=Path),
    help="Another file of the same form and task: its labels are possible answers too.",
)  # fmt: skip
@click.option("--people", is_flag=True, help="People gave these answers, not models.")
@click.option("--panel", help="With --people: whose, where the task file has several panels.")
@click.option("--ordinal", is_flag=True, help="Whole numbers are a scale, not names of classes.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON on stdout.")
def import_command(
    path: Path,
    ledger: str | None,
    task: Path | None,
    name: str | None,
    record: str,
    annotator: str,
    label: str,
    wide: tuple[str, ...],
    labels_of: tuple[Path, ...],
    people: bool,
    panel: str | None,
    ordinal: bool,
    as_json: bool,
) -> None:
    """Read existing annotations from PATH: long, wide (--wide), or JSON of who: record: label."""
    from dataclasses import asdict

    from assay.build.imports import bring, check, inferred, target_of
    from assay.core.errors import SpecError
    from assay.core.redact import hidden
    from assay.data.annotations import Names
    from assay.ledger import open_ledger

    names = Names(record, annotator, label, wide)
    if task is None:
        target = inferred((path, *labels_of), names, name, ordinal)
    else:
        target = target_of(task, people, panel)
    place = ledger or target.ledger
    if place is None:
        raise SpecError("where to? give --ledger FILE, or --task FILE that names a ledger")
    check(path, names, target)
    opened = open_ledger(place)
    try:
        found = bring(opened, path, names, target, people)
    finally:
        opened.close()
    if as_json:
        told = asdict(found) | {"task": target.task.id, "ledger": hidden(place)}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{found.added:,} annotations of task {target.task.id} written to {hidden(place)}")
    if found.known:
        click.echo(
            f"note: {found.known:,} were there already (imported before, or given twice by one "
            "annotator); the first stands",
            err=True,
        )
    if found.empty:
        click.echo(f"note: {found.empty:,} empty cells are no annotation", err=True)


@click.command("export")
@click.argument("source")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True,
    help="File (.csv, .jsonl, .parquet; .json: boxes as COCO), or a Hugging Face folder.",
)  # fmt: skip
@click.option("--run", help="Decisions of this run; default: the last one that decided.")
@click.option("--annotations", is_flag=True, help="Every annotation instead of the decisions.")
def export_command(source: str, out: Path, run: str | None, annotations: bool) -> None:
    """Write what SOURCE (a ledger or task file) holds to a file, whole or not at all."""
    from assay.data.write import (
        ANNOTATION_FIELDS,
        DECISION_FIELDS,
        annotation_rows,
        write_rows,
    )

    ledger, task = _opened(source)
    try:
        if annotations:
            count = write_rows(annotation_rows(ledger.annotations(task)), ANNOTATION_FIELDS, out)
        else:
            decided = ledger.decisions(_run(ledger, task, run))
            if out.suffix.lower() == ".json":
                click.echo(f"{_coco(ledger, decided, out):,} boxes written to {out}")
                return
            count = write_rows(_sourced(ledger, decided), DECISION_FIELDS, out)
    finally:
        ledger.close()
    click.echo(f"{count:,} {'annotations' if annotations else 'decisions'} written to {out}")


def _sourced(ledger: "Ledger", decided: Iterator["Decision"]) -> Iterator[dict[str, object]]:
    from itertools import islice

    from assay.data.write import decision_rows

    while batch := list(islice(decided, BATCH)):
        found = ledger.records([d.record for d in batch])
        yield from decision_rows(batch, {r.id: r.source for r in found})


def _coco(ledger: "Ledger", decided: Iterator["Decision"], out: Path) -> int:
    """COCO instances; the boxes of a run and the sizes of its pictures are all that is held."""
    from assay.data.coco import coco_of_records, write_coco

    values = {d.record: d.value for d in decided}
    return write_coco(coco_of_records(ledger.records(list(values)), values), out)


def _opened(source: str) -> tuple["Ledger", str | None]:
    from assay.core.errors import LedgerError
    from assay.ledger import open_ledger

    task = None
    if source.endswith(TASK_FILES):
        from assay.build import open_project

        project = open_project(source)
        source, task = str(project.ledger_place), project.task.id
    if "://" not in source and not Path(source).is_file():
        raise LedgerError(f"there is no ledger {source}; `assay run` or `assay import` makes one")
    return open_ledger(source), task


def _run(ledger: "Ledger", task: str | None, wanted: str | None) -> str:
    from assay.core.errors import InputError

    runs = [run.id for run in ledger.runs(task)]
    if wanted is not None:
        if wanted not in runs:
            raise InputError(
                f"there is no run {wanted!r}; the runs are {', '.join(runs) or 'none'}"
            )
        return wanted
    for run in reversed(runs):
        if next(ledger.decisions(run), None) is not None:
            return run
    raise InputError("no run has decided anything yet; --annotations exports what was answered")
