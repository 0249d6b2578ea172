"""Threads of its own for work that would hold up an event loop."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Lane:
    """Started when first needed; `close` ends the threads once they have done what they were given,
    and the next piece of work starts new ones. Event loops and threads may share it.

    A lane of one thread does one thing at a time, also while an ended thread is finishing.
    """

    def __init__(self, name: str, width: int = 1) -> None:
        self._name, self._width = name, width
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._places = threading.Semaphore(width)

    def submit(self, work: Callable[..., T], *given: object) -> "Future[T]":
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._width, self._name)
            return self._pool.submit(self._placed, work, *given)

    async def run(self, work: Callable[..., T], *given: object) -> T:
        return await asyncio.wrap_future(self.submit(work, *given))

    def _placed(self, work: Callable[..., T], *given: object) -> T:
        with self._places:
            return work(*given)

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)
