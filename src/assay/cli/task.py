"""`assay init` and `assay check`: write a task file, and see what it would do before it costs."""

import asyncio
import json
from pathlib import Path

import click

from assay.cli.allow import allow_code_option
from assay.cli.outputs import output_option
from assay.core.cost import money
from assay.data.base import many
from assay.data.write import written_atomically
from assay.project import open_project
from assay.project.code import code_of, trust
from assay.project.forecast import Forecast, Part, forecast
from assay.taskfile.draft import draft

LONGEST = 8_000  # characters of a prompt that are shown


@click.command("init")
@click.argument("data", type=click.Path(path_type=Path))
@output_option("-o", "--out", default=Path("task.yaml"), show_default=True,
    help="The task file to write.",
)  # fmt: skip
def init_command(data: Path, out: Path) -> None:
    """Write a commented task file by looking at DATA."""
    drafted = draft(data, out.parent)
    with written_atomically(out) as part:
        part.write_text(drafted.text, encoding="utf-8")
    for guess in drafted.guesses:
        click.echo(guess)
    click.echo(f"wrote {out}; edit the question and the labels, then: assay check {out}")


@click.command("check")
@click.argument("task", type=click.Path(path_type=Path))
@allow_code_option
@click.option("--json", "as_json", is_flag=True, help="Print the forecast as JSON on stdout.")
def check_command(task: Path, as_json: bool) -> None:
    """Validate TASK; show the prompt, and expected requests, tokens, money and time."""
    project = open_project(task)
    if project.allow_code:
        for code in code_of(project.file):
            trust(code)
    try:
        found = forecast(project)
    finally:
        asyncio.run(project.aclose())
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        return
    _print_result(found)


def _print_result(found: Forecast) -> None:
    click.echo(f"{many(found.records, 'record', 'records')}; strategy {found.strategy}")
    for line in found.notes:
        click.echo(f"note: {line}")
    for part in found.parts:
        click.echo(_line(part, found.currency))
    if found.prompt:
        click.echo("\nThe prompt for the first record:\n")
        click.echo(_shown(found.prompt))
    click.echo(f"\nat most {money(found.nanos, found.currency)} in all; budget {found.budget}")
    click.echo(f"about {_span(found.seconds)} of work for models")


def _shown(prompt: str) -> str:
    """Its beginning and its end: a record may be a book, and the question stands around it."""
    left = len(prompt) - LONGEST
    if left <= 0:
        return prompt
    half = LONGEST // 2
    return f"{prompt[:half]}\n[… {left:,} characters more …]\n{prompt[-half:]}"


def _line(part: Part, currency: str) -> str:
    described = [f"{many(part.requests, 'request', 'requests')} at most"]
    if part.answered:
        described.append(f"{part.answered:,} answered already")
    if part.input_tokens:
        described.append(
            f"about {part.input_tokens:,} tokens in, at most {part.output_tokens:,} out"
        )
    if part.input_tokens or part.nanos:
        described.append(f"at most {money(part.nanos, currency)}")
    if part.seconds:
        described.append(f"about {_span(part.seconds)}")
    if part.timing:
        described.append(part.timing)
    return f"{part.annotator}: {'; '.join(described)}"


def _span(seconds: float) -> str:
    for size, unit in ((3600, "hours"), (60, "minutes")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    written_atomically = max(1, round(seconds))
    return "a second" if written_atomically == 1 else f"{written_atomically} seconds"
