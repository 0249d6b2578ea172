"""`assay audit`: estimate the error rate of shipped labels from a random sample."""

from collections.abc import Sequence
from pathlib import Path

import click

from assay.cli.amount import AMOUNT, SHARE
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.outputs import output_option, written_to
from assay.cli.sources import is_ledger, ledger_and_task, of_records, read_decisions
from assay.cli.tables import format_option, offer
from assay.cli.task_argument import source_argument
from assay.core.errors import SpecError
from assay.core.spelling import shortened
from assay.core.value import Value
from assay.data.base import many
from assay.quality.inference.audit import (
    BY_CLUSTER,
    Audit,
    Drawn,
    draw,
    draw_clusters,
    stratify,
)
from assay.quality.inference.audit_sheet import judge, read_sheet, write_sheet
from assay.quality.inference.reweighed import own_or_cluster
from assay.quality.inference.stopping import MajorityBaseline, stop
from assay.quality.verdicts import canonical, same


@click.group("audit")
def audit_command() -> None:
    """Estimate the error rate of labels: draw a sample, have it answered, estimate."""


@audit_command.command(
    "draw", epilog=examples("assay audit draw task.yaml --size 200 -o sheet.csv")
)
@source_argument
@output_option(required=True, stdout=".csv",
              help="The sheet to fill (.csv); `-`: stdout.")  # fmt: skip
@click.option("--size", type=click.IntRange(min=2), default=200, show_default=True,
              help="Records to draw.")  # fmt: skip
@click.option("--by", type=click.Choice(["none", "confidence", "value", "route"]), default="none",
              show_default=True, help="Strata.")  # fmt: skip
@click.option(
    "--equal", is_flag=True, help="The same number of records from each stratum, not in proportion."
)
@click.option("--cluster", help="Draw whole clusters by this column, such as author "
              "or document.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Random seed.")
@click.option("--run", help="Use decisions of this run; default: the last one with decisions.")
@click.option("--json", "as_json", is_flag=True, help="Print what was drawn as JSON on stdout.")
def draw_command(
    source: str,
    out: Path,
    size: int,
    by: str,
    equal: bool,
    cluster: str | None,
    seed: int,
    run: str | None,
    as_json: bool,
) -> None:
    """Draw records of SOURCE to a sheet.

    SOURCE is a ledger, a task file, or a table of decisions.
    """
    decisions, texts, _ = read_decisions(source, run)
    strata = stratify(decisions, by)
    if cluster is None:
        drawn = draw(strata, min(size, len(strata)), seed, equal=equal)
    else:
        if by != "none" or equal:
            raise SpecError("--cluster draws clusters at random; leave out --by and --equal")
        drawn = _whole(source, cluster, list(strata), (size, seed))
        by = f"{BY_CLUSTER}{cluster}"
    texts = texts or _texts(source, drawn)
    write_sheet(out, drawn, texts, decisions, by)
    if as_json:
        print_json({"drawn": len(drawn), "decided": len(strata), "records": len(decisions),
                    "out": str(out)})  # fmt: skip
        return
    click.echo(
        f"{len(drawn):,} of {len(strata):,} decided records {written_to(out)}, in "
        f"random order; fill "
        "the column 'answer' from the top, without looking at what was shipped, then: "
        f"assay audit estimate {source} {out}{f' --cluster {cluster}' if cluster else ''}"
    )
    if len(strata) < len(decisions):
        open_ = many(len(decisions) - len(strata), "record is", "records are")
        click.echo(f"note: {open_} undecided", err=True)


def _whole(source: str, column: str, records: list[str], drawn: tuple[int, int]) -> list[Drawn]:
    cluster = of_records(source, column)
    return draw_clusters({r: own_or_cluster(r, cluster) for r in records}, *drawn)


@audit_command.command(
    "estimate", epilog=examples("assay audit estimate task.yaml sheet.csv --target 0.05")
)
@click.argument("source")
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--target", type=SHARE,
              help="Error rate allowed; reports whether people may stop answering.")  # fmt: skip
@click.option("--tolerance", type=AMOUNT, default=0.0, show_default=True,
              help="Largest error at which a number still counts as correct.")  # fmt: skip
@click.option("--cluster", help="Column that several records share (author, document, person); the "
              "interval then holds for records of new clusters.")  # fmt: skip
@click.option("--run", help="Use decisions of this run; default: the last one with decisions.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def estimate_command(
    source: str,
    sheet: Path,
    target: float | None,
    tolerance: float,
    cluster: str | None,
    run: str | None,
    as_json: bool,
) -> None:
    """Estimate the error rate of SOURCE from the answered SHEET."""
    if cluster is not None and target is not None:
        raise SpecError("--target needs records drawn one by one; leave out --cluster")
    decisions, _, schema = read_decisions(source, run)
    own = of_records(source, cluster) if cluster else None
    read = schema.check if schema is not None else str

    def alike(shipped: Value, answer: Value) -> bool:
        if schema is None:
            shipped, answer = canonical(str(shipped)), canonical(str(answer))
        return same(shipped, answer, tolerance)

    found = judge(read_sheet(sheet), decisions, read, same=alike, cluster=own)
    always = (
        None if found.baseline is None else MajorityBaseline(found.baseline_label, found.baseline)
    )
    stopped = stop(found.strata, target, always) if target is not None else None
    if as_json:
        described = found.as_json() | ({"stop": stopped.as_json()} if stopped else {})
        print_json(described)
        return
    _print_result(found)
    if stopped is not None:
        click.echo(stopped.statement)


def _texts(source: str, drawn: Sequence[Drawn]) -> dict[str, str]:
    """The text of each record, if the source is a ledger that has it."""
    if not is_ledger(source):
        return {}

    ledger, _ = ledger_and_task(source)
    try:
        records = ledger.records([d.record for d in drawn])
        return {r.id: r.text or " ".join(i.uri for i in r.images) for r in records}
    finally:
        ledger.close()


def _print_result(found: Audit) -> None:
    click.echo(found.statement)
    if found.baseline is not None:
        label = shortened(found.baseline_label)
        click.echo(f"majority-class baseline ({label}): wrong in {found.baseline:.1%}")
    head = ("stratum", "records", "wrong (95% CI)", "n")
    rates = [f"{s.rate:.1%} [{s.interval[0]:.1%}, {s.interval[1]:.1%}]" for s in found.strata]
    offer([head, *((s.name or "all", f"{s.size:,}", rate, f"{s.answered:,}")
                   for s, rate in zip(found.strata, rates, strict=True))])  # fmt: skip
    if len(found.strata) > 1:
        for s in found.strata:
            low, high = s.interval
            wrong = f"{s.rate:.1%} [{low:.1%}, {high:.1%}] (n = {s.answered:,})"
            click.echo(f"  {s.name:<24} {s.size:>9,} records, wrong {wrong}")
    if found.assumption is not None:
        click.echo(f"note: {found.assumption}", err=True)
    for line in found.warnings:
        click.echo(f"warning: {line}", err=True)
