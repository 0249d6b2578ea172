"""`assay init` and `assay check`: write a task file, and preview a run before it costs money."""

import json
from pathlib import Path

import click

from assay.cli.allow import allow_code_option
from assay.cli.columns import table_options
from assay.cli.common import examples
from assay.cli.confirm import cost_line, forecast_of
from assay.cli.json_output import print_json
from assay.cli.outputs import dry_mark, named, output_option, wrote
from assay.cli.streams import DASH
from assay.cli.tables import format_option, offer
from assay.cli.task_argument import task_argument
from assay.core.cost import UNKNOWN, money
from assay.core.errors import SpecError
from assay.data.base import many
from assay.data.write import written_atomically
from assay.project import open_project
from assay.project.code import code_of, trust
from assay.project.forecast import Forecast, Part
from assay.taskfile.draft import Given, draft
from assay.taskfile.endpoint import OPENAI, Endpoint
from assay.taskfile.reader import schema_line

LONGEST = 8_000  # characters of a prompt that are shown


@click.command(
    "init",
    epilog=examples(
        "assay init comments.csv --text comment --gold label --model gpt-4o-mini",
        "assay init comments.csv --labels praise,complaint,other -o task.yaml",
    ),
)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--text", multiple=True, metavar="COLUMN",
              help="Column to label; repeat for several. Default: guessed.")  # fmt: skip
@click.option("--id", metavar="COLUMN", help="Column with a unique id. Default: guessed.")
@click.option("--label", metavar="COLUMN",
              help="Column that shows which labels there are. Default: guessed.")  # fmt: skip
@click.option("--labels", metavar="A,B", help="The labels, comma-separated.")
@click.option("--gold", metavar="COLUMN",
              help="Column of labels that people gave. Default: the one of --label.")  # fmt: skip
@click.option("--question", help="What is asked about each record.")
@click.option("--model", metavar="NAME", help="Model that answers, such as gpt-4o-mini.")
@click.option("--base-url", metavar="URL",
              help="OpenAI-compatible server of --model. Default: OpenAI.")  # fmt: skip
@click.option("--key-env", metavar="VARIABLE",
              help="Environment variable that holds the key of --model.")  # fmt: skip
@table_options
@output_option(default=Path("task.yaml"), show_default=True, stdout=".yaml",
    help="The task file to write; `-`: stdout.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON on stdout.")
def init_command(
    data: Path,
    text: tuple[str, ...],
    id: str | None,
    label: str | None,
    labels: str | None,
    gold: str | None,
    question: str | None,
    model: str | None,
    base_url: str | None,
    key_env: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Write a commented task file by looking at DATA; what is not given is guessed."""
    if str(data) == DASH:
        raise SpecError("a task file names its data, so init needs a file; save stdin to one first")
    endpoint = _endpoint(model, base_url, key_env)
    given = Given(text, id, label, _names(labels), gold, question, endpoint)
    folder = out.parent if named(out) == str(out) else Path()
    drafted = draft(data, folder, given)
    with written_atomically(out) as part:
        part.write_text(schema_line(folder) + drafted.text, encoding="utf-8")
    if as_json:
        print_json({"out": str(out), "guesses": list(drafted.guesses)} | dry_mark())
        return
    for guess in drafted.guesses:
        click.echo(guess)
    click.echo(f"{wrote(out)}; edit the question and the labels, then run: assay check {out}")


def _names(labels: str | None) -> tuple[str, ...]:
    names = tuple(filter(None, (name.strip() for name in (labels or "").split(","))))
    if labels is not None and not names:
        raise SpecError("--labels names no label; give them comma-separated, such as yes,no")
    return names


def _endpoint(model: str | None, base_url: str | None, key_env: str | None) -> Endpoint | None:
    if model is None:
        if base_url is not None or key_env is not None:
            raise SpecError("--base-url and --key-env say where a model answers; add --model NAME")
        return None
    return Endpoint(model, base_url or OPENAI, key_env)


@click.command("check", epilog=examples("assay check", "assay check task.yaml --json"))
@task_argument()
@allow_code_option
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print the forecast as JSON on stdout.")
def check_command(task: Path, as_json: bool) -> None:
    """Validate TASK; show the prompt, and expected requests, tokens, money and time."""
    project = open_project(task)
    if project.allow_code:
        for code in code_of(project.file):
            trust(code)
    found = forecast_of(project, None)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        return
    print_forecast(found)


def print_forecast(found: Forecast, prompt: bool = True) -> None:
    offer(_rows(found))
    click.echo(f"{many(found.records, 'record', 'records')}; strategy {found.strategy}")
    for line in found.notes:
        click.echo(f"note: {line}")
    for part in found.parts:
        click.echo(_line(part, found.currency, part.annotator in found.unpriced))
    if found.prompt and prompt:
        click.echo("\nThe prompt for the first record:\n")
        click.echo(_shown(found.prompt))
    click.echo(f"\n{cost_line(found)}; budget {found.budget}")
    click.echo(f"about {_span(found.seconds)} of model time")


def _rows(found: Forecast) -> list[tuple[str, ...]]:
    head = ("annotator", "requests", "already answered", "input tokens", "output tokens",
            "expected cost", "upper bound")  # fmt: skip
    return [head, *(_row(part, found) for part in found.parts)]


def _row(part: Part, found: Forecast) -> tuple[str, ...]:
    counts = (part.requests, part.answered or 0, part.input_tokens, part.output_tokens)
    unknown = part.annotator in found.unpriced
    amounts = (part.expected_nanos, part.nanos)
    costs = (UNKNOWN if unknown else money(nanos, found.currency) for nanos in amounts)
    return (part.annotator, *(f"{count:,}" for count in counts), *costs)


def _shown(prompt: str) -> str:
    """Its beginning and end: a record may be as long as a book, with the question around it."""
    left = len(prompt) - LONGEST
    if left <= 0:
        return prompt
    half = LONGEST // 2
    return f"{prompt[:half]}\n[… {left:,} characters more …]\n{prompt[-half:]}"


def _line(part: Part, currency: str, unpriced: bool = False) -> str:
    described = [f"up to {many(part.requests, 'request', 'requests')}"]
    if part.answered:
        described.append(f"{part.answered:,} already answered")
    if part.input_tokens:
        described.append(
            f"about {part.input_tokens:,} input tokens, up to {part.output_tokens:,} output tokens"
        )
    if unpriced:
        described.append("cost unknown")
    elif part.input_tokens or part.nanos:
        described.append(f"up to {money(part.nanos, currency)}")
    if part.seconds:
        described.append(f"about {_span(part.seconds)}")
    if part.timing:
        described.append(part.timing)
    return f"{part.annotator}: {'; '.join(described)}"


def _span(seconds: float) -> str:
    for size, unit in ((3600, "hours"), (60, "minutes")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    whole = max(1, round(seconds))
    return "a second" if whole == 1 else f"{whole} seconds"
