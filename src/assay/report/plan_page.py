"""The cost-quality frontier as one HTML file."""

import math
from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import TypeAlias

from assay.core.cost import money, to_nanos
from assay.core.task import Task
from assay.quality.guarantees.by_class import AcceptedClass
from assay.quality.planning import Option, Plan
from assay.report.dots import Place
from assay.report.layout import write_page

LEFT, RIGHT, BOTTOM, TOP = 70, 20, 60, 26
WIDE, NARROW = ("wide", 900, 430), ("narrow", 400, 400)  # names and sizes of the chart
CLEAR, NUMBER = 18.0, 4.5  # from the middle of a number to what else is there, and to its foot
AROUND = ((16, -13), (0, -20), (-16, -13), (18, 0), (-18, 0), (0, 20), (16, 14), (-16, 14))
MOST_STEPS = 6  # of the axis of agreement

Spot: TypeAlias = tuple[float, float]


def write_plan(
    plan: Plan, task: Task, currency: str, out: Path, classes: Sequence[AcceptedClass] = ()
) -> None:
    """`classes`: class by class, what the pick accepts of the sample."""
    write_page(
        "plan.html.j2",
        f"{task.name} – Assay plan",
        out,
        plan=plan,
        task=task,
        chart=frontier(plan, currency),
        missed=[o for o in plan.options if o.links and o.threshold is None],
        classes=classes,
        of_1000=partial(_of_1000, currency),
    )


def _of_1000(currency: str, each: float) -> str:
    """Money for 1,000 records, by that for one."""
    return money(to_nanos(1000 * each), currency)


def frontier(plan: Plan, currency: str) -> str:
    """Agreement against cost per 1,000 records, for wide screens and for narrow ones."""
    both = (_chart(plan, currency, form) for form in (WIDE, NARROW))
    return '<div class="forms">' + "".join(both) + "</div>"


def _chart(plan: Plan, currency: str, form: tuple[str, int, int]) -> str:
    """Every option with its intervals; the Pareto frontier is joined by a line."""
    name, width, height = form
    shown = [o for o in (*plan.options, *plan.bare) if not o.links or o.threshold is not None]
    most = _round(max(1000 * o.cost_interval[1] for o in shown) * 1.05)
    target = 1 - plan.promise.alpha
    ticks = _ticks(min(target, *(o.agreement_interval[0] for o in shown)))
    floor = ticks[0]

    def x(cost: float) -> float:
        return LEFT + (width - LEFT - RIGHT) * 1000 * cost / most

    def y(agreement: float) -> float:
        return TOP + (height - BOTTOM - TOP) * (1 - agreement) / (1 - floor)

    right = width - RIGHT
    parts = [_costs(most, currency, (width, height))]
    parts += [*(_share(t, y(t), right) for t in ticks), _target(y(target), right)]
    line = " ".join(f"{x(o.cost):.1f},{y(o.agreement):.1f}" for o in plan.frontier)
    parts.append(f'<polyline class="frontier" points="{line}"/>')
    parts += [_point(o, plan, (x, y)) for o in shown]
    dots = [(x(o.cost), y(o.agreement)) for o in shown]
    parts += [
        f'<text class="number" x="{at:.1f}" y="{base:.1f}" text-anchor="middle">{i}</text>'
        for i, (at, base) in enumerate(numbered(dots), 1)
    ]
    return (
        f'<svg class="plan {name}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="Agreement against cost">'
        f"<title>Agreement against cost</title>{''.join(parts)}</svg>"
    )


def numbered(dots: Sequence[Spot]) -> list[Spot]:
    """Position of each dot's number: next to it, clear of other dots and numbers if possible."""
    found: list[Spot] = []
    for i, (x, y) in enumerate(dots):
        others = [d for k, d in enumerate(dots) if k != i]
        places = [(x + right, y + down + NUMBER) for right, down in AROUND]
        found.append(max(places, key=lambda p: min(CLEAR, _clear(p, others, found))))
    return found


def _clear(place: Spot, dots: Sequence[Spot], numbers: Sequence[Spot]) -> float:
    x, y = place
    middles = [*dots, *((a, b - NUMBER) for a, b in numbers)]
    return min((math.hypot(x - a, y - NUMBER - b) for a, b in middles), default=CLEAR)


def _round(cost: float) -> float:
    """Up to a number whose quarters are short."""
    if cost <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(cost))
    return next(k * unit for k in (1, 1.2, 2, 4, 6, 8, 10) if k * unit >= cost)


def _ticks(least: float) -> list[float]:
    """Shares from below `least` up to 1, in steps that print without a remainder."""
    room = round(100 * (1 - least), 6)
    points = next(p for p in (1, 2, 5, 10, 20) if room <= MOST_STEPS * p)
    below = max(1, math.ceil(round(room / points, 6)))
    return [(100 - points * k) / 100 for k in range(below, -1, -1)]


def _point(option: Option, plan: Plan, axes: tuple[Place, Place]) -> str:
    x, y = axes
    (low, high), (lowest, highest) = option.agreement_interval, option.cost_interval
    cx, cy = x(option.cost), y(option.agreement)
    kind = "pick" if option == plan.pick else "meets" if option.meets else "bare"
    ring = f'<circle class="ring" cx="{cx:.1f}" cy="{cy:.1f}" r="10"/>' if kind == "pick" else ""
    return (
        f'<g class="{kind}"><title>{escape(option.name)}</title>'
        f'<line x1="{cx:.1f}" y1="{y(low):.1f}" x2="{cx:.1f}" y2="{y(high):.1f}"/>'
        f'<line x1="{x(lowest):.1f}" y1="{cy:.1f}" x2="{x(highest):.1f}" y2="{cy:.1f}"/>'
        f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="6"/>{ring}</g>'
    )


def _share(share: float, y: float, right: float) -> str:
    return (
        f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
        f'<text class="n" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    )


def _costs(most: float, currency: str, size: tuple[int, int]) -> str:
    bottom, right = size[1] - BOTTOM, size[0] - RIGHT
    ticks = (
        f'<text class="n" x="{LEFT + (right - LEFT) * k / 4:.1f}" y="{bottom + 20}" '
        f'text-anchor="middle">{_short(most * k / 4)}</text>'
        for k in range(5)
    )
    middle = (TOP + bottom) / 2
    return (
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{right - LEFT}" height="{bottom - TOP}"/>'
        f'<text x="{(LEFT + right) / 2}" y="{size[1] - 12}" text-anchor="middle">'
        f"{escape(currency)} per 1,000 records</text>"
        f'<text x="16" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle})">agreement</text>' + "".join(ticks)
    )


def _short(cost: float) -> str:
    """Without an exponent and without trailing zeros."""
    return f"{cost:,.9f}".rstrip("0").rstrip(".")


def _target(y: float, right: float) -> str:
    return (
        f'<line class="target" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
        f'<text class="n" x="{right - 4}" y="{y - 6:.1f}" text-anchor="end">target</text>'
    )
