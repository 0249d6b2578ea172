"""A run that is killed, and killed again, loses nothing and pays for nothing twice."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.core.annotation import Decision
from assay.ledger import SqlLedger
from tests.ledger.places import own_schema
from tests.run.labelling import IN_FLIGHT
from tests.servers import Server, serving

PROGRAM = Path(__file__).with_name("labelling.py")
KILLS, RECORDS, DELAY = 5, 1_000, 0.02


async def begun(url: str, ledger: str) -> Process:
    command = [sys.executable, str(PROGRAM), url, ledger, str(RECORDS)]
    started = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert started.stdout is not None
    assert await started.stdout.readline() == b"ready\n"
    return started


async def finished(url: str, ledger: str) -> tuple[str, int | None]:
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


def held(ledger: str) -> Counter[str]:
    opened = SqlLedger(ledger)
    try:
        return Counter(a.record for a in opened.annotations())
    finally:
        opened.close()


def decided(ledger: str, run: str) -> dict[str, Decision]:
    opened = SqlLedger(ledger)
    try:
        return {d.record: d for d in opened.decisions(run)}
    finally:
        opened.close()


@dataclass(frozen=True, slots=True)
class Kill:
    """What one kill did: `open` calls the server was at, `repeated` calls that must be made again
    since no answer was kept, answers `lost` that had been kept before, and `doubled` ones."""

    calls: int
    open: int
    repeated: int
    lost: int
    doubled: int


async def kill(url: str, server: Server, ledger: str, wait: Awaitable[None]) -> Kill:
    """Goes on with the run, and kills it when `wait` returns."""
    before, calls = held(ledger), server.calls.total()
    started = await begun(url, ledger)
    await wait
    open_calls = server.under_way
    started.send_signal(signal.SIGKILL)
    await started.wait()
    await asyncio.sleep(2 * DELAY)  # the server ends what it had begun
    after, made = held(ledger), server.calls.total() - calls
    return Kill(
        made,
        open_calls,
        made - (after.total() - before.total()),
        (before - after).total(),
        sum(n > 1 for n in after.values()),
    )


async def middle(server: Server, rng: random.Random, most: int = 120) -> None:
    """Returns after so many calls, in the midst of some."""
    await more_calls(server, rng.randint(1, most))
    await asyncio.sleep(rng.uniform(0, DELAY))


async def check_kills(needs_all_records: str, killed: str) -> None:
    rng, server = random.Random(7), Server(delay=DELAY)
    async with serving(server) as url:
        kills = [await kill(url, server, killed, middle(server, rng)) for _ in range(KILLS)]
        assert 0 < held(killed).total() < RECORDS
        run, code = await finished(url, killed)
        extra = server.calls.total() - RECORDS
        unbroken, _ = await finished(url, needs_all_records)
    assert code == 0
    assert [(k.lost, k.doubled) for k in kills] == [(0, 0)] * KILLS
    assert set(held(killed).values()) == {1}
    assert len(held(killed)) == RECORDS
    assert max(k.repeated for k in kills) <= IN_FLIGHT
    assert 0 < extra == sum(k.repeated for k in kills)
    assert decided(killed, run) == decided(needs_all_records, unbroken)
    assert len(decided(killed, run)) == RECORDS


async def test_kills_lose_nothing_and_repeat_no_more_than_was_in_flight(tmp_path: Path) -> None:
    await check_kills(str(tmp_path / "whole.sqlite"), str(tmp_path / "killed.sqlite"))


async def test_so_they_do_on_a_database_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with own_schema() as needs_all_records, own_schema() as killed:
        await check_kills(needs_all_records, killed)


async def test_an_interrupted_run_says_so_and_goes_on(tmp_path: Path) -> None:
    server, ledger = Server(delay=DELAY), str(tmp_path / "l.sqlite")
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
