"""`assay run`: label the records of a task file."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import click

from assay.cli.allow import allow_code_option
from assay.cli.amount import AMOUNT, SHARE
from assay.cli.common import examples, hint
from assay.cli.confirm import confirm_cost, forecast_of
from assay.cli.json_output import print_json
from assay.cli.one_class import class_option
from assay.cli.plan import plan_prepared, print_notes, promised, ready
from assay.cli.tables import format_option, offer
from assay.cli.task import print_forecast
from assay.cli.task_argument import task_argument
from assay.core.errors import SpecError
from assay.core.redact import hidden
from assay.ledger import Ledger
from assay.project import Project, entities, evaluation, open_project, parts, tags
from assay.project.exposed import exposed
from assay.project.lessons import lessons
from assay.project.plan import Prepared, askables
from assay.project.unmatched import split_note, unmatched_gold, unscored
from assay.project.unsure import unsure
from assay.quality.guarantees.promise import Promise
from assay.report.classes import class_lines
from assay.report.promised import Promised
from assay.run import Job, Progress, Summary
from assay.run import label as run_label
from assay.run.live import shown


@click.command("run", epilog=examples("assay run --dry-run", "assay run task.yaml --limit 10"))
@task_argument()
@click.option("--limit", type=click.IntRange(min=1), help="Label only the first N records.")
@click.option("--budget", type=AMOUNT, help="Money cap; overrides the file's.")
@click.option("--minutes", type=AMOUNT, help="Time cap; overrides the file's.")
@click.option("--ledger", help="Ledger file or URL; overrides the file's.")
@click.option(
    "--target", type=SHARE, help="Plan first, then label so that this agreement is reached."
)
@click.option("--delta", type=SHARE, default=0.1, show_default=True,
              help="With --target: probability that the guarantee may fail.")  # fmt: skip
@click.option("--promise", type=click.Choice(["accepted", "output"]), default="accepted",
              show_default=True, help="With --target: scope, accepted labels only or "
                                      "all labels including "
              "human ones.")  # fmt: skip
@click.option("--human-label", type=AMOUNT,
              help="With --target: price of one human label; overrides the file's.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be asked and cost; send nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before the first paid run.")
@format_option
@class_option
@allow_code_option
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
def run_command(
    task: Path,
    limit: int | None,
    budget: float | None,
    minutes: float | None,
    ledger: str | None,
    target: float | None,
    delta: float,
    promise: str,
    human_label: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Label the records of TASK; run again to resume.

    Exit codes: 0 all records were processed; 2 an error in file or options; 3 stopped early
    (budget, time, a model), or nothing was decided because answers failed; 130 Ctrl-C.
    """

    project = open_project(task)
    changes = {"money": budget, "minutes": minutes}
    project = project.changed({k: v for k, v in changes.items() if v is not None}, ledger)
    if dry_run:
        _rehearse(project, limit, planned=target is not None, as_json=as_json)
        return
    total = prepared(project, limit, planned=target is not None)
    if target is None and not yes:
        confirm_cost(project, limit)
    sample = None if target is None else ready(project, human_label)
    opened = project.ledger()
    try:
        if target is not None and sample is not None:
            choose(sample, opened, promised(target, delta, promise), total)
        summary = label(project, opened, limit, total)
        _print_result(project, opened, summary, as_json)
    finally:
        opened.close()
    if not as_json:
        _next(summary, task, ledger)
    if summary.exit_code:
        raise SystemExit(summary.exit_code)


def _rehearse(project: Project, limit: int | None, planned: bool, as_json: bool) -> None:
    if planned:
        raise SpecError("--dry-run is for the strategy of the file; `assay plan` shows others")
    found = forecast_of(project, limit)
    if as_json:
        print_json(found.as_json())
        return
    print_forecast(found, prompt=False)
    click.echo("nothing was sent")


def _next(summary: Summary, task: Path, ledger: str | None) -> None:
    """The next commands to run, on the same ledger."""
    at = f"{task}" if ledger is None else f"{task} --ledger {hidden(ledger)}"
    if summary.waiting:
        own = "" if ledger is None else f" --ledger {hidden(ledger)}"
        hint(
            f"next: assay export {at} --waiting -o waiting.csv; fill in annotator and label, "
            f"then assay import waiting.csv --task {task} --people{own}, and run again"
        )
    elif summary.decided:
        hint(f"next: assay report {at}, or assay export {at} -o labels.csv")


def prepared(project: Project, limit: int | None, planned: bool = False) -> int:
    """The number of records to label. Problems with data, models or keys are reported here, before
    a ledger is created and before anything is spent. A plan has its own strategy."""

    total = sum(1 for _ in project.records(limit))
    _ = project.annotators  # made here, at first sight
    if not planned:
        _ = project.strategy
        for line in (*unsure(project), *exposed(project.file)):
            click.echo(f"note: {line}", err=True)
    if (odd := unmatched_gold(project)) is not None:
        click.echo(f"note: {odd}", err=True)
    return total


def choose(sample: Prepared, ledger: Ledger, promise: Promise, total: int) -> None:
    """Replace the task file's strategy with the one the plan selected, and store its guarantee in
    the run's settings.
    """

    project, found = sample.project, plan_prepared(sample, ledger, promise)
    pick = found.plan.pick
    print_notes(found)
    click.echo(
        f"plan: {pick.name}; about {pick.to_people:.1%} of the records are sent to people", err=True
    )
    if pick.certificate is not None:
        lines = dict.fromkeys((found.plan.verdict, pick.certificate.statement))
        for line in (*lines, f"guarantee: {promise.about} ({promise.labels})"):
            click.echo(line, err=True)
    project.promised = found.promised(pick)
    most = found.affordable(pick, total)
    if promise.about == "output" and most is not None and most < pick.to_people * total:
        click.echo(
            f"warning: the budget pays people for about {most:,} of {pick.to_people * total:,.0f} "
            "records; the guarantee covers all labels, so it does not hold for "
            "exported labels while "
            "the others are unresolved",
            err=True,
        )
    elif most is not None and most < pick.to_people * total:
        click.echo(
            f"note: the budget pays people for about {most:,} of {pick.to_people * total:,.0f} "
            "records; the others stay unresolved, and a larger --budget pays for them",
            err=True,
        )
    project.strategy = found.strategy(pick, most)
    project.annotators = askables(found.prepared)


def label(project: Project, ledger: Ledger, limit: int | None, total: int) -> Summary:
    """One run, with progress shown."""
    settings = project.settings()
    if limit is not None and (all_records := sum(1 for _ in project.records())) > total:
        trial = {"records": total, "of": all_records}
        settings = replace(settings, note=dict(settings.note) | {"trial": trial})
    job = Job(project.task, project.strategy, project.annotators, ledger, settings)
    with shown(project.file.currency) as show:
        running = run_label(job, project.records(limit), Progress(total, show))
        with project.lines():
            summary = asyncio.run(_closing(running, project))
    project.follow(ledger, summary.run)
    return summary


async def _closing(run: "object", project: Project) -> Summary:
    try:
        return await run  # type: ignore[misc, no-any-return]
    finally:
        await project.aclose()


def _rows(summary: Summary) -> list[tuple[str, ...]]:
    head = ("annotator", "answered", "of requests", "failed", "from cache")
    return [
        head,
        *(
            (
                name,
                f"{tally.outcomes['answered']:,}",
                "–" if tally.answer_rate is None else f"{tally.answer_rate:.1%}",
                f"{tally.outcomes['failed']:,}",
                f"{tally.replayed:,}",
            )
            for name, tally in summary.tallies.items()
        ),
    ]


def _print_result(project: Project, ledger: Ledger, summary: Summary, as_json: bool) -> None:
    scores = evaluation(project, ledger, summary.run)
    spans = entities(project, ledger, summary.run)
    tagged = tags(project, ledger, summary.run)
    routes = parts(project, ledger, summary.run)
    if as_json:
        content = summary.as_json() | {
            "ledger": hidden(project.ledger_place),
            "copies": len(project.copies.first),
            "currency": project.file.currency,
            "promise": project.promised,
            "evaluation": {name: score.as_json() for name, score in scores.items()},
            "routes": {route: score.as_json() for route, score in routes.items()},
            "entities": {name: score.as_json() for name, score in spans.items()},
            "tags": {name: score.as_json() for name, score in tagged.items()},
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
        return
    noted = (*project.findings.lines(), *project.copies.notes, *lessons(project.annotators))
    for line in filter(None, (*noted, split_note(project))):
        click.echo(f"note: {line}", err=True)
    offer(_rows(summary))
    for line in summary.lines(project.file.currency):
        click.echo(line)
    if project.promised is not None:
        promised = Promised(project.promised)
        click.echo("\n".join([*promised.lines, *class_lines(promised.classes)]))
    for name, score in scores.items():
        described = [*score.lines(name), *(tagged[name].lines(name) if name in tagged else ())]
        click.echo("\n".join(described))
    for route, score in routes.items():
        click.echo(f"  by route {route}: accuracy {score.on_answered}")
    for name, found in spans.items():
        click.echo("\n".join(found.lines(name)))
    if summary.decided and not scores:
        click.echo(unscored(project))
    click.echo(f"ledger: {hidden(project.ledger_place)}")
