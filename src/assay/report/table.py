"""The report in a terminal: who answered how much, how well, and for how much money."""

from collections.abc import Sequence

from assay.core.cost import money
from assay.quality.accuracy import Accuracy
from assay.report.evidence import Evidence, Line

HEAD = ("", "answered", "right, of all (95 % interval)", "n", "constant", "kappa", "per 1,000")


def lines(evidence: Evidence) -> list[str]:
    """A table, the warnings, and what is open."""
    rows = [HEAD, *(_row(line, i, evidence) for i, line in enumerate(evidence.lines))]
    rows += [
        (name, f"{score.answered.value or 0:.1%}", *_right(score), "–", "–")
        for name, score in evidence.story.extra.items()
    ]
    told = columns(rows)
    reference = evidence.story.reference
    if reference is None:
        told.append("no reference labels, so nothing is said about quality: add `gold`")
    else:
        told.insert(0, f"Against {reference.name}:")
    for line in evidence.lines:
        if line.score is not None and line.score.warning is not None:
            told.append(f"warning: {line.name}: {line.score.warning}")
    if evidence.open:
        waits = ", ".join(f"{n:,} wait for {who}" for who, n in evidence.waiting.items())
        told.append(f"{evidence.open:,} records are open{': ' + waits if waits else ''}")
    return told


def _row(line: Line, place: int, evidence: Evidence) -> tuple[str, ...]:
    table = line.table
    kappa = table.kappa().value if table is not None else None
    cost = evidence.spent if place == 0 else line.cost
    asked = evidence.records if place == 0 else line.outcomes.total()
    return (
        line.name,
        f"{line.answered.value or 0:.1%}",
        *_right(line.score),
        "–" if kappa is None else f"{kappa:.2f}",
        money(round(1000 * cost / max(asked, 1)), evidence.story.currency),
    )


def _right(score: Accuracy | None) -> tuple[str, str, str]:
    if score is None or score.on_all.interval is None:
        return "–", "–", "–"
    low, high = score.on_all.interval
    right = f"{score.on_all.value:.1%} ({low:.1%} – {high:.1%})"
    return right, f"{score.on_all.n:,}", f"{score.baseline.value:.1%}"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """First column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
