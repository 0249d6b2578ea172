"""`assay export` and `assay import`: results out, existing annotations in."""

from pathlib import Path

import click


@click.command("export")
@click.argument("task", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True,
              help="File ending in .csv, .jsonl or .parquet; without ending: Hugging Face folder.")  # fmt: skip
@click.option("--annotations", is_flag=True, help="Every annotation instead of the decisions.")
@click.option("--run", "run", help="Decisions of this run; the last one if left out.")
@click.option("--ledger", help="Ledger file or URL; replaces the file's.")
def export_command(
    task: Path, out: Path, annotations: bool, run: str | None, ledger: str | None
) -> None:
    """Write the decisions (or annotations) of TASK to a file, whole or not at all."""
    from assay.build import open_project
    from assay.core.errors import SpecError
    from assay.data.write import (
        ANNOTATION_FIELDS,
        DECISION_FIELDS,
        annotation_rows,
        decision_rows,
        write_rows,
    )

    project = open_project(task).changed({}, ledger)
    opened = project.ledger()
    try:
        if annotations:
            found = opened.annotations(project.task.id)
            count = write_rows(annotation_rows(found), ANNOTATION_FIELDS, out)
        else:
            runs = [r.id for r in opened.runs(project.task.id)]
            if not runs or (run is not None and run not in runs):
                raise SpecError(f"{project.ledger_place} holds no {run or 'run'} of this task")
            made = opened.decisions(run or runs[-1])
            count = write_rows(decision_rows(made), DECISION_FIELDS, out)
    finally:
        opened.close()
    click.echo(f"wrote {count:,} rows to {out}")


@click.command("import")
@click.argument("task", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--record", default="record", show_default=True, help="Column with the record id.")
@click.option("--annotator", default="annotator", show_default=True,
              help="Column with the name of who answered (long form).")  # fmt: skip
@click.option("--label", default="label", show_default=True, help="Column with the answer.")
@click.option("--wide", is_flag=True, help="One column for each annotator, beside --record.")
@click.option("--panel", help="They are people: their answers count for this panel of the task.")
@click.option("--ledger", help="Ledger file or URL; replaces the file's.")
def import_command(
    task: Path,
    files: tuple[Path, ...],
    record: str,
    annotator: str,
    label: str,
    wide: bool,
    panel: str | None,
    ledger: str | None,
) -> None:
    """Read existing annotations of TASK's records from FILES into its ledger.

    FILES are tables (long form, or --wide) or JSON of annotator → record → label.
    """
    from assay.build import open_project
    from assay.data.annotations import Shape, read_annotations

    project = open_project(task).changed({}, ledger)
    shape = Shape(record, annotator, label, wide)
    opened = project.ledger()
    try:
        opened.add_task(project.task)
        records = {r.id: r for r in project.all_records()}
        opened.add_records(records.values())
        new = 0
        for file in files:
            found = read_annotations(file, shape, project.task, records, panel)
            new += opened.add(found)
            click.echo(f"{file}: {len(found):,} annotations")
    finally:
        opened.close()
    click.echo(f"{new:,} are new in {project.ledger_place}")
