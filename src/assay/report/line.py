"""The report's figures for one annotator, or for the decisions, read in one pass."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.cost import NANOS
from assay.core.schema import Choice, Scale, Schema, Spans
from assay.core.value import Value
from assay.data.seen import Seen, key_of
from assay.quality.metrics.accuracy import Accuracy, Share, accuracy
from assay.quality.metrics.classes import Confusion, confusion
from assay.quality.metrics.entities import Entities
from assay.report.breakdown import MOST_LABELS, Reference, entities_of, given, joined, parts
from assay.report.tags import Figures, Tags, span_figures, tags_of
from assay.report.trust import Trust, trust

LONGEST = 400  # characters of a record or of a raw answer shown
UNANSWERED = 5  # requests without an answer, shown for each annotator


def in_units(nanos: float | None) -> float | None:
    """Of the currency; None if not known."""
    return None if nanos is None else nanos / NANOS


@dataclass(slots=True)
class Line:
    """Figures of one annotator, or of the decisions. Of single records only those with a
    reference are kept, so that a report does not grow with the data."""

    name: str
    judged: Collection[str] = ()  # records that have a reference
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    unpriced: bool = False  # it costs more than `cost`, and nobody knows how much
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
    def known_cost(self) -> int | None:
        """Nanos; None where its annotator has no prices."""
        return None if self.unpriced else self.cost

    @property
    def cost_per_1000(self) -> float | None:
        """Nanos; a record may take several calls. None where its annotator has no prices."""
        return None if self.unpriced else 1000 * self.cost / max(self.asked, 1)

    @property
    def seconds_per_1000(self) -> float:
        return 1000 * self.seconds / max(self.asked, 1)

    def add(self, a: Annotation) -> None:
        self.outcomes[a.outcome] += 1
        self.asked += self._seen.add(key_of(a.record)) == 1
        self.cost += a.cost_nanos
        self.seconds += a.seconds
        self.tokens += a.usage.input_tokens + a.usage.output_tokens
        self.attempts += a.usage.attempts
        if a.error:
            self.errors[a.error[:LONGEST]] += 1
        if not a.answered and len(self.silent) < UNANSWERED:
            why = a.error or a.rationale or a.raw
            self.silent.append(Silent(a.record, str(a.outcome), why and excerpt(why)))
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
            self.table = table if table.n and len(table.labels) <= MOST_LABELS else None
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
        """Whether the majority-class baseline does better."""
        judged = (self.score, None if self.tags is None else self.tags.found)
        return [j.warning for j in judged if j is not None and j.warning is not None]

    @property
    def doubts(self) -> list[str]:
        """What is not known: whether it beats the majority-class baseline, whether its confidence
        is informative.
        """
        described = [] if self.score is None or self.score.doubt is None else [self.score.doubt]
        stated = None if self.trust is None else self.trust.stated
        if stated is not None and stated.finding.passed is None:
            described.append(stated.verdict)
        return described

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
            "cost": in_units(self.known_cost),
            "cost_per_1000": in_units(self.cost_per_1000),
            "seconds_per_1000": self.seconds_per_1000,
            "tokens": self.tokens,
            "attempts": self.attempts,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Silent:
    """A request without an answer; `why` is the error, or the raw output."""

    record: str
    outcome: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """Figures of a run's decisions; those on records with a reference are kept."""

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


def by_annotator(
    annotations: Iterable[Annotation],
    names: Mapping[str, str],
    judged: Collection[str],
    unpriced: Collection[str] = (),
) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    for a in annotations:
        line = lines.get(a.annotator)
        if line is None:
            line = lines[a.annotator] = Line(names.get(a.annotator, a.annotator), judged)
            line.unpriced = a.annotator in unpriced
        line.add(a)
    return lines


def excerpt(text: str) -> str:
    return text[:LONGEST] + ("…" if len(text) > LONGEST else "")
