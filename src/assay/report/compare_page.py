"""Annotators compared with people: the table, and the page with its pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assay.core.cost import money
from assay.quality.agreement.base import Estimate
from assay.quality.costs import Costs
from assay.quality.replacement.alt_test import AltTest
from assay.quality.replacement.compare import Comparison, Slice, Tested, cost_of_1000
from assay.quality.replacement.reference import ReferenceComparison
from assay.report.dots import Axis, Dot, Row, dot_rows, fitting
from assay.report.layout import write_page

COEFFICIENTS = {
    "cohen": "kappa",
    "cohen_quadratic": "weighted kappa",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "krippendorff": "alpha",
}


def columns_of(each: Sequence[ReferenceComparison]) -> list[tuple[str, ...]]:
    """A header and a row for each annotator; empty columns are left out."""
    used = [name for name in COEFFICIENTS if any(name in b.coefficients for b in each)]
    scale = any(b.distance is not None for b in each)
    first = ("distance", "always the mean") if scale else ("agreement", "baseline")
    head = ("", "", "n", *first, *(COEFFICIENTS[name] for name in used))
    return [head, *(_row(b, used) for b in each)]


def _row(b: ReferenceComparison, used: Sequence[str]) -> tuple[str, ...]:
    if b.distance is not None:
        agrees = short(b.distance)
        base = "–" if b.baseline is None else f"{b.baseline:.2f}"
    else:
        agrees = "–"
        if b.agreement is not None and b.agreement.interval is not None:
            low, high = b.agreement.interval
            agrees = f"{b.agreement.value:.1%} [{low:.1%}, {high:.1%}]"
        base = "–" if b.baseline is None else f"{b.baseline:.1%}"
    described = [short(b.coefficients[name]) if name in b.coefficients else "–" for name in used]
    return (b.name, b.kind, f"{b.n:,}", agrees, base, *described)


def short(e: Estimate) -> str:
    if e.value is None:
        return "not defined"
    if e.low is None or e.high is None:
        return f"{e.value:z.2f}"
    return f"{e.value:z.2f} [{e.low:z.2f}, {e.high:z.2f}]"


def write_compare_page(found: Comparison, out: Path) -> None:
    kinds: dict[str, list[Slice]] = {}
    for part in found.slices:
        kinds.setdefault(part.kind, []).append(part)
    write_page(
        "compare.html.j2",
        "Models compared with people – Assay",
        out,
        found=found,
        headline=headline(found),
        outcome=outcome(found.tests),
        steps=next_steps(found.tests),
        scale=found.measure.kind == "interval",
        among=None if isinstance(found.among_people, str) else found.among_people.overall,
        table=columns_of(found.comparisons),
        agreement=agreement_chart(found.comparisons),
        wins=wins_chart((*found.tests, found.constant)),
        costs=cost_rows(found.costs),
        kinds=kinds,
        short=short,
        people=sum(b.kind == "person" for b in found.comparisons) or 1,
    )


def outcome(found: Sequence[Tested]) -> str:
    """Of the headline: good, bad or open."""
    tests = [t for t in found if isinstance(t, AltTest)]
    if any(t.passed for t in tests):
        return "good"
    return "open" if not tests or any(t.passed is None for t in tests) else "bad"


def headline(found: Comparison) -> str:
    """The answer in one line."""
    return standing_in(found.tests)


def standing_in(found: Sequence[Tested]) -> str:
    """Who may replace people, by the tests of the models."""
    tests = [t for t in found if isinstance(t, AltTest)]
    passed = [t.model for t in tests if t.passed]
    if not tests:
        return "It cannot be determined here whether a model may replace people"
    if not passed and any(t.passed is None for t in tests):
        return "It cannot be determined from these records whether a model may replace people"
    if not passed:
        return "No model is shown to be able to replace people here"
    described = ", ".join(passed) if len(passed) <= 3 else f"{len(passed)} of {len(found)} models"
    return f"{described} may replace people here"


def next_steps(found: Sequence[Tested]) -> list[str]:
    """What a reader does who knows the outcome."""
    kind = outcome(found)
    if kind == "good":
        return [
            "Label with a model that passed, and let people check a sample: `assay audit`",
            "To leave to people what a model is not sure of, see `assay plan`",
        ]
    more = "`assay compare --plan` estimates how many more records people need to label"
    return ["Let people label until a model passes", more] if kind == "bad" else [more]


def agreement_chart(each: Sequence[ReferenceComparison]) -> str:
    """Everybody compared with the people, best first; the tick is the majority-class baseline."""
    scale = any(b.distance is not None for b in each)
    rows = [(b, *value) for b in each if (value := _agreement(b)) is not None]
    rows.sort(key=lambda row: row[1] if scale else -row[1])
    edges = [x for _, value, span in rows for x in (value, *(span or ()))]
    edges += [b.baseline for b, _, _ in rows if b.baseline is not None]
    return dot_rows(
        [
            Row(b.name, (Dot(b.kind, value, f"{b.name}: {described(value, scale)}"),), span,
                b.baseline, described(value, scale), b.kind == "model")
            for b, value, span in rows
        ],
        replace(fitting(edges, percent=not scale), title="Each compared with the people"),
    )  # fmt: skip


def described(value: float, scale: bool) -> str:
    return f"{value:.2f}" if scale else f"{value:.1%}"


def _agreement(b: ReferenceComparison) -> tuple[float, tuple[float, float] | None] | None:
    if b.distance is not None and b.distance.value is not None:
        low, high = b.distance.low, b.distance.high
        return b.distance.value, None if low is None or high is None else (low, high)
    if b.agreement is not None and b.agreement.value is not None:
        return b.agreement.value, b.agreement.interval
    return None


def wins_chart(tests: Sequence[Tested]) -> str:
    """Winning rate, with the required half, and advantage probability; best first."""
    known = [t for t in tests if isinstance(t, AltTest)]
    known.sort(key=lambda t: (-t.winning_rate, -t.advantage_probability))
    rows = [
        Row(
            t.model,
            (
                Dot("second", t.advantage_probability, "advantage probability"),
                Dot("first" if t.passed else "below", t.winning_rate, "winning rate"),
            ),
            note=f"{t.winning_rate:.2f}, {t.advantage_probability:.2f}",
        )
        for t in known
    ]
    return (
        dot_rows(rows, Axis(0.0, 1.0, 4, False, 0.5, "Alternative annotator test")) if rows else ""
    )


def cost_rows(costs: Mapping[str, Costs]) -> list[tuple[str, str, str]]:
    """Name, money for 1,000 records, and the total; most expensive first."""
    rows = sorted(costs.items(), key=lambda pair: -pair[1].whole.each)
    return [
        (
            who,
            cost_of_1000(c) or "not known",
            f"{money(c.whole.bill.total, c.prices.unit)} for {c.whole.records:,}",
        )
        for who, c in rows
    ]
