"""`ask`: look the requests up, send only the open ones, commit each answer, return them in order."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from assay.annotators.base import Annotator
from assay.core.annotation import (
    PLAIN,
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    Waiting,
    Way,
    answer,
)
from assay.core.errors import BudgetError, ModelError, SpecError
from assay.core.record import Record
from assay.core.task import Task
from assay.ledger.base import Ledger
from assay.run.progress import Progress
from assay.run.stop import Reason, Stop
from assay.run.writer import Writer
from assay.strategies.base import Answer, Strategy

Askable: TypeAlias = Annotator | Strategy


@dataclass(frozen=True, slots=True)
class Desk:
    """What one run's asking shares: where answers are kept, who is told, when to stop."""

    ledger: Ledger
    writer: Writer
    progress: Progress
    stop: Stop
    run: str
    clock: Callable[[], float] = time.time


class LedgerAsk:
    """Replays what the ledger holds; the same request under way twice is sent once.

    Where the run is to stop, unanswered requests come back as `Waiting`, so that a strategy
    decides what it can and nothing is lost.
    """

    def __init__(self, task: Task, annotators: dict[str, Askable], desk: Desk) -> None:
        self._task = task
        self._annotators = dict(annotators)
        self._desk = desk
        self._under_way: dict[str, asyncio.Future[Answer]] = {}

    @property
    def task(self) -> Task:
        return self._task

    def people(self, annotator: str) -> bool:
        who = self._named(annotator)
        if isinstance(who, Strategy):
            return any(self.people(name) for name in who.annotators)
        return who.decided_by is DecidedBy.PEOPLE

    def enrol(self, annotator: Annotator) -> str:
        self._annotators[annotator.id] = annotator
        return annotator.id

    def _named(self, name: str) -> Askable:
        if name not in self._annotators:
            known = ", ".join(self._annotators)
            raise SpecError(f"no annotator is called {name!r}; there are {known}")
        return self._annotators[name]

    async def __call__(
        self,
        annotator: str,
        records: Sequence[Record],
        ways: Way | Sequence[Way] = PLAIN,
        *,
        task: Task | None = None,
    ) -> list[Answer]:
        who = self._named(annotator)
        each = [ways] * len(records) if isinstance(ways, Way) else ways
        requests = [
            Request(task or self._task, record, who.id, way)
            for record, way in zip(records, each, strict=True)
        ]
        if isinstance(who, Strategy):
            return await self._nested(who, requests)
        return await self._answers(annotator, who, requests)

    async def _answers(
        self, name: str, who: Annotator, requests: Sequence[Request]
    ) -> list[Answer]:
        keys = [request.key for request in requests]
        held: dict[str, Answer] = {**self._desk.ledger.answers(keys)}
        self._desk.progress.replayed(name, [a for a in held.values() if isinstance(a, Annotation)])
        elsewhere = {k: self._under_way[k] for k in keys if k not in held and k in self._under_way}
        mine = {
            key: request
            for key, request in zip(keys, requests, strict=True)
            if key not in held and key not in elsewhere
        }
        if mine:
            held |= await self._send(name, who, mine)
        for key, future in elsewhere.items():
            held[key] = await future
        return [
            held.get(key) or Waiting(key, request.record.id, name)
            for key, request in zip(keys, requests, strict=True)
        ]

    async def _send(
        self, name: str, who: Annotator, requests: dict[str, Request]
    ) -> dict[str, Answer]:
        loop = asyncio.get_running_loop()
        self._under_way |= {key: loop.create_future() for key in requests}
        came: dict[str, Answer] = {}
        stop = self._desk.stop
        try:
            async for annotation in who.annotate(stop.until(requests.values())):
                stamped = replace(annotation, run=self._desk.run, at=self._desk.clock())
                came[stamped.key] = stamped
                self._desk.progress.answered(name, stamped)
                await self._desk.writer.put(stamped)
        except BudgetError as spent:
            stop.because(Reason.BUDGET, str(spent))
        except ModelError as broken:
            stop.because(Reason.MODEL, str(broken))
        finally:
            await self._desk.writer.flush()
            for key, request in requests.items():
                waiting = Waiting(key, request.record.id, name)
                self._under_way.pop(key).set_result(came.get(key, waiting))
        return came

    async def _nested(self, who: Strategy, requests: Sequence[Request]) -> list[Answer]:
        """A strategy asked like an annotator: it runs on this ask, its decisions are answers."""
        if any(request.way != PLAIN for request in requests):
            raise SpecError(
                f"{who.id} is a strategy; it is asked plainly, without focus or examples"
            )
        records = [request.record for request in requests]
        decisions = await who.label(records, self)
        answers = [
            as_answer(request, made) for request, made in zip(requests, decisions, strict=True)
        ]
        await self._keep(a for a in answers if isinstance(a, Annotation))
        return answers

    async def _keep(self, annotations: Iterable[Annotation]) -> None:
        for a in annotations:
            await self._desk.writer.put(replace(a, run=self._desk.run, at=self._desk.clock()))
        await self._desk.writer.flush()


def as_answer(request: Request, made: Decision) -> Answer:
    """A nested strategy's decision as the answer to the request; it costs nothing again."""
    if made.waiting_for is not None:
        return Waiting(request.key, request.record.id, made.waiting_for)
    return answer(
        request,
        Outcome.ABSTAINED if made.value is None else Outcome.ANSWERED,
        value=made.value,
        confidence=made.confidence,
        confidence_source=made.confidence_source,
        scores=made.scores,
        mapping="strategy",
    )
