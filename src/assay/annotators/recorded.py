"""Answers that were given before: people's labels from a file, or a model's for a replay."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from assay.annotators.base import HoldsNothing
from assay.core import within
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer, latest
from assay.core.cost import Budget
from assay.core.schema import Form
from assay.core.shown import Shown
from assay.core.value import Value


@dataclass(frozen=True, slots=True)
class Given:
    """One recorded answer; a value of None is a missing answer, with its `outcome`."""

    value: Value | None
    confidence: float | None = None
    scores: Mapping[str, float] | None = None
    cost_nanos: int = 0
    outcome: Outcome = Outcome.ABSTAINED  # where there is no value
    source: Source | None = None  # of the confidence, where it is not the annotator's


@dataclass(frozen=True, slots=True, repr=False)
class Recorded(HoldsNothing, Shown):
    """Answers by record id; a record without one is waited for (people) or abstained on."""

    name: str
    given: Mapping[str, Given]
    decided_by: DecidedBy = DecidedBy.MODEL
    source: Source = Source.PROBABILITY
    price_nanos: int = 0  # for each label, besides what an answer cost
    budget: Budget | None = None

    def __post_init__(self) -> None:
        within.count("the price, in nanos,", self.price_nanos, 0)

    def facts(self) -> Mapping[str, object]:
        return {"name": self.name, "answers": len(self.given), "decided_by": str(self.decided_by)}

    @classmethod
    def of(
        cls,
        name: str,
        annotations: Iterable[Annotation],
        decided_by: DecidedBy = DecidedBy.MODEL,
    ) -> "Recorded":
        """Replays one annotator's final answers, with their confidence and cost."""
        final = latest([a for a in annotations if a.outcome.final])
        given = {
            a.record: Given(
                a.value, a.confidence, a.scores, a.cost_nanos, a.outcome, a.confidence_source
            )
            for a in final
        }
        return cls(name, given, decided_by)

    @property
    def id(self) -> str:
        return self.name

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            found = self.given.get(request.record.id)
            if found is not None and asked_about(found.value, request) != {}:
                given = self._answer(request, found)
                if self.budget is not None and given.cost_nanos:
                    await self.budget.reserve_in_turn(given.cost_nanos)
                    self.budget.settle(given.cost_nanos, given.cost_nanos)
                yield given
            elif self.decided_by is DecidedBy.MODEL:
                yield answer(request, Outcome.ABSTAINED)

    def differs(self, request: Request, kept: Annotation) -> bool:
        """Whether the answer kept of it is another one than it would give now."""
        found = self.given.get(request.record.id)
        value = {} if found is None else asked_about(found.value, request)
        if found is None or value == {}:
            return kept.outcome is not Outcome.ABSTAINED
        if value is None:
            return kept.outcome is not found.outcome
        return value != kept.value or found.confidence != kept.confidence

    def _answer(self, request: Request, found: Given) -> Annotation:
        if found.value is None:
            return answer(
                request,
                found.outcome,
                cost_nanos=found.cost_nanos + self.price_nanos * labels_in(request),
            )
        source = None if found.confidence is None else found.source or self.source
        return answer(
            request,
            Outcome.ANSWERED,
            value=asked_about(found.value, request),
            confidence=found.confidence,
            confidence_source=source,
            scores=found.scores,
            cost_nanos=found.cost_nanos + self.price_nanos * labels_in(request),
        )


def asked_about(value: Value | None, request: Request) -> Value | None:
    """Of a form, what was asked and no more: the rest is not yet known."""
    focus = request.options.focus
    if not isinstance(value, Mapping) or not focus:
        return value
    return {name: part for name, part in value.items() if name in focus}


def labels_in(request: Request) -> int:
    """How many labels are paid for: each attribute asked about is one."""
    schema, focus = request.task.schema, request.options.focus
    return len(focus or schema.fields) if isinstance(schema, Form) else 1
