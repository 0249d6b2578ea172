"""The head of a report: how good the labels are, and what to do next."""

from dataclasses import dataclass

from assay.core.annotation import Outcome
from assay.data.base import many
from assay.report.evidence import Evidence
from assay.report.line import Line

MISSING = "[Missing answers](#missing-answers)"
OFTEN = 0.05  # share of answers that are no answer; from here on it is worth a look


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind`: good, bad or open, where it cannot be said."""

    kind: str
    headline: str
    next: tuple[str, ...]


def verdict_of(evidence: Evidence) -> Verdict:
    kind, headline = _headline(evidence)
    steps = (
        *_waiting(evidence),
        *_quality(evidence, kind),
        *(_unanswered(line) for line in evidence.lines[1:] if _often(line)),
    )
    return Verdict(kind, headline, steps or ("Export the labels: `assay export`",))


def _headline(evidence: Evidence) -> tuple[str, str]:
    if evidence.report_context.headline is not None:
        return "open", evidence.report_context.headline
    if evidence.promised is not None:
        headline = evidence.promised.headline
        return evidence.promised.kind, headline[:1].upper() + headline[1:]
    if evidence.unscored_reason is not None:
        return "open", f"Quality not measured: {evidence.unscored_reason.split(', so ')[0]}"
    score = evidence.top.score
    if score is None or score.on_all.interval is None:
        return "open", "No decision has a reference label yet"
    low, high = score.on_all.interval
    words = (
        f"{score.on_all.value:.1%} of the labels agree with {score.reference} "
        f"(95% CI [{low:.1%}, {high:.1%}], n = {score.on_all.n:,})"
    )
    baseline = f"the majority-class baseline ({score.baseline.value:.1%})"
    if score.better is None:
        return "open", f"{words}: not significantly different from {baseline}"
    return ("good", f"{words}: better than {baseline}") if score.better else (
        "bad", f"{words}: worse than {baseline}"
    )  # fmt: skip


def _waiting(evidence: Evidence) -> list[str]:
    return [
        f"{many(count, 'record waits', 'records wait')} for {who}: collect these labels, "
        "then run again"
        for who, count in evidence.waiting.items()
    ]


def _quality(evidence: Evidence, kind: str) -> list[str]:
    if evidence.promised is not None:
        return []
    if evidence.unscored_reason is not None:
        return ["Add reference labels (`gold` in the task file) to measure quality"]
    if kind == "bad":
        return ["Do not use these labels yet: improve the question or the annotators first"]
    if kind == "open":
        return ["Label more records for reference, so that the interval excludes the baseline"]
    return ["To guarantee a quality target, see `assay plan` and `assay certify`"]


def _often(line: Line) -> bool:
    return line.outcomes.total() - line.answered.hits > OFTEN * line.outcomes.total()


def _unanswered(line: Line) -> str:
    missing = line.outcomes.total() - line.answered.hits
    unparsed = line.outcomes[Outcome.UNPARSED]
    of = f"{missing:,} of {line.outcomes.total():,} requests to {line.name} gave no answer"
    return of + (f", {unparsed:,} of them unparsed" if unparsed else "") + ": see " + MISSING
