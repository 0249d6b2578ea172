"""`assay agree`: inter-annotator agreement, computed from existing answers."""

from pathlib import Path

import click

from assay.cli.columns import INDEPENDENT, cluster_option, form_options, print_layout
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.sources import is_ledger, ledger_and_task, of_records
from assay.cli.tables import format_option, offer
from assay.cli.task_argument import source_argument
from assay.core.errors import InputError
from assay.core.spelling import plain, shortened
from assay.core.votes import Votes
from assay.data.annotations import Names
from assay.ledger.named import named_votes, names_in
from assay.quality.agreement import Agreement, Asked, Overall, Resampling, agree
from assay.quality.agreement.read import (
    kind_of_answers,
    read_votes,
    votes_of_annotations,
    without_seen,
)
from assay.quality.inference.clusters import compared, one_each, only

MOST_SHOWN = 20
WHOLE = ("multi", "spans", "boxes")  # compared as whole answers, not unit by unit
NAMES = {
    "percent": "same answer",
    "fleiss": "Fleiss' kappa",
    "gwet_ac1": "Gwet's AC1",
    "gwet_ac2": "Gwet's AC2",
    "krippendorff": "Krippendorff's alpha",
    "krippendorff_exact": "alpha, equal sets",
    "krippendorff_jaccard": "alpha, Jaccard",
    "krippendorff_masi": "alpha, MASI",
    "cohen": "Cohen",
    "cohen_quadratic": "Cohen (quadratic)",
    "scott": "Scott",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "f1_exact": "F1, exact spans",
    "f1_characters": "F1, characters",
    "same_answer": "same answer",
    "f1_boxes": "F1, positions and labels",
    "f1_places": "F1, positions only",
    "overlap": "overlap of pairs",
}


@click.command(
    "agree",
    epilog=examples(
        "assay agree answers.csv", "assay agree answers.csv --kind ordinal --order low,middle,high"
    ),
)
@source_argument
@click.option(
    "--kind",
    type=click.Choice(["nominal", "ordinal", "interval", "multi", "spans", "boxes"]),
    help="Kind of answer. Default: from the answers.",
)
@click.option("--order", help="Labels of an ordinal scale, comma-separated, lowest first.")
@click.option(
    "--reference", help="Compare the other annotators with this one, instead of all pairs."
)
@click.option("--resamples", type=click.IntRange(min=0), default=1_000, show_default=True,
              help="Number of bootstrap resamples for the intervals; 0 for none.")  # fmt: skip
@click.option("--over", type=click.Choice(["records", "annotators"]), default="records",
              show_default=True, help="What is resampled.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Random seed of the resampling.")
@click.option("--leave-out-seen", is_flag=True,
              help="Exclude answers given after seeing another answer.")  # fmt: skip
@cluster_option
@form_options
@click.option("--task", help="Task id, if SOURCE is a ledger with several tasks.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def agree_command(
    source: str,
    kind: str | None,
    order: str | None,
    reference: str | None,
    resamples: int,
    over: str,
    seed: int,
    leave_out_seen: bool,
    cluster: str | None,
    record: str | None,
    annotator: str | None,
    label: str | None,
    wide: tuple[str, ...],
    counts: tuple[str, ...],
    task: str | None,
    as_json: bool,
) -> None:
    """Agreement between the annotators of SOURCE: a table of answers, a ledger or a task file."""
    if is_ledger(source):
        votes, stored = _from_ledger(source, task)
        kind = kind or stored
    else:
        names = Names(record, annotator, label, wide, counts)
        print_layout(Path(source), names)
        votes = read_votes(Path(source), names)
    votes = without_seen(votes) if leave_out_seen else votes
    drawn = None
    if cluster is not None:
        drawn = one_each(compared(votes), of_records(source, cluster, record), cluster, seed)
        votes = only(votes, drawn.records)
    labels = tuple(part.strip() for part in order.split(",")) if order else None
    asked = Asked(
        kind or ("ordinal" if labels else kind_of_answers(votes.labels)),
        labels,
        reference,
        Resampling(resamples, seed, over),
    )
    found = agree(votes, asked)
    if as_json:
        said = found.as_json() | {
            "cluster": drawn and drawn.as_json(), "assumption": None if drawn else INDEPENDENT
        }  # fmt: skip
        print_json(said)
        return
    click.echo(f"note: {drawn.statement if drawn else INDEPENDENT}", err=True)
    _print_result(found)


def _from_ledger(source: str, task: str | None) -> tuple[Votes, str]:
    ledger, own = ledger_and_task(source)
    try:
        schemas = ledger.schemas()
        task = task or own or (next(iter(schemas)) if len(schemas) == 1 else None)
        if task not in schemas:
            raise InputError(f"name a task with --task: {', '.join(schemas) or 'there is none'}")
        schema = schemas[task]
        if schema.kind in WHOLE:
            votes = votes_of_annotations(ledger.annotations(task))
        else:
            votes = ledger.votes(task, schema)
        votes = named_votes(votes, names_in(ledger, task))
    finally:
        ledger.close()
    if schema.kind in WHOLE:
        return votes, schema.kind
    return votes, "interval" if schema.kind == "scale" else "nominal"


def _print_result(found: Agreement) -> None:
    how = found.asked.resampling
    click.echo(
        f"{found.answers:,} answers of {len(found.annotators):,} annotators on {found.records:,} "
        f"records, {found.overall.compared:,} of them answered by two or more; "
        f"kind {found.asked.kind}"
    )
    if how.resamples:
        click.echo(f"95% CI from {how.resamples:,} bootstrap resamples of {how.over}")
    if found.verdict is not None:
        click.echo(found.verdict)
    _print_overall(found.overall)
    for name, overall in found.tags.items():
        click.echo(f"\ntag {name}")
        _print_overall(overall)
    pairs = [
        (p.first, p.second, f"{p.n:,}", _name(k), str(e))
        for p in found.pairs
        for k, e in p.coefficients.items()
    ]
    offer([("annotator", "other", "n", "coefficient", "value (95% CI)"), *pairs])
    each = [(one.name, str(one.agreement), f"{one.agreement.n:,}") for one in found.each]
    offer([("annotator", "agreement with the others", "n"), *each])
    if found.pairs:
        click.echo("\nPairwise:")
    for pair in found.pairs[:MOST_SHOWN]:
        described = "; ".join(f"{_name(k)} {e}" for k, e in pair.coefficients.items())
        click.echo(
            f"  {pair.first} and {pair.second} (n = {pair.n:,}): {described or 'no records'}"
        )
    if found.each:
        click.echo(
            "\nEach annotator compared with the others (share of the others who give "
            "the same label):"
        )
    for one in sorted(found.each, key=lambda e: e.agreement.value or 0.0)[:MOST_SHOWN]:
        click.echo(f"  {one.name:<24} {one.agreement} (n = {one.agreement.n:,})")
    _more(len(found.pairs), len(found.each))
    for line in found.warnings[:MOST_SHOWN]:
        click.echo(f"warning: {line}", err=True)
    if len(found.warnings) > MOST_SHOWN:
        more = len(found.warnings) - MOST_SHOWN
        click.echo(f"… and {more:,} more warnings; --json has all", err=True)


def _print_overall(overall: Overall) -> None:
    values = [(_name(name), str(value)) for name, value in overall.coefficients.items()]
    offer([("coefficient", "value (95% CI)"), *values])
    for name, value in overall.coefficients.items():
        click.echo(f"  {_name(name):<24} {value}")
    if overall.baseline is not None:
        label = shortened(overall.baseline_label)
        click.echo(f"  {'always ' + label:<24} {overall.baseline:.3f}")
    if overall.prevalence:
        shares = sorted(overall.prevalence.items(), key=lambda s: -s[1])
        described = ", ".join(f"{plain(label)} {share:.1%}" for label, share in shares[:MOST_SHOWN])
        click.echo(f"  {'prevalence':<24} {described}")


def _name(coefficient: str) -> str:
    return NAMES.get(coefficient, coefficient)


def _more(pairs: int, each: int) -> None:
    for count, what in ((pairs, "pairs"), (each, "annotators")):
        if count > MOST_SHOWN:
            click.echo(f"… and {count - MOST_SHOWN:,} more {what}; --json has all")
