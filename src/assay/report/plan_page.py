"""The cost-quality frontier as one HTML file."""

import math
from functools import partial
from html import escape
from pathlib import Path

from assay.core.cost import money, to_nanos
from assay.core.task import Task
from assay.data.write import whole
from assay.quality.planning import Option, Plan
from assay.report.dots import Place
from assay.report.page import environment

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 430, 70, 60, 26
MOST_STEPS = 6  # of the axis of agreement


def write_plan(plan: Plan, task: Task, currency: str, out: Path) -> None:
    page = environment().get_template("plan.html.j2")
    chart = frontier(plan, currency)
    missed = [o for o in plan.options if o.links and o.threshold is None]
    text = page.render(
        plan=plan, task=task, chart=chart, missed=missed, of_1000=partial(_of_1000, currency)
    )
    with whole(out) as part:
        part.write_text(text, encoding="utf-8")


def _of_1000(currency: str, each: float) -> str:
    """Money for 1,000 records, by that for one."""
    return money(to_nanos(1000 * each), currency)


def frontier(plan: Plan, currency: str) -> str:
    """Agreement against cost per 1,000 records, with intervals; the frontier joined by a line."""
    shown = [o for o in (*plan.options, *plan.bare) if not o.links or o.threshold is not None]
    most = _round(max(1000 * o.cost_interval[1] for o in shown) * 1.05)
    target = 1 - plan.promise.alpha
    ticks = _ticks(min(target, *(o.agreement_interval[0] for o in shown)))
    floor = ticks[0]

    def x(cost: float) -> float:
        return LEFT + (WIDTH - LEFT - 20) * 1000 * cost / most

    def y(agreement: float) -> float:
        return TOP + (HEIGHT - BOTTOM - TOP) * (1 - agreement) / (1 - floor)

    parts = [_costs(most, currency), *(_share(t, y(t)) for t in ticks), _target(y(target))]
    line = " ".join(f"{x(o.cost):.1f},{y(o.agreement):.1f}" for o in plan.frontier)
    parts.append(f'<polyline class="frontier" points="{line}"/>')
    parts += [_point(o, i, plan, (x, y)) for i, o in enumerate(shown, 1)]
    return (
        f'<svg class="plan" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="Agreement against cost"><title>Agreement against cost</title>'
        f"{''.join(parts)}</svg>"
    )


def _round(cost: float) -> float:
    """Up to a number whose quarters are short."""
    if cost <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(cost))
    return next(k * unit for k in (1, 1.2, 2, 4, 6, 8, 10) if k * unit >= cost)


def _ticks(least: float) -> list[float]:
    """Shares from below `least` up to 1, in whole steps that print without a rest."""
    for points in (1, 2, 5, 10, 20):
        if 100 * (1 - least) <= MOST_STEPS * points:
            break
    below = max(1, math.ceil(round(100 * (1 - least) / points, 6)))
    return [(100 - points * k) / 100 for k in range(below, -1, -1)]


def _point(option: Option, number: int, plan: Plan, axes: tuple[Place, Place]) -> str:
    x, y = axes
    (low, high), (cheap, dear) = option.agreement_interval, option.cost_interval
    cx, cy = x(option.cost), y(option.agreement)
    kind = "pick" if option == plan.pick else "meets" if option.meets else "bare"
    ring = f'<circle class="ring" cx="{cx:.1f}" cy="{cy:.1f}" r="10"/>' if kind == "pick" else ""
    return (
        f'<g class="{kind}"><title>{escape(option.name)}</title>'
        f'<line x1="{cx:.1f}" y1="{y(low):.1f}" x2="{cx:.1f}" y2="{y(high):.1f}"/>'
        f'<line x1="{x(cheap):.1f}" y1="{cy:.1f}" x2="{x(dear):.1f}" y2="{cy:.1f}"/>'
        f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="6"/>{ring}'
        f'<text x="{cx + 10:.1f}" y="{cy - 9:.1f}">{number}</text></g>'
    )


def _share(share: float, y: float) -> str:
    return (
        f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 20}" y2="{y:.1f}"/>'
        f'<text class="n" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    )


def _costs(most: float, currency: str) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - 20
    ticks = (
        f'<text class="n" x="{LEFT + (right - LEFT) * k / 4:.1f}" y="{bottom + 20}" '
        f'text-anchor="middle">{_short(most * k / 4)}</text>'
        for k in range(5)
    )
    middle = (TOP + bottom) / 2
    return (
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{right - LEFT}" height="{bottom - TOP}"/>'
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"{escape(currency)} per 1,000 records</text>"
        f'<text x="16" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle})">agreement</text>' + "".join(ticks)
    )


def _short(cost: float) -> str:
    """Without an exponent, and without zeros that say nothing."""
    return f"{cost:,.9f}".rstrip("0").rstrip(".")


def _target(y: float) -> str:
    right = WIDTH - 20
    return (
        f'<line class="target" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
        f'<text class="n" x="{right - 4}" y="{y - 6:.1f}" text-anchor="end">target</text>'
    )
