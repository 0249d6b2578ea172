"""A run that is killed, and killed again, loses nothing and pays for nothing twice."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path

from assay.core.value import Value
from assay.ledger import SqlLedger
from tests.run.labelling import IN_FLIGHT
from tests.servers import Server, serving

PROGRAM = Path(__file__).with_name("labelling.py")
KILLS, RECORDS, DELAY = 20, 1_500, 0.02
# answers that had come but not reached the disk: a commit's wait, and the commit itself
UNCOMMITTED = 3 * IN_FLIGHT


async def begun(url: str, ledger: Path) -> Process:
    command = [sys.executable, str(PROGRAM), url, str(ledger), str(RECORDS)]
    started = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert started.stdout is not None
    assert await started.stdout.readline() == b"ready\n"
    return started


async def finished(url: str, ledger: Path) -> tuple[str, int | None]:
    """The id of a run left alone, and its exit code."""
    started = await begun(url, ledger)
    said, _ = await started.communicate()
    return said.decode().strip(), started.returncode


async def more_calls(server: Server, count: int) -> None:
    """Waits by what was asked, not by the clock, so that a slow machine is killed in the middle."""
    already = server.calls.total()
    async with asyncio.timeout(60):
        while server.calls.total() < already + count:
            await asyncio.sleep(0.001)


def held(ledger: Path) -> Counter[str]:
    opened = SqlLedger(str(ledger))
    try:
        return Counter(a.record for a in opened.annotations())
    finally:
        opened.close()


def decided(ledger: Path, run: str) -> dict[str, Value | None]:
    opened = SqlLedger(str(ledger))
    try:
        return {d.record: d.value for d in opened.decisions(run)}
    finally:
        opened.close()


async def test_twenty_kills_lose_nothing_and_pay_nothing_twice(tmp_path: Path) -> None:
    rng, server, killed = random.Random(7), Server(delay=DELAY), tmp_path / "killed.sqlite"
    async with serving(server) as url:
        calls_when_held: dict[str, int] = {}
        middle = 0
        for _ in range(KILLS):
            started = await begun(url, killed)
            await more_calls(server, rng.randint(10, 60))
            await asyncio.sleep(rng.uniform(0, DELAY))
            started.send_signal(signal.SIGKILL)
            await started.wait()
            await asyncio.sleep(2 * DELAY)  # the server ends what it had begun
            number = {r: server.calls[f"text number {r[1:]}"] for r in held(killed)}
            middle += 0 < len(number) < RECORDS
            calls_when_held = number | calls_when_held
        run, code = await finished(url, killed)
        extra = server.calls.total() - RECORDS
        calls = server.calls.copy()
        unbroken, _ = await finished(url, tmp_path / "whole.sqlite")
    assert code == 0
    assert middle >= KILLS // 2
    assert set(held(killed).values()) == {1}
    assert len(held(killed)) == RECORDS
    # an answer in the ledger at any kill was never asked for again
    assert {r: calls[f"text number {r[1:]}"] for r in calls_when_held} == calls_when_held
    assert 0 < extra <= KILLS * (IN_FLIGHT + UNCOMMITTED)
    assert decided(killed, run) == decided(tmp_path / "whole.sqlite", unbroken)


async def test_an_interrupted_run_says_so_and_goes_on(tmp_path: Path) -> None:
    server, ledger = Server(delay=DELAY), tmp_path / "l.sqlite"
    async with serving(server) as url:
        started = await begun(url, ledger)
        await more_calls(server, 50)
        started.send_signal(signal.SIGINT)
        await started.communicate()
        assert started.returncode == 130
        assert set(server.calls.values()) == {1}
        assert len(held(ledger)) == server.calls.total()
        _, code = await finished(url, ledger)
    assert code == 0
    assert set(server.calls.values()) == {1}
