"""`ask`: look up requests, send only unanswered ones, commit each answer, return them in order."""

import asyncio
import copy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from typing import TypeAlias

from assay.annotators.base import Annotator
from assay.annotators.people import Panel
from assay.annotators.recorded import Recorded
from assay.core.annotation import (
    DEFAULT_OPTIONS,
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    RequestOptions,
    Waiting,
    answer,
)
from assay.core.cost import Budget
from assay.core.document_path import at_document_path
from assay.core.errors import BudgetError, InputError, ModelError, SpecError
from assay.core.record import Record
from assay.core.spool import Spool, is_long, parts
from assay.core.task import Task
from assay.ledger.base import Ledger
from assay.run.answers import answers
from assay.run.pages import in_pages
from assay.run.panel import joint
from assay.run.progress import Progress
from assay.run.sources import Source, Sources
from assay.run.stop import Reason, Stop
from assay.run.use import drawn
from assay.run.writer import Writer
from assay.strategies.base import Answer, Strategy

Askable: TypeAlias = Annotator | Strategy

YIELD_EVERY = 128  # answers taken before others may run


@dataclass(frozen=True, slots=True)
class RunContext:
    """Shared state of a run's requests: storage of answers, progress, when to stop."""

    ledger: Ledger
    writer: Writer
    progress: Progress
    stop: Stop
    run: str
    budget: Budget | None = None
    clock: Callable[[], float] = time.time


class LedgerAsk:
    """Replays what the ledger holds; the same request under way twice is sent once.

    If the run must stop, unanswered requests are returned as `Waiting` and their records added
    to `truncated`: a decision on them would differ from that of an uninterrupted run.
    """

    def __init__(self, task: Task, annotators: Mapping[str, Askable], context: RunContext) -> None:
        self.truncated: set[str] = set()
        self.registered: list[Annotator] = []  # by strategies, as the run goes on
        self._task = task
        self._tasks = {task.id}
        self._annotators = {a.id: a for a in annotators.values()} | dict(annotators)
        self._people: dict[str, bool] = {}
        self.context = context
        self._under_way: dict[str, asyncio.Future[Mapping[str, Answer]]] = {}
        self._failed: dict[str, Annotation] = {}  # asked again in the next run, not in this one
        self._failed_records: set[str] = set()  # records with a failed answer
        self._sources: Sources | None = None  # of a nested strategy

    @property
    def task(self) -> Task:
        return self._task

    @property
    def spent(self) -> int:
        """Nanos spent in all runs, on the task and on those added by strategies."""
        return sum(self.context.ledger.spent_nanos(task) for task in self._tasks)

    def people(self, annotator: str) -> bool:
        if annotator not in self._people:
            who = self._named(annotator)
            self._people[annotator] = (
                any(self.people(name) for name in who.annotators)
                if isinstance(who, Strategy)
                else who.decided_by is DecidedBy.PEOPLE
            )
        return self._people[annotator]

    def register(self, annotator: Annotator) -> str:
        self.registered.append(annotator)
        self._annotators[annotator.id] = annotator
        return annotator.id

    def _named(self, name: str) -> Askable:
        if name not in self._annotators:
            known = ", ".join(self._annotators)
            raise SpecError(f"no such annotator: {name!r}; there are {known}")
        return self._annotators[name]

    async def __call__(
        self,
        annotator: str,
        records: Sequence[Record],
        request_options: RequestOptions | Sequence[RequestOptions] = DEFAULT_OPTIONS,
        *,
        task: Task | None = None,
    ) -> Sequence[Answer]:
        who = self._named(annotator)
        task = await self.context.writer.patience.read(lambda: self._known(task or self._task))
        if isinstance(who, Strategy):
            _plain(who, request_options)
            return await self._nested(who, task, records)
        each = (
            repeat(request_options, len(records))
            if isinstance(request_options, RequestOptions)
            else request_options
        )
        requests = (
            Request(task, record, who.id, options)
            for record, options in zip(records, each, strict=True)
        )
        answered = partial(self._answers, annotator, who)
        if is_long(records):
            return await in_pages(requests, answered)
        return await answered(list(requests))

    def _known(self, task: Task) -> Task:
        """A task added by a strategy is stored too, and its cost counts."""
        if task.id not in self._tasks:
            self.context.ledger.add_task(task)
            if self.context.budget is not None:
                self.context.budget.spent_nanos += self.context.ledger.spent_nanos(task.id)
            self._tasks.add(task.id)
        return task

    async def _answers(
        self, name: str, who: Annotator, requests: Sequence[Request]
    ) -> list[Answer]:
        # nobody else runs between looking up and marking: else two could send one request
        keys = [request.key for request in requests]
        found = await self.context.writer.patience.read(lambda: self._held(who, keys, requests))
        if found:
            self.context.progress.replayed(name, list(found.values()))
        if found and isinstance(who, Recorded):
            self.context.progress.tally(name).outdated += sum(
                who.differs(request, found[key])
                for key, request in zip(keys, requests, strict=True)
                if key in found
            )
        held: dict[str, Answer] = {**found}
        mine: dict[str, Request] = {}
        elsewhere: list[tuple[str, asyncio.Future[Mapping[str, Answer]]]] = []
        for key, request in zip(keys, requests, strict=True):
            if key in held:
                continue
            if key in self._failed:
                held[key] = self._failed[key]
            elif key in self._under_way:
                elsewhere.append((key, self._under_way[key]))
            else:
                mine[key] = request
        if mine:
            held |= await self._send(name, who, mine)
        for key, sent in elsewhere:
            if (given := (await sent).get(key)) is not None:
                held[key] = given
        answers = [
            held.get(key) or self._open(name, key, request)
            for key, request in zip(keys, requests, strict=True)
        ]
        if self._sources is not None:
            self._sources.add(answers)
        return answers

    def _held(
        self, who: Annotator, keys: Sequence[str], requests: Sequence[Request]
    ) -> dict[str, Annotation]:
        """Stored answers; for a panel, if as many people have answered as required."""
        if not isinstance(who, Panel):
            return self.context.ledger.answers(keys)
        said = self.context.ledger.answers_by_person(keys)
        return {
            request.key: joint(said[request.key], request.task.schema)
            for request in requests
            if len(said.get(request.key, ())) >= who.annotators_per_record
        }

    def _open(self, name: str, key: str, request: Request) -> Waiting:
        if self.context.stop.reason is not None and not self.people(name):
            self.truncated.add(request.record.id)
        return Waiting(key, request.record.id, name)

    async def _send(
        self, name: str, who: Annotator, requests: dict[str, Request]
    ) -> Mapping[str, Answer]:
        context, came = self.context, dict[str, Answer]()
        done: asyncio.Future[Mapping[str, Answer]] = asyncio.get_running_loop().create_future()
        self._under_way |= dict.fromkeys(requests, done)
        ignored = context.writer.ignored
        try:
            await context.stop.guarded(self._take(name, who, requests, came))
        finally:
            try:
                await context.writer.flush()
                if (
                    context.writer.ignored != ignored
                ):  # another process was quicker: its answer counts
                    look = partial(context.ledger.answers, list(requests))
                    came |= await context.writer.patience.read(look)
            finally:
                for key in requests:
                    del self._under_way[key]
                done.set_result(came)
        return came

    async def _take(
        self, name: str, who: Annotator, requests: dict[str, Request], came: dict[str, Answer]
    ) -> None:
        """Collects the answers in `came`, each passed on to the ledger."""
        stop = self.context.stop
        asked = _Asked(self, name, requests, came)
        try:
            with at_document_path("annotators", name):
                async with drawn(answers(who, asked)) as given:
                    async for annotation in given:
                        if annotation.key not in came:
                            await asked.received(annotation)
                        if len(came) % YIELD_EVERY == 0:
                            await self.context.writer.yield_or_flush()
        except BudgetError as spent:
            stop.because(Reason.BUDGET, str(spent))
        except ModelError as broken:
            stop.because(Reason.MODEL, str(broken))
        if stop.reason is None and who.decided_by is DecidedBy.MODEL:
            for key in requests.keys() - came.keys():
                silent = answer(requests[key], Outcome.FAILED, error="no answer came")
                await asked.received(silent)

    async def keep(self, name: str, annotation: Annotation) -> Annotation:
        stamped = annotation.stamped(self.context.run, self.context.clock())
        if stamped.outcome is Outcome.FAILED:
            self._failed[stamped.key] = stamped
            self._failed_records.add(stamped.record)
        on_disk = self.context.writer.put(stamped)
        self.context.progress.answered(name, stamped)
        if not on_disk:
            await self.context.writer.flush()
        return stamped

    async def _nested(
        self, who: Strategy, task: Task, records: Sequence[Record]
    ) -> Sequence[Answer]:
        """A strategy used as an annotator: it runs on this ask, its decisions are answers."""
        if not records:
            return []
        asked = copy.copy(self)
        asked._task = task
        asked._sources = sources = Sources()
        decisions = await self._decided(who, records, asked)
        found: Spool[Answer] = Spool()
        for record, made in zip(records, decisions, strict=True):
            given = self._as_answer(Request(task, record, who.id), made)
            found.append(_drawn_on(given, sources.of(record.id)))
        answers = found.row()
        if self._sources is not None:
            self._sources.add(answers)
        one_missing_may_change_all = needs_all(who, self._annotators) and (
            self.truncated or any(record in sources for record in self._failed_records)
        )
        if not one_missing_may_change_all:
            await self._keep_settled(answers)
        return answers

    async def _decided(
        self, who: Strategy, records: Sequence[Record], asked: "LedgerAsk"
    ) -> Sequence[Decision]:
        """In blocks where they are enough for it: what is above may have all records at once."""
        if not is_long(records) or needs_all(who, self._annotators):
            return await who.label(records, asked)
        found: Spool[Decision] = Spool()
        for part in parts(records):
            found.extend(await who.label(part, asked))
        return found

    async def _keep_settled(self, answers: Sequence[Answer]) -> None:
        writer = self.context.writer
        for part in parts(answers):
            final = [a for a in part if isinstance(a, Annotation) and self._settled(a)]
            look = partial(self.context.ledger.answers, [a.key for a in final])
            known = await writer.patience.read(look)
            for a in final:
                if a.key not in known:
                    writer.put(a.stamped(self.context.run, self.context.clock()))
            if is_long(answers):
                await writer.yield_or_flush()

    def _settled(self, annotation: Annotation) -> bool:
        """Whether a nested answer stays the same after failed requests below it are retried."""
        return (
            annotation.record not in self._failed_records
            and annotation.record not in self.truncated
        )

    def _as_answer(self, request: Request, made: Decision) -> Answer:
        """A nested strategy's decision as the answer to the request, without additional cost."""
        if made.waiting_for is not None:
            return Waiting(request.key, request.record.id, made.waiting_for)
        if made.value is None:
            has_failed = request.record.id in self._failed_records
            outcome = Outcome.FAILED if has_failed else Outcome.ABSTAINED
            return answer(request, outcome, mapping="strategy", error=": ".join(made.route) or None)
        return answer(
            request,
            Outcome.ANSWERED,
            value=made.value,
            confidence=made.confidence,
            confidence_source=made.confidence_source,
            scores=made.scores,
            mapping="strategy",
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The requests sent to one annotator together, and the destination of its answers."""

    ask: LedgerAsk
    name: str
    requests: Mapping[str, Request]
    came: dict[str, Answer]

    def __iter__(self) -> Iterator[Request]:
        return self.ask.context.stop.until(self.requests.values())

    def check(self) -> None:
        self.ask.context.writer.check()

    async def received(self, annotation: Annotation) -> None:
        if annotation.key not in self.requests:
            raise InputError(
                f"annotator {self.name!r} answered a request on record "
                f"{annotation.record!r} that was "
                "not sent to it"
            )
        self.came[annotation.key] = await self.ask.keep(self.name, annotation)


def needs_all(
    strategy: Strategy, annotators: Mapping[str, Askable], above: tuple[str, ...] = ()
) -> bool:
    """Whether it, or a strategy it asks, wants all records at once; SpecError for a bad name."""
    if strategy.id in above:
        raise SpecError(f"strategy {strategy.id} asks itself; name another annotator in it")
    needs_all_records = strategy.needs_all_records
    for name in strategy.annotators:
        if name not in annotators:
            known = ", ".join(annotators) or "none"
            raise SpecError(f"{strategy.id}: no such annotator: {name!r}; there are {known}")
        below = annotators[name]
        if isinstance(below, Strategy):
            needs_all_records |= needs_all(below, annotators, (*above, strategy.id))
    return needs_all_records


def _plain(who: Strategy, request_options: RequestOptions | Sequence[RequestOptions]) -> None:
    each = [request_options] if isinstance(request_options, RequestOptions) else request_options
    if any(options != DEFAULT_OPTIONS for options in each):
        raise SpecError(f"{who.id} is a strategy; it takes no focus or examples")


def _drawn_on(given: Answer, drawn: Iterable[Source]) -> Answer:
    """A strategy's answer with the answers it is made from; it saw what they saw."""
    if isinstance(given, Waiting):
        return given
    saw: set[str] = set()
    made_from: set[str] = set()
    for source in drawn:
        saw.update(source.saw)
        made_from.update(source.made_from)
    return replace(given, saw=tuple(sorted(saw)), made_from=tuple(sorted(made_from)))
