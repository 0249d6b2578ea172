"""`assay study vader`: every strategy on texts that people have rated, with embedded parts only."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from assay.cli.common import examples
from assay.cli.tables import format_option, print_table
from assay.models.cache import BY_NAME, default_cache
from assay.models.encoder import MiniLM
from assay.models.llama import Llama
from assay.project.annotators import SMALLEST
from assay.studies.vader.demo import fetch_models, fetched
from assay.studies.vader.study import Models, Setup, Summary, study

SETS = ("tweets", "movies", "amazon", "nyt")


@click.command("vader", epilog=examples("assay study vader --set tweets --records 100"))
@click.option("--set", "sets", multiple=True, type=click.Choice(SETS), help="Default: all four.")
@click.option("--records", type=click.IntRange(min=50), default=300, show_default=True,
              help="Records to label, of each set and seed.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True,
              help="Number of random seeds.")  # fmt: skip
@click.option("--target", type=click.FloatRange(0, 1, min_open=True, max_open=True),
              default=0.9, show_default=True, help="Target of the hybrid.")  # fmt: skip
@click.option("--ledgers", type=click.Path(path_type=Path, file_okay=False),
              help="Folder that keeps the answers, so that a stopped study goes on.")  # fmt: skip
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON on stdout.")
def vader_command(
    sets: tuple[str, ...],
    records: int,
    seeds: int,
    target: float,
    ledgers: Path | None,
    as_json: bool,
) -> None:
    """Single models, vote, chain, specialists, hybrid and one person against people's mean."""
    fetch_models()
    if ledgers is not None:
        ledgers.mkdir(parents=True, exist_ok=True)
    setup = Setup(records=records, target=target)
    found: list[Summary] = []
    for name in sets or SETS:
        models = Models(Llama(default_cache().fetch(BY_NAME[SMALLEST])), MiniLM())
        click.echo(f"{name}: {seeds} seeds of {records} records ...", err=True)
        found += study(fetched(name), models, setup, range(seeds), ledgers)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in found], ensure_ascii=False, indent=2))
        return
    log(found)


def log(rows: list[Summary]) -> None:
    head = ("set", "strategy", "accuracy (95% CI)", "seeds", "n", "answered", "to people", "to LLM",
            "money/1,000")  # fmt: skip
    lines = [
        (
            row.set,
            row.strategy,
            f"{row.accuracy:.3f} [{row.interval[0]:.3f}, {row.interval[1]:.3f}]",
            f"{row.seeds[0]:.3f} to {row.seeds[1]:.3f}",
            f"{row.n:,}",
            f"{row.answered:.0%}",
            f"{row.to_people:.0%}",
            f"{row.to_llm:.0%}",
            f"{row.cost_per_1000:.2f}",
        )
        for row in rows
    ]
    print_table([head, *lines])
    for row in rows:
        if row.note:
            click.echo(f"{row.set}, {row.strategy} (first seed): {row.note}")
