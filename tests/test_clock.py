"""The clock that tests of time limits run by."""

import asyncio
import threading

from tests.clock import without_waiting


@without_waiting
async def test_an_hour_passes_at_once_and_timers_ring_in_their_order() -> None:
    loop, rung = asyncio.get_running_loop(), list[int]()
    for wait in (3, 1, 2):
        loop.call_later(wait, rung.append, wait)
    await asyncio.sleep(3600)
    assert rung == [1, 2, 3]
    assert 3600 <= loop.time() < 3601


@without_waiting
async def test_the_clock_stands_while_a_thread_works() -> None:
    loop, begun = asyncio.get_running_loop(), threading.Event()
    late = loop.call_later(1, begun.clear)
    await asyncio.to_thread(begun.set)
    assert loop.time() < 1
    assert begun.is_set()
    late.cancel()
