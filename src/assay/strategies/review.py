"""A second look at a part of the records: one mechanism for disagreements, audits and judges."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay.core import within
from assay.core.annotation import (
    Annotation,
    DecidedBy,
    Decision,
    RequestOptions,
    Source,
    Waiting,
)
from assay.core.record import Record
from assay.core.schema.base import Schema
from assay.core.value import Value
from assay.strategies.base import Answer, Ask
from assay.strategies.cooperation import drawn
from assay.strategies.decisions import first_waiting


@dataclass(frozen=True, slots=True)
class ReviewDisagreements:
    """Two annotators label everything; people look only at the units on which they differ.

    The CelebA study (Lu and Zhong, arXiv 2410.09416) with what it lacks: `audit` is the share of
    records on which people see every unit, so that errors both annotators share are measured.
    Per unit the majority of the three answers is final; with two labels that is the reviewer's.
    """

    first: str
    second: str
    reviewer: str
    audit: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        within.share("the audited share", self.audit)

    @property
    def id(self) -> str:
        pair = f"{self.first}&{self.second}"
        return f"review({pair}>{self.reviewer};audit={self.audit:g};{self.seed})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.first, self.second, self.reviewer)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        pairs = list(
            zip(await ask(self.first, records), await ask(self.second, records), strict=True)
        )
        focus = [self._focus(r, p, ask) for r, p in zip(records, pairs, strict=True)]
        open_ = [i for i, units in enumerate(focus) if units is not None]
        request_options = [RequestOptions(focus=focus[i] or ()) for i in open_]
        looks = await ask(self.reviewer, [records[i] for i in open_], request_options)
        third = dict(zip(open_, looks, strict=True))
        return [
            self._decide(record, [*pair, *([third[i]] if i in third else [])], ask)
            for i, (record, pair) in enumerate(zip(records, pairs, strict=True))
        ]

    def _focus(
        self, record: Record, pair: tuple[Answer, Answer], ask: Ask
    ) -> tuple[str, ...] | None:
        """The units to review: None for none (yet), empty for the whole record."""
        if any(isinstance(a, Waiting) for a in pair):
            return None
        values = [a.value for a in pair if isinstance(a, Annotation) and a.value is not None]
        if len(values) < 2 or drawn(record, self.audit, self.seed):
            return ()
        schema = ask.task.schema
        units = schema.units(values)
        differ = [u for u in units if len({schema.label(v, u) for v in values}) > 1]
        if not differ:
            return None
        return () if len(units) == 1 else tuple(differ)

    def _decide(self, record: Record, answers: Sequence[Answer], ask: Ask) -> Decision:
        given = [a for a in answers if isinstance(a, Annotation) and a.answered]
        waiting = first_waiting(answers)
        if waiting is not None:
            return Decision(record.id, None, waiting_for=waiting.annotator)
        if not given:  # no answer is not the empty one
            return Decision(record.id, None, route=("nobody answered",))
        value = majority_by_unit(given, ask)
        if value is None:
            return Decision(record.id, None, route=("no majority",))
        reviewed = len(answers) > 2
        people = [ask.people(a.annotator) for a in given]
        who = DecidedBy.PEOPLE if all(people) else DecidedBy.MODEL
        who = DecidedBy.BOTH if any(people) and not all(people) else who
        route = ("reviewed" if reviewed else "agreed",)
        return Decision(record.id, value, _unanimity(given, ask), Source.VOTE_SHARE, who, route)


def majority_by_unit(given: Sequence[Annotation], ask: Ask) -> Value | None:
    """The label of each unit that most answers give; later answers (the reviewer) break ties."""
    schema = ask.task.schema
    labels: dict[str, str] = {}
    for unit in schema.units([a.value for a in given if a.value is not None]):
        votes = [v for a in given if (v := vote(a, unit, schema)) is not None]
        if votes:
            counts = Counter(votes)
            labels[unit] = max(reversed(votes), key=lambda label: counts[label])
    return schema.assemble(labels)


def vote(annotation: Annotation, unit: str, schema: Schema) -> str | None:
    """What the answer says about the unit; None if it was not asked or says nothing."""
    if annotation.value is None or (
        annotation.focus and not schema.in_focus(unit, annotation.focus)
    ):
        return None
    return schema.label(annotation.value, unit)


def _unanimity(given: Sequence[Annotation], ask: Ask) -> float:
    """Share of the units on which nobody differs."""
    schema = ask.task.schema
    units = schema.units([a.value for a in given if a.value is not None])
    same = [len({vote(a, u, schema) for a in given} - {None}) == 1 for u in units]
    return sum(same) / len(same) if same else 0.0
