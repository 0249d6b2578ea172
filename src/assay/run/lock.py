"""Two runs over the same records would request and pay for everything twice: they take turns."""

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
    """The same name for two runs of a task that start with the same records; parts of the data run
    in parallel.
    """
    return digest([task.id, *(record.id for record in block[:1])], 6)


@asynccontextmanager
async def lock(ledger: Ledger, name: str, stop: Stop, progress: Progress) -> AsyncIterator[None]:
    """Waits for the run that holds the name, unless this one must stop; then replays answers."""
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
