"""`assay prevalence`: how common a label is, from shipped labels and a few human ones."""

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assay.core.value import Value
    from assay.quality.ppi import Difference, Ppi


@click.command("prevalence")
@click.argument("source")
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--group", help="Also by this column of the table (ledger: language, source, meta).")
@click.option("--mean", "numbers", is_flag=True, help="The labels are numbers: tell their mean.")
@click.option("--run", help="Decisions of this run; default: the last one that decided.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def prevalence_command(
    source: str, sheet: Path, group: str | None, numbers: bool, run: str | None, as_json: bool
) -> None:
    """Share of each label in SOURCE, its errors mended by the answers in an audit SHEET."""
    from assay.cli.audit import read_decisions
    from assay.core.errors import InputError, SpecError
    from assay.core.spelling import oddities
    from assay.quality.audit_sheet import answers_of, read_sheet

    decisions, _, schema = read_decisions(source, run)
    answered = read_sheet(sheet)
    if answered.by != "none":
        raise InputError(
            f"{sheet} was drawn by {answered.by}; prevalence needs a plain random sample: "
            "assay audit draw without --by"
        )
    human = answers_of(answered, decisions, schema.check if schema is not None else str)
    model = {d.record: d.value for d in decisions if d.value is not None}
    if numbers and group:
        raise SpecError("--group tells shares, not means; leave out --mean")
    groups = _groups(source, group) if group else None
    told = {"mean": _mean(human, model)} if numbers else _shares(human, model)
    parts = _by_group(human, model, groups) if groups is not None else {}
    notes = oddities(() if numbers else told, records=model)
    if as_json:
        whole = _as_json(told, parts) | {"notes": notes}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False))
        return
    for line in notes:
        click.echo(f"note: {line}", err=True)
    _tell(told, parts)


Parts = dict[str, tuple[dict[str, "Ppi"], list["Difference"]]]


def _labels(values: "Mapping[str, Value]") -> "dict[str, str | frozenset[str]]":
    from assay.core.errors import InputError

    found: dict[str, str | frozenset[str]] = {}
    for record, value in values.items():
        if isinstance(value, float | int):
            found[record] = f"{value:.9g}"
        elif isinstance(value, str | frozenset):
            found[record] = value
        else:
            raise InputError("shares are told of labels, tags and numbers, not of such answers")
    return found


def _shares(human: "Mapping[str, Value]", model: "Mapping[str, Value]") -> "dict[str, Ppi]":
    from assay.quality.ppi import prevalence

    return prevalence(_labels(human), _labels(model))


def _mean(human: "Mapping[str, Value]", model: "Mapping[str, Value]") -> "Ppi":
    from assay.core.errors import InputError
    from assay.quality.ppi import mean_of

    def numbers(values: "Mapping[str, Value]") -> dict[str, float]:
        try:
            return {record: float(str(value)) for record, value in values.items()}
        except ValueError as bad:
            raise InputError(f"--mean needs numbers: {bad}") from None

    return mean_of(numbers(human), numbers(model))


def _by_group(
    human: "Mapping[str, Value]", model: "Mapping[str, Value]", group: Mapping[str, str]
) -> Parts:
    from assay.quality.ppi import by_group, difference, prevalence

    said, shipped = _labels(human), _labels(model)
    found: Parts = {}
    for label in prevalence(said, shipped):
        shares = by_group(said, shipped, group, label)
        found[label] = shares, [difference(a, b) for a, b in combinations(shares.items(), 2)]
    return found


def _groups(source: str, name: str) -> dict[str, str]:
    from assay.cli.audit import is_ledger
    from assay.core.errors import InputError
    from assay.data.base import cell, check_columns
    from assay.data.read import columns_of, read_rows

    if not is_ledger(source):
        check_columns(Path(source), columns_of(source), ("record", name))
        rows = [row for _, row in read_rows(source)]
        return {cell(row["record"]).strip(): cell(row[name]) or "(none)" for row in rows}
    from assay.cli.data import ledger_and_task

    ledger, _ = ledger_and_task(source)
    try:
        found: dict[str, str] = {}
        for r in ledger.records():
            own = {"language": r.language, "source": r.source}
            found[r.id] = own.get(name, r.meta.get(name)) or "(none)"
    finally:
        ledger.close()
    if set(found.values()) <= {"(none)"}:
        raise InputError(f"no record of {source} has {name!r}")
    return found


def _as_json(told: "dict[str, Ppi]", parts: Parts) -> dict[str, object]:
    groups = {
        label: {
            "groups": {name: p.as_json() for name, p in shares.items()},
            "differences": [d.as_json() for d in differences],
        }
        for label, (shares, differences) in parts.items()
    }
    return {"prevalence": {k: p.as_json() for k, p in told.items()}, "groups": groups}


def _tell(told: "dict[str, Ppi]", parts: Parts) -> None:
    first = next(iter(told.values()))
    click.echo(
        f"{first.human:,} human labels, {first.model:,} records labelled by the model alone; "
        "95 % intervals"
    )
    for label, p in told.items():
        click.echo(f"{label}")
        _tell_one(p)
        for name, part in parts.get(label, ({}, []))[0].items():
            click.echo(f"  {name}: PPI++ {part.tuned}, human only {part.human_only}")
        for d in parts.get(label, ({}, []))[1]:
            click.echo(f"  {d.first} less {d.second}: PPI++ {d.tuned}, human only {d.human_only}")
    for label, p in told.items():
        if p.warning:
            click.echo(f"warning: {label}: {p.warning}", err=True)


def _tell_one(p: "Ppi") -> None:
    click.echo(f"  PPI++            {p.tuned}   model counts {p.weight:.2f}, gain {p.gain:.1f}")
    click.echo(f"  PPI, classical   {p.classical}")
    click.echo(f"  human only       {p.human_only}")
    click.echo(f"  model alone      {p.naive}   its errors left out")
