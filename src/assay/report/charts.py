"""Small pictures as SVG text: they need no script and nothing from outside."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from assay.quality.metrics.accuracy import wilson

WIDTH, ROW = 440, 26
CHARACTER, LONGEST = 7.2, 22  # of a label: its width, and how many are shown
MOST = 20
SIDE, EDGE = 260, 52  # of the plot of reliability: its width and height, and what is left of it


def bars(counts: Counter[str], total: int | None = None) -> str:
    """Horizontal bars, the largest first; what does not fit is named. Shares are of `total`."""
    total = counts.total() if total is None else total
    rows = counts.most_common(MOST)
    left = 10 + CHARACTER * min(LONGEST, max((len(name) for name, _ in rows), default=0))
    parts = []
    for i, (name, count) in enumerate(rows):
        y, width = i * ROW, (WIDTH - left - 110) * count / rows[0][1]
        label = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        parts.append(
            f'<text x="{left - 8:.1f}" y="{y + 17}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{left:.1f}" y="{y + 4}" width="{width:.1f}" height="{ROW - 8}" rx="3"/>'
            f'<text x="{left + width + 8:.1f}" y="{y + 17}" class="n">'
            f"{count:,} ({count / total:.0%})</text>"
        )
    height = max(len(rows) * ROW, ROW)
    more = len(counts) - len(rows)
    title = "Number of records by label" + (f"; {more} more labels not shown" if more > 0 else "")
    return _svg("bars", WIDTH, height, title, "".join(parts))


def reliability(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> str:
    """Accuracy against stated confidence in bins of equal width, each with its 95% interval and,
    below the axis, its number of records."""
    groups: list[list[bool]] = [[] for _ in range(bins)]
    for sure, right in pairs:
        groups[min(int(sure * bins), bins - 1)].append(right)
    drawn = "".join(_bin(group, i, bins) for i, group in enumerate(groups) if group)
    return _svg("dots", SIDE + EDGE + 20, SIDE + 72, "Reliability", _axes() + drawn)


def _bin(group: Sequence[bool], place: int, bins: int) -> str:
    """A dot, its interval, and its number of records."""
    n, share = len(group), sum(group) / len(group)
    low, high = wilson(sum(group), n)
    x = EDGE + (place + 0.5) / bins * SIDE
    described = (
        f"confidence {place / bins:.0%} to {(place + 1) / bins:.0%}: accuracy {share:.1%}, "
        f"95% CI [{low:.1%}, {high:.1%}], n = {n:,}"
    )
    return (
        f'<g><title>{described}</title><line class="interval" x1="{x:.1f}" y1="{_height(low):.1f}" '
        f'x2="{x:.1f}" y2="{_height(high):.1f}"/>'
        f'<circle cx="{x:.1f}" cy="{_height(share):.1f}" r="5"/>'
        f'<text class="n count" x="{x:.1f}" y="{SIDE + 44}" text-anchor="middle">{n:,}</text></g>'
    )


def _height(share: float) -> float:
    return 10 + SIDE * (1 - share)


def _axes() -> str:
    frame = (
        f'<rect class="frame" x="{EDGE}" y="10" width="{SIDE}" height="{SIDE}"/>'
        f'<line x1="{EDGE}" y1="{10 + SIDE}" x2="{EDGE + SIDE}" y2="10"/>'
        f'<text x="{EDGE + SIDE / 2}" y="{SIDE + 64}" text-anchor="middle">confidence</text>'
        f'<text x="12" y="{10 + SIDE / 2}" text-anchor="middle" '
        f'transform="rotate(-90 12 {10 + SIDE / 2})">accuracy</text>'
        f'<text class="n count" x="{EDGE - 5}" y="{SIDE + 44}" text-anchor="end">n</text>'
    )
    ticks = "".join(
        f'<text class="n" x="{EDGE + SIDE * t}" y="{SIDE + 26}" text-anchor="middle">{t:g}</text>'
        f'<text class="n" x="{EDGE - 5}" y="{14 + SIDE * (1 - t)}" text-anchor="end">{t:g}</text>'
        for t in (0, 0.5, 1)
    )
    return frame + ticks


def _svg(kind: str, width: float, height: float, title: str, inside: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>{inside}</svg>'
    )
