"""Why and when a run ends before all its records are labelled."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Reason(StrEnum):
    BUDGET = "the budget is exhausted"
    TIME = "the time limit is reached"
    MODEL = "a model cannot be used"
    INTERRUPTED = "it was interrupted"


class Stop:
    """Asked before each request; once there is a reason, nothing new is begun.

    What is under way is finished. Where the user or the clock wants an end, it has `grace`
    seconds for that; calls that a budget paid for are waited for.
    """

    def __init__(
        self,
        seconds: float | None,
        grace: float,
        clock: Callable[[], float],
    ) -> None:
        self.reason: Reason | None = None
        self.message = ""
        self.abandoned = False
        self._grace = grace
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._under_way: set[asyncio.Task[None]] = set()

    def because(self, reason: Reason, message: str = "") -> None:
        """The first reason counts."""
        if self.reason is None:
            self.reason, self.message = reason, message
            if reason in (Reason.TIME, Reason.INTERRUPTED):
                asyncio.get_running_loop().call_later(self._grace, self.abandon)

    def interrupt(self) -> None:
        """Ctrl-C once: finish requests in flight and stop; twice: cancel them."""
        if self.reason is Reason.INTERRUPTED:
            self.abandon()
        self.because(Reason.INTERRUPTED)

    def abandon(self) -> None:
        """Requests in flight are cancelled and stay unanswered."""
        self.abandoned = True
        for task in self._under_way:
            task.cancel()

    def now(self) -> bool:
        if self.reason is None and self._end is not None and self._clock() >= self._end:
            self.because(Reason.TIME)
        return self.reason is not None

    def until(self, things: Iterable[T]) -> Iterator[T]:
        """The items, until the run must stop."""
        for thing in things:
            if self.now():
                return
            yield thing

    async def guarded(self, work: Coroutine[None, None, None]) -> None:
        """Waits for the work, unless it is cancelled."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        try:
            await task
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if not self.abandoned or (me is not None and me.cancelling()):
                raise
        finally:
            self._under_way.discard(task)
