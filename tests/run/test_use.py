"""Annotators are ended with the run, and open again in the next: whatever loop or thread it has."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from assay.annotators.base import HoldsNothing, end
from assay.annotators.llm import LLM, Billing
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.cost import Budget, Prices
from assay.core.errors import ModelError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger
from assay.models.hosted import Address
from assay.models.limits import Limits
from assay.models.openai import OpenAI
from assay.run import Job, Reason, Summary, label
from assay.run.use import using
from assay.strategies.single import Single
from tests.servers import Server, good, serving, status

TASK = Task("tone", "Which?", Choice(["positive", "negative"]))


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, Server]]:
    """A server on a loop and thread of its own: the test's own loop may be blocked."""
    server, found, done = Server(), list[str](), threading.Event()
    up = threading.Event()

    async def serve() -> None:
        async with serving(server) as url:
            found.append(url)
            up.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert up.wait(30)
    yield found[0], server
    done.set()
    thread.join()


def llm(url: str, limits: Limits | None = None, billing: Billing | None = None) -> LLM:
    return LLM(OpenAI("m", Address(url, limits=limits or Limits())), billing=billing or Billing())


def records(count: int, prefix: str = "r") -> list[Record]:
    return [text_record(f"{prefix}{i}", f"text {prefix} {i}") for i in range(count)]


def job(who: object) -> Job:
    return Job(TASK, Single("m"), {"m": who}, MemoryLedger())  # type: ignore[dict-item]


def held() -> tuple[int, int]:
    """Open files and threads of this process."""
    return len(os.listdir("/proc/self/fd")), threading.active_count()


def falls_to(most: tuple[int, int]) -> bool:
    """The server, in this process too, sees a little later that a connection has ended."""
    for _ in range(200):
        if all(now <= then for now, then in zip(held(), most, strict=True)):
            return True
        time.sleep(0.05)
    return False


def test_one_llm_serves_run_after_run_and_nothing_stays_open(
    elsewhere: tuple[str, Server],
) -> None:
    who = llm(elsewhere[0])
    before = held()
    for turn in range(20):
        assert asyncio.run(label(job(who), records(5, f"t{turn}-"))).decided == 5
    assert falls_to(before)
    assert elsewhere[1].calls.total() == 100


async def test_a_run_in_a_loop_that_goes_on_leaves_no_connection(
    elsewhere: tuple[str, Server],
) -> None:
    who = llm(elsewhere[0])
    await asyncio.to_thread(lambda: None)
    before = held()
    for turn in range(5):
        assert (await label(job(who), records(5, f"t{turn}-"))).decided == 5
    # the loop's own pool of threads stays
    assert await asyncio.to_thread(falls_to, (before[0], before[1] + 40))


async def test_two_runs_at_once_in_one_loop_share_an_llm(elsewhere: tuple[str, Server]) -> None:
    who = llm(elsewhere[0])
    both = await asyncio.gather(label(job(who), records(3, "a")), label(job(who), records(60, "b")))
    assert [s.decided for s in both] == [3, 60]
    assert sum(s.retries for s in both) == 0


def test_threads_at_once_share_an_llm_its_limits_and_its_budget(
    elsewhere: tuple[str, Server],
) -> None:
    budget = Budget.of_nanos(10**12)
    narrow = Limits(most=3, start=2)
    who = llm(elsewhere[0], narrow, Billing(Prices(per_request=0.001), budget))
    done: list[Summary] = []

    def work(name: str) -> None:
        done.append(asyncio.run(label(job(who), records(40, name))))

    threads = [threading.Thread(target=work, args=(f"t{i}-",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [s.decided for s in done] == [40] * 4
    assert sum(s.retries for s in done) == 0
    assert (budget.spent_nanos, budget.reserved_nanos) == (160 * 1_000_000, 0)
    endpoint = who.model.endpoint  # type: ignore[attr-defined]
    assert endpoint.in_flight == 0


def test_a_server_that_was_down_is_tried_again_by_the_next_run() -> None:
    calls = 0

    async def answer_once_mended(request: web.Request, text: str) -> web.StreamResponse:
        nonlocal calls
        calls += 1
        return good(text) if calls > 3 or calls == 1 else status(500)(text)

    async def runs() -> list[Summary]:
        async with serving(Server(answer_once_mended)) as url:
            who = llm(url, Limits(attempts=1, broken_after=2, patience=0.0, most=1, start=1))
            return [await label(job(who), records(4, f"t{i}-")) for i in range(2)]

    first, second = asyncio.run(runs())
    assert first.reason is Reason.MODEL
    assert "failed 2 times in a row" in first.message
    assert (second.reason, second.decided) == (None, 4)


@dataclass(slots=True)
class Holding:
    """Counts what is open on each loop, as connections are."""

    open: set[asyncio.AbstractEventLoop] = field(default_factory=set)
    ended: int = 0
    id: str = "holding"
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            self.open.add(asyncio.get_running_loop())
            yield answer(request, Outcome.ANSWERED, value="positive")

    async def aclose(self) -> None:
        self.open.discard(asyncio.get_running_loop())
        self.ended += 1


def test_every_run_ends_what_its_annotators_hold_also_where_it_breaks() -> None:
    who = Holding()
    for _ in range(2):
        asyncio.run(label(job(who), records(2)))
    assert (who.open, who.ended) == (set(), 2)

    def broken() -> Iterator[Record]:
        yield from records(300)
        raise ValueError("the file ends here")

    with pytest.raises(ValueError, match="the file ends here"):
        asyncio.run(label(job(who), broken()))
    assert (who.open, who.ended) == (set(), 3)


async def test_runs_inside_using_keep_annotators_open() -> None:
    who = Holding()
    async with using([who]):
        for _ in range(3):
            await label(job(who), records(2))
        assert who.ended == 0
    assert (who.open, who.ended) == (set(), 1)


async def test_who_stops_drawing_answers_leaves_none_under_way() -> None:
    left: list[str] = []

    @dataclass(frozen=True, slots=True)
    class Astray(HoldsNothing):
        id: str = "m"
        decided_by: DecidedBy = DecidedBy.MODEL

        async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
            try:
                for request in requests:
                    other = Request(TASK, text_record("other", "x"), request.annotator)
                    yield answer(other, Outcome.ANSWERED, value="positive")
            finally:
                left.append("ended")

    with pytest.raises(Exception, match="was not sent"):
        await label(job(Astray()), records(2))
    assert left == ["ended"]


async def test_one_that_cannot_be_ended_hides_no_other() -> None:
    class Stuck:
        async def aclose(self) -> None:
            raise ModelError("stuck")

    who = Holding(open={asyncio.get_running_loop()})
    with pytest.raises(ModelError, match="stuck"):
        await end(Stuck(), who, object())
    assert who.ended == 1
