"""`assay prevalence`: how frequent a label is, from shipped labels and a few human ones."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import click

from assay.cli.amount import Number
from assay.cli.columns import INDEPENDENT
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.sources import of_records, read_decisions
from assay.cli.tables import format_option, offer
from assay.core.errors import InputError, SpecError
from assay.core.schema import Scale, Schema
from assay.core.spelling import oddities
from assay.core.value import Value
from assay.quality.inference.audit import BY_CLUSTER
from assay.quality.inference.audit_sheet import answers_of, read_sheet
from assay.quality.inference.ppi import Difference, Ppi, by_group, difference, mean_of, prevalence


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
        described, notes = _mean((human, model), scale or _ends(schema), own)
    else:
        described, notes = _shares(human, model, own), []
    parts = {} if groups is None else _by_group((human, model), groups, own)
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


Parts = dict[str, tuple[dict[str, "Ppi"], list["Difference"]]]


def _labels(values: Mapping[str, Value]) -> dict[str, str | frozenset[str]]:
    found: dict[str, str | frozenset[str]] = {}
    for record, value in values.items():
        if isinstance(value, float | int):
            found[record] = f"{value:.9g}"
        elif isinstance(value, str | frozenset):
            found[record] = value
        else:
            raise InputError(
                "shares are reported for labels, tags and numbers, not for answers of this kind"
            )
    return found


def _shares(
    human: Mapping[str, Value], model: Mapping[str, Value], cluster: Mapping[str, str] | None
) -> dict[str, Ppi]:
    return prevalence(_labels(human), _labels(model), cluster=cluster)


def _ends(schema: Schema | None) -> tuple[float, float] | None:
    return (schema.low, schema.high) if isinstance(schema, Scale) else None


def _mean(
    labels: tuple[Mapping[str, Value], Mapping[str, Value]],
    ends: tuple[float, float] | None,
    cluster: Mapping[str, str] | None,
) -> tuple[dict[str, Ppi], list[str]]:
    def numbers(values: Mapping[str, Value]) -> dict[str, float]:
        try:
            return {record: float(str(value)) for record, value in values.items()}
        except ValueError as bad:
            raise InputError(f"--mean needs numbers: {bad}") from None

    human, model = (numbers(values) for values in labels)
    notes = []
    if ends is None:
        both = [*human.values(), *model.values()]
        notes.append(
            f"the scale is assumed to run from {min(both):g} to {max(both):g}, the "
            f"range of the labels; "
            "set another with --scale LOW HIGH"
        )
    return {"mean": mean_of(human, model, ends, cluster)}, notes


def _by_group(
    labels: tuple[Mapping[str, Value], Mapping[str, Value]],
    group: Mapping[str, str],
    cluster: Mapping[str, str] | None,
) -> Parts:
    said, shipped = (_labels(values) for values in labels)
    home = {record: name or "(none)" for record, name in group.items()}
    found: Parts = {}
    for label in prevalence(said, shipped):
        shares = by_group(said, shipped, home, label, cluster)
        found[label] = shares, [difference(a, b) for a, b in combinations(shares.items(), 2)]
    return found


def _as_json(described: dict[str, Ppi], parts: Parts) -> dict[str, object]:
    groups = {
        label: {
            "groups": {name: p.as_json() for name, p in shares.items()},
            "differences": [d.as_json() for d in differences],
        }
        for label, (shares, differences) in parts.items()
    }
    return {"prevalence": {k: p.as_json() for k, p in described.items()}, "groups": groups}


def _print_result(described: dict[str, Ppi], parts: Parts) -> None:
    head = ("label", "group", "PPI++", "PPI, classical", "human only", "model alone")
    rows = [(label, "all", p) for label, p in described.items()]
    rows += [(label, name, p) for label, (own, _) in parts.items() for name, p in own.items()]
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
        for name, part in parts.get(label, ({}, []))[0].items():
            click.echo(f"  {name}: PPI++ {part.tuned}, human only {part.human_only}")
        for d in parts.get(label, ({}, []))[1]:
            click.echo(f"  {d.first} minus {d.second}: PPI++ {d.tuned}, human only {d.human_only}")
    for label, p in described.items():
        if p.warning:
            click.echo(f"warning: {label}: {p.warning}", err=True)


def _print_one(p: Ppi) -> None:
    click.echo(f"  PPI++            {p.tuned}   model weight {p.weight:.2f}, gain {p.gain:.1f}")
    click.echo(f"  PPI, classical   {p.classical}")
    click.echo(f"  human only       {p.human_only}")
    click.echo(f"  model alone      {p.naive}   uncorrected")
