"""Many requests to one annotator, put to it page by page, so that memory stays flat."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from assay.core import spool
from assay.core.errors import AssayError

T = TypeVar("T")
U = TypeVar("U")

IN_FLIGHT = 16  # pages under way, so that a slow answer holds up its own page alone


async def in_pages(
    things: Iterable[T], work: Callable[[Sequence[T]], Awaitable[list[U]]]
) -> Sequence[U]:
    """What `work` makes of the things, one for each, in order."""
    found: spool.Spool[U] = spool.Spool()
    room = asyncio.Semaphore(IN_FLIGHT)

    async def page(number: int, part: list[T]) -> None:
        try:
            found.put(number, await work(part))
        finally:
            room.release()

    try:
        async with asyncio.TaskGroup() as group:
            for number, part in enumerate(spool.parts(things, spool.SIZE)):
                await room.acquire()
                group.create_task(page(number, part))
    except BaseExceptionGroup as several:
        raise first_error(several) from None
    return found


def first_error(bad: BaseException) -> BaseException:
    """The error a user can fix, out of those of several tasks."""
    if not isinstance(bad, BaseExceptionGroup):
        return bad
    several = [first_error(e) for e in bad.exceptions]
    return next((e for e in several if isinstance(e, AssayError)), several[0])
