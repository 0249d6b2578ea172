"""`assay compare`: may models replace people? Computed from existing annotations."""

from dataclasses import replace
from pathlib import Path

import click

from assay.cli.agree import NAMES
from assay.cli.amount import AMOUNT, Number
from assay.cli.columns import INDEPENDENT, cluster_option, form_options
from assay.cli.common import examples
from assay.cli.compare_parts import AltTestOptions, ClusterDraw, rules_of
from assay.cli.compare_plan import print_plans
from assay.cli.compare_sources import Wanted, gather
from assay.cli.json_output import print_json
from assay.cli.outputs import output_option, wrote
from assay.cli.tables import format_option, offer, print_table
from assay.core.spelling import plain
from assay.data.annotations import Names
from assay.quality.agreement.base import Resampling
from assay.quality.price_lists import read_prices
from assay.quality.replacement.alt_plan import Grid, Guess
from assay.quality.replacement.alt_test import AltTest, NotTested
from assay.quality.replacement.compare import Comparison, Slice, compare, cost_of_1000
from assay.report.compare_page import columns_of, write_compare_page

MOST_SHOWN = 20


@click.command(
    "compare",
    epilog=examples(
        "assay compare --people people.csv --models models.csv",
        "assay compare answers.csv --person ann --person bob --html compare.html",
    ),
)
@click.argument("source", required=False)
@click.option("--people", "people_files", multiple=True, type=click.Path(path_type=Path),
              help="Human labels: a table, or JSON keyed by annotator, then record.")  # fmt: skip
@click.option("--models", "model_files", multiple=True, type=click.Path(path_type=Path),
              help="Labels of models, in the same form.")  # fmt: skip
@click.option(
    "--person", multiple=True, help="An annotator of SOURCE that is a person; repeat for each."
)
@click.option("--expert", help="Compare models and people with this person only; `gold`: "
              "with a task file's evaluation gold.")  # fmt: skip
@click.option("--epsilon", type=Number(0, 1), default=0.1, show_default=True,
              help="Cost-benefit margin: how much worse than a person a model may be.")  # fmt: skip
@click.option("--score", type=click.Choice(["accuracy", "neg-rmse"]),
              help="Default: accuracy; on a scale neg-rmse.")  # fmt: skip
@click.option("--kind", type=click.Choice(["nominal", "ordinal", "interval"]),
              help="Kind of answer. Default: from the answers.")  # fmt: skip
@click.option("--order", help="Labels of an ordinal scale, comma-separated, lowest first.")
@click.option("--fdr", type=Number(0, 1, min_open=True), default=0.05, show_default=True,
              help="False discovery rate.")  # fmt: skip
@click.option("--test", "kind_of_test", type=click.Choice(["exact", "published"]), default="exact",
              show_default=True, help="Exact test, or Student's t as published.")  # fmt: skip
@click.option("--min-records", type=click.IntRange(min=2), default=30, show_default=True,
              help="Minimum number of records per person for the test.")  # fmt: skip
@click.option("--slices", type=click.Path(path_type=Path),
              help="Table with columns record and slice; results are repeated for each "
                   "slice.")  # fmt: skip
@click.option("--prices", type=click.Path(path_type=Path), help="Price list (YAML).")
@click.option("--currency", help="Currency of recorded costs, if not set elsewhere.")
@click.option("--resamples", type=click.IntRange(min=0), default=1_000, show_default=True,
              help="Number of bootstrap resamples for the intervals; 0 for none.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Random seed of the resampling.")
@cluster_option
@form_options
@click.option("--task", help="Task id, if SOURCE is a ledger with several tasks.")
@click.option("--plan", is_flag=True,
              help="Instead, simulate how many records and people the test needs, with the given "
              "labels as a pilot or from the next three options.")  # fmt: skip
@click.option("--person-right", type=AMOUNT, default=0.85, show_default=True,
              help="Plan: a person's accuracy; on a scale, a person's error.")  # fmt: skip
@click.option("--model-right", type=AMOUNT, default=0.85, show_default=True,
              help="Plan: the same for the model.")  # fmt: skip
@click.option("--choices", type=int, default=3, show_default=True, help="Plan: number of labels.")
@click.option("--power", type=Number(0, 1), default=0.8, show_default=True,
              help="Plan: desired power (probability of passing).")  # fmt: skip
@output_option("--html", stdout=".html", help="Write an HTML page to this file; `-`: stdout.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def compare_command(
    source: str | None,
    people_files: tuple[Path, ...],
    model_files: tuple[Path, ...],
    person: tuple[str, ...],
    expert: str | None,
    epsilon: float,
    score: str | None,
    kind: str | None,
    order: str | None,
    fdr: float,
    kind_of_test: str,
    min_records: int,
    slices: Path | None,
    prices: Path | None,
    currency: str | None,
    resamples: int,
    seed: int,
    cluster: str | None,
    record: str | None,
    annotator: str | None,
    label: str | None,
    wide: tuple[str, ...],
    counts: tuple[str, ...],
    task: str | None,
    plan: bool,
    person_right: float,
    model_right: float,
    choices: int,
    power: float,
    html: Path | None,
    as_json: bool,
) -> None:
    """Compare annotators with people: agreement, the alternative annotator test (alt-test), cost,
    slices.

    SOURCE is a ledger, the task file of a run, or a table with --person; or give --people and
    --models instead.
    """

    names = Names(record, annotator, label, wide, counts)
    draw = None if cluster is None else ClusterDraw(cluster, seed)
    wanted = Wanted(source, people_files, model_files, person, names, None, slices, task, expert,
                    currency, draw)  # fmt: skip
    asked = AltTestOptions(kind, order, score, epsilon, fdr, min_records, kind_of_test)
    if plan:
        guess = Guess(person_right, model_right, choices)
        print_plans(wanted, asked, guess, Grid(power=power, seed=seed), as_json)
        return
    wanted = wanted if prices is None else replace(wanted, prices=read_prices(prices))
    _put_out(_compared(wanted, asked, Resampling(resamples, seed)), html, as_json)


def _put_out(found: Comparison, html: Path | None, as_json: bool) -> None:
    if html is not None:
        write_compare_page(found, html)
    if as_json:
        assumed = {"assumption": None if found.cluster else INDEPENDENT}
        described = found.as_json() | assumed
        print_json(described)
        return
    click.echo(f"note: {found.cluster.statement if found.cluster else INDEPENDENT}", err=True)
    _print_result(found)
    if html is not None:
        click.echo(wrote(html))


def _compared(wanted: Wanted, asked: AltTestOptions, resampling: Resampling) -> Comparison:
    sides, kind = gather(wanted)
    measure, rules = rules_of(asked, kind, wanted.expert)
    measure = replace(measure, resampling=resampling)
    return compare(replace(sides, measure=measure), rules)


def _print_result(found: Comparison) -> None:
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    _print_people(found)
    click.echo("\nEach annotator compared with the people, 95% CI:")
    print_table(columns_of(found.comparisons), "  ")
    offer([("annotator", "alternative annotator test"), *map(_row, found.tests)])
    for line in found.warnings:
        click.echo(f"warning: {line}", err=True)
    rules = found.rules
    click.echo(
        f"\nAlternative annotator test (alt-test; {rules.test}, score {rules.score}, "
        f"epsilon {rules.epsilon:g}, "
        f"false discovery rate {rules.q:g}):"
    )
    for test in found.tests:
        click.echo(f"  {_tested(test)}")
    _print_costs(found)
    for part in found.slices[:MOST_SHOWN]:
        _print_slice(part)
    if len(found.slices) > MOST_SHOWN:
        click.echo(f"… and {len(found.slices) - MOST_SHOWN:,} more slices; --json has all")
    click.echo("")
    for test in found.tests:
        if not isinstance(test, NotTested):  # said above
            click.echo(test.verdict)
    for limit in found.limits:
        click.echo(f"limit: {limit}")


def _print_people(found: Comparison) -> None:
    among = found.among_people
    if isinstance(among, str):
        click.echo(f"Agreement among the people: not possible because {among}")
        return
    overall = among.overall
    described = "; ".join(f"{NAMES.get(k, k)} {e}" for k, e in overall.coefficients.items())
    click.echo(
        f"The {len(among.annotators)} people among each other ({overall.compared:,} "
        f"records labelled "
        f"by two or more): {described}"
    )
    shares = sorted(overall.prevalence.items(), key=lambda s: -s[1])[:MOST_SHOWN]
    click.echo("their labels: " + ", ".join(f"{plain(name)}: {part:.1%}" for name, part in shares))


def _row(test: object) -> tuple[str, str]:
    said = _tested(test)
    name = str(getattr(test, "model", ""))
    return name, said.removeprefix(name).strip()


def _tested(test: object) -> str:
    if not isinstance(test, AltTest):
        return str(getattr(test, "verdict", ""))
    return (
        f"{test.model:<24} winning rate {test.winning_rate:.2f}, advantage probability "
        f"{test.advantage_probability:.2f}: {test.result}"
    )


def _print_costs(found: Comparison) -> None:
    if not found.costs:
        return
    click.echo("\nCost of 1,000 records:")
    for who, costs in found.costs.items():
        described = cost_of_1000(costs) or "unknown: no cost was recorded and no price is given"
        click.echo(f"  {who:<24} {described}")


def _print_slice(part: Slice) -> None:
    click.echo(f"\n{part.kind} {part.value} ({part.records:,} records):")
    print_table(columns_of(part.comparisons), "  ")
    for test in part.tests:
        click.echo(f"  {_tested(test)}")
