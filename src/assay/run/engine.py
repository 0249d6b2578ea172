"""One run of a strategy over records: blocks in flight, decisions kept, a summary at the end."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain, islice

from assay.annotators.base import end
from assay.core import within
from assay.core.cost import Budget
from assay.core.digest import digest
from assay.core.document_path import at_document_path
from assay.core.errors import LedgerError
from assay.core.record import Record
from assay.core.spool import Spool, parts
from assay.core.task import Task
from assay.ledger.base import Ledger, Run
from assay.run.ask import Askable, LedgerAsk, RunContext, needs_all
from assay.run.blocking import interruptible
from assay.run.collector import seldom_searching
from assay.run.each import answers_each
from assay.run.eta import Eta
from assay.run.lock import lock, name_of
from assay.run.order import Decide, InOrder
from assay.run.pages import first_error
from assay.run.patience import Patience
from assay.run.progress import Progress
from assay.run.stop import Reason, Stop
from assay.run.summary import Summary
from assay.run.use import using
from assay.run.writer import Writer
from assay.strategies.base import Strategy


@dataclass(frozen=True, slots=True)
class Settings:
    """`block` records are decided together; `in_flight` blocks are under way at once, so that a
    slow answer holds up its own block alone. `budget` is the one the annotators hold; `seconds`
    is the time allowed, `grace` the extra time of requests in flight at its end or at Ctrl-C.
    `patience` is how long to wait for a full disk or a lost database.
    """

    block: int = 250
    in_flight: int = 16
    budget: Budget | None = None
    seconds: float | None = None
    grace: float = 10.0
    patience: float = 60.0
    note: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        within.count("a block", self.block)
        within.count("blocks in flight", self.in_flight)
        for name in ("seconds", "grace", "patience"):
            if (seconds := getattr(self, name)) is not None:
                within.amount(name, seconds)

    @property
    def currency(self) -> str:
        return self.budget.currency if self.budget else str(self.note.get("currency", "USD"))

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Names of annotators whose answers cost money that nobody states."""
        named = self.note.get("unpriced", ())
        return tuple(map(str, named)) if isinstance(named, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class Job:
    """Everything one run needs: task, annotators, options, and storage."""

    task: Task
    strategy: Strategy
    annotators: Mapping[str, Askable]
    ledger: Ledger
    settings: Settings = Settings()


async def label(
    job: Job,
    records: Iterable[Record],
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Run to the end, or until budget, time, a model or the user stops it; then run again.

    Annotators are closed afterwards. A caller that gives a `stop` (see `stop_of`)
    handles Ctrl-C; otherwise it is handled here.
    """
    needs_all_records = needs_all(job.strategy, job.annotators)
    progress = progress or Progress()
    progress.eta = Eta(answers_each(job.strategy, job.annotators))
    hears: AbstractContextManager[None] = nullcontext()
    if stop is None:
        stop = stop_of(job.settings, asyncio.get_running_loop().time)
        hears = interruptible(stop.interrupt)
    blocks = parts(records, job.settings.block)
    first = next(blocks, [])
    with hears, _timed(stop, job.settings.seconds), seldom_searching():
        async with (
            using(job.annotators.values()),
            lock(job.ledger, name_of(job.task, first), stop, progress),
        ):
            return await _labelled(
                job, filter(None, chain([first], blocks)), progress, stop, needs_all_records
            )


def stop_of(settings: Settings, clock: Callable[[], float] = time.monotonic) -> Stop:
    return Stop(settings.seconds, settings.grace, clock)


async def _labelled(
    job: Job,
    blocks: Iterator[list[Record]],
    progress: Progress,
    stop: Stop,
    needs_all_records: bool,
) -> Summary:
    run = _start(job)
    patience = Patience(job.settings.patience, progress, stop)
    writer = Writer(job.ledger, run.id, patience)
    context = RunContext(job.ledger, writer, progress, stop, run.id, job.settings.budget)
    ask = LedgerAsk(job.task, job.annotators, context)
    try:
        await (_all_at_once if needs_all_records else _in_flight)(job, blocks, ask, context)
        await writer.flush()
    except BaseException as bad:
        with suppress(LedgerError):
            await writer.flush()
        raise first_error(bad) from None
    finally:
        await end(*ask.registered)
        if job.settings.budget is not None:
            job.settings.budget.end()
    await patience.read(lambda: job.ledger.end_run(run.id, time.time()))
    spent = await patience.read(lambda: ask.spent)
    settings = job.settings
    found = Summary.of(run.id, progress, spent, stop, settings.currency)
    return found.without_prices(settings.unpriced)


def _start(job: Job) -> Run:
    now = time.time()
    id = digest([job.task.id, job.strategy.id, now], 6)
    note = dict(job.settings.note)
    run = Run(id, job.task.id, job.strategy.id, now, None, note, version("assay"))
    job.ledger.add_task(job.task)
    job.ledger.start_run(run)
    if job.settings.budget is not None:
        job.settings.budget.begin(job.ledger.spent_nanos(job.task.id))
    return run


async def _in_flight(
    job: Job, blocks: Iterator[list[Record]], ask: LedgerAsk, context: RunContext
) -> None:
    room = asyncio.Semaphore(job.settings.in_flight)
    order = InOrder(context.writer.decide)
    try:
        async with asyncio.TaskGroup() as group:
            # as many as may be in flight are kept in one commit: one a block holds up the asking
            while ahead := list(islice(blocks, job.settings.in_flight)):
                await context.writer.records([record for block in ahead for record in block])
                for block in ahead:
                    await room.acquire()
                    await order.wait_for_capacity()
                    if context.stop.now():
                        return
                    task = group.create_task(_block(job, block, ask, context, order.place()))
                    task.add_done_callback(lambda _: room.release())
    finally:
        order.flush_remaining()


async def _all_at_once(
    job: Job, blocks: Iterator[list[Record]], ask: LedgerAsk, context: RunContext
) -> None:
    writer, progress = context.writer, context.progress
    everything: Spool[Record] = Spool()
    for block in blocks:
        await writer.records(block)
        everything.extend(block)
    records = everything.row()
    with at_document_path("strategy"):
        decisions = await job.strategy.label(records, ask)
        if ask.truncated:  # ranks and shares over a part of the records would mislead
            progress.block([], (record.id for record in records))
            return
        for part in parts(decisions):
            writer.decide(part)
            progress.block(part, [made.record for made in part])
            await writer.yield_or_flush()


async def _block(
    job: Job, block: Sequence[Record], ask: LedgerAsk, context: RunContext, decide: Decide
) -> None:
    context.progress.eta.begin(record.id for record in block)
    with at_document_path("strategy"):
        decisions = await job.strategy.label(block, ask)
    kept = [d for d in decisions if d.record not in ask.truncated]
    decide(kept)
    context.progress.block(kept, [record.id for record in block])


@contextmanager
def _timed(stop: Stop, seconds: float | None) -> Iterator[None]:
    """Cancels pending requests when the time is over; new requests check by themselves."""
    if seconds is None:
        yield
        return
    timer = asyncio.get_running_loop().call_later(seconds, stop.because, Reason.TIME)
    try:
        yield
    finally:
        timer.cancel()
