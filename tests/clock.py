"""An event loop with a clock of its own: no test waits, and none fails on a slow machine."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class Skipping(selectors.DefaultSelector):
    """Instead of waiting for the next timer, moves the clock there."""

    now = 0.0
    in_threads = 0  # calls under way elsewhere: these are waited for, while the clock stands

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not timeout:
            return super().select(timeout)
        if self.in_threads:
            return super().select()
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready


class SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.skipping = Skipping()
        super().__init__(self.skipping)

    def time(self) -> float:
        return self.skipping.now

    def run_in_executor(  # type: ignore[override]  # the stub's types of the arguments vary
        self, executor: Any, func: Any, *args: Any
    ) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self.skipping.in_threads += 1
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _: asyncio.Future[Any]) -> None:
        self.skipping.in_threads -= 1


def without_waiting(
    test: Callable[..., Coroutine[Any, Any, None]],
) -> Callable[..., None]:
    """Runs the test in a loop whose timers are due at once, in their order."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=SkippingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run
