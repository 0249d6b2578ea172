"""`assay report`: what the ledger holds, as one HTML file."""

from pathlib import Path

import click


@click.command("report")
@click.argument("task", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("report.html"))
@click.option("--run", "run", help="The run to report on; the last one if left out.")
@click.option("--ledger", help="Ledger file or URL; replaces the file's.")
def report_command(task: Path, out: Path, run: str | None, ledger: str | None) -> None:
    """Write the HTML report of TASK."""
    import asyncio

    from assay.build import open_project, story
    from assay.core.errors import SpecError
    from assay.core.redact import hidden
    from assay.report import write_report

    project = open_project(task).changed({}, ledger)
    if not project.has_ledger:
        raise SpecError(f"there is no ledger {project.ledger_place}; first: assay run {task}")
    opened = project.ledger()
    try:
        runs = [r.id for r in opened.runs(project.task.id)]
        if not runs:
            place = hidden(project.ledger_place)
            raise SpecError(f"{place} holds no run of this task; first: assay run {task}")
        if run is not None and run not in runs:
            raise SpecError(f"there is no run {run!r} of this task; there are {', '.join(runs)}")
        write_report(opened, run or runs[-1], story(project), out)
    finally:
        opened.close()
        asyncio.run(project.close())
    click.echo(f"wrote {out}")
