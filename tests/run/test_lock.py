"""Two runs over the same records take turns; parts of the data go side by side."""

import asyncio

import pytest

from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger
from assay.run.lock import lock, name_of
from assay.run.progress import Progress
from assay.run.stop import Reason, Stop
from tests.clock import without_waiting

TASK = Task("t", "?", Choice(["a", "b"]))
ONE, TWO = text_record("r1", "x"), text_record("r2", "x")


def test_runs_of_a_task_that_begin_alike_have_one_name() -> None:
    assert name_of(TASK, [ONE]) == name_of(TASK, [ONE, TWO])
    assert len(name_of(TASK, [])) == 12
    other = Task("t", "??", TASK.schema)
    names = {name_of(TASK, [ONE]), name_of(TASK, [TWO]), name_of(TASK, []), name_of(other, [ONE])}
    assert len(names) == 4


@without_waiting
async def test_who_finds_the_name_free_begins_at_once_and_gives_it_back() -> None:
    ledger, described = MemoryLedger(), list[bool]()
    progress = Progress(show=lambda p: described.append(p.behind))
    stop = Stop(None, 1.0, asyncio.get_running_loop().time)
    async with lock(ledger, "name", stop, progress):
        assert ledger.lock("name") is None
    assert described == []
    release = ledger.lock("name")
    assert release is not None
    release()
    with pytest.raises(ValueError, match="broken"):
        async with lock(ledger, "name", stop, progress):
            raise ValueError("broken")
    assert ledger.lock("name") is not None


@without_waiting
async def test_who_finds_it_taken_looks_again_five_times_a_second() -> None:
    ledger, described = MemoryLedger(), list[bool]()
    clock = asyncio.get_running_loop().time
    progress = Progress(show=lambda p: described.append(p.behind))
    release = ledger.lock("name")
    assert release is not None
    asyncio.get_running_loop().call_later(0.5, release)
    async with lock(ledger, "name", Stop(None, 1.0, clock), progress):
        assert clock() == pytest.approx(0.6)
        assert not progress.behind
    assert described == [True] * 3


@without_waiting
async def test_who_is_to_stop_waits_no_longer_and_takes_nothing_away() -> None:
    ledger = MemoryLedger()
    clock = asyncio.get_running_loop().time
    assert ledger.lock("name") is not None
    stop = Stop(0.5, 1.0, clock)
    async with lock(ledger, "name", stop, Progress()):
        assert stop.reason is Reason.TIME
    assert ledger.lock("name") is None
