"""A database that is lost, or a disk that is full, pauses a run; nothing is asked twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy

from assay.annotators.llm import LLM
from assay.core.annotation import Annotation
from assay.core.errors import LedgerError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import Ledger, SqlLedger
from assay.models.hosted import Address
from assay.models.limits import Limits
from assay.models.openai import OpenAI
from assay.run import Job, Progress, Settings, Summary, label
from assay.strategies.single import Single
from tests.ledger.places import POSTGRES, own_schema
from tests.run.relay import Relay
from tests.servers import Server, serving

TASK = Task("t", "Positive or negative?", Choice(["positive", "negative"]))
IN_FLIGHT, RECORDS = 8, 200


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def relayed() -> Iterator[tuple[Relay, str]]:
    with own_schema() as url:
        relay = Relay(5432)
        yield relay, url.replace(":5432/", f":{relay.port}/")
        relay.truncated()


async def run(
    url: str, ledger: Ledger, patience: float = 60.0, progress: Progress | None = None
) -> Summary:
    limits = Limits(most=IN_FLIGHT, start=IN_FLIGHT, timeout=30)
    model = OpenAI("m", Address(url, limits=limits))
    settings = Settings(block=20, in_flight=3, patience=patience)
    records = [text_record(f"r{i}", f"text {i}") for i in range(RECORDS)]
    try:
        return await label(
            Job(TASK, Single("m"), {"m": LLM(model)}, ledger, settings), records, progress
        )
    finally:
        await model.aclose()


async def asked(server: Server, count: int) -> None:
    async with asyncio.timeout(60):
        while server.calls.total() < count:
            await asyncio.sleep(0.002)


def kept(ledger: Ledger) -> Counter[str]:
    return Counter(a.record for a in ledger.annotations(TASK.id))


def ended(name: str) -> int:
    """How many connections of that name the server ended."""
    engine = sqlalchemy.create_engine(POSTGRES)
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text(query), {"name": name}).all()
    engine.dispose()
    return len(found)


async def test_connections_that_the_server_ends_are_made_anew() -> None:
    server = Server(delay=0.02)
    with own_schema() as place:
        ledger = SqlLedger(f"{place}&application_name=assay-ended")
        async with serving(server) as url:
            running = asyncio.ensure_future(run(url, ledger))
            count = 0
            for calls in range(20, RECORDS, 20):
                await asked(server, calls)
                count += await asyncio.to_thread(ended, "assay-ended")
            summary = await running
        assert count > 3
        assert summary.decided == RECORDS
        assert set(server.calls.values()) == {1}
        assert set(kept(ledger).values()) == {1}
        ledger.close()


async def test_a_server_that_is_gone_for_a_while_is_waited_for(
    relayed: tuple[Relay, str],
) -> None:
    relay, place = relayed
    server, said = Server(delay=0.02), list[str]()
    ledger = SqlLedger(place)
    progress = Progress(show=lambda p: said.append(" ".join(p.parts("USD"))))
    async with serving(server) as url:
        running = asyncio.ensure_future(run(url, ledger, progress=progress))
        await asked(server, 50)
        relay.truncated()
        await asyncio.sleep(1.5)
        assert not running.done()
        relay.mend()
        summary = await running
    assert summary.decided == RECORDS
    assert set(server.calls.values()) == {1}
    assert set(kept(ledger).values()) == {1}
    assert any(line.startswith("paused: ledger postgresql") for line in said)
    assert "paused" not in said[-1]
    ledger.close()


async def test_a_server_that_stays_away_ends_the_run_and_the_journal_keeps_the_answers(
    relayed: tuple[Relay, str],
) -> None:
    relay, place = relayed
    server = Server(delay=0.02)
    ledger = SqlLedger(place)
    async with serving(server) as url:
        running = asyncio.ensure_future(run(url, ledger, patience=0.5))
        await asked(server, 50)
        relay.truncated()
        with pytest.raises(LedgerError, match=r"waited for \d+ s; run again to resume"):
            await running
        ledger.close()
        await asyncio.sleep(0.1)
        first = server.calls.total()
        relay.mend()
        ledger = SqlLedger(place)
        assert first - kept(ledger).total() <= IN_FLIGHT
        summary = await run(url, ledger)
    assert summary.decided == RECORDS
    assert server.calls.total() <= RECORDS + IN_FLIGHT
    assert set(kept(ledger).values()) == {1}
    ledger.close()


class Full(SqlLedger):
    """On a disk that is full while `full`."""

    full = False

    def _no_room(self) -> None:
        if self.full:
            raise LedgerError("database or disk is full", passing=True)

    def jot(self, annotation: Annotation) -> None:
        self._no_room()
        super().jot(annotation)

    def add(self, annotations: Sequence[Annotation]) -> int:
        self._no_room()
        return super().add(annotations)


async def test_on_a_full_disk_no_more_is_asked_than_was_in_flight(tmp_path: Path) -> None:
    server = Server(delay=0.02)
    ledger = Full(str(tmp_path / "l.sqlite"))
    async with serving(server) as url:
        running = asyncio.ensure_future(run(url, ledger))
        await asked(server, 50)
        ledger.full = True
        before = server.calls.total()
        await asyncio.sleep(0.6)
        assert server.calls.total() <= before + IN_FLIGHT
        ledger.full = False
        summary = await running
    assert summary.decided == RECORDS
    assert set(server.calls.values()) == {1}
    ledger.close()


async def test_a_disk_that_stays_full_ends_the_run_with_what_was_in_flight_open(
    tmp_path: Path,
) -> None:
    server = Server(delay=0.02)
    ledger = Full(str(tmp_path / "l.sqlite"))
    async with serving(server) as url:
        running = asyncio.ensure_future(run(url, ledger, patience=0.3))
        await asked(server, 50)
        ledger.full = True
        with pytest.raises(LedgerError, match="run again"):
            await running
        ledger.full = False
        ledger.close()
        ledger = Full(str(tmp_path / "l.sqlite"))
        summary = await run(url, ledger)
    assert summary.decided == RECORDS
    assert server.calls.total() <= RECORDS + IN_FLIGHT
    assert set(kept(ledger).values()) == {1}
    ledger.close()
