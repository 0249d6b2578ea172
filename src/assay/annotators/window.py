"""Many calls under way at once: answers as they come, and no more calls than may be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from itertools import islice
from typing import Any

from assay.core.annotation import Annotation, Request

One = Callable[[Request], Coroutine[Any, Any, Annotation]]


async def as_they_come(
    requests: Iterable[Request], one: One, window: int
) -> AsyncIterator[Annotation]:
    """At most `window` calls of `one` at once. Trouble ends the drawing of requests, not what is
    under way."""
    source = iter(requests)
    done: asyncio.Queue[asyncio.Task[Annotation]] = asyncio.Queue()
    running: set[asyncio.Task[Annotation]] = set()
    trouble: BaseException | None = None

    def begin(count: int) -> None:
        for request in islice(source, count):
            task = asyncio.create_task(one(request))
            running.add(task)
            task.add_done_callback(done.put_nowait)

    try:
        begin(window)
        while running:
            task = await done.get()
            running.discard(task)
            if task.exception() is None:
                yield task.result()
            trouble = trouble or task.exception()
            if trouble is None:
                begin(1)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if trouble is not None:
        raise trouble
