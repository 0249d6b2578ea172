"""A run that an error breaks off: what was decided is kept, and the error is one to mend."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Decision
from assay.core.cost import Budget
from assay.core.errors import InputError, SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger
from assay.run import Job, Progress, Settings, label
from assay.run.engine import stop_of
from assay.run.pages import first_error
from assay.strategies.base import Ask
from assay.strategies.single import Single
from tests.clock import without_waiting

TASK = Task("t", "?", Choice(["a", "b"]))
OLD = Recorded("m", {f"r{i}": Given("a") for i in range(100)})


def records(count: int) -> list[Record]:
    return [text_record(f"r{i}", f"text {i}") for i in range(count)]


@dataclass(frozen=True)
class Breaking:
    """Decides each block at once, but breaks on some after a while."""

    breaks: dict[str, Exception] = field(default_factory=dict)
    id: str = "breaking"
    needs_all_records: bool = False
    annotators: tuple[str, ...] = ("m",)

    async def label(self, given: Sequence[Record], ask: Ask) -> list[Decision]:
        first = given[0].id
        if first in self.breaks:
            await asyncio.sleep(1)
            raise self.breaks[first]
        return [Decision(r.id, "a", decided_by=DecidedBy.MODEL) for r in given]


@without_waiting
async def test_blocks_behind_one_that_breaks_keep_their_decisions() -> None:
    ledger = MemoryLedger()
    strategy = Breaking({"r10": SpecError("no such label")})
    job = Job(TASK, strategy, {"m": OLD}, ledger, Settings(block=10, in_flight=4))
    with pytest.raises(SpecError, match="no such label"):
        await label(job, records(100))
    [run] = ledger.runs()
    kept = [d.record for d in ledger.decisions(run.id)]
    assert kept == [r.id for r in records(100) if not r.id.startswith("r1") or r.id == "r1"]
    assert run.ended is None


@without_waiting
async def test_of_several_errors_the_one_to_mend_is_told() -> None:
    strategy = Breaking({"r0": ValueError("a fault"), "r10": InputError("a mistake")})
    settings = Settings(block=10, in_flight=4, budget=Budget.of_nanos(10))
    job = Job(TASK, strategy, {"m": OLD}, MemoryLedger(), settings)
    with pytest.raises(InputError, match="a mistake"):
        await label(job, records(20))
    assert settings.budget is not None
    settings.budget.begin(7)  # no run is under way any more: the ledger is believed
    assert settings.budget.spent_nanos == 7


async def test_what_a_strategy_over_all_records_decides_is_kept_in_their_order() -> None:
    ledger, progress = MemoryLedger(), Progress()
    job = Job(TASK, Breaking(needs_all_records=True), {"m": OLD}, ledger, Settings(block=10))
    done = await label(job, records(25), progress)
    assert [d.record for d in ledger.decisions(done.run)] == [r.id for r in records(25)]
    assert (done.decided, done.records, progress.records) == (25, 25, 25)


def test_an_error_that_stands_alone_is_itself() -> None:
    plain, mistake = ValueError("x"), SpecError("y")
    assert first_error(plain) is plain
    assert (
        first_error(BaseExceptionGroup("g", [plain, BaseExceptionGroup("h", [mistake])])) is mistake
    )
    assert first_error(BaseExceptionGroup("g", [plain, KeyError("z")])) is plain


@without_waiting
async def test_no_more_blocks_are_under_way_than_may_be() -> None:
    now, most = 0, 0

    @dataclass(frozen=True)
    class Slow(Breaking):
        async def label(self, given: Sequence[Record], ask: Ask) -> list[Decision]:
            nonlocal now, most
            now, most = now + 1, max(most, now + 1)
            await asyncio.sleep(0.1)
            now -= 1
            return [Decision(r.id, None) for r in given]

    job = Job(TASK, Slow(), {"m": OLD}, MemoryLedger(), Settings(block=2, in_flight=3))
    progress = Progress(25)
    assert (await label(job, records(25), progress)).records == 25
    assert (now, most) == (0, 3)


async def test_a_run_says_what_it_was() -> None:
    ledger = MemoryLedger()
    job = Job(TASK, Single("m"), {"m": OLD}, ledger, Settings(note={"seed": 3, "currency": "EUR"}))
    progress = Progress(5)
    done = await label(job, records(5), progress)
    [run] = ledger.runs()
    assert (run.id, run.task, run.strategy) == (done.run, TASK.id, Single("m").id)
    assert len(run.id) == 12
    assert run.settings == {"seed": 3, "currency": "EUR"}
    assert run.version
    assert run.ended is not None
    assert run.ended >= run.started
    assert done.currency == "EUR"
    assert progress.eta.each == 1
    assert (await label(job, [])).records == 0


def test_what_holds_where_nothing_is_said() -> None:
    plain = Settings()
    assert (plain.block, plain.in_flight, plain.grace, plain.patience) == (250, 16, 10.0, 60.0)
    assert (plain.seconds, plain.budget, plain.currency) == (None, None, "USD")
    assert (
        Settings(budget=Budget.of_nanos(1, currency="CHF"), note={"currency": "EUR"}).currency
        == "CHF"
    )
    now = 100.0
    stop = stop_of(Settings(seconds=5), lambda: now)
    now = 104.0
    assert not stop.now()
    assert stop_of(Settings(), lambda: now).now() is False
