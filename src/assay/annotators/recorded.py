"""Answers that were given before: people's labels from a file, or a model's for a replay."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.value import Value


@dataclass(frozen=True, slots=True)
class Given:
    """One recorded answer; a value of None is a recorded silence."""

    value: Value | None
    confidence: float | None = None
    scores: Mapping[str, float] | None = None
    cost: int = 0  # nanos


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers by record id; a record without one is waited for (people) or abstained on."""

    name: str
    given: Mapping[str, Given]
    decided_by: DecidedBy = DecidedBy.MODEL
    source: Source = Source.PROBABILITY

    @property
    def id(self) -> str:
        return self.name

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            found = self.given.get(request.record.id)
            if found is not None:
                yield self._answer(request, found)
            elif self.decided_by is DecidedBy.MODEL:
                yield answer(request, Outcome.ABSTAINED)

    def _answer(self, request: Request, found: Given) -> Annotation:
        if found.value is None:
            return answer(request, Outcome.ABSTAINED, cost=found.cost)
        return answer(
            request,
            Outcome.ANSWERED,
            value=found.value,
            confidence=found.confidence,
            confidence_source=None if found.confidence is None else self.source,
            scores=found.scores,
            cost=found.cost,
        )
