"""Small pictures as SVG text: they need no script and nothing from outside."""

from collections import Counter
from collections.abc import Sequence
from html import escape

WIDTH, ROW = 440, 26
CHARACTER, LONGEST = 7.2, 22  # of a label: its width, and how many are shown
MOST = 20


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
    """Share that is right against stated confidence, ten bins of equal width; size by count."""
    size, edge = 260, 52
    groups: list[list[bool]] = [[] for _ in range(bins)]
    for sure, right in pairs:
        groups[min(int(sure * bins), bins - 1)].append(right)
    largest = max(len(g) for g in groups)
    dots = []
    for i, group in enumerate(groups):
        if group:
            x = edge + (i + 0.5) / bins * size
            y = 10 + size * (1 - sum(group) / len(group))
            radius = 3 + 7 * (len(group) / largest) ** 0.5
            dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')
    frame = (
        f'<rect class="frame" x="{edge}" y="10" width="{size}" height="{size}"/>'
        f'<line x1="{edge}" y1="{10 + size}" x2="{edge + size}" y2="10"/>'
        f'<text x="{edge + size / 2}" y="{size + 44}" text-anchor="middle">confidence</text>'
        f'<text x="12" y="{10 + size / 2}" text-anchor="middle" '
        f'transform="rotate(-90 12 {10 + size / 2})">share right</text>'
    )
    ticks = "".join(
        f'<text class="n" x="{edge + size * t}" y="{size + 26}" text-anchor="middle">{t:g}</text>'
        f'<text class="n" x="{edge - 5}" y="{14 + size * (1 - t)}" text-anchor="end">{t:g}</text>'
        for t in (0, 0.5, 1)
    )
    return _svg("dots", size + edge + 20, size + 54, "Reliability", frame + ticks + "".join(dots))


def _svg(kind: str, width: float, height: float, title: str, inside: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>{inside}</svg>'
    )
