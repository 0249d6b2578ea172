"""`assay report`: the results in the ledger, as one HTML file."""

import json
from dataclasses import replace
from pathlib import Path

import click

from assay.cli.common import examples
from assay.cli.outputs import output_option, wrote
from assay.cli.sources import trial_notes
from assay.cli.tables import format_option, print_parts
from assay.cli.task_argument import task_argument
from assay.core.errors import SpecError
from assay.core.redact import hidden
from assay.ledger import last_deciding
from assay.project import open_project, report_context
from assay.report import write_report
from assay.report.table import parts


@click.command("report", epilog=examples("assay report", "assay report task.yaml -o report.html"))
@task_argument()
@output_option(default=Path("report.html"), show_default=True, stdout=".html",
    help="The HTML file to write; `-`: stdout.",
)  # fmt: skip
@format_option
@click.option("--run", "run", help="The run to report on; default: the last one with decisions.")
@click.option("--ledger", help="Ledger file or URL; overrides the file's.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON on stdout.")
def report_command(
    task: Path, out: Path, run: str | None, ledger: str | None, as_json: bool
) -> None:
    """Print the quality of the labels of TASK, and write the HTML report."""
    project = open_project(task).changed({}, ledger)
    if not project.has_ledger:
        raise SpecError(f"no ledger {project.ledger_place}; first run: assay run {task}")
    opened = project.ledger()
    try:
        held = list(opened.runs(project.task.id))
        runs = [r.id for r in held]
        if not runs:
            place = hidden(project.ledger_place)
            raise SpecError(f"{place} has no run of this task; first run: assay run {task}")
        if run is not None and run not in runs:
            raise SpecError(f"there is no run {run!r} of this task; there are {', '.join(runs)}")
        chosen = run or last_deciding(opened, runs) or runs[-1]
        trials = tuple(trial_notes(held, chosen))
        context = report_context(project)
        context = replace(context, notes=(*trials, *context.notes))
        found = write_report(opened, chosen, context, out)
    finally:
        opened.close()
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        return
    for line in trials:
        click.echo(f"note: {line}", err=True)
    print_parts(parts(found))
    click.echo(wrote(out))
