"""Annotators are closed with the last run that uses them on an event loop."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from weakref import WeakKeyDictionary

from assay.annotators.base import end
from assay.core.annotation import Annotation

_uses: "WeakKeyDictionary[asyncio.AbstractEventLoop, Counter[int]]" = WeakKeyDictionary()
_lock = threading.Lock()


@asynccontextmanager
async def using(annotators: Iterable[object]) -> AsyncIterator[None]:
    """Keeps them open over several runs inside; otherwise each run opens and closes its own."""
    held = {id(who): who for who in annotators}
    with _lock:
        uses = _uses.setdefault(asyncio.get_running_loop(), Counter())
    uses.update(held.keys())
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the error that broke the run is reported
            await end(*_release(uses, held))
        raise
    await end(*_release(uses, held))


def _release(uses: Counter[int], held: Mapping[int, object]) -> list[object]:
    """Those that no other run is using."""
    uses.subtract(held.keys())
    last = [key for key in held if uses[key] == 0]
    for key in last:
        del uses[key]
    return [held[key] for key in last]


@asynccontextmanager
async def drawn(answers: AsyncIterator[Annotation]) -> AsyncIterator[AsyncIterator[Annotation]]:
    """Answers to iterate; stopping early leaves nothing running."""
    try:
        yield answers
    finally:
        close = getattr(answers, "aclose", None)  # of a generator
        if close is not None:
            await close()
