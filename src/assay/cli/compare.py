"""`assay compare`: may models stand in for people? From annotations that exist, calling nobody."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assay.data.annotations import Names
    from assay.quality.alt_test import Labels
    from assay.quality.compare import Comparison


@click.command("compare")
@click.option("--people", type=click.Path(path_type=Path), required=True,
              help="People's labels: JSON of person → record → label, or a table.")  # fmt: skip
@click.option("--models", type=click.Path(path_type=Path), required=True,
              help="The models' labels, in the same form.")  # fmt: skip
@click.option("--epsilon", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="How much worse than a person a model may be.")  # fmt: skip
@click.option("--score", default="accuracy", show_default=True, help="accuracy, or neg-rmse.")
@click.option("--q", type=click.FloatRange(0, 1, min_open=True), default=0.05, show_default=True,
              help="False discovery rate.")  # fmt: skip
@click.option("--least", type=click.IntRange(min=2), default=30, show_default=True,
              help="Records that a person must share to be tested.")  # fmt: skip
@click.option("--wide", multiple=True, help="Column of one annotator; repeat for each of them.")
@click.option("--record", default="record", show_default=True, help="Column with the record id.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def compare_command(
    people: Path,
    models: Path,
    epsilon: float,
    score: str,
    q: float,
    least: int,
    wide: tuple[str, ...],
    record: str,
    as_json: bool,
) -> None:
    """Put annotators side by side with people: agreement, baselines, the replacement test."""
    from assay.data.annotations import Names
    from assay.quality.alt_test import Rules
    from assay.quality.compare import compare

    names = Names(record=record, wide=wide)
    rules = Rules(epsilon, score, q, records_a_person=least)
    found = compare(*_apart(read(people, names), read(models, names)), rules)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
    else:
        _tell(found)


def read(path: Path, names: "Names") -> "dict[str, Labels]":
    from assay.data.annotations import read_given

    labels: dict[str, dict[str, object]] = {}
    for given in read_given(path, names):
        labels.setdefault(given.annotator, {})[given.record] = given.label
    return dict(labels)


def _apart(
    people: "dict[str, Labels]", models: "dict[str, Labels]"
) -> "tuple[dict[str, Labels], dict[str, Labels]]":
    """InputError where somebody would be compared with themselves."""
    from assay.core.errors import InputError

    both = sorted(name for name in people if models.get(name) == people[name])
    if both:
        raise InputError(
            f"{both[0]!r} gave the same labels among the people and among the models; nobody is "
            "compared with themselves, so give --people and --models different files"
        )
    return people, models


def _tell(found: "Comparison") -> None:
    click.echo("Agreement with the majority of the (other) people, with its 95 % interval:")
    for b in found.beside:
        kappa = b.chance_corrected.cohen
        told = "undefined" if kappa is None else f"{kappa:.2f}"
        base = b.chance_corrected.baseline
        click.echo(
            f"  {b.kind:<7}{b.name:<24} {b.agreement}; kappa {told}; "
            f"always the commonest label: {'–' if base is None else f'{base:.1%}'}"
        )
        if b.chance_corrected.warning:
            click.echo(f"         warning: {b.chance_corrected.warning}")
    rules = found.rules
    click.echo(
        f"\nReplacement test (score {rules.score}, allowance {rules.epsilon:g}, "
        f"false discovery rate {rules.q:g}):"
    )
    for t in found.tests:
        click.echo(
            f"  {t.model:<24} winning rate {t.winning_rate:.2f}, advantage probability "
            f"{t.advantage_probability:.2f}: {'passed' if t.passed else 'not passed'}"
        )
    click.echo("")
    for t in found.tests:
        click.echo(t.verdict)
