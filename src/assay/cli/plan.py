"""`assay plan`: the cheapest labelling strategy that meets a quality target."""

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path

import click

from assay.cli.allow import allow_code_option
from assay.cli.amount import AMOUNT, SHARE
from assay.cli.common import examples, hint
from assay.cli.json_output import print_json
from assay.cli.one_class import class_option
from assay.cli.outputs import dry_option, output_option, wrote
from assay.cli.tables import format_option, print_table
from assay.cli.task import print_forecast
from assay.cli.task_argument import task_argument
from assay.core.errors import InputError
from assay.core.spelling import shortened
from assay.ledger import Ledger
from assay.project import open_project
from assay.project.exposed import exposed
from assay.project.plan import Planned, Prepared, collect, forecast_sample, planned, prepare
from assay.project.project import Project
from assay.quality.guarantees.promise import Promise
from assay.quality.planning import Option
from assay.report.classes import class_lines, poor
from assay.report.plan_page import write_plan
from assay.report.wording import between
from assay.run import Progress, Summary
from assay.run.live import shown


@click.command(
    "plan",
    epilog=examples(
        "assay plan --target 0.9 --human-label 0.10",
        "assay plan task.yaml --promise output --html plan.html",
    ),
)
@task_argument()
@click.option(
    "--target", type=SHARE, default=0.9, show_default=True,
    help="Agreement that the guaranteed labels must reach.",
)  # fmt: skip
@click.option(
    "--delta", type=SHARE, default=0.1, show_default=True,
    help="Probability that the guarantee may fail.",
)  # fmt: skip
@click.option(
    "--promise", type=click.Choice(["accepted", "output"]), default="accepted", show_default=True,
    help="Guarantee for accepted labels only, or for all labels, human ones included.",
)  # fmt: skip
@click.option("--human-label", type=AMOUNT, help="Price of one human label.")
@click.option("--budget", type=AMOUNT, help="Money cap; overrides the file's.")
@click.option("--ledger", help="Ledger file or URL; overrides the file's.")
@output_option(
    "--html", stdout=".html", dry=False,
    help="Write the plan with its chart to this HTML file; `-`: stdout.",
)  # fmt: skip
@dry_option("Show what would be asked and cost; send and write nothing.")
@format_option
@class_option
@allow_code_option
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON on stdout.")
def plan_command(
    task: Path,
    target: float,
    delta: float,
    promise: str,
    human_label: float | None,
    budget: float | None,
    ledger: str | None,
    html: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find the cheapest labelling strategy for TASK that meets a quality target.

    Every model is asked about the labelled sample; then the strategies are compared."""
    changes = {} if budget is None else {"money": budget}
    project = open_project(task).changed(changes, ledger)
    prepared = ready(project, human_label)
    if dry_run:
        _rehearse(prepared, as_json)
        return
    opened = project.ledger()
    try:
        with project.lines():
            found = plan_prepared(prepared, opened, promised(target, delta, promise))
    finally:
        opened.close()
    if html is not None:
        classes = found.classes(found.plan.pick)
        write_plan(found.plan, project.task, project.file.currency, html, classes)
    if as_json:
        described = found.plan.as_json() | {
            "currency": project.file.currency,
            "classes": [c.as_json() for c in found.classes(found.plan.pick)],
        }
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    print_result(found)
    if html is not None:
        click.echo(wrote(html))
    about = "" if promise == "accepted" else f" --promise {promise}"
    hint(f"next: assay run {task} --target {target:g} --delta {delta:g}{about}")


def _rehearse(prepared: Prepared, as_json: bool) -> None:
    project = prepared.project
    try:
        found = forecast_sample(prepared)
    finally:
        asyncio.run(project.aclose())
    if as_json:
        print_json(found.as_json())
        return
    print_forecast(found, prompt=False)
    click.echo("nothing was sent")


def promised(target: float, delta: float, about: str) -> Promise:
    return Promise(1 - target, delta, "output" if about == "output" else "accepted")


def ready(project: Project, person: float | None) -> Prepared:
    """Problems with the sample or a model are reported here, before a ledger is created."""
    for line in exposed(project.file):
        click.echo(f"note: {line}", err=True)
    with project.lines():
        prepared = prepare(project, person)
    _ = project.annotators  # made here, at first sight
    return prepared


def plan_prepared(prepared: Prepared, ledger: Ledger, promise: Promise) -> Planned:
    """Asks only about records of the sample without an answer; then nothing more is spent."""
    project = prepared.project
    with shown(project.file.currency) as show:
        progress = Progress(len(prepared.records), show)
        summary = asyncio.run(_closing(collect(prepared, ledger, progress), project))
    if summary.reason is not None:
        raise InputError(f"the sample could not be labelled by the models: {summary.message}")
    return planned(prepared, ledger, promise)


async def _closing(asking: Awaitable[Summary], project: Project) -> Summary:
    try:
        return await asking
    finally:
        await project.aclose()


def print_result(found: Planned) -> None:
    plan, currency = found.plan, found.prepared.project.file.currency
    click.echo(
        f"{plan.records:,} records with {plan.reference}; target {1 - plan.promise.alpha:.1%} of "
        f"{plan.promise.labels}, with probability {1 - plan.promise.delta:.1%}"
    )
    print_notes(found)
    head = ("strategy", "to people", "agreement (95% CI)", f"{currency} per 1,000")
    rows = [_row(option) for option in (*plan.options, *plan.bare)]
    print_table([head, *rows])
    pick = plan.pick
    click.echo(f"\nselected: {pick.name}")
    if pick.certificate is not None:
        for line in dict.fromkeys((plan.verdict, pick.certificate.statement)):
            click.echo(line)
        click.echo(f"guarantee: {plan.promise.about} ({plan.promise.labels})")
        for line in class_lines(found.classes(pick)):
            click.echo(line)
        click.echo("assumptions: " + "; ".join(pick.certificate.assumptions))
    if plan.baseline is not None:
        click.echo(f"majority-class baseline: {shortened(plan.baseline.label)} agrees in "
                   f"{plan.baseline.share:.1%} (n = {plan.baseline.n:,})")  # fmt: skip
    for a, b, money in plan.steps:
        click.echo(
            f"from {a.name!r} to {b.name!r}: {money:,.2f} {currency} per additional "
            f"percentage point of "
            "agreement on 1,000 records"
        )
    refused = [o for o in plan.options if not o.meets and o.certificate is not None]
    for option in refused:
        assert option.certificate is not None
        click.echo(f"{option.name}: {option.certificate.statement}")


def print_notes(found: Planned) -> None:
    """What was left out of the plan and why, and the limits of the guarantee."""
    plan = found.plan
    for line in poor(found.classes(plan.pick), plan.promise):
        click.echo(f"warning: {line}", err=True)
    for line in plan.notes:
        click.echo(f"note: {line}", err=True)
    if plan.asks_little is not None:
        click.echo(f"warning: {plan.asks_little}", err=True)


def _row(option: Option) -> tuple[str, ...]:
    if option.links and option.threshold is None:
        return option.name, "–", "no guarantee possible", "–"
    return (
        option.name,
        f"{option.to_people:.1%}",
        _ends("{:.1%}", option.agreement, option.agreement_interval),
        _ends("{:,.2f}", 1000 * option.cost, tuple(1000 * c for c in option.cost_interval)),
    )


def _ends(form: str, value: float, interval: tuple[float, ...]) -> str:
    """The figure with its interval, which is omitted if both ends read the same."""
    low, high = map(form.format, interval)
    described = between(low, high)
    return form.format(value) + (f" {described}" if described else "")
