"""Threads of its own: one thing at a time, ended and begun again."""

import asyncio
import threading
import time

from assay.models.lane import Lane


async def test_work_is_done_in_a_thread_of_the_lanes_name() -> None:
    lane = Lane("scribe")
    assert await lane.run(lambda a, b: (a + b, threading.current_thread().name), 1, 2) == (
        3, "scribe_0",
    )  # fmt: skip
    lane.close()
    assert lane.submit(lambda: 5).result() == 5
    lane.close()
    lane.close()


def test_a_lane_of_one_does_one_thing_at_a_time_also_while_an_ended_thread_finishes() -> None:
    lane, go = Lane("one"), threading.Event()
    log: list[str] = []

    def slow() -> None:
        go.wait(10)
        log.append("slow")

    first = lane.submit(slow)
    while not first.running():
        time.sleep(0)
    lane.close()
    second = lane.submit(log.append, "second")
    assert log == []
    go.set()
    second.result(10)
    assert log == ["slow", "second"]
    lane.close()


async def test_a_wider_lane_does_as_many_things_at_once() -> None:
    lane, both = Lane("two", 2), threading.Barrier(2)
    await asyncio.gather(lane.run(both.wait, 10), lane.run(both.wait, 10))
    lane.close()
