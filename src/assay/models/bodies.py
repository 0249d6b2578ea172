"""Reply bodies, which together take no more than a set amount of memory.

A short reply is read at once. A longer one first takes, from what all replies of an event loop
share, as much as it may grow to, and waits where that is not free: meanwhile its bytes stay with
the server. Since each takes only once, none waits for one that waits itself.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

import aiohttp

SHORT = 256 * 2**10  # bytes that a reply may have without asking for room
TOGETHER = 32 * 2**20  # bytes of all longer replies of an event loop


class Room:
    """Bytes that longer replies share; first come, first served."""

    def __init__(self, size: int = TOGETHER) -> None:
        self.size = self.free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, wanted: int) -> int:
        """How much was taken: more than there is at all is never waited for."""
        wanted = min(wanted, self.size)
        if not self._waiting and wanted <= self.free:
            self.free -= wanted
            return wanted
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given in the same moment
                self.give_back(wanted)
            raise
        return wanted

    def give_back(self, taken: int) -> None:
        self.free += taken
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= self.free):
            wanted, turn = self._waiting.popleft()
            if not turn.done():
                self.free -= wanted
                turn.set_result(None)


_rooms: "WeakKeyDictionary[asyncio.AbstractEventLoop, Room]" = WeakKeyDictionary()


def room() -> Room:
    """That of the running event loop."""
    return _rooms.setdefault(asyncio.get_running_loop(), Room())


@asynccontextmanager
async def body_of(reply: aiohttp.ClientResponse, most: int) -> AsyncIterator[bytes | None]:
    """The body, whose room is given back after the block, when it should be needed no more; None
    if it is longer than `most` bytes, of which little more are then held."""
    length = reply.content_length or 0
    if length > most:
        yield None
        return
    shared, taken = room(), 0
    body = bytearray()
    try:
        if length > SHORT:
            taken = await shared.take(most)
        async for chunk in reply.content.iter_any():
            body += chunk
            if len(body) > SHORT and not taken:
                taken = await shared.take(most)
            if len(body) > most:
                break
        yield None if len(body) > most else bytes(body)
    finally:
        if taken:
            shared.give_back(taken)
