"""`assay synthesise`: labelled texts written by a model, marked as such."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import click

from assay.cli.allow import allow_code_option
from assay.cli.amount import AMOUNT
from assay.cli.common import examples
from assay.cli.outputs import output_option
from assay.cli.task_argument import task_argument
from assay.project import open_project
from assay.project.exposed import exposed
from assay.project.synthesis import drifted, save, write, writing
from assay.strategies.synthesise import Drift, Plan, Synthesis


@click.command("synthesise", epilog=examples("assay synthesise --per-label 20 -o synthetic.jsonl"))
@task_argument()
@click.option("--per-label", type=click.IntRange(min=1), required=True, help="Texts of each label.")
@output_option(required=True,
              help="File (.jsonl, .csv, .parquet): id, text, label, source.")  # fmt: skip
@click.option("--generator", help="Annotator of TASK that writes; default: the first.")
@click.option("--checker", help="Annotator that must give the same label, or the text is dropped.")
@click.option("--topic", multiple=True, help="Vary texts by topic; repeat for each.")
@click.option("--persona", multiple=True, help="Vary texts by who writes; repeat for each.")
@click.option("--nearest", type=click.FloatRange(0, 1, min_open=True), default=0.8,
              show_default=True, help="Similarity above which a text is a duplicate.")  # fmt: skip
@click.option("--budget", type=AMOUNT, help="Money cap; overrides the file's.")
@click.option("--ledger", help="Ledger file or URL; overrides the file's.")
@allow_code_option
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON on stdout.")
def synthesise_command(
    task: Path,
    per_label: int,
    out: Path,
    generator: str | None,
    checker: str | None,
    topic: tuple[str, ...],
    persona: tuple[str, ...],
    nearest: float,
    budget: float | None,
    ledger: str | None,
    as_json: bool,
) -> None:
    """Generate labelled texts for each label of TASK; run again to resume.

    Each is marked `synthetic:…` in its source; such records are refused as gold.
    """

    project = open_project(task).changed({} if budget is None else {"money": budget}, ledger)
    for line in exposed(project.file):
        click.echo(f"note: {line}", err=True)
    plan = Plan(per_label, topic or ("",), persona or ("",), nearest)
    with project.lines():
        work = writing(project, generator, plan, checker)
        _ = project.annotators  # made here, at first sight: what is wrong leaves no ledger
        opened = project.ledger()
        try:
            summary, made = asyncio.run(write(project, opened, work))
        finally:
            opened.close()
    if summary.reason is not None:
        click.echo(f"stopped since {summary.reason}: {summary.message}; nothing is written to "
                   f"{out}; run again to go on, nothing is paid for twice", err=True)  # fmt: skip
        raise SystemExit(summary.exit_code)
    for why, times in summary.failures.most_common(3):
        click.echo(f"note: failed, and asked again next time: {why} ({times:,})", err=True)
    count, away = save(made.examples, out), drifted(project, made.examples)
    if as_json:
        described = {
            "written": count, "asked": made.asked, "silent": made.silent,
            "duplicates": made.duplicates, "doubted": made.doubted, "cost": summary.cost,
            "currency": project.file.currency, "drift": away and asdict(away),
        }  # fmt: skip
        click.echo(json.dumps(described))
        return
    for line in lines(made, away):
        click.echo(line)
    click.echo(f"{count:,} synthetic records written to {out}")


def lines(made: Synthesis, away: Drift | None) -> list[str]:
    described = [
        f"{made.asked:,} texts asked for: {made.silent:,} not written, {made.duplicates:,} repeat "
        f"another, {made.doubted:,} labelled otherwise by the checker"
    ]
    if made.duplicates > len(made.examples):
        described.append(
            "note: most texts repeat another; give topics, personas or a `temperature`"
        )
    if away is None:
        described.append("drift: not measured, it takes ten synthetic and ten real records")
    else:
        described.append(
            f"drift: a classifier tells them from real records with AUC {away.auc:.2f} "
            f"(0.5: cannot; 1: always; {away.synthetic:,} synthetic, {away.real:,} real, 5-fold)"
        )
    return described
