"""Who waits for a place, in turn, whatever thread and event loop each waits on."""

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Future


class Waiters:
    """A queue that threads may share; a place that its taker no longer wants goes to the next."""

    def __init__(self) -> None:
        self._queue: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    async def wait(self, again: Callable[[], None], first: bool = False) -> None:
        """Until woken; `first` for one who has waited already, and keeps its place. `again` looks
        once more, from the queue, whether to wake: a place may have come free just before."""
        from asyncio import CancelledError, get_running_loop  # noqa: PLC0415 - slow to import

        turn = get_running_loop().create_future()
        with self._lock:
            (self._queue.appendleft if first else self._queue.append)(turn)
        again()
        try:
            await turn
        except CancelledError:
            if turn.done() and not turn.cancelled():
                self.wake()
            raise

    def wake(self, count: int | None = 1) -> None:
        """The next `count`, or all."""
        with self._lock:
            many = len(self._queue) if count is None else count
            turns = [self._queue.popleft() for _ in range(min(many, len(self._queue)))]
        for turn in turns:
            try:
                turn.get_loop().call_soon_threadsafe(self._give, turn)
            except RuntimeError:  # its loop has ended, and with it whoever waited
                self.wake()

    def _give(self, turn: "Future[None]") -> None:
        if turn.done():
            self.wake()
        else:
            turn.set_result(None)
