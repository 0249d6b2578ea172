"""Dot plots as SVG text: a row for each name, dots on a common axis, and reference lines.

Colours come from the page's style by class: `model`, `person`, `first`, `second`, `below`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

Place: TypeAlias = Callable[[float], float]
"""From a value to its pixel."""

WIDTH, RIGHT, ROW, HEAD = 920, 24, 22, 34
NARROW = 360
CHARACTER, GAP = 7.2, 14  # of the labels, in pixels
DIAMOND = 6.5  # from its middle to a corner


@dataclass(frozen=True, slots=True)
class Dot:
    kind: str  # the class of its colour
    value: float
    described: str = ""  # what hovering says


@dataclass(frozen=True, slots=True)
class Row:
    """`span` is a line behind the dots, `tick` a short mark such as a baseline."""

    label: str
    dots: tuple[Dot, ...]
    span: tuple[float, float] | None = None
    tick: float | None = None
    note: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    start: float
    stop: float
    steps: int
    percent: bool = True
    line: float | None = None  # drawn through all rows
    title: str = ""
    labels: tuple[str, ...] = ()  # of the steps, where they are not the values themselves

    def at(self, step: int) -> float:
        return round(self.start + (self.stop - self.start) * step / self.steps, 9)

    def described(self, step: int) -> str:
        if self.labels:
            return self.labels[step]
        value = self.at(step)
        return f"{value:.0%}" if self.percent else f"{value:zg}"


def dot_rows(rows: Sequence[Row], axis: Axis) -> str:
    """The same picture for wide and for narrow screens; the page's style shows one of them."""
    both = (_wide(rows), _narrow(axis))
    return '<div class="forms">' + "".join(_picture(rows, axis, form) for form in both) + "</div>"


@dataclass(frozen=True, slots=True)
class Form:
    """Position of the text: next to the dots, or above them on narrow screens."""

    name: str
    width: float
    left: float  # of the axis
    right: float
    row: float
    above: float = 0.0  # how far the words stand above the dots

    def words(self, row: Row, y: float) -> str:
        """Label and note of a row whose dots are at y."""
        comparisons = not self.above
        weight = ' class="strong"' if row.strong else ""
        most = 32 if comparisons else int(self.width / CHARACTER) - len(row.note) - 2
        shown = row.label if len(row.label) <= most else row.label[: most - 1] + "…"
        at, side = (self.left - GAP, "end") if comparisons else (0.0, "start")
        base = y + 4.5 - self.above
        label = f'<text{weight} x="{at:.1f}" y="{base:.1f}" text-anchor="{side}">'
        at, side = (self.right + GAP, "start") if comparisons else (self.width, "end")
        note = f'<text class="n" x="{at:.1f}" y="{base:.1f}" text-anchor="{side}">'
        return f"{label}{escape(shown)}</text>" + (
            f"{note}{escape(row.note)}</text>" if row.note else ""
        )


def _wide(rows: Sequence[Row]) -> Form:
    left = min(260.0, CHARACTER * max((len(r.label) for r in rows), default=0) + 2 * GAP)
    room = CHARACTER * max((len(r.note) for r in rows), default=0)
    return Form("wide", WIDTH, left, WIDTH - RIGHT - room, ROW)


def _narrow(axis: Axis) -> Form:
    edge = max(10.0, _room(axis) / 2)
    return Form("narrow", NARROW, edge, NARROW - edge, 2 * ROW, 18.0)


def _room(axis: Axis) -> float:
    """The width of the longest axis label, and a gap."""
    return CHARACTER * max(len(axis.described(k)) for k in range(axis.steps + 1)) + 6


def _picture(rows: Sequence[Row], axis: Axis, form: Form) -> str:
    bottom = HEAD + form.row * len(rows)

    def x(value: float) -> float:
        inside = min(max(value, axis.start), axis.stop)
        share = (inside - axis.start) / (axis.stop - axis.start)
        return form.left + (form.right - form.left) * share

    parts = [_frame(axis, form, x, bottom)]
    for i, row in enumerate(rows):
        y = HEAD + form.row * i + (form.row + form.above) / 2
        parts.append(f"<g>{form.words(row, y)}{_marks(row, y, x, (form.left, form.right))}</g>")
    title = escape(axis.title)
    return (
        f'<svg class="rows {form.name}" viewBox="0 0 {form.width} {bottom + 8}" '
        f'width="{form.width}" height="{bottom + 8}" role="img" aria-label="{title}">'
        f"<title>{title}</title>{''.join(parts)}</svg>"
    )


def _frame(axis: Axis, form: Form, x: Place, bottom: float) -> str:
    """The grid; of the words at its lines as many as there is room for."""
    every = max(1, math.ceil(_room(axis) * axis.steps / (form.right - form.left)))
    parts = []
    for k in range(axis.steps + 1):
        place = x(axis.at(k))
        parts.append(_line("grid", (place, HEAD - 6), (place, bottom)))
        if k % every == 0:
            parts.append(
                f'<text class="n" x="{place:.1f}" y="{HEAD - 14}" text-anchor="middle">'
                f"{axis.described(k)}</text>"
            )
    if axis.line is not None:
        place = x(axis.line)
        parts.append(_line("line", (place, HEAD - 6), (place, bottom)))
    return "".join(parts)


def _marks(row: Row, y: float, x: Place, edges: tuple[float, float]) -> str:
    left, right = edges
    parts = [_line("guide", (left, y), (right, y))]
    if row.span is not None:
        low, high = (x(edge) for edge in row.span)
        parts.append(
            f'<line class="span" x1="{low:.1f}" y1="{y:.1f}" x2="{high:.1f}" y2="{y:.1f}"/>'
        )
    if row.tick is not None:
        parts.append(_line("tick", (x(row.tick), y - 8), (x(row.tick), y + 8)))
    parts += [_dot(dot, x(dot.value), y) for dot in row.dots]
    return "".join(parts)


def _dot(dot: Dot, x: float, y: float) -> str:
    """Values below the target are diamonds: not everyone sees the colour."""
    described = f"<title>{escape(dot.described)}</title>" if dot.described else ""
    if dot.kind == "below":
        steps = ((0, -DIAMOND), (DIAMOND, 0), (0, DIAMOND), (-DIAMOND, 0))
        corners = " ".join(f"{x + right:.1f},{y + down:.1f}" for right, down in steps)
        return f'<polygon class="{dot.kind}" points="{corners}">{described}</polygon>'
    return f'<circle class="{dot.kind}" cx="{x:.1f}" cy="{y:.1f}" r="5">{described}</circle>'


def _line(kind: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    (a, b), (c, d) = start, end
    return f'<line class="{kind}" x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}"/>'


def fitting(values: Sequence[float], percent: bool = True) -> Axis:
    """An axis of whole tenths around shares, or from 0 to a round number above distances."""
    if percent:
        start = min(0.9, int(10 * min(values, default=0.0)) / 10)
        return Axis(start, 1.0, round((1 - start) * 10))
    most = max(values, default=1.0) or 1.0
    step = next(s for s in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 10.0**9) if most / s <= 8)
    steps = max(1, -int(-most // step))
    return Axis(0.0, steps * step, steps, percent=False)
