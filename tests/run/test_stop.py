"""Why and when a run begins nothing new."""

import asyncio

import pytest

from assay.run.stop import Reason, Stop


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_time_is_up_at_the_moment_given_and_not_before() -> None:
    clock = Clock()
    clock.now = 100.0
    stop = Stop(5, 1, clock)
    clock.now = 104.9
    assert not stop.now()
    clock.now = 105.0
    assert stop.now()
    assert stop.reason is Reason.TIME
    never = Stop(None, 1, clock)
    clock.now = 1e9
    assert not never.now()


async def test_the_first_reason_counts() -> None:
    stop = Stop(None, 1, Clock())
    assert (stop.reason, stop.message) == (None, "")
    stop.because(Reason.BUDGET, "spent")
    stop.because(Reason.MODEL, "gone")
    assert (stop.reason, stop.message, stop.now()) == (Reason.BUDGET, "spent", True)


async def test_things_are_given_until_there_is_a_reason() -> None:
    stop = Stop(None, 1, Clock())
    given = []
    for thing in stop.until(range(9)):
        given.append(thing)
        if thing == 2:
            stop.because(Reason.MODEL)
    assert given == [0, 1, 2]
    assert list(stop.until([1])) == []
    assert list(Stop(None, 1, Clock()).until([1, 2])) == [1, 2]


async def test_a_second_interrupt_gives_up_what_is_under_way() -> None:
    stop = Stop(None, 60, Clock())
    begun, ended = asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    guarded = asyncio.ensure_future(stop.guarded(work()))
    await begun.wait()
    stop.interrupt()
    await asyncio.sleep(0)
    assert (stop.reason, stop.abandoned, ended) == (Reason.INTERRUPTED, False, [])
    stop.interrupt()
    await guarded  # the given up is no error
    assert (stop.abandoned, ended) == (True, [True])


@pytest.mark.parametrize(
    ("reason", "given_up"),
    [
        (Reason.TIME, True),
        (Reason.INTERRUPTED, True),
        (Reason.BUDGET, False),
        (Reason.MODEL, False),
    ],
)
async def test_only_clock_and_user_give_up_after_the_grace(reason: Reason, given_up: bool) -> None:
    stop = Stop(None, 0, Clock())
    stop.because(reason)
    for _ in range(3):
        await asyncio.sleep(0)
    assert stop.abandoned is given_up


async def test_what_fails_or_is_cancelled_from_outside_is_told() -> None:
    stop = Stop(None, 1, Clock())

    async def broken() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        await stop.guarded(broken())
    guarded = asyncio.ensure_future(stop.guarded(asyncio.sleep(60)))
    await asyncio.sleep(0)
    guarded.cancel()
    with pytest.raises(asyncio.CancelledError):
        await guarded
