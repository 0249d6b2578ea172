"""Commits what a run writes, in small batches, one at a time, off the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from assay.core.annotation import Annotation, Decision
from assay.core.errors import LedgerError
from assay.core.record import Record
from assay.ledger.base import Ledger
from assay.run.patience import Patience

PAUSE = 0.005  # seconds between two commits, in which answers gather
BACKLOG = 4_000  # answers and decisions at which the asking waits for the ledger


class Writer:
    """One per run: the only writer to the ledger while blocks are in flight.

    An answer is on disk when `put` returns, in the ledger's journal. What comes while a commit is
    under way goes together into the next one. What was put is in the ledger when a later `flush`
    returns. Decisions never overtake the answers they rest on.
    """

    def __init__(self, ledger: Ledger, run: str, patience: Patience | None = None) -> None:
        self.ignored = 0  # answers to keys that another process had answered meanwhile
        self.patience = patience or Patience()
        self._ledger = ledger
        self._run = run
        self._answers: list[Annotation] = []
        self._decisions: list[Decision] = []
        self._one_at_a_time = asyncio.Lock()
        self._behind: asyncio.Task[None] | None = None
        self._broken: LedgerError | None = None

    def check(self) -> None:
        """LedgerError if nothing can be stored any more: then nothing must be paid for."""
        if self._broken is not None:
            raise self._broken

    def put(self, annotation: Annotation) -> bool:
        """Whether it is on disk already; if the disk is full, `flush` waits until it is."""
        self._answers.append(annotation)
        try:
            self._ledger.jot(annotation)
        except LedgerError as bad:
            if not bad.passing:
                raise
            return False
        finally:
            self._commit_behind()
        return True

    def decide(self, decisions: Sequence[Decision]) -> None:
        self._decisions.extend(decisions)
        self._commit_behind()

    async def records(self, records: Sequence[Record]) -> None:
        async with self._one_at_a_time:
            await self._patiently(lambda _: self._ledger.add_records(records))

    async def yield_or_flush(self) -> None:
        """Yields to other tasks; waits for the ledger if it has fallen behind."""
        if len(self._answers) + len(self._decisions) > BACKLOG:
            await self.flush()
        else:
            await asyncio.sleep(0)

    def _commit_behind(self) -> None:
        self.check()
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
        self.check()  # a commit behind, or one that was waited for, may have failed, too

    async def _commit(self) -> None:
        async with self._one_at_a_time:
            answers, self._answers = self._answers, []
            decisions, self._decisions = self._decisions, []
            if answers or decisions:
                await self._patiently(partial(self._write, answers, decisions))

    def _write(
        self, answers: Sequence[Annotation], decisions: Sequence[Decision], again: bool
    ) -> None:
        if answers:
            add = self._ledger.add_again if again else self._ledger.add
            self.ignored += len(answers) - add(answers)
        if decisions:
            self._ledger.add_decisions(self._run, decisions)

    async def _patiently(self, write: Callable[[bool], object]) -> None:
        """Retries, and reports it to `write`, if waiting may help."""
        tried = False
        while True:
            self.check()
            try:
                await asyncio.to_thread(write, tried)
                break
            except LedgerError as bad:
                try:
                    await self.patience.wait(bad)
                except LedgerError as broken:
                    self._broken = broken
                    raise
            tried = True
        if tried:
            self.patience.over()
