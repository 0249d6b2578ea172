"""Why and when a run ends before all its records are labelled."""

import time
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Reason(StrEnum):
    BUDGET = "the money budget is used up"
    TIME = "the time allowed is used up"
    MODEL = "a model cannot be used"
    INTERRUPTED = "it was interrupted"


class Stop:
    """Asked before each request; once there is a reason, nothing new is begun."""

    def __init__(
        self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.reason: Reason | None = None
        self.message = ""
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    def because(self, reason: Reason, message: str = "") -> None:
        """The first reason counts."""
        if self.reason is None:
            self.reason, self.message = reason, message

    def now(self) -> bool:
        if self.reason is None and self._end is not None and self._clock() >= self._end:
            self.because(Reason.TIME)
        return self.reason is not None

    def until(self, things: Iterable[T]) -> Iterator[T]:
        """The things, until the run is to stop."""
        for thing in things:
            if self.now():
                return
            yield thing
