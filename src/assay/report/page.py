"""The report of a task as one HTML file that needs nothing else."""

from pathlib import Path

from assay.data.write import written_atomically
from assay.ledger.base import Ledger, Run
from assay.report.breakdown import Reference
from assay.report.charts import bars, reliability
from assay.report.evidence import Disagreement, Evidence, ReportContext, gather
from assay.report.layout import page_of
from assay.report.line import Line
from assay.report.table import raw_words
from assay.report.thumbnails import Thumbnail, thumbnail
from assay.report.verdict import verdict_of


def write_report(ledger: Ledger, run: str, report_context: ReportContext, out: Path) -> Evidence:
    """A function of the ledger alone: the same ledger gives the same report, save its date."""
    evidence = gather(ledger, run, report_context)
    text = render(evidence)
    with written_atomically(out) as part:
        part.write_text(text, encoding="utf-8")
    return evidence


def render(evidence: Evidence) -> str:
    report_context = evidence.report_context
    return page_of(
        "report.html.j2",
        f"{report_context.task.name} – Assay report",
        e=evidence,
        report_context=report_context,
        head=verdict_of(evidence),
        labels=bars(evidence.given, evidence.records - evidence.open) if evidence.given else None,
        curves=[
            (line.name, line.sources, curve)
            for line in evidence.lines
            if (curve := _curve(line, report_context.reference)) is not None
        ],
        wall_clock=_wall_clock(evidence.run),
        pictures=pictures,
        raw_words=raw_words,
        objectivity=getattr(report_context.task.schema, "objectivity", {}),
    )


def _wall_clock(run: Run | None) -> float | None:
    """Seconds from the start of the run to its end; None while it goes on."""
    return None if run is None or run.ended is None else run.ended - run.started


def pictures(found: Disagreement) -> list[Thumbnail]:
    return [thumbnail(part) for part in found.pictures]


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
