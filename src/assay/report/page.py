"""The report of a task as one HTML file that needs nothing else and runs nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.cost import money
from assay.core.task import Task
from assay.core.value import Value
from assay.data.write import flat, whole
from assay.ledger.base import Ledger
from assay.quality.accuracy import Accuracy, Share, accuracy
from assay.report.charts import bars, reliability

SHOWN = 25  # disagreements in the report
LONGEST = 400  # characters of a record shown


@dataclass(frozen=True, slots=True)
class Reference:
    """Labels to compare with; the name says whose they are."""

    name: str
    values: Mapping[str, Value]


@dataclass(slots=True)
class Line:
    """What the report says of one annotator, or of the decisions."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    seconds: float = 0.0
    values: dict[str, Value | None] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    score: Accuracy | None = None

    @property
    def answered(self) -> Share:
        tried = self.outcomes.total() - self.outcomes[Outcome.FAILED]
        return Share(self.outcomes[Outcome.ANSWERED], tried)

    def add(self, a: Annotation) -> None:
        self.outcomes[a.outcome] += 1
        self.cost += a.cost
        self.seconds += a.seconds
        if a.outcome is not Outcome.FAILED:
            self.values[a.record] = a.value
        if a.confidence is not None and a.confidence_source is not None:
            self.confidence[a.record] = a.confidence
            self.sources.add(a.confidence_source)


@dataclass(frozen=True, slots=True)
class Story:
    """What a report is about, besides the ledger: how to read it."""

    task: Task
    reference: Reference | None = None
    extra: Mapping[str, Accuracy] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    currency: str = "USD"


def write_report(ledger: Ledger, run: str, story: Story, out: Path) -> None:
    """A function of the ledger alone: the same ledger gives the same report, save its date."""
    text = render(ledger, run, story)
    with whole(out) as part:
        part.write_text(text, encoding="utf-8")


def render(ledger: Ledger, run: str, story: Story) -> str:
    decided = {d.record: d for d in ledger.decisions(run)}
    lines = gather(ledger.annotations(story.task.id))
    top = Line("decisions", values={id: d.value for id, d in decided.items()})
    top.confidence = {id: d.confidence for id, d in decided.items() if d.confidence is not None}
    top.outcomes.update("answered" if d.value is not None else "open" for d in decided.values())
    if story.reference is not None:
        for line in (top, *lines.values()):
            line.score = accuracy(line.values, story.reference.values, story.reference.name)
    page = environment().get_template("report.html.j2")
    return page.render(
        story=story,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        run=next((r for r in ledger.runs(story.task.id) if r.id == run), None),
        decisions=decided,
        open_count=sum(d.value is None for d in decided.values()),
        deciders=Counter(str(d.decided_by) for d in decided.values() if d.decided_by),
        top=top,
        lines=list(lines.values()),
        spent=ledger.spent(story.task.id),
        labels=bars(Counter(flat(d.value) or "" for d in decided.values() if d.value is not None)),
        curve=_curve(top, story.reference),
        disagreements=disagreements(ledger, decided, lines, story.reference),
    )


def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("assay.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"money": money, "flat": flat, "percent": _percent}
    return made


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def gather(annotations: Iterable[Annotation]) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    for a in annotations:
        lines.setdefault(a.annotator, Line(a.annotator)).add(a)
    return lines


def _curve(top: Line, reference: Reference | None) -> str | None:
    if reference is None:
        return None
    pairs = [
        (sure, top.values.get(id) == reference.values[id])
        for id, sure in top.confidence.items()
        if id in reference.values and 0 <= sure <= 1
    ]
    return reliability(pairs) if len(pairs) >= 30 else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    text: str
    record: str
    value: str | None
    reference: str | None
    said: Mapping[str, str | None]


def disagreements(
    ledger: Ledger,
    decided: Mapping[str, Decision],
    lines: Mapping[str, Line],
    reference: Reference | None,
) -> list[Disagreement]:
    """Decided otherwise than the reference says, the surest first: where to look for causes."""
    if reference is None:
        return []
    wrong = [
        d
        for id, d in decided.items()
        if d.value is not None and id in reference.values and d.value != reference.values[id]
    ]
    wrong.sort(key=lambda d: (-(d.confidence or 0.0), d.record))
    shown = {d.record: d for d in wrong[:SHOWN]}
    return [
        Disagreement(
            r.text[:LONGEST] + ("…" if len(r.text) > LONGEST else ""),
            r.id,
            flat(shown[r.id].value),
            flat(reference.values[r.id]),
            {line.name: flat(line.values.get(r.id)) for line in lines.values()},
        )
        for r in ledger.records(list(shown))
    ]
