"""The report of a task as one HTML file that needs nothing else and runs nothing."""

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from assay.core.cost import money
from assay.data.write import flat, written_atomically
from assay.ledger.base import Ledger
from assay.report.breakdown import Reference
from assay.report.charts import bars, reliability
from assay.report.evidence import Disagreement, Evidence, ReportContext, gather
from assay.report.line import Line
from assay.report.table import raw_words
from assay.report.thumbnails import Thumbnail, thumbnail
from assay.report.wording import answer, between, coded, source_words


def write_report(ledger: Ledger, run: str, report_context: ReportContext, out: Path) -> Evidence:
    """A function of the ledger alone: the same ledger gives the same report, save its date."""
    evidence = gather(ledger, run, report_context)
    text = render(evidence)
    with written_atomically(out) as part:
        part.write_text(text, encoding="utf-8")
    return evidence


def render(evidence: Evidence) -> str:
    page = environment().get_template("report.html.j2")
    return page.render(
        e=evidence,
        report_context=evidence.report_context,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        labels=bars(evidence.given, evidence.records - evidence.open) if evidence.given else None,
        curves=[
            (line.name, line.sources, curve)
            for line in evidence.lines
            if (curve := _curve(line, evidence.report_context.reference)) is not None
        ],
        pictures=pictures,
        raw_words=raw_words,
        objectivity=getattr(evidence.report_context.task.schema, "objectivity", {}),
    )


def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("assay.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "money": money,
        "flat": flat,
        "percent": _percent,
        "figure": _figure,
        "span": _span,
        "coded": coded,
        "source": source_words,
    }
    made.globals |= {"answer": answer, "between": between}
    return made


def pictures(found: Disagreement) -> list[Thumbnail]:
    return [thumbnail(part) for part in found.pictures]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:z.2f}"


def _span(seconds: float) -> str:
    """Seconds, for people."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds >= 0.05 else "0 s"


def _curve(line: Line, reference: Reference | None) -> str | None:
    if reference is None or line.trust is None or line.trust.stated is None:
        return None
    return reliability(
        [
            (sure, line.values[id] == reference.values[id])
            for id, sure in line.confidence.items()
            if id in reference.values and line.values.get(id) is not None
        ]
    )
