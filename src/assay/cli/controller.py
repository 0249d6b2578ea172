"""`assay controller`: which specialists a controller would choose, as a plan to review."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import click

from assay.cli.allow import allow_code_option
from assay.cli.common import examples, hint
from assay.cli.outputs import dry_option
from assay.cli.task_argument import task_argument
from assay.project import open_project
from assay.project.consult import check_controller, consult
from assay.strategies.controller import script


@click.command("controller", epilog=examples("assay controller task.yaml"))
@task_argument()
@click.option("--ledger", help="Ledger file or URL; overrides the file's.")
@dry_option("Say who would be asked; send nothing.")
@allow_code_option
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON on stdout.")
def controller_command(task: Path, ledger: str | None, dry_run: bool, as_json: bool) -> None:
    """Have the controller of TASK choose specialists from its registry, then stop.

    The plan is data: it is checked against the task, printed, and nothing generated is run.
    """

    project = open_project(task).changed({}, ledger)
    chosen = check_controller(project)
    if dry_run:
        planned = {"asked": chosen.controller, "requests": 1, "dry_run": True}
        said = f"would ask {chosen.controller} once\nnothing was sent"
        click.echo(json.dumps(planned) if as_json else said)
        return
    _ = project.annotators  # made here, at first sight: what is wrong leaves no ledger
    opened = project.ledger()
    try:
        with project.lines():
            summary, plan = asyncio.run(consult(project, opened))
    finally:
        opened.close()
    if plan is None:
        described = (
            f"stopped ({summary.reason}): {summary.message}" if summary.reason else "waiting"
        )
        click.echo(
            f"the controller has not answered yet ({described}); run again to resume", err=True
        )
        raise SystemExit(summary.exit_code or 3)
    if as_json:
        click.echo(json.dumps(asdict(plan), ensure_ascii=False, indent=2))
        return
    for name, why in plan.refused.items():
        click.echo(f"refused {name}: {why}")
    for name, score in sorted(plan.scores.items(), key=lambda pair: -pair[1]):
        taken = name in (*plan.specialists, *plan.trainable)
        click.echo(f"{'taken  ' if taken else 'left   '} {name}: {score:+.2f}")
    click.echo(script(plan), nl=False)
    hint(f"next: assay run {task}")
