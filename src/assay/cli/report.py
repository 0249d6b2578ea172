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
    from assay.report import write_report

    project = open_project(task).changed({}, ledger)
    opened = project.ledger()
    try:
        runs = [r.id for r in opened.runs(project.task.id)]
        if not runs or (run is not None and run not in runs):
            known = f"there are {', '.join(runs)}" if runs else "run the task first: assay run"
            raise SpecError(f"{project.ledger_place} holds no {run or 'run'} of this task; {known}")
        write_report(opened, run or runs[-1], story(project), out)
    finally:
        opened.close()
        asyncio.run(project.close())
    click.echo(f"wrote {out}")
