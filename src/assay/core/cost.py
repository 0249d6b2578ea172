"""Usage, prices and money.

Money is counted in whole *nanos*, billionths of one unit of the task's currency, so that shares
add up to the bill exactly and a cap is never passed by rounding.
"""

import math
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields

from assay.core import within
from assay.core.errors import BudgetError
from assay.core.waiters import Waiters

NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer used, all its attempts together; seconds are of machines or of people."""

    input_tokens: int = 0
    cached_tokens: int = 0  # part of input_tokens read from the provider's cache
    output_tokens: int = 0  # reasoning included
    reasoning_tokens: int = 0
    image_tokens: int = 0  # part of input_tokens
    attempts: int = 0
    gpu_seconds: float = 0.0
    human_seconds: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Usage)))


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in currency units; tokens are priced per million."""

    input: float = 0.0
    cached: float | None = None  # None: as input
    output: float = 0.0
    per_request: float = 0.0
    gpu_hour: float = 0.0
    human_hour: float = 0.0
    human_label: float = 0.0

    def __post_init__(self) -> None:
        for name, price in asdict(self).items():
            within.amount(f"price {name!r}", 0.0 if price is None else price)

    def nanos(self, usage: Usage, labels: int = 0) -> int:
        """The bill for `usage`, rounded up to the next nano."""
        cached = self.input if self.cached is None else self.cached
        tokens = (
            (usage.input_tokens - usage.cached_tokens) * self.input
            + usage.cached_tokens * cached
            + usage.output_tokens * self.output
        ) / 1_000_000
        hours = (usage.gpu_seconds * self.gpu_hour + usage.human_seconds * self.human_hour) / 3600
        once = usage.attempts * self.per_request + labels * self.human_label
        return math.ceil(round((tokens + hours + once) * NANOS, 3))


def share(nanos: int, among: int) -> list[int]:
    """Split a bill into whole parts that sum to it; the first parts carry the remainder."""
    part, rest = divmod(nanos, among)
    return [part + (i < rest) for i in range(among)]


def to_nanos(amount: float) -> int:
    return round(amount * NANOS)


def money(nanos: int, currency: str = "USD") -> str:
    """For people: two decimals, more where the amount is small."""
    amount = nanos / NANOS
    decimals = 2 if amount == 0 else max(2, min(9, 2 - math.floor(math.log10(amount))))
    return f"{amount:,.{decimals}f} {currency}"


UNKNOWN = "unknown"


def stated(nanos: int, currency: str, unpriced: Collection[str] = ()) -> str:
    """Money as far as it is known: `unpriced` have no prices, so what they cost is not."""
    if not unpriced:
        return money(nanos, currency)
    why = f"no `prices` for {', '.join(unpriced)}"
    known = f"{money(nanos, currency)} plus an unknown amount" if nanos else UNKNOWN
    return f"{known} ({why})"


class Budget:
    """A hard cap: money is reserved before a call and settled after it, so it cannot be passed.

    `cap` is in units of the currency; None: no cap.
    """

    def __init__(self, cap: float | None, currency: str = "USD", spent_nanos: int = 0) -> None:
        if cap is not None:
            within.amount("the cap of a budget", cap)
        within.count("what was spent, in nanos,", spent_nanos, 0)
        self.cap_nanos = None if cap is None else to_nanos(cap)
        self.spent_nanos = spent_nanos
        self.currency = currency
        self.reserved_nanos = 0
        self._runs = 0
        self._waiting = Waiters()
        self._lock = threading.RLock()

    @classmethod
    def of_nanos(cls, cap: int | None, spent: int = 0, currency: str = "USD") -> "Budget":
        """The same with a cap in billionths of the currency, in which sums are exact."""
        if cap is not None:
            within.count("the cap of a budget, in nanos,", cap, 0)
        made = cls(None, currency, spent)
        made.cap_nanos = cap
        return made

    def __repr__(self) -> str:
        return f"Budget.of_nanos({self.state()})"

    def begin(self, spent: int) -> None:
        """A run begins, on whose task the ledger has `spent`. Runs at once share what they spend,
        and where a ledger knows of nothing, as a new one in memory, what was spent before counts.
        """
        with self._lock:
            self.spent_nanos = max(self.spent_nanos, spent) if self._runs or not spent else spent
            self._runs += 1

    def end(self) -> None:
        with self._lock:
            self._runs -= 1

    async def reserve_in_turn(self, nanos: int) -> None:
        """Reserve, after waiting for calls in flight where what they hold back would be enough."""
        waited = False

        def again() -> None:
            if not self._is_held_back(nanos):
                self._waiting.wake()

        try:
            while not self._reserved_now(nanos):
                await self._waiting.wait(again, first=waited)
                waited = True
        finally:
            self._waiting.wake()

    def _reserved_now(self, nanos: int) -> bool:
        with self._lock:
            if self._is_held_back(nanos):
                return False
            self.reserve(nanos)
            return True

    def _is_held_back(self, nanos: int) -> bool:
        if self.cap_nanos is None:
            return False
        with self._lock:
            return (
                self.spent_nanos + nanos
                <= self.cap_nanos
                < self.spent_nanos + self.reserved_nanos + nanos
            )

    def reserve(self, nanos: int) -> None:
        """Set aside the most a call can cost; BudgetError where that would pass the cap."""
        with self._lock:
            if (
                self.cap_nanos is not None
                and self.spent_nanos + self.reserved_nanos + nanos > self.cap_nanos
            ):
                raise BudgetError(
                    f"{self.state()}, and the next call may cost {self._money(nanos)}; raise "
                    "`budget` to continue; all answers so far are saved"
                )
            self.reserved_nanos += nanos

    def state(self) -> str:
        """What is left of it, in words."""
        cap = self.cap_nanos
        if cap is None:
            return "there is no budget"
        if cap == 0:
            return f"the budget is {self._money(0)}, so nothing that costs money is asked"
        whole, spent = self._money(cap), self._money(self.spent_nanos)
        if self.spent_nanos >= cap:
            return f"the budget of {whole} is spent: it was {spent}, in all runs on this task"
        held = self._money(self.reserved_nanos)
        return f"of the budget of {whole}, {spent} are spent, {held} in flight"

    def settle(self, reserved: int, spent: int) -> None:
        """Give a reservation back and book what the call really cost."""
        with self._lock:
            self.reserved_nanos -= reserved
            self.spent_nanos += spent
        self._waiting.wake()

    def _money(self, nanos: int) -> str:
        return money(nanos, self.currency)

    @property
    def left_nanos(self) -> int | None:
        return (
            None
            if self.cap_nanos is None
            else self.cap_nanos - self.spent_nanos - self.reserved_nanos
        )
