"""`assay compare --plan`: how many records and people the alternative annotator test needs."""

from collections.abc import Sequence

import click

from assay.cli.compare_parts import AltTestOptions, rules_of
from assay.cli.compare_sources import Wanted, gather
from assay.cli.json_output import print_json
from assay.cli.tables import print_table
from assay.core.errors import InputError
from assay.quality.replacement.alt_plan import (
    AltPlan,
    Cell,
    Grid,
    Guess,
    plan_from_guess,
    plan_from_pilot,
)
from assay.quality.replacement.alt_test import NotPossible, Rules


def print_plans(
    wanted: Wanted, asked: AltTestOptions, guess: Guess, grid: Grid, as_json: bool
) -> None:
    if wanted.source is None and not wanted.people and not wanted.models:
        _, rules = rules_of(asked, "nominal", wanted.expert)
        plans = [plan_from_guess(guess, rules, grid)]
    else:
        plans = _from_pilot(wanted, asked, grid)
    if as_json:
        described = {"plans": [plan.as_json() for plan in plans]}
        print_json(described)
        return
    for plan in plans:
        _print_result(plan)


def _from_pilot(wanted: Wanted, asked: AltTestOptions, grid: Grid) -> list[AltPlan]:
    sides, kind = gather(wanted)
    _, rules = rules_of(asked, kind, wanted.expert)
    most = len(sides.people)
    if most < min(grid.people):
        grid = Grid((2,), grid.records, grid.runs, grid.power, grid.seed)
    plans = []
    for model, labels in sides.models.items():
        try:
            plans.append(plan_from_pilot(model, labels, sides.people, rules, grid))
        except NotPossible as bad:
            raise InputError(f"{model}: not possible because {bad}") from None
    return plans


def _print_result(plan: AltPlan) -> None:
    rules = plan.rules
    click.echo(
        f"{plan.model} ({plan.basis}), score {rules.score}, epsilon {rules.epsilon:g}: "
        f"probability of passing in {plan.grid.runs:,} simulated tests"
    )
    print_table(_rows(plan), "  ")
    click.echo(plan.verdict)
    worst = max((c for c in plan.cells if c.error is not None), key=_error, default=None)
    if worst is not None and worst.boundary is not None:
        click.echo(_false_pass(worst, rules))
    for limit in plan.limits:
        click.echo(f"limit: {limit}")
    click.echo("")


def _rows(plan: AltPlan) -> Sequence[Sequence[str]]:
    people = sorted({c.people for c in plan.cells})
    passes = {(c.people, c.records): f"{c.passes.value or 0:.2f}" for c in plan.cells}
    head = ("records", *(f"{p} people" for p in people))
    return [head, *((f"{n:,}", *(passes[p, n] for p in people)) for n in plan.grid.records)]


def _error(cell: Cell) -> float:
    return 0.0 if cell.error is None else cell.error.value or 0.0


def _false_pass(worst: Cell, rules: Rules) -> str:
    is_so = (
        f"with an error of {worst.boundary:.2f}"
        if rules.score == "neg-rmse"
        else f"right {worst.boundary:.0%} of the time"
    )
    return (
        f"a model {is_so} is worse than people by exactly epsilon; it would pass with probability "
        f"{_error(worst):.2f} at most"
    )
