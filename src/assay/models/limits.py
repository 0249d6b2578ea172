"""How fast an endpoint may be asked, when to ask again, and when to give up on it."""

import asyncio
import math
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from assay.core.errors import ModelError
from assay.core.waiters import Waiters


@dataclass(frozen=True, slots=True)
class Limits:
    """`most` calls in flight; `attempts` a request; waits in seconds."""

    most: int = 64
    least: int = 1
    start: int = 16
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60.0
    longest_asked: float = 600.0  # a server that asks for a longer pause is left alone
    timeout: float = 120.0
    most_bytes: int = 16 * 2**20  # of one reply, unpacked
    broken_after: int = 8  # failures in a row that open the circuit, once there was
    patience: float = 8.0  # no success for this long: a burst of calls may fail together


DEFAULT_LIMITS = Limits()


class Endpoint:
    """One server's gate: additive increase on success, halving on overload, a circuit breaker.

    Shared by all models behind one base URL, in any thread. `clock` and `rng` are given in tests.
    """

    def __init__(
        self,
        name: str,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self.name = name
        self.limits = limits
        self.room = float(limits.start)
        self.in_flight = 0
        self.failures = 0
        self.successes = 0
        self._last_error = ""
        self._failing_since = 0.0
        self._clock = clock
        self._rng = rng or random.Random()
        self._not_before = 0.0
        self._halved = 0.0
        self._waiters = Waiters()
        self._lock = threading.RLock()

    async def __aenter__(self) -> None:
        waited = False
        while True:
            self.check()
            pause = self._not_before - self._clock()
            if pause > 0:
                await self._paused(pause)
            elif self._take():
                return
            else:
                await self._waiters.wait(self._wake, first=waited)
                waited = True

    async def _paused(self, seconds: float) -> None:
        """One who was woken and gives up hands the wake on, or the place would stay free."""
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self._wake()
            raise

    async def __aexit__(self, *_: object) -> None:
        with self._lock:
            self.in_flight -= 1
        self._wake()

    def _take(self) -> bool:
        with self._lock:
            if self.in_flight >= int(self.room):
                return False
            self.in_flight += 1
            return True

    def _wake(self, places: int = 1) -> None:
        """One waiter for each place that has come free: who is woken has not taken it yet, so
        that waking as many as are free would wake all of them for each call that ends."""
        self._waiters.wake(max(0, min(places, int(self.room) - self.in_flight)))

    def rest(self) -> None:
        """Between two uses: a circuit that is open is tried again, as the server may have
        recovered.
        """
        with self._lock:
            if not self.in_flight:
                self.failures = 0

    def check(self) -> None:
        """ModelError while the circuit is open."""
        if self._open():
            self._waiters.wake(None)
            raise ModelError(
                f"{self.name} failed {self.failures} times in a row (last: {self._last_error}); "
                "check that the server is up and reachable"
            )

    def succeeded(self) -> None:
        with self._lock:
            self.failures = 0
            self.successes += 1
            before = int(self.room)
            self.room = max(self.room, min(self.limits.most, self.room + 1 / self.room * 4))
            grown = int(self.room) - before
        if grown:
            self._wake(grown)

    def _open(self) -> bool:
        lasting = self._clock() - self._failing_since >= self.limits.patience
        return self.failures >= self.limits.broken_after and lasting

    def failed(self, error: str) -> None:
        with self._lock:
            if self.failures == 0:
                self._failing_since = self._clock()
            self.failures += 1
            self._last_error = error
        if self._open():
            self._waiters.wake(None)

    def overloaded(self, wait: float | None, error: str) -> None:
        """Halve at most once a second, since one storm answers many calls at once."""
        now = self._clock()
        with self._lock:
            self._last_error = error
            if now - self._halved > 1.0:
                self._halved = now
                self.room = max(float(self.limits.least), self.room / 2)
            if wait is not None:
                self._not_before = max(self._not_before, now + wait)

    def pause(self, attempt: int) -> float:
        """Exponential, with full jitter, so that many callers do not come back together."""
        longest = min(self.limits.longest_wait, self.limits.first_wait * 2 ** (attempt - 1))
        return self._rng.uniform(longest / 2, longest)


def retry_after(header: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Seconds from a Retry-After header, a number or a date; None if there is none."""
    wait = None if not header else _seconds(header, now)
    return None if wait is None or math.isnan(wait) else max(0.0, wait)


def _seconds(header: str, now: Callable[[], float]) -> float | None:
    with suppress(ValueError):
        return float(header)
    try:
        return parsedate_to_datetime(header).timestamp() - now()
    except (ValueError, TypeError, OverflowError, IndexError, OSError):  # no moment of any calendar
        return None
