"""An `ask` over answers that are given: a real `Ask`, without engine or ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence

from assay.annotators.base import Annotator
from assay.core.annotation import (
    DEFAULT_OPTIONS,
    Annotation,
    Outcome,
    Request,
    RequestOptions,
    Source,
    Waiting,
    answer,
)
from assay.core.record import Record
from assay.core.task import Task
from assay.core.value import Value
from assay.strategies.base import Answer

Given = Mapping[str, tuple[Value | None, Mapping[str, float] | None]]
"""Record id to value (None: unparsed) and label scores. A record left out is waited for."""


class RecordedAsk:
    def __init__(self, task: Task, given: Mapping[str, Given], panels: Sequence[str] = ()) -> None:
        self._task = task
        self.given = given
        self.panels = set(panels)
        self.asked: Counter[str] = Counter()
        self.registered: dict[str, Annotator] = {}
        self.log: list[tuple[str, str, RequestOptions]] = []

    @property
    def task(self) -> Task:
        return self._task

    def people(self, annotator: str) -> bool:
        return annotator in self.panels

    def register(self, annotator: Annotator) -> str:
        self.registered[annotator.id] = annotator
        return annotator.id

    async def __call__(
        self,
        annotator: str,
        records: Sequence[Record],
        request_options: RequestOptions | Sequence[RequestOptions] = DEFAULT_OPTIONS,
        *,
        task: Task | None = None,
    ) -> list[Answer]:
        each = (
            [request_options] * len(records)
            if isinstance(request_options, RequestOptions)
            else list(request_options)
        )
        self.asked[annotator] += len(records)
        requests = [
            Request(task or self._task, record, annotator, options)
            for record, options in zip(records, each, strict=True)
        ]
        if annotator in self.registered:
            came = {a.key: a async for a in self.registered[annotator].annotate(requests)}
            return [came[r.key] for r in requests]
        return [self._answer(r) for r in requests]

    def _answer(self, request: Request) -> Annotation | Waiting:
        self.log.append((request.annotator, request.record.id, request.options))
        given = self.given[request.annotator]
        if request.record.id not in given:
            return Waiting(request.key, request.record.id, request.annotator)
        value, scores = given[request.record.id]
        if value is None:
            return answer(request, Outcome.UNPARSED, raw="?")
        return answer(
            request,
            Outcome.ANSWERED,
            value=value,
            scores=scores,
            confidence=None if scores is None else max(scores.values()),
            confidence_source=None if scores is None else Source.LIKELIHOOD,
        )
