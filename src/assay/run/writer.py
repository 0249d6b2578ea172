"""Commits answers as they come, in small batches, off the event loop."""

import asyncio
import time
from collections.abc import Callable

from assay.core.annotation import Annotation
from assay.ledger.base import Ledger

FULL = 100  # answers in a batch
LONGEST = 0.2  # seconds an answer waits for its batch


class Writer:
    """One for a run. An answer is durable when `put` or `flush` has returned after it."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._batch: list[Annotation] = []
        self._since = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def put(self, annotation: Annotation) -> None:
        if not self._batch:
            self._since = self._clock()
        self._batch.append(annotation)
        if len(self._batch) >= FULL or self._clock() - self._since >= LONGEST:
            await self.flush()

    async def flush(self) -> None:
        async with self._one_at_a_time:
            batch, self._batch = self._batch, []
            if batch:
                await asyncio.to_thread(self._ledger.add, batch)
