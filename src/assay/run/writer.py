"""Commits what a run writes, in small batches, one at a time, off the event loop."""

import asyncio
from collections.abc import Sequence

from assay.core.annotation import Annotation, Decision
from assay.core.errors import LedgerError
from assay.core.record import Record
from assay.ledger.base import Ledger

PAUSE = 0.005  # seconds between two commits, in which answers gather
BACKLOG = 4_000  # answers at which the asking waits for the ledger


class Writer:
    """One for a run: the only one who writes to the ledger while blocks are in flight.

    What comes while a commit is under way goes together into the next one. What was put is
    durable when a later `flush` returns. Decisions never overtake the answers they rest on.
    """

    def __init__(self, ledger: Ledger, run: str) -> None:
        self.ignored = 0  # answers to keys that another process had answered meanwhile
        self._ledger = ledger
        self._run = run
        self._answers: list[Annotation] = []
        self._decisions: list[Decision] = []
        self._one_at_a_time = asyncio.Lock()
        self._behind: asyncio.Task[None] | None = None
        self._broken: LedgerError | None = None

    def put(self, annotation: Annotation) -> None:
        self._answers.append(annotation)
        self._commit_behind()

    def decide(self, decisions: Sequence[Decision]) -> None:
        self._decisions.extend(decisions)
        self._commit_behind()

    async def records(self, records: Sequence[Record]) -> None:
        async with self._one_at_a_time:
            await asyncio.to_thread(self._ledger.add_records, records)

    async def breathe(self) -> None:
        """Lets others run; waits for the ledger where it has fallen behind."""
        if len(self._answers) > BACKLOG:
            await self.flush()
        else:
            await asyncio.sleep(0)

    def _commit_behind(self) -> None:
        if self._broken is not None:
            raise self._broken  # no more is paid for that cannot be kept
        if self._behind is None:
            self._behind = asyncio.ensure_future(self._gather_and_commit())

    async def _gather_and_commit(self) -> None:
        try:
            while self._answers or self._decisions:
                await asyncio.sleep(PAUSE)
                await self._commit()
        except LedgerError as broken:
            self._broken = broken
        finally:
            self._behind = None

    async def flush(self) -> None:
        await self._commit()
        if self._broken is not None:  # by a commit that was waited for, too
            raise self._broken

    async def _commit(self) -> None:
        async with self._one_at_a_time:
            answers, self._answers = self._answers, []
            decisions, self._decisions = self._decisions, []
            if answers or decisions:
                await asyncio.to_thread(self._write, answers, decisions)

    def _write(self, answers: Sequence[Annotation], decisions: Sequence[Decision]) -> None:
        if answers:
            self.ignored += len(answers) - self._ledger.add(answers)
        if decisions:
            self._ledger.add_decisions(self._run, decisions)
