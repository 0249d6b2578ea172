"""Running a coroutine from synchronous code, also while an event loop is running."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, TypeVar

T = TypeVar("T")

GLANCE = 0.05  # seconds between looks for the work that an interrupt waits for


def waited(work: Coroutine[Any, Any, T], interrupt: Callable[[], None] | None = None) -> T:
    """Its result. Where a loop is running, as in a notebook, it runs in a thread of its own.

    Ctrl-C calls `interrupt` on the coroutine's loop, and then its result is waited for: nothing
    goes on unseen. Without one it cancels the work. Afterwards the thread's current event loop and
    the handler of SIGINT are what they were.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with _runner() as runner:
            return runner.run(_interruptibly(work, interrupt))
    result: T = _Aside(work, interrupt).result()
    return result


async def _interruptibly(work: Coroutine[Any, Any, T], interrupt: Callable[[], None] | None) -> T:
    with nullcontext() if interrupt is None else interruptible(interrupt):
        return await work


@contextmanager
def interruptible(interrupt: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `interrupt` on the running loop, where this is the main thread."""
    loop = asyncio.get_running_loop()
    try:
        before, wakes = signal.getsignal(signal.SIGINT), signal.set_wakeup_fd(-1)
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except (ValueError, NotImplementedError, RuntimeError):
        yield  # not the main thread, or no signals here
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        if before is not None:
            signal.signal(signal.SIGINT, before)
        with suppress(ValueError, OSError):  # whoever was woken may be gone
            signal.set_wakeup_fd(wakes)


def _runner() -> asyncio.Runner:
    # by a factory: else the runner would leave the thread without a current event loop
    return asyncio.Runner(loop_factory=asyncio.new_event_loop)


class _Aside:
    def __init__(self, work: Coroutine[Any, Any, T], interrupt: Callable[[], None] | None) -> None:
        self._work = work
        self._interrupt = interrupt
        self._came: list[Any] = []
        self._trouble: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._once = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="assay")
        # an interrupted `join` takes its thread for ended
        self._done = threading.Event()

    def _run(self) -> None:
        if not self._once.acquire(blocking=False):
            return
        try:
            with _runner() as runner:
                self._loop = runner.get_loop()
                self._came.append(runner.run(self._whole()))
        except BaseException as bad:  # handed to the caller's thread
            self._trouble = bad
        finally:
            self._done.set()

    async def _whole(self) -> Any:
        self._task = asyncio.current_task()
        return await self._work

    def result(self) -> Any:
        interrupted = self._joined()
        self._thread.join()
        if interrupted and isinstance(self._trouble, asyncio.CancelledError):
            raise KeyboardInterrupt
        if self._trouble is not None:
            raise self._trouble
        return self._came[0]

    def _joined(self) -> bool:
        """Whether it was interrupted. What is pressed before the work runs is handed on then."""
        pressed = handed = 0
        while True:
            try:
                while not self._done.is_set():
                    self._started()
                    if handed < pressed and self._handed_on():
                        handed += 1
                    self._done.wait(GLANCE if handed < pressed else None)
                return pressed > 0
            except KeyboardInterrupt:
                pressed += 1

    def _started(self) -> None:
        """Again where an interrupt came first; the work itself begins once."""
        if self._thread.ident is None:
            with suppress(RuntimeError):  # it has just started
                self._thread.start()

    def _handed_on(self) -> bool:
        if self._loop is None or self._task is None:
            return False
        with suppress(RuntimeError):  # it has just ended by itself
            self._loop.call_soon_threadsafe(self._stop)
        return True

    def _stop(self) -> None:
        if self._interrupt is not None:
            self._interrupt()
        elif self._task is not None:
            self._task.cancel()
