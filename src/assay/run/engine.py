"""One run of a strategy over records: blocks in flight, decisions kept, a summary at the end."""

import asyncio
import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from assay.core.annotation import Decision
from assay.core.digest import digest
from assay.core.record import Record
from assay.core.task import Task
from assay.ledger.base import Ledger, Run
from assay.run.ask import Askable, Desk, LedgerAsk
from assay.run.progress import Progress, Tally
from assay.run.stop import Reason, Stop
from assay.run.writer import Writer
from assay.strategies.base import Strategy

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Settings:
    """`block` records are decided together; `in_flight` blocks are under way at once."""

    block: int = 500
    in_flight: int = 4
    seconds: float | None = None
    note: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything one run needs: what is asked, by whom, how, and where it is kept."""

    task: Task
    strategy: Strategy
    annotators: Mapping[str, Askable]
    ledger: Ledger
    settings: Settings = Settings()


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. `reason` is None where it went through all records."""

    run: str
    records: int
    decided: int
    waiting: int
    tallies: Mapping[str, Tally]
    cost: int
    spent: int
    seconds: float
    reason: Reason | None
    message: str

    @property
    def undecided(self) -> int:
        return self.records - self.decided - self.waiting


async def label(job: Job, records: Iterable[Record], progress: Progress | None = None) -> Summary:
    """Run to the end, or until budget, time, a model or the user stops it; then run again."""
    progress = progress or Progress()
    stop = Stop(job.settings.seconds)
    run = _start(job)
    desk = Desk(job.ledger, Writer(job.ledger), progress, stop, run.id)
    ask = LedgerAsk(job.task, dict(job.annotators), desk)
    with _interruptible(stop):
        if job.strategy.whole:
            everything = list(_arriving(job.ledger, _blocks(records, job.settings.block)))
            await _block(job, [r for block in everything for r in block], ask, desk)
        else:
            await _in_flight(job, _blocks(records, job.settings.block), ask, desk)
    job.ledger.end_run(run.id, time.time())
    return Summary(
        run.id, progress.records, progress.decided, progress.waiting, progress.tallies,
        progress.cost, job.ledger.spent(job.task.id), progress.seconds, stop.reason, stop.message,
    )  # fmt: skip


def _start(job: Job) -> Run:
    now = time.time()
    id = digest([job.task.id, job.strategy.id, now], 6)
    run = Run(id, job.task.id, job.strategy.id, now, None, dict(job.settings.note), VERSION)
    job.ledger.add_task(job.task)
    job.ledger.start_run(run)
    return run


def _blocks(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    iterator = iter(records)
    while block := list(islice(iterator, size)):
        yield block


def _arriving(ledger: Ledger, blocks: Iterable[list[Record]]) -> Iterator[list[Record]]:
    for block in blocks:
        ledger.add_records(block)
        yield block


async def _in_flight(job: Job, blocks: Iterator[list[Record]], ask: LedgerAsk, desk: Desk) -> None:
    """Several blocks at once, so that one slow answer holds up only its own block."""
    room = asyncio.Semaphore(job.settings.in_flight)
    async with asyncio.TaskGroup() as group:
        for block in _arriving(job.ledger, blocks):
            await room.acquire()
            if desk.stop.now():
                return
            task = group.create_task(_block(job, block, ask, desk))
            task.add_done_callback(lambda _: room.release())


async def _block(job: Job, block: Sequence[Record], ask: LedgerAsk, desk: Desk) -> None:
    decisions: list[Decision] = await job.strategy.label(block, ask)
    if desk.stop.reason is not None and job.strategy.whole:
        return  # ranks and shares over a part of the records would mislead
    await asyncio.to_thread(job.ledger.add_decisions, desk.run, decisions)
    desk.progress.block(decisions)


@contextmanager
def _interruptible(stop: Stop) -> Iterator[None]:
    """Ctrl-C once: finish what is under way and stop; twice: stop at once."""
    try:
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGINT)

        def interrupted() -> None:
            stop.because(Reason.INTERRUPTED)
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, signal.default_int_handler)

        loop.add_signal_handler(signal.SIGINT, interrupted)
    except (ValueError, NotImplementedError, RuntimeError):
        yield  # not the main thread, or no signals here
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
