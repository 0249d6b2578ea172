"""`assay import` and `assay export`: annotations into a ledger, and its content to a file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from assay.cli.columns import column_options
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.outputs import dry_mark, dry_option, output_option, written_to
from assay.cli.sources import TASK_FILES, decided_run, ledger_and_task
from assay.cli.task_argument import source_argument
from assay.core.errors import SpecError
from assay.core.redact import hidden
from assay.data.annotations import Names
from assay.data.as_yours import Yours, export_yours
from assay.data.base import many
from assay.data.export import export, sheet
from assay.data.write import ANNOTATION_FIELDS, annotation_rows, write_rows
from assay.ledger import Ledger, open_ledger
from assay.ledger.named import names_in
from assay.project import open_project
from assay.project.exports import yours_of
from assay.project.imports import Imported, check, import_annotations, inferred, target_of


@click.command("import", epilog=examples("assay import people.csv --task task.yaml --people"))
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--ledger", help="Ledger file or URL to write to; default: the task file's.")
@click.option(
    "--task", type=click.Path(path_type=Path), help="Task file that the answers belong to."
)
@click.option("--name", help="Task name, if no task file is given; default: the file name.")
@column_options
@click.option("--wide", multiple=True, help="Column of one annotator; repeat for each of them.")
@click.option(
    "--labels-of", multiple=True, type=click.Path(path_type=Path),
    help="Another file of the same format and task: its labels are added to the label set.",
)  # fmt: skip
@click.option("--people", is_flag=True, help="The answers are by people, not models.")
@click.option("--panel", help="With --people: the panel, if the task file has several.")
@dry_option("Check and count everything; write nothing into the ledger.")
@click.option("--ordinal", is_flag=True, help="Integers are a scale, not class names.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON on stdout.")
def import_command(
    path: Path,
    ledger: str | None,
    task: Path | None,
    name: str | None,
    record: str | None,
    annotator: str | None,
    label: str | None,
    wide: tuple[str, ...],
    labels_of: tuple[Path, ...],
    people: bool,
    panel: str | None,
    dry_run: bool,
    ordinal: bool,
    as_json: bool,
) -> None:
    """Import existing annotations from PATH: a long table, a wide one (--wide), or JSON keyed by
    annotator, then record."""
    names = Names(record, annotator, label, wide)
    if panel is not None and (task is None or not people):
        raise SpecError("--panel names the panel of these answers: use it with --task and --people")
    if task is None:
        target = inferred((path, *labels_of), names, name, ordinal)
    else:
        target = target_of(task, people, panel)
    place = ledger or target.ledger
    if place is None:
        raise SpecError("no target: give --ledger FILE, or --task FILE that names a ledger")
    check(path, names, target)
    with _rehearsed(place) if dry_run else nullcontext(place) as there:
        opened = open_ledger(there)
        try:
            found = import_annotations(opened, path, names, target, people)
        finally:
            opened.close()
    if as_json:
        described = asdict(found) | {"task": target.task.id, "ledger": hidden(place)} | dry_mark()
        click.echo(json.dumps(described, ensure_ascii=False))
        return
    _print_result(found, target.task.id, hidden(place))


@contextmanager
def _rehearsed(place: str) -> Iterator[str]:
    """A ledger to write into and throw away: a copy of the one that is there."""
    with TemporaryDirectory(prefix="assay-") as folder:
        copy = Path(folder) / "ledger.sqlite"
        if "://" in place:
            click.echo("note: what the ledger holds already is counted as new", err=True)
        elif Path(place).is_file():
            with closing(sqlite3.connect(place)) as held, closing(sqlite3.connect(copy)) as made:
                held.backup(made)
        yield str(copy)


def _print_result(found: Imported, task: str, place: str) -> None:
    added = many(found.added, "annotation", "annotations")
    click.echo(f"{added} of task {task} {written_to(Path(place))}")
    if found.known:
        known = many(found.known, "was", "were")
        click.echo(
            f"note: {known} already present (imported before, or repeated by the same "
            f"annotator); the "
            "first is kept",
            err=True,
        )
    if found.empty:
        empty = many(found.empty, "empty cell is ignored", "empty cells are ignored")
        click.echo(f"note: {empty}", err=True)
    for line in found.notes:
        click.echo(f"note: {line}", err=True)


@click.command(
    "export",
    epilog=examples(
        "assay export -o labels.csv", "assay export task.yaml --annotations -o answers.jsonl"
    ),
)
@source_argument
@output_option(required=True, stdout=".csv",
    help="Output file (.csv, .jsonl, .parquet; .json: boxes as COCO), or a folder for "
         "a Hugging Face data set; `-`: CSV to stdout, `-.jsonl`: JSON lines.",
)  # fmt: skip
@click.option("--ledger", help="Ledger file or URL; overrides the task file's.")
@click.option("--run", help="Use decisions of this run; default: the last one with decisions.")
@click.option(
    "--annotations", is_flag=True, help="Export every annotation instead of the decisions."
)
@click.option(
    "--waiting", is_flag=True,
    help="Export only records that wait for people, with cells to fill in and import.",
)  # fmt: skip
@click.option("--panel", help="With --waiting: only records that wait for this panel.")
@click.option("--only-answers", is_flag=True, help="Leave out the columns of your own data file.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON on stdout.")
def export_command(
    source: str,
    out: Path,
    ledger: str | None,
    run: str | None,
    annotations: bool,
    waiting: bool,
    panel: str | None,
    only_answers: bool,
    as_json: bool,
) -> None:
    """Write the labels in SOURCE (a task file or ledger) to a file."""
    if annotations and waiting:
        raise SpecError("--annotations and --waiting are different tables; choose one")
    if panel is not None and not waiting:
        raise SpecError("--panel names the panel of the sheet: use it with --waiting")
    opened, task = ledger_and_task(source, ledger)
    try:
        if annotations:
            written = _annotations(opened, task, out)
        else:
            deciding = decided_run(opened, task, run)
            if waiting:
                written = _waiting(opened, deciding, out, panel)
            else:
                written = _decisions(opened, deciding, out, _yours(source), only_answers)
    finally:
        opened.close()
    if as_json:
        print_json(written.figures | {"out": str(out)} | dry_mark())
        return
    click.echo(written.line)
    for line in written.notes:
        click.echo(f"note: {line}", err=True)


def _yours(source: str) -> Yours | None:
    return yours_of(open_project(source)) if source.endswith(TASK_FILES) else None


@dataclass(frozen=True, slots=True)
class Written:
    """What an export says, for programs and for people."""

    figures: dict[str, object]
    line: str
    notes: tuple[str, ...] = ()


def _annotations(ledger: Ledger, task: str | None, out: Path) -> Written:
    rows = annotation_rows(ledger.annotations(task), names_in(ledger, task))
    count = write_rows(rows, ANNOTATION_FIELDS, out)
    described = many(count, "annotation", "annotations")
    return Written({"annotations": count}, f"{described} {written_to(out)}")


def _decisions(ledger: Ledger, run: str, out: Path, yours: Yours | None, bare: bool) -> Written:
    decisions = ledger.decisions(run)
    if yours is not None and out.suffix.lower() != ".json":
        found = export_yours(decisions, yours, out, bare)
    else:
        found = export(decisions, ledger.records, out)
    if found.boxes:
        described = many(found.count, "box", "boxes")
        return Written({"boxes": found.count}, f"{described} {written_to(out)}")
    figures: dict[str, object] = {"records": found.count, "undecided": found.undecided}
    if found.undecided:
        described = many(found.count, "record", "records")
        return Written(figures, f"{described} {written_to(out)}, {found.undecided:,} undecided")
    described = many(found.count, "decision", "decisions")
    return Written(figures, f"{described} {written_to(out)}")


def _waiting(ledger: Ledger, run: str, out: Path, panel: str | None) -> Written:
    waiting = sheet(ledger.decisions(run), ledger.records, out, panel)
    described = many(waiting.total(), "record waits", "records wait")
    line = f"{described} for {' and '.join(waiting) or 'people'}, {written_to(out)}"
    notes = ("--panel gives each panel a sheet of its own",) if len(waiting) > 1 else ()
    return Written({"waiting": dict(waiting)}, line, notes)
