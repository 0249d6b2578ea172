"""How long a run waits for its ledger, what it tells meanwhile, and when it gives up."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import pytest

from assay.core.errors import LedgerError
from assay.run.patience import Patience
from assay.run.progress import Progress
from assay.run.stop import Reason, Stop
from tests.clock import without_waiting

BUSY = LedgerError("busy", passing=True)


class Looked(NamedTuple):
    patience: Patience
    at: list[float]  # seconds after the start
    described: list[str | None]
    stop: Stop

    def failing(self, times: int, bad: LedgerError = BUSY) -> Callable[[], str]:
        """A look that succeeds after so many failures."""
        left = [bad] * times

        def look() -> str:
            self.at.append(asyncio.get_running_loop().time())
            if left:
                raise left.pop()
            return "found"

        return look


def looked(seconds: float = 60.0) -> Looked:
    described: list[str | None] = []
    clock = asyncio.get_running_loop().time
    stop = Stop(None, 1.0, clock)
    progress = Progress(show=lambda p: described.append(p.paused))
    return Looked(Patience(seconds, progress, stop, clock), [], described, stop)


@without_waiting
async def test_a_look_that_succeeds_says_nothing() -> None:
    here = looked()
    assert await here.patience.read(here.failing(0)) == "found"
    assert (here.at, here.described) == ([0.0], [])


@without_waiting
async def test_a_ledger_that_is_busy_is_tried_again_four_times_a_second_and_told() -> None:
    here = looked()
    assert await here.patience.read(here.failing(3)) == "found"
    assert here.at == [0.0, 0.25, 0.5, 0.75]
    assert here.described == [*["paused: busy; trying again for 60 s"] * 3, None]


@without_waiting
async def test_a_second_trouble_is_waited_for_as_long_as_the_first() -> None:
    here = looked(seconds=1.0)
    for _ in range(3):
        assert await here.patience.read(here.failing(4)) == "found"
    assert here.described.count(None) == 3


@without_waiting
async def test_a_ledger_that_stays_away_ends_it_when_the_time_is_over() -> None:
    here = looked(seconds=0.6)
    with pytest.raises(LedgerError, match=r"^busy; waited for 1 s; run again to resume$") as bad:
        await here.patience.read(here.failing(99))
    assert here.at == [0.0, 0.25, 0.5, 0.6]
    assert here.described[-1] == "paused: busy; trying again for 0 s"
    assert not bad.value.passing


@without_waiting
async def test_what_does_not_pass_is_not_waited_for() -> None:
    here = looked()
    damaged = LedgerError("damaged")
    with pytest.raises(LedgerError, match=r"^damaged$"):
        await here.patience.read(here.failing(1, damaged))
    assert (here.at, here.described) == ([0.0], [])


@without_waiting
async def test_who_has_given_up_the_run_waits_no_longer() -> None:
    here = looked()
    here.stop.because(Reason.INTERRUPTED)  # what is under way is finished yet
    assert await here.patience.read(here.failing(1)) == "found"
    here.stop.abandon()
    with pytest.raises(LedgerError, match="busy; waited for 0 s; run again"):
        await here.patience.read(here.failing(1))


@without_waiting
async def test_a_minute_is_the_patience_of_who_says_nothing() -> None:
    with pytest.raises(LedgerError, match="waited for 60 s"):
        await Patience(clock=asyncio.get_running_loop().time).read(looked().failing(999))
