"""What a run may cost: shown, and asked about, before the first call that is paid for."""

import asyncio
import sys

import click

from assay.cli.common import Quiet
from assay.core.cost import stated
from assay.project import Project
from assay.project.forecast import Forecast, forecast
from assay.taskfile.hosted import Hosted


def forecast_of(project: Project, limit: int | None) -> Forecast:
    """What a run would ask and cost; nothing is sent, and no model stays loaded for it."""
    try:
        return forecast(project, limit)
    finally:
        asyncio.run(project.aclose())


def cost_line(found: Forecast) -> str:
    if not found.nanos:
        return f"cost {stated(0, found.currency, found.unpriced)}"
    expected, most = (
        stated(n, found.currency, found.unpriced) for n in (found.expected_nanos, found.nanos)
    )
    return f"expected cost {expected} ({found.basis}), upper bound {most}"


def confirm_cost(project: Project, limit: int | None) -> None:
    """Before the first paid run of a task: asks on a terminal, and says so elsewhere."""
    if project.budget.cap_nanos == 0 or not _paid(project) or _spent(project):
        return
    found = forecast(project, limit)
    if not found.nanos:
        return
    if not _terminal():
        click.echo(
            f"note: {cost_line(found)}; no confirmation asked, since this is not a terminal",
            err=True,
        )
        return
    click.echo(f"assay: {cost_line(found)}", err=True)
    if not click.confirm("assay: run?", err=True):
        click.echo("nothing was sent", err=True)
        raise SystemExit(130)


def _paid(project: Project) -> bool:
    """Whether an endpoint with prices may be asked."""
    specs = (project.file.annotators[name] for name in project.strategy.annotators)
    return any(isinstance(s, Hosted) and s.prices != type(s.prices)() for s in specs)


def _spent(project: Project) -> int:
    if not project.has_ledger:
        return 0
    ledger = project.ledger()
    try:
        return ledger.spent_nanos(project.task.id)
    finally:
        ledger.close()


def _terminal() -> bool:
    shown = sys.stderr.stream if isinstance(sys.stderr, Quiet) else sys.stderr
    return sys.stdin is not None and sys.stdin.isatty() and shown.isatty()
