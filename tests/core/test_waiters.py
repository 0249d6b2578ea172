"""Who waits is woken in turn, each by one wake, and a wake that nobody takes goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assay.core.waiters import Waiters


class Queue:
    """Waiters by name, and who of them has been woken."""

    def __init__(self) -> None:
        self.waiters = Waiters()
        self.woken: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def add(self, *names: str, first: bool = False) -> None:
        for name in names:
            self.tasks[name] = asyncio.ensure_future(self._wait(name, first))
            await asyncio.sleep(0)

    async def _wait(self, name: str, first: bool) -> None:
        await self.waiters.wait(lambda: None, first)
        self.woken.append(name)

    async def settled(self) -> list[str]:
        for _ in range(6):
            await asyncio.sleep(0)
        return self.woken


@asynccontextmanager
async def queue(*names: str) -> AsyncIterator[Queue]:
    made = Queue()
    await made.add(*names)
    yield made
    for task in made.tasks.values():
        task.cancel()
    await asyncio.gather(*made.tasks.values(), return_exceptions=True)


async def test_one_wake_is_for_one_in_the_order_of_arrival() -> None:
    async with queue("a", "b", "c") as here:
        assert await here.settled() == []
        here.waiters.wake()
        assert await here.settled() == ["a"]
        here.waiters.wake(2)
        assert await here.settled() == ["a", "b", "c"]
        here.waiters.wake(2)  # nobody is there to take it, and it is not kept for later
        await here.add("d")
        assert await here.settled() == ["a", "b", "c"]


async def test_all_or_more_than_there_are() -> None:
    for count in (None, 7):
        async with queue("a", "b", "c") as here:
            here.waiters.wake(count)
            assert await here.settled() == ["a", "b", "c"]


async def test_who_has_waited_already_keeps_its_place() -> None:
    async with queue("a", "b") as here:
        await here.add("again", first=True)
        here.waiters.wake(2)
        assert await here.settled() == ["again", "a"]


async def test_a_place_that_came_free_just_before_is_seen_from_the_queue() -> None:
    waiters = Waiters()
    await asyncio.wait_for(waiters.wait(waiters.wake), 5)


async def test_who_gives_up_before_its_turn_takes_none() -> None:
    async with queue("a", "b") as here:
        here.tasks["a"].cancel()
        await here.settled()
        here.waiters.wake()
        assert await here.settled() == ["b"]


async def test_who_gives_up_when_its_turn_has_come_hands_it_on() -> None:
    async with queue("a", "b", "c") as here:
        here.waiters.wake()
        await asyncio.sleep(0)  # given, and not yet taken
        here.tasks["a"].cancel()
        assert await here.settled() == ["b"]
        assert here.tasks["a"].cancelled()


async def test_a_loop_that_has_ended_holds_up_nobody() -> None:
    made = Queue()

    async def gone() -> None:
        await made.add("gone")

    loop = asyncio.new_event_loop()
    await asyncio.to_thread(loop.run_until_complete, gone())
    loop.close()
    await made.add("here")
    made.waiters.wake()
    assert await made.settled() == ["here"]
