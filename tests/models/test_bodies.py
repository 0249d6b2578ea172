"""Long replies share one amount of memory; short ones take none of it."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from assay.models.bodies import SHORT, Room, body_of, room
from tests.servers import Server, serving


async def test_first_come_first_served_and_nothing_is_lost_by_who_gives_up() -> None:
    shared = Room(10)
    assert await shared.take(50) == 10
    first, second = (asyncio.ensure_future(shared.take(6)) for _ in range(2))
    await asyncio.sleep(0)
    assert not first.done()
    first.cancel()
    shared.give_back(10)
    assert await second == 6
    shared.give_back(6)
    assert shared.free == 10


async def test_long_bodies_are_read_one_after_another_and_short_ones_pass_them() -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        size = 4 * SHORT if "long" in request.path else 100
        stream = web.StreamResponse()
        await stream.prepare(request)  # in chunks: the length is not told
        await stream.write(b"x" * size)
        return stream

    held: list[int] = []

    async def get(session: aiohttp.ClientSession, url: str) -> int:
        most = room().size
        async with session.post(url, json={}) as reply, body_of(reply, most) as body:
            held.append(room().size - room().free)
            await asyncio.sleep(0.01)
            assert body is not None
            return len(body)

    async with serving(Server(answer)) as url, aiohttp.ClientSession() as session:
        sizes = await asyncio.gather(*(get(session, f"{url}/{'long' if i % 2 else 'short'}")
                                       for i in range(8)))  # fmt: skip
    assert sorted(sizes) == [100] * 4 + [4 * SHORT] * 4
    assert set(held) <= {0, room().size}
    assert room().free == room().size


async def test_too_long_a_body_is_none_and_gives_its_room_back() -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return web.Response(body=b"x" * 3 * SHORT)

    async with serving(Server(answer)) as url, aiohttp.ClientSession() as session:
        for most in (SHORT, 2 * SHORT):
            async with session.post(url, json={}) as reply, body_of(reply, most) as body:
                assert body is None
    assert room().free == room().size


@pytest.mark.parametrize(("size", "takes"), [(256 * 1024, False), (256 * 1024 + 1, True)])
@pytest.mark.parametrize("described", [True, False])
async def test_a_reply_beyond_256_kib_takes_what_it_may_grow_to(
    size: int, takes: bool, described: bool
) -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        if described:
            return web.Response(body=b"x" * size)
        stream = web.StreamResponse()
        await stream.prepare(request)
        await stream.write(b"x" * size)
        return stream

    most = 2**20
    async with serving(Server(answer)) as url, aiohttp.ClientSession() as session:
        async with session.post(url, json={}) as reply, body_of(reply, most) as body:
            assert body == b"x" * size
            assert room().free == room().size - (most if takes else 0)
        async with session.post(url, json={}) as reply, body_of(reply, size) as body:
            assert body is not None
        async with session.post(url, json={}) as reply, body_of(reply, size - 1) as body:
            assert body is None
    assert room().free == room().size == 32 * 2**20


async def test_waiters_get_their_turns_in_order_as_far_as_there_is_room() -> None:
    shared = Room(10)
    assert await shared.take(7) == 7
    turns = [asyncio.ensure_future(shared.take(n)) for n in (5, 2, 4)]
    await asyncio.sleep(0)
    assert [t.done() for t in turns] == [False] * 3  # the second would fit, and waits its turn
    shared.give_back(7)
    await asyncio.sleep(0)
    assert [t.done() for t in turns] == [True, True, False]
    assert shared.free == 3
    shared.give_back(5)
    assert await turns[2] == 4
    assert shared.free == 4


async def test_what_was_given_to_one_who_gave_up_goes_back() -> None:
    shared = Room(10)
    await shared.take(10)
    turn = asyncio.ensure_future(shared.take(4))
    await asyncio.sleep(0)
    shared.give_back(10)
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
    assert shared.free == 10
