"""The cost-quality frontier as one HTML file."""

import math
from html import escape
from pathlib import Path

from assay.core.task import Task
from assay.data.write import whole
from assay.quality.planning import Option, Plan
from assay.report.page import environment

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 430, 70, 60, 26


def write_plan(plan: Plan, task: Task, currency: str, out: Path) -> None:
    page = environment().get_template("plan.html.j2")
    chart = frontier(plan, currency)
    text = page.render(plan=plan, task=task, currency=currency, chart=chart)
    with whole(out) as part:
        part.write_text(text, encoding="utf-8")


def frontier(plan: Plan, currency: str) -> str:
    """Agreement against cost per 1,000 records, with intervals; the frontier joined by a line."""
    shown = [o for o in (*plan.options, *plan.bare) if not o.links or o.threshold is not None]
    most = _round(max(1000 * o.cost_interval[1] for o in shown) * 1.05)
    least = min(o.agreement_interval[0] for o in shown)
    floor = max(0.0, round(least - 0.05, 1))

    def x(cost: float) -> float:
        return LEFT + (WIDTH - LEFT - 20) * 1000 * cost / most

    def y(agreement: float) -> float:
        return TOP + (HEIGHT - BOTTOM - TOP) * (1 - agreement) / (1 - floor)

    parts = [_frame(plan, currency, (most, floor), y)]
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


def _point(option: Option, number: int, plan: Plan, axes: tuple) -> str:  # type: ignore[type-arg]
    x, y = axes
    (low, high), (cheap, dear) = option.agreement_interval, option.cost_interval
    cx, cy = x(option.cost), y(option.agreement)
    kind = "pick" if option == plan.pick else "meets" if option.meets else "bare"
    return (
        f'<g class="{kind}"><title>{escape(option.name)}</title>'
        f'<line x1="{cx:.1f}" y1="{y(low):.1f}" x2="{cx:.1f}" y2="{y(high):.1f}"/>'
        f'<line x1="{x(cheap):.1f}" y1="{cy:.1f}" x2="{x(dear):.1f}" y2="{cy:.1f}"/>'
        f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="6"/>'
        f'<text x="{cx + 8:.1f}" y="{cy - 8:.1f}">{number}</text></g>'
    )


def _frame(plan: Plan, currency: str, edges: tuple[float, float], y: "object") -> str:
    most, floor = edges
    assert callable(y)
    bottom, right = HEIGHT - BOTTOM, WIDTH - 20
    ticks = []
    for k in range(5):
        share = floor + (1 - floor) * k / 4
        cost, place = most * k / 4, LEFT + (right - LEFT) * k / 4
        ticks.append(
            f'<text class="n" x="{LEFT - 8}" y="{y(share) + 4:.1f}" text-anchor="end">'
            f"{share:.0%}</text>"
            f'<text class="n" x="{place:.1f}" y="{bottom + 20}" text-anchor="middle">'
            f"{cost:,.4g}</text>"
        )
    target = y(1 - plan.promise.alpha)
    return (
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{right - LEFT}" height="{bottom - TOP}"/>'
        f'<line class="target" x1="{LEFT}" y1="{target:.1f}" x2="{right}" y2="{target:.1f}"/>'
        f'<text class="n" x="{right - 4}" y="{target - 6:.1f}" text-anchor="end">target</text>'
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"{escape(currency)} per 1,000 records</text>"
        f'<text x="16" y="{bottom / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {bottom / 2})">agreement</text>' + "".join(ticks)
    )
