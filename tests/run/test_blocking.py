"""Waiting for a coroutine where no loop runs, where one does, and at Ctrl-C."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from assay.run import blocking
from assay.run.blocking import interruptible, waited


async def given(value: str) -> str:
    await asyncio.sleep(0)
    return value


async def broken() -> str:
    raise ValueError("broken")


async def whose() -> tuple[int, str]:
    return threading.get_ident(), threading.current_thread().name


def test_without_a_loop_it_runs_here() -> None:
    assert waited(given("a")) == "a"
    assert waited(whose())[0] == threading.get_ident()
    with pytest.raises(ValueError, match="broken"):
        waited(broken())


async def test_where_a_loop_runs_it_runs_in_a_thread_of_its_own() -> None:
    assert waited(given("a")) == "a"
    thread, name = waited(whose())
    assert (thread != threading.get_ident(), name) == (True, "assay")
    with pytest.raises(ValueError, match="broken"):
        waited(broken())
    assert "assay" not in [t.name for t in threading.enumerate()]


def test_the_current_loop_of_the_thread_stays() -> None:
    def inside() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        assert waited(given("a")) == "a"
        kept.append(asyncio.get_event_loop() is loop)
        loop.close()

    kept: list[bool] = []
    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert kept == [True]


@pytest.fixture
def plain_interrupts() -> Iterator[None]:
    """Ctrl-C as in a notebook: KeyboardInterrupt wherever the main thread is."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def beside_a_loop(work: Callable[[], Coroutine[Any, Any, str]], **how: Any) -> str:
    """Waited for by code that a running loop has called."""

    async def cell() -> str:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return waited(work(), **how)

    with asyncio.Runner() as runner:
        return runner.run(cell())


async def ctrl_c() -> None:
    """Once the main thread waits, be it in a loop of its own or for a thread that has one."""
    while threading.current_thread() is not threading.main_thread() and not main_thread_waits():
        await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGINT)


def main_thread_waits() -> bool:
    frame: FrameType | None = sys._current_frames()[threading.main_thread().ident or 0]
    inside: list[str] = []
    while frame is not None:
        inside.append(frame.f_code.co_name)
        frame = frame.f_back
    return inside[0] == "wait" and "_joined" in inside


async def interrupted(afterwards: Callable[[], None] = lambda: None) -> str:
    await ctrl_c()
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        afterwards()
        raise
    return "slept"


@pytest.mark.usefixtures("plain_interrupts")
def test_an_interrupt_cancels_the_work_beside_a_loop_and_is_told() -> None:
    ended: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        beside_a_loop(lambda: interrupted(lambda: ended.append(True)))
    assert ended == [True]


@pytest.mark.usefixtures("plain_interrupts")
def test_an_interrupt_before_there_is_a_loop_reaches_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = blocking._runner

    @contextmanager
    def late() -> Iterator[asyncio.Runner]:
        if threading.current_thread() is not threading.main_thread():
            while not main_thread_waits():
                time.sleep(0)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(2 * blocking.GLANCE)
        with made() as runner:
            yield runner

    async def work() -> str:
        await asyncio.sleep(60)
        return "not interrupted"

    monkeypatch.setattr(blocking, "_runner", late)
    with pytest.raises(KeyboardInterrupt):
        beside_a_loop(work)


@pytest.mark.usefixtures("plain_interrupts")
def test_work_that_breaks_at_an_interrupt_tells_how() -> None:
    def bad() -> None:
        raise ValueError("cannot end")

    with pytest.raises(ValueError, match="cannot end"):
        beside_a_loop(lambda: interrupted(bad))


@pytest.mark.usefixtures("plain_interrupts")
def test_work_that_gives_itself_up_is_no_interrupt() -> None:
    async def gives_up() -> str:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        beside_a_loop(gives_up)


@pytest.mark.usefixtures("plain_interrupts")
@pytest.mark.parametrize("beside", [True, False])
def test_who_says_what_an_interrupt_does_gets_the_result(beside: bool) -> None:
    stop: list[Callable[[], None]] = []
    threads: list[int] = []

    async def work() -> str:
        event = asyncio.Event()
        stop.append(event.set)
        threads.append(threading.get_ident())
        await ctrl_c()
        await event.wait()
        return "finished"

    def interrupt() -> None:
        threads.append(threading.get_ident())
        stop[0]()

    found = (
        beside_a_loop(work, interrupt=interrupt) if beside else waited(work(), interrupt=interrupt)
    )
    assert found == "finished"
    assert threads[0] == threads[1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


async def test_ctrl_c_is_heard_inside_and_what_heard_it_before_does_so_again() -> None:
    def before(*_: object) -> None:
        raise AssertionError("not inside")

    old = signal.signal(signal.SIGINT, before)
    heard = asyncio.Event()
    try:
        with interruptible(heard.set):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.wait_for(heard.wait(), 5)
        assert signal.getsignal(signal.SIGINT) is before
    finally:
        signal.signal(signal.SIGINT, old)


async def test_what_was_woken_by_signals_before_is_woken_again() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    old = signal.set_wakeup_fd(writing)
    try:
        with interruptible(lambda: None):
            pass
        assert signal.set_wakeup_fd(-1) == writing
    finally:
        signal.set_wakeup_fd(old)
        os.close(reading)
        os.close(writing)


async def test_another_thread_hears_no_signals_and_runs_all_the_same() -> None:
    def inside() -> str:
        async def work() -> str:
            with interruptible(lambda: None):
                return "ran"

        return asyncio.run(work())

    before = signal.getsignal(signal.SIGINT)
    assert await asyncio.to_thread(inside) == "ran"
    assert signal.getsignal(signal.SIGINT) is before
