"""How fast an endpoint is asked, with a clock that stands until it is moved."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from assay.core.errors import ModelError
from assay.models.limits import Endpoint, Limits
from tests.clock import without_waiting

LIMITS = Limits(most=8, least=2, start=4, broken_after=3, patience=10.0)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Drawn(random.Random):
    """Takes the highest, and keeps what was asked for."""

    asked: list[tuple[float, float]] = field(default_factory=list)

    def uniform(self, a: float, b: float) -> float:
        self.asked.append((a, b))
        return b


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(clock: Clock) -> Endpoint:
    return Endpoint("https://x.test", LIMITS, clock, Drawn())


def test_an_endpoint_starts_with_the_room_of_its_limits(endpoint: Endpoint) -> None:
    assert endpoint.room == 4
    assert (endpoint.in_flight, endpoint.failures, endpoint.successes) == (0, 0, 0)


def test_limits_are_these_unless_told() -> None:
    usual = Limits(64, 1, 16, 5, 0.5, 60.0, 600.0, 120.0, 16 * 1_048_576, 8, 8.0)
    assert Endpoint("x").limits == Limits() == usual


def test_room_grows_with_successes_ever_more_slowly_up_to_the_most(endpoint: Endpoint) -> None:
    grown = [endpoint.room]
    for _ in range(12):
        endpoint.succeeded()
        grown.append(endpoint.room)
    assert grown[:3] == pytest.approx([4, 5, 5.8])
    assert grown == sorted(grown)
    assert grown[-1] == 8
    assert endpoint.successes == 12


def test_more_room_than_the_most_is_kept_but_does_not_grow(clock: Clock) -> None:
    wide = Endpoint("x", Limits(most=2, start=4), clock)
    wide.succeeded()
    assert wide.room == 4


def test_overload_halves_the_room_at_most_once_a_second_down_to_the_least(
    endpoint: Endpoint, clock: Clock
) -> None:
    endpoint.succeeded()
    rooms = []
    for moved in (0.0, 0.5, 0.5, 0.01, 1.5, 1.5):
        clock.now += moved
        endpoint.overloaded(None, "busy")
        rooms.append(endpoint.room)
    assert rooms == [2.5, 2.5, 2.5, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("failed", "lasted", "broken"), [(3, 10.0, True), (3, 9.9, False), (2, 99.0, False)]
)
def test_the_circuit_opens_after_many_failures_that_last(
    endpoint: Endpoint, clock: Clock, failed: int, lasted: float, broken: bool
) -> None:
    for i in range(failed):
        endpoint.failed(f"error {i}")
        clock.now += lasted if i == 0 else 0.0
    if broken:
        said = r"https://x\.test failed 3 times in a row \(last: error 2\)"
        with pytest.raises(ModelError, match=said):
            endpoint.check()
    else:
        endpoint.check()


def test_what_an_overloaded_server_said_last_is_told(endpoint: Endpoint, clock: Clock) -> None:
    for _ in range(3):
        endpoint.failed("down")
    endpoint.overloaded(None, "busy")
    clock.now += 10
    with pytest.raises(ModelError, match=r"last: busy"):
        endpoint.check()


def test_a_success_starts_the_count_and_its_time_anew(endpoint: Endpoint, clock: Clock) -> None:
    endpoint.failed("early")
    endpoint.succeeded()
    clock.now += 20
    for _ in range(3):
        endpoint.failed("late")
    endpoint.check()
    clock.now += 10
    with pytest.raises(ModelError):
        endpoint.check()


async def test_an_open_circuit_is_tried_again_between_uses_only(
    endpoint: Endpoint, clock: Clock
) -> None:
    async with endpoint:
        for _ in range(3):
            endpoint.failed("down")
        clock.now += 10
        endpoint.rest()
        with pytest.raises(ModelError):
            endpoint.check()
    endpoint.rest()
    endpoint.check()


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0), (8, 60.0), (20, 60.0)]
)
def test_pauses_double_up_to_the_longest_and_vary_by_half(attempt: int, longest: float) -> None:
    drawn = Drawn()
    assert Endpoint("x", LIMITS, Clock(), drawn).pause(attempt) == longest
    assert drawn.asked == [(longest / 2, longest)]


async def held(endpoint: Endpoint, until: asyncio.Event) -> None:
    async with endpoint:
        await until.wait()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_calls_are_in_flight_than_there_is_room(endpoint: Endpoint) -> None:
    done = asyncio.Event()
    calls = [asyncio.ensure_future(held(endpoint, done)) for _ in range(9)]
    await settled()
    assert endpoint.in_flight == 4
    endpoint.succeeded()
    await settled()
    assert endpoint.in_flight == 5
    done.set()
    await asyncio.gather(*calls)
    assert endpoint.in_flight == 0


@without_waiting
async def test_after_overload_nobody_is_sent_before_the_wait_is_over() -> None:
    loop = asyncio.get_running_loop()
    endpoint = Endpoint("x", LIMITS, loop.time)
    endpoint.overloaded(30.0, "busy")
    endpoint.overloaded(5.0, "busy")  # a shorter wait does not shorten the longer
    done = asyncio.Event()
    done.set()
    await held(endpoint, done)
    assert loop.time() == pytest.approx(30.0)


async def test_who_waits_is_told_when_the_circuit_opens(endpoint: Endpoint, clock: Clock) -> None:
    done = asyncio.Event()
    calls = [asyncio.ensure_future(held(endpoint, done)) for _ in range(6)]
    await settled()
    endpoint.failed("down")
    clock.now += 10
    endpoint.failed("down")
    endpoint.failed("down")
    await settled()
    assert [call.done() for call in calls] == [False] * 4 + [True] * 2
    assert all(isinstance(call.exception(), ModelError) for call in calls[4:])
    done.set()
    await asyncio.gather(*calls[:4])


async def test_a_place_is_not_lost_with_one_who_gives_up_while_pausing(
    endpoint: Endpoint, clock: Clock
) -> None:
    done = asyncio.Event()
    first = [asyncio.ensure_future(held(endpoint, done)) for _ in range(4)]
    await settled()
    waiting = [asyncio.ensure_future(held(endpoint, done)) for _ in range(2)]
    await settled()
    endpoint.overloaded(1000.0, "busy")
    endpoint.room = 4.0
    first[0].cancel()  # its place is given to the first who waits, who must pause now
    await settled()
    clock.now += 1000
    waiting[0].cancel()
    await settled()
    assert endpoint.in_flight == 4
    done.set()
    await asyncio.gather(*first[1:], waiting[1])
