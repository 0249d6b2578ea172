"""What a report says, as numbers: gathered once from the ledger, shown as page, table or JSON."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.cost import NANOS
from assay.core.record import ImagePart, Record
from assay.core.schema import Choice, Scale, Schema, Spans
from assay.core.task import Task
from assay.core.value import Value
from assay.data.seen import Seen, key_of
from assay.data.write import flat
from assay.ledger.base import Ledger, Run
from assay.quality.accuracy import Accuracy, Share, accuracy
from assay.quality.classes import Confusion, confusion
from assay.quality.entities import Entities
from assay.report.breakdown import (
    MOST_LABELS,
    Reference,
    entities_of,
    given,
    joined,
    part_costs,
    parts,
    slices,
)
from assay.report.reviewed import Review, Roles, review_of
from assay.report.tags import Figures, Tags, span_figures, tags_of
from assay.report.trust import Trust, trust

SHOWN = 25  # disagreements
LONGEST = 400  # characters of a record or of a raw answer shown
UNANSWERED = 5  # requests without an answer, shown for each annotator


@dataclass(frozen=True, slots=True)
class Story:
    """What a report is about, besides the ledger: how to read it."""

    task: Task
    reference: Reference | None = None
    extra: Mapping[str, Accuracy] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    currency: str = "USD"
    review: Roles | None = None  # where people reviewed what two annotators differ on


@dataclass(slots=True)
class Line:
    """What is said of one annotator, or of the decisions. Of single records only those that have
    a reference are kept, so that a report does not grow with the data."""

    name: str
    judged: Collection[str] = ()  # records that have a reference
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    seconds: float = 0.0
    tokens: int = 0
    attempts: int = 0
    asked: int = 0  # records, however often each
    values: dict[str, Value | None] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    score: Accuracy | None = None
    table: Confusion | None = None
    parts: dict[str, Accuracy] = field(default_factory=dict)  # by field or label
    part_costs: Mapping[str, int] = field(default_factory=dict)  # nanos by field of a form
    trust: Trust | None = None
    entities: Entities | None = None  # of a task of spans
    tags: Tags | None = None  # of a task of kind multi
    silent: list["Silent"] = field(default_factory=list)  # the first ones
    _seen: Seen = field(default_factory=Seen)

    @property
    def answered(self) -> Share:
        return Share(self.outcomes[Outcome.ANSWERED], self.outcomes.total())

    @property
    def cost_per_1000(self) -> float:
        """Nanos; a record may take several calls."""
        return 1000 * self.cost / max(self.asked, 1)

    @property
    def seconds_per_1000(self) -> float:
        return 1000 * self.seconds / max(self.asked, 1)

    def add(self, a: Annotation) -> None:
        self.outcomes[a.outcome] += 1
        self.asked += self._seen.add(key_of(a.record)) == 1
        self.cost += a.cost
        self.seconds += a.seconds
        self.tokens += a.usage.input_tokens + a.usage.output_tokens
        self.attempts += a.usage.attempts
        if a.error:
            self.errors[a.error[:LONGEST]] += 1
        if not a.answered and len(self.silent) < UNANSWERED:
            why = a.error or a.rationale or a.raw
            self.silent.append(Silent(a.record, str(a.outcome), why and shortened(why)))
        if a.confidence is not None and a.confidence_source is not None:
            self.sources.add(a.confidence_source)
        if a.record not in self.judged:
            return
        if a.outcome is not Outcome.FAILED:
            self.values[a.record] = joined(self.values.get(a.record), a)
        if a.confidence is not None and a.confidence_source is not None:
            self.confidence[a.record] = a.confidence

    def judge(self, reference: Reference, schema: Schema) -> None:
        self.score = accuracy(self.values, reference.values, reference.name)
        if isinstance(schema, Choice | Scale):
            labels = schema.names if isinstance(schema, Choice) else ()
            table = confusion(self.values, reference.values, labels)
            self.table = table if 0 < len(table.labels) <= MOST_LABELS else None
        self.parts = parts(self.values, reference, schema)
        named = (reference.name, reference.values)
        self.trust = trust(self.values, self.confidence, self.sources, named)
        if isinstance(schema, Spans):
            self.entities = entities_of(self.values, reference)
        self.tags = tags_of(self.values, reference.values, reference.name, schema)

    @property
    def figures(self) -> Figures | None:
        """Precision, recall and F1 where an answer holds several tags or spans."""
        if self.tags is not None:
            return self.tags.figures
        return None if self.entities is None else span_figures(self.entities)

    @property
    def warnings(self) -> list[str]:
        """Where always giving the same would do better."""
        judged = (self.score, None if self.tags is None else self.tags.found)
        return [j.warning for j in judged if j is not None and j.warning is not None]

    @property
    def pairs(self) -> list[str]:
        return sorted(self.sources)

    def as_json(self) -> dict[str, object]:
        table = self.table
        return {
            "name": self.name,
            "outcomes": dict(self.outcomes),
            "errors": dict(self.errors.most_common(5)),
            "answered": self.answered.as_json(),
            "accuracy": self.score and self.score.as_json(),
            "kappa": table and table.kappa().as_json(),
            "macro_f1": table and table.macro_f1().as_json(),
            "classes": table
            and [
                {"label": c.label, "precision": c.precision, "recall": c.recall, "f1": c.f1,
                 "given": c.given, "true": c.true}
                for c in table.classes
            ],
            "confusion": table and table.as_json(),
            "parts": {part: score.as_json() for part, score in self.parts.items()},
            "part_costs": {part: cost / NANOS for part, cost in self.part_costs.items()},
            "entities": self.entities and self.entities.as_json(),
            "tags": self.tags and self.tags.as_json(),
            "confidence_sources": sorted(self.sources),
            "confidence": self.trust and self.trust.as_json(),
            "unanswered": [
                {"record": s.record, "outcome": s.outcome, "why": s.why} for s in self.silent
            ],
            "cost": self.cost / NANOS,
            "cost_per_1000": self.cost_per_1000 / NANOS,
            "seconds_per_1000": self.seconds_per_1000,
            "tokens": self.tokens,
            "attempts": self.attempts,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Silent:
    """A request without an answer; `why` is the error, or what was said instead."""

    record: str
    outcome: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A record decided otherwise than its reference, with what each annotator said."""

    record: Record
    value: str | None
    reference: str | None
    confidence: float | None
    said: tuple["Said", ...]

    @property
    def text(self) -> str:
        return shortened(self.record.text)

    @property
    def pictures(self) -> tuple[ImagePart, ...]:
        return tuple(p for p in self.record.parts if isinstance(p, ImagePart))

    def as_json(self) -> dict[str, object]:
        return {
            "record": self.record.id,
            "text": self.text,
            "value": self.value,
            "reference": self.reference,
            "confidence": self.confidence,
            "said": [
                {"annotator": s.annotator, "outcome": s.outcome, "value": s.value,
                 "rationale": s.rationale, "raw": s.raw}
                for s in self.said
            ],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    annotator: str
    outcome: str
    value: str | None
    rationale: str | None
    raw: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a report shows. The first line is the decisions, the others the annotators."""

    story: Story
    run: Run | None
    records: int
    open: int
    waiting: Mapping[str, int]
    deciders: Mapping[str, int]
    given: Counter[str]
    lines: tuple[Line, ...]
    slices: Mapping[str, Mapping[str, Accuracy]]  # kind, then value
    spent: int
    disagreements: tuple[Disagreement, ...]
    review: Review | None = None

    @property
    def top(self) -> Line:
        return self.lines[0]

    @property
    def units(self) -> str | None:
        """What an answer holds several of, and is scored by besides as a whole."""
        if any(line.tags for line in self.lines):
            return "tags"
        return "spans" if any(line.entities for line in self.lines) else None

    def _whole(self, line: Line) -> dict[str, float]:
        """What it takes to ask this annotator every record of the run."""
        return {
            "cost_of_all": line.cost_per_1000 * self.records / 1000 / NANOS,
            "seconds_of_all": line.seconds_per_1000 * self.records / 1000,
        }

    def as_json(self) -> dict[str, object]:
        reference = self.story.reference
        return {
            "task": self.story.task.id,
            "question": self.story.task.question,
            "run": self.run and self.run.id,
            "strategy": self.run and self.run.strategy,
            "reference": reference and {"name": reference.name, "n": len(reference.values)},
            "records": self.records,
            "decided": self.records - self.open,
            "open": self.open,
            "waiting_for": dict(self.waiting),
            "decided_by": dict(self.deciders),
            "labels": dict(self.given),
            "currency": self.story.currency,
            "spent": self.spent / NANOS,
            "decisions": self.top.as_json(),
            "annotators": [line.as_json() | self._whole(line) for line in self.lines[1:]],
            "beside": {who: score.as_json() for who, score in self.story.extra.items()},
            "slices": {
                kind: {value: score.as_json() for value, score in found.items()}
                for kind, found in self.slices.items()
            },
            "review": self.review and self.review.as_json(),
            "disagreements": [d.as_json() for d in self.disagreements],
            "notes": list(self.story.notes),
        }


def gather(ledger: Ledger, run: str, story: Story) -> Evidence:
    """A function of the ledger alone: the same ledger gives the same evidence."""
    judged = story.reference.values.keys() if story.reference is not None else ()
    made = Decided.of(ledger.decisions(run), judged)
    held = next((r for r in ledger.runs(story.task.id) if r.id == run), None)
    lines = by_annotator(ledger.annotations(story.task.id), names_of(held), judged)
    for id, costs in part_costs(ledger, story.task).items():
        lines[id].part_costs = costs
    if story.reference is not None:
        for line in (made.line, *lines.values()):
            line.judge(story.reference, story.task.schema)
    return Evidence(
        story,
        held,
        made.line.outcomes.total(),
        made.line.outcomes["open"],
        made.waiting,
        made.deciders,
        made.given,
        (made.line, *lines.values()),
        slices(ledger, made.judged.values(), story.reference),
        ledger.spent(story.task.id),
        disagreements(ledger, made.judged, names_of(held), story),
        review(ledger, run, names_of(held), story),
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """What is told of a run's decisions; those on records with a reference are kept."""

    line: Line
    waiting: Counter[str] = field(default_factory=Counter)
    deciders: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    judged: dict[str, Decision] = field(default_factory=dict)

    @classmethod
    def of(cls, decisions: Iterable[Decision], judged: Collection[str]) -> "Decided":
        found = cls(Line("decisions", judged))
        for decision in decisions:
            found._add(decision)
        return found

    def _add(self, d: Decision) -> None:
        self.line.outcomes[Outcome.ANSWERED if d.value is not None else "open"] += 1
        if d.value is None and d.waiting_for:
            self.waiting[d.waiting_for] += 1
        if d.decided_by:
            self.deciders[str(d.decided_by)] += 1
        self.given.update(given(d.value))
        if d.confidence is not None and d.confidence_source:
            self.line.sources.add(str(d.confidence_source))
        if d.record in self.line.judged:
            self.judged[d.record] = d
            self.line.values[d.record] = d.value
            if d.confidence is not None:
                self.line.confidence[d.record] = d.confidence


def names_of(run: Run | None) -> Mapping[str, str]:
    """Annotator id to the name it has in the task file."""
    named = (run.settings or {}).get("annotators") if run is not None else None
    return {str(id): str(name) for name, id in named.items()} if isinstance(named, Mapping) else {}


def by_annotator(
    annotations: Iterable[Annotation], names: Mapping[str, str], judged: Collection[str]
) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    for a in annotations:
        line = lines.get(a.annotator)
        if line is None:
            line = lines[a.annotator] = Line(names.get(a.annotator, a.annotator), judged)
        line.add(a)
    return lines


def disagreements(
    ledger: Ledger, decided: Mapping[str, Decision], names: Mapping[str, str], story: Story
) -> tuple[Disagreement, ...]:
    """Decided otherwise than the reference says, the surest first: where to look for causes."""
    if story.reference is None:
        return ()
    true = story.reference.values
    wrong = [
        d for id, d in decided.items() if d.value is not None and id in true and d.value != true[id]
    ]
    wrong.sort(key=lambda d: (-(d.confidence or 0.0), d.record))
    shown = {d.record: d for d in wrong[:SHOWN]}
    said: dict[str, list[Said]] = {id: [] for id in shown}
    for a in ledger.annotations(story.task.id, records=shown):
        who = names.get(a.annotator, a.annotator)
        words = [shortened(text) if text else None for text in (a.rationale, a.raw)]
        said[a.record].append(Said(a.by or who, str(a.outcome), flat(a.value), *words))
    return tuple(
        Disagreement(
            r, flat(shown[r.id].value), flat(true[r.id]), shown[r.id].confidence,
            tuple(said[r.id]),
        )
        for r in ledger.records(list(shown))
    )  # fmt: skip


def review(ledger: Ledger, run: str, names: Mapping[str, str], story: Story) -> Review | None:
    if story.review is None:
        return None
    ids = {name: id for id, name in names.items()}
    return review_of(ledger, story.task, story.review, (ids, run))


def shortened(text: str) -> str:
    return text[:LONGEST] + ("…" if len(text) > LONGEST else "")
