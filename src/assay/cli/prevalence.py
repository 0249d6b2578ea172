"""`assay prevalence`: how frequent a label is, from shipped labels and a few human ones."""

from collections.abc import Mapping
from pathlib import Path

import click

from assay.cli.amount import Number
from assay.cli.columns import INDEPENDENT
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.sources import of_records, read_decisions
from assay.cli.tables import format_option, offer
from assay.core.errors import InputError, SpecError
from assay.core.spelling import oddities
from assay.quality.inference.audit import BY_CLUSTER
from assay.quality.inference.audit_sheet import answers_of, read_sheet
from assay.quality.inference.labels import (
    ComparedGroups,
    compared_groups,
    limits_of,
    mean_of_labels,
    shares_of_labels,
)
from assay.quality.inference.ppi import Ppi


@click.command(
    "prevalence",
    epilog=examples(
        "assay prevalence task.yaml sheet.csv",
        "assay prevalence labels.csv sheet.csv --group language",
    ),
)
@click.argument("source")
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option(
    "--group", help="Also report by this column of the table (ledger: language, source, meta)."
)
@click.option("--mean", "numbers", is_flag=True, help="The labels are numbers: report their mean.")
@click.option(
    "--scale",
    nargs=2,
    type=Number(),
    metavar="LOW HIGH",
    help="Limits of the scale, for --mean; default: the task's, or the range of the labels.",
)
@click.option("--cluster", help="Column that several records share (author, document, person).")
@click.option("--run", help="Use decisions of this run; default: the last one with decisions.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def prevalence_command(
    source: str,
    sheet: Path,
    group: str | None,
    numbers: bool,
    scale: tuple[float, float] | None,
    cluster: str | None,
    run: str | None,
    as_json: bool,
) -> None:
    """Estimate label prevalence in SOURCE, corrected with an audited sample (SHEET)."""
    _check(scale, numbers, group)
    decisions, _, schema = read_decisions(source, run)
    answered = read_sheet(sheet)
    _check_plain(sheet, answered.by, cluster)
    human = answers_of(answered, decisions, schema.check if schema is not None else str)
    model = {d.record: d.value for d in decisions if d.value is not None}
    own = of_records(source, cluster) if cluster else None
    groups = of_records(source, group) if group else None
    if numbers:
        found = mean_of_labels(human, model, scale or limits_of(schema), own)
        described, notes = {"mean": found.mean}, list(found.notes)
    else:
        described, notes = shares_of_labels(human, model, own), []
    parts = {} if groups is None else compared_groups(human, model, groups, own)
    notes += oddities(() if numbers else described, records=model)
    assumed = None if cluster else INDEPENDENT
    if as_json:
        whole = _as_json(described, parts) | {
            "notes": notes,
            "assumption": assumed,
            "cluster": cluster,
        }
        print_json(whole)
        return
    for line in (*notes, *([assumed] if assumed else [])):
        click.echo(f"note: {line}", err=True)
    _print_result(described, parts)


def _check(scale: tuple[float, float] | None, numbers: bool, group: str | None) -> None:
    if numbers and group:
        raise SpecError("--group reports shares, not means; leave out --mean")
    if scale and not numbers:
        raise SpecError("--scale sets the limits of a mean; add --mean")
    if scale and not scale[0] < scale[1]:
        raise SpecError(f"a scale runs from low to high, not from {scale[0]:g} to {scale[1]:g}")


def _check_plain(sheet: Path, by: str, cluster: str | None) -> None:
    if by.startswith(BY_CLUSTER):
        if by != f"{BY_CLUSTER}{cluster}":
            name = by.removeprefix(BY_CLUSTER)
            raise InputError(f"{sheet} was drawn by whole clusters: give --cluster {name}")
    elif by != "none":
        raise InputError(
            f"{sheet} was drawn by {by}; prevalence needs a plain random sample: "
            "assay audit draw without --by"
        )


def _as_json(described: dict[str, Ppi], parts: Mapping[str, ComparedGroups]) -> dict[str, object]:
    groups = {
        label: {
            "groups": {name: p.as_json() for name, p in part.shares.items()},
            "differences": [d.as_json() for d in part.differences],
        }
        for label, part in parts.items()
    }
    return {"prevalence": {k: p.as_json() for k, p in described.items()}, "groups": groups}


def _print_result(described: dict[str, Ppi], parts: Mapping[str, ComparedGroups]) -> None:
    head = ("label", "group", "PPI++", "PPI, classical", "human only", "model alone")
    rows = [(label, "all", p) for label, p in described.items()]
    rows += [(label, name, p) for label, of in parts.items() for name, p in of.shares.items()]
    offer([head, *((label, group, str(p.tuned), str(p.classical), str(p.human_only), str(p.naive))
                   for label, group, p in rows)])  # fmt: skip
    first = next(iter(described.values()))
    within = "" if first.clusters is None else f" in {first.clusters:,} clusters"
    click.echo(
        f"{first.human:,} human labels{within}, {first.model:,} records labelled by the "
        "model only; 95% CI"
    )
    for label, p in described.items():
        click.echo(f"{label}")
        _print_one(p)
        groups = parts.get(label, ComparedGroups())
        for name, part in groups.shares.items():
            click.echo(f"  {name}: PPI++ {part.tuned}, human only {part.human_only}")
        for d in groups.differences:
            click.echo(f"  {d.first} minus {d.second}: PPI++ {d.tuned}, human only {d.human_only}")
    for label, p in described.items():
        if p.warning:
            click.echo(f"warning: {label}: {p.warning}", err=True)


def _print_one(p: Ppi) -> None:
    click.echo(f"  PPI++            {p.tuned}   model weight {p.weight:.2f}, gain {p.gain:.1f}")
    click.echo(f"  PPI, classical   {p.classical}")
    click.echo(f"  human only       {p.human_only}")
    click.echo(f"  model alone      {p.naive}   uncorrected")
