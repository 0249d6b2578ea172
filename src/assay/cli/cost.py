"""`assay cost`: what each route of a task cost, projected to the whole data set."""

from dataclasses import dataclass
from pathlib import Path

import click

from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.sources import TASK_FILES, ledger_and_task
from assay.cli.tables import format_option, offer
from assay.cli.task_argument import source_argument
from assay.core.cost import UNKNOWN, money
from assay.core.errors import InputError
from assay.ledger import last_deciding
from assay.ledger.named import unpriced_ids
from assay.project import open_project
from assay.quality.costs import (
    NO_CURRENCY,
    Costs,
    PriceList,
    Route,
    booked_in,
    check_currency,
    costs,
)
from assay.quality.price_lists import read_prices

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers are counted, and in which currency; None: the only task, the last run, the
    currency of the task file."""

    task: str | None
    run: str | None
    currency: str | None


@click.command("cost", epilog=examples("assay cost", "assay cost task.yaml --records 100000"))
@source_argument
@click.option("--prices", type=click.Path(path_type=Path),
              help="Price list (YAML). Default: the costs recorded when asking.")  # fmt: skip
@click.option("--currency", help="Currency of recorded costs, if not set elsewhere.")
@click.option("--records", type=click.IntRange(min=1), multiple=True,
              help="Project to this number of records; repeat for several.")  # fmt: skip
@click.option("--people", multiple=True, help="Name of a human annotator; repeat for several.")
@click.option("--task", help="Task id, if SOURCE is a ledger with several tasks.")
@click.option("--run", help="The run whose decisions define the routes; default: the last one.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def cost_command(
    source: str,
    prices: Path | None,
    currency: str | None,
    records: tuple[int, ...],
    people: tuple[str, ...],
    task: str | None,
    run: str | None,
    as_json: bool,
) -> None:
    """Cost of each route in SOURCE (a task file or a ledger), in one currency."""
    listed = None if prices is None else read_prices(prices)
    found = _costs(source, Wanted(task, run, currency), listed, frozenset(people))
    projections = [found.projected(n) for n in records]
    if as_json:
        described = found.as_json() | {"projections": [p.as_json() for p in projections]}
        print_json(described)
        return
    if found.prices.currency is None and found.whole.bill.total + found.setup.total:
        click.echo(f"note: {NO_CURRENCY}", err=True)
    _print_result(found)
    for p in projections:
        if not p.known:
            click.echo(f"{p.records:,} records like these: cost unknown")
            continue
        click.echo(
            f"{p.records:,} records like these: {_money(p.cost, found)}"
            + ("" if p.interval is None else f" [{_money(p.interval[0], found)}, ")
            + ("" if p.interval is None else f"{_money(p.interval[1], found)}]")
        )
        if p.same_people is not None:
            click.echo(
                f"  with bonuses for additional people who answer as much each; if the "
                f"same people answer "
                f"everything: {_money(p.same_people, found)}"
            )
    for line in found.not_counted:
        click.echo(f"not counted: {line}")


def _of_file(source: str) -> str | None:
    """The currency of the task file, where SOURCE is one."""
    if not source.endswith(TASK_FILES):
        return None

    return open_project(source).file.currency


def _costs(
    source: str,
    wanted: Wanted,
    prices: PriceList | None,
    people: frozenset[str],
) -> Costs:
    run = wanted.run
    ledger, own = ledger_and_task(source)
    try:
        schemas = ledger.schemas()
        task = wanted.task or own or (next(iter(schemas)) if len(schemas) == 1 else None)
        if task not in schemas:
            raise InputError(f"name a task with --task: {', '.join(schemas) or 'there is none'}")
        held = ledger.runs(task)
        runs = [r.id for r in held]
        if run is not None and run not in runs:
            raise InputError(f"there is no run {run!r}; there are {', '.join(runs) or 'none'}")
        last = run or last_deciding(ledger, runs)
        decisions = () if last is None else ledger.decisions(last)
        known = wanted.currency or _of_file(source)
        listed = prices or PriceList(currency=known or booked_in(held))
        given, unpriced = ledger.annotations(task), unpriced_ids(ledger, task)
        found = costs(given, decisions, listed, people, unpriced)
        if prices is not None and found.booked:
            check_currency(found, known or booked_in(held))
        return found
    finally:
        ledger.close()


def _money(nanos: float, found: Costs) -> str:
    return money(round(nanos), found.prices.unit)


def _print_result(found: Costs) -> None:
    offer(_rows(found))
    click.echo(f"price list: {found.prices.name}")
    for route in found.routes[:MOST_SHOWN]:
        _print_route(route, found, route.name)
    if len(found.routes) > MOST_SHOWN:
        click.echo(f"… and {len(found.routes) - MOST_SHOWN:,} more routes; --json has all")
    _print_route(found.whole, found, "all routes")
    if found.setup.total:
        click.echo(f"one-time cost of answers on other records: {_money(found.setup.total, found)}")


def _rows(found: Costs) -> list[tuple[str, ...]]:
    head = ("route", "records", "answers", "cost", "per 1,000 records")
    return [head, *(_row(r, found) for r in found.routes), _row(found.whole, found, "all routes")]


def _row(route: Route, found: Costs, name: str | None = None) -> tuple[str, ...]:
    amounts = (route.bill.total, 1000 * route.each)
    costs = (UNKNOWN if route.unpriced else _money(nanos, found) for nanos in amounts)
    return (name or route.name, f"{route.records:,}", f"{route.answers:,}", *costs)


def _print_route(route: Route, found: Costs, name: str) -> None:
    if route.unpriced:
        click.echo(
            f"{name}: {route.records:,} records, {route.answers:,} answers, cost unknown: "
            f"{route.unpriced:,} answers have no price; give one with --prices"
        )
        return
    kinds = ", ".join(
        f"{kind.replace('_', ' ')} {_money(nanos, found)}"
        for kind, nanos in route.bill.kinds.items()
        if nanos
    )
    click.echo(
        f"{name}: {route.records:,} records, {route.answers:,} answers, "
        f"{_money(route.bill.total, found)}, {_money(1000 * route.each, found)} per 1,000 records"
        + (f" ({kinds})" if kinds else "")
    )
