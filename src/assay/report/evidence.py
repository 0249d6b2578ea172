"""The content of a report as numbers: read once from the ledger, shown as page, table or JSON."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assay.core.annotation import DecidedBy, Decision
from assay.core.cost import stated
from assay.core.record import ImagePart, Record
from assay.core.task import Task
from assay.core.value import Value
from assay.data.base import many
from assay.data.write import flat
from assay.ledger.base import Ledger, Run
from assay.ledger.named import names_in, names_of, unpriced_ids
from assay.quality.metrics.accuracy import Accuracy
from assay.report.breakdown import Reference, part_costs, slices
from assay.report.line import Decided, Line, by_annotator, excerpt, in_units
from assay.report.promised import Promised
from assay.report.reviewed import Review, Roles, review_of

SHOWN = 25  # disagreements
RAW = " (raw)"  # ends the name of a model whose answers another annotator corrects


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What a report is about, besides the ledger: how to read it."""

    task: Task
    reference: Reference | None = None
    extra: Mapping[str, Accuracy] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    currency: str = "USD"
    review: Roles | None = None  # where people reviewed what two annotators differ on
    human_label: int | None = None  # nanos of one label by people, to compare the cost with
    headline: str | None = None  # where the run is not to be judged by its accuracy


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A record whose decision differs from its reference, with each annotator's answer."""

    record: Record
    value: Value | None
    reference: Value
    confidence: float | None
    said: tuple["Said", ...]

    @property
    def text(self) -> str:
        return excerpt(self.record.text)

    @property
    def pictures(self) -> tuple[ImagePart, ...]:
        return tuple(p for p in self.record.parts if isinstance(p, ImagePart))

    def as_json(self) -> dict[str, object]:
        return {
            "record": self.record.id,
            "text": self.text,
            "value": flat(self.value),
            "reference": flat(self.reference),
            "confidence": self.confidence,
            "said": [
                {"annotator": s.annotator, "outcome": s.outcome, "value": flat(s.value),
                 "rationale": s.rationale, "raw": s.raw}
                for s in self.said
            ],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    annotator: str
    outcome: str
    value: Value | None
    rationale: str | None
    raw: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a report shows. The first line is for the decisions, the others for annotators."""

    report_context: ReportContext
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
    promised: Promised | None = None

    @property
    def top(self) -> Line:
        return self.lines[0]

    @property
    def people_alone(self) -> int | None:
        """Nanos, if people labelled every record of the run."""
        each = self.report_context.human_label
        return None if each is None else each * self.records

    @property
    def by_models(self) -> int | None:
        """Records that models decided, of a run that people share or that is certified; or None."""
        decided = dict(self.deciders)
        models = decided.pop(DecidedBy.MODEL, 0)
        shared = bool(decided or self.waiting or self.promised)
        return models if shared else None

    @property
    def judged(self) -> bool:
        """Whether any record that somebody answered has a reference."""
        return any(line.score is not None for line in self.lines)

    @property
    def scored(self) -> tuple[Line, ...]:
        """The decisions, and the annotators with an answer that has a reference."""
        return (self.top, *(line for line in self.lines[1:] if line.score is not None))

    @property
    def unscored(self) -> tuple[str, ...]:
        """Why the other annotators have no accuracy."""
        reference = self.report_context.reference
        name = reference.name if reference is not None else "reference"
        return tuple(
            f"{line.name} has no accuracy: none of the {many(line.asked, 'record', 'records')} "
            f"that it was asked about has {name}"
            for line in self.lines[1:]
            if line.score is None and self.unscored_reason is None
        )

    @property
    def unscored_reason(self) -> str | None:
        """Why quality is not reported, if so."""
        reference = self.report_context.reference
        if reference is None:
            return "no reference labels, so quality is unknown: add `gold`"
        if self.judged:
            return None
        return (
            f"none of the {self.records:,} records of this run is among the "
            f"{len(reference.values):,} with {reference.name}, so quality is unknown"
        )

    @property
    def raws(self) -> list[tuple[Line, str]]:
        """Models asked on behalf of another annotator, which takes their label preferences off."""
        names = {line.name for line in self.lines}
        return [
            (line, base)
            for line in self.lines
            if (base := line.name.removesuffix(RAW)) != line.name and base in names
        ]

    @property
    def units(self) -> str | None:
        """The parts that an answer has several of, scored in addition to the complete answer."""
        if any(line.tags for line in self.lines):
            return "tags"
        return "spans" if any(line.entities for line in self.lines) else None

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Annotators without prices."""
        return tuple(line.name for line in self.lines if line.unpriced)

    @property
    def known_spent(self) -> int | None:
        """Nanos; None where an annotator has no prices."""
        return None if self.unpriced else self.spent

    @property
    def cost_so_far(self) -> str:
        return stated(self.spent, self.report_context.currency, self.unpriced)

    def cost_of_all(self, line: Line) -> float | None:
        """Nanos of asking this annotator about every record of the run."""
        each = line.cost_per_1000
        return None if each is None else each * self.records / 1000

    def _whole(self, line: Line) -> dict[str, float | None]:
        """Cost and time of asking this annotator about every record of the run."""
        return {
            "cost_of_all": in_units(self.cost_of_all(line)),
            "seconds_of_all": line.seconds_per_1000 * self.records / 1000,
        }

    def as_json(self) -> dict[str, object]:
        reference = self.report_context.reference
        return {
            "task": self.report_context.task.id,
            "question": self.report_context.task.question,
            "run": self.run and self.run.id,
            "strategy": self.run and self.run.strategy,
            "reference": reference and {"name": reference.name, "n": len(reference.values)},
            "records": self.records,
            "decided": self.records - self.open,
            "open": self.open,
            "waiting_for": dict(self.waiting),
            "decided_by": dict(self.deciders),
            "labels": dict(self.given),
            "currency": self.report_context.currency,
            "spent": in_units(self.known_spent),
            "unpriced": list(self.unpriced),
            "decisions": self.top.as_json(),
            "annotators": [line.as_json() | self._whole(line) for line in self.lines[1:]],
            "beside": {who: score.as_json() for who, score in self.report_context.extra.items()},
            "slices": {
                kind: {value: score.as_json() for value, score in found.items()}
                for kind, found in self.slices.items()
            },
            "review": self.review and self.review.as_json(),
            "disagreements": [d.as_json() for d in self.disagreements],
            "promise": self.promised and dict(self.promised.kept),
            "notes": list(self.report_context.notes),
        }


def gather(ledger: Ledger, run: str, report_context: ReportContext) -> Evidence:
    """A function of the ledger alone: the same ledger gives the same evidence."""
    judged = report_context.reference.values.keys() if report_context.reference is not None else ()
    made = Decided.of(ledger.decisions(run), judged)
    held = next((r for r in ledger.runs(report_context.task.id) if r.id == run), None)
    names = names_in(ledger, report_context.task.id, held)
    given = ledger.annotations(report_context.task.id)
    unpriced = unpriced_ids(ledger, report_context.task.id)
    lines = by_annotator(given, names, judged, unpriced)
    for id, costs in part_costs(ledger, report_context.task).items():
        lines[id].part_costs = costs
    if report_context.reference is not None:
        for line in (made.line, *lines.values()):
            line.judge(report_context.reference, report_context.task.schema)
    promised = Promised.of(held)
    return Evidence(
        replace(
            report_context, notes=(*report_context.notes, *(promised.lines if promised else ()))
        ),
        held,
        made.line.outcomes.total(),
        made.line.outcomes["open"],
        made.waiting,
        made.deciders,
        made.given,
        (made.line, *lines.values()),
        slices(ledger, made.judged.values(), report_context.reference),
        ledger.spent_nanos(report_context.task.id),
        disagreements(ledger, made.judged, names, report_context),
        review(ledger, run, names_of(held), report_context),
        promised,
    )


def disagreements(
    ledger: Ledger,
    decided: Mapping[str, Decision],
    names: Mapping[str, str],
    report_context: ReportContext,
) -> tuple[Disagreement, ...]:
    """Decisions that differ from the reference, most confident first."""
    if report_context.reference is None:
        return ()
    true = report_context.reference.values
    wrong = [
        d for id, d in decided.items() if d.value is not None and id in true and d.value != true[id]
    ]
    wrong.sort(key=lambda d: (-(d.confidence or 0.0), d.record))
    shown = {d.record: d for d in wrong[:SHOWN]}
    said: dict[str, list[Said]] = {id: [] for id in shown}
    for a in ledger.annotations(report_context.task.id, records=shown):
        who = names.get(a.annotator, a.annotator)
        words = [excerpt(text) if text else None for text in (a.rationale, a.raw)]
        said[a.record].append(Said(a.by or who, str(a.outcome), a.value, *words))
    return tuple(
        Disagreement(
            r, shown[r.id].value, true[r.id], shown[r.id].confidence,
            tuple(said[r.id]),
        )
        for r in ledger.records(list(shown))
    )  # fmt: skip


def review(
    ledger: Ledger, run: str, names: Mapping[str, str], report_context: ReportContext
) -> Review | None:
    if report_context.review is None:
        return None
    ids = {name: id for id, name in names.items()}
    return review_of(ledger, report_context.task, report_context.review, ids, run)
