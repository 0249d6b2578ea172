"""Two runs over the same records would ask, and pay, for all of them twice: they take turns."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from assay.core.digest import digest
from assay.core.record import Record
from assay.core.task import Task
from assay.ledger.base import Ledger
from assay.run.progress import Progress
from assay.run.stop import Stop

AGAIN = 0.2  # seconds between two looks


def name_of(task: Task, block: Sequence[Record]) -> str:
    """The same for two runs of a task that begin alike; parts of the data go side by side."""
    return digest([task.id, *(record.id for record in block[:1])], 6)


@asynccontextmanager
async def lock(ledger: Ledger, name: str, stop: Stop, progress: Progress) -> AsyncIterator[None]:
    """Waits for the run that has the name, unless this one is to stop; then replays its answers."""
    release = ledger.lock(name)
    while release is None and not stop.now():
        progress.wait(True)
        await asyncio.sleep(AGAIN)
        release = ledger.lock(name)
    progress.wait(False)
    try:
        yield
    finally:
        if release is not None:
            release()
