"""How long a run waits for a ledger that is temporarily unavailable, with a message."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from assay.core.errors import LedgerError
from assay.run.progress import Progress
from assay.run.stop import Stop

AGAIN = 0.25  # seconds between two tries
T = TypeVar("T")


class Patience:
    """Retries what a lost connection or a full disk has stopped, for up to `seconds`."""

    def __init__(
        self,
        seconds: float = 60.0,
        progress: Progress | None = None,
        stop: Stop | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._progress = progress or Progress()
        self._stop = stop
        self._clock = clock
        self._since: float | None = None  # when the trouble began

    def over(self) -> None:
        self._since = None
        self._progress.trouble(None)

    async def wait(self, bad: LedgerError) -> None:
        """Waits a moment before a retry; raises `bad` if retrying is useless."""
        now = self._clock()
        self._since = now if self._since is None else self._since
        left = self._seconds - (now - self._since)
        if not bad.passing:
            raise bad
        if left <= 0 or (self._stop is not None and self._stop.abandoned):
            raise LedgerError(f"{bad}; waited for {now - self._since:,.0f} s; run again to resume")
        self._progress.trouble(f"paused: {bad}; trying again for {left:,.0f} s")
        await asyncio.sleep(min(AGAIN, left))

    async def read(self, look: Callable[[], T]) -> T:
        """What `look` gives; where that succeeds at once, nobody else runs in between."""
        while True:
            try:
                found = look()
            except LedgerError as bad:
                await self.wait(bad)
            else:
                if self._since is not None:
                    self.over()
                return found
