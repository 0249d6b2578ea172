"""What a run writes goes to the ledger in batches, in order, and again where waiting helps."""

import asyncio
from collections.abc import Sequence

import pytest

from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, answer
from assay.core.errors import LedgerError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger
from assay.run.patience import Patience
from assay.run.progress import Progress
from assay.run.writer import BACKLOG, Writer
from tests.clock import without_waiting

TASK = Task("t", "?", Choice(["a", "b"]))
BUSY, DAMAGED = LedgerError("busy", passing=True), LedgerError("damaged")


def said(number: int) -> Annotation:
    request = Request(TASK, text_record(f"r{number}", f"{number}"), "m")
    return answer(request, Outcome.ANSWERED, value="a")


def decided(number: int) -> Decision:
    return Decision(f"r{number}", "a", decided_by=DecidedBy.MODEL)


class Told(MemoryLedger):
    """Keeps what it was told, and fails as often as it is to."""

    def __init__(self, *failures: LedgerError) -> None:
        super().__init__()
        self.described: list[str] = []
        self.failures = list(failures)
        self.jot_fails: LedgerError | None = None

    def _print_result(self, what: str, things: Sequence[Annotation | Decision]) -> None:
        ids = [thing.record for thing in things]
        self.described.append(f"{what} {' '.join(ids)}")
        if self.failures:
            raise self.failures.pop(0)

    def jot(self, annotation: Annotation) -> None:
        if self.jot_fails is not None:
            raise self.jot_fails
        super().jot(annotation)

    def add(self, annotations: Sequence[Annotation]) -> int:
        self._print_result("add", annotations)
        return super().add(annotations)

    def add_again(self, annotations: Sequence[Annotation]) -> int:
        self._print_result("again", annotations)
        return MemoryLedger.add(self, annotations)

    def add_decisions(self, run: str, decisions: Sequence[Decision]) -> None:
        self._print_result(f"decisions of {run}:", decisions)
        super().add_decisions(run, decisions)


def writer(ledger: MemoryLedger, seconds: float = 60.0) -> tuple[Writer, list[str | None]]:
    described: list[str | None] = []
    progress = Progress(show=lambda p: described.append(p.paused))
    clock = asyncio.get_running_loop().time
    return Writer(ledger, "run", Patience(seconds, progress, None, clock)), described


@without_waiting
async def test_what_comes_within_a_moment_is_one_commit_answers_before_decisions() -> None:
    ledger = Told()
    here, described = writer(ledger)
    for number in range(3):
        assert here.put(said(number))
    here.decide([decided(0), decided(1)])
    assert ledger.described == []
    await asyncio.sleep(0.006)
    assert ledger.described == ["add r0 r1 r2", "decisions of run: r0 r1"]
    here.decide([decided(2)])
    await asyncio.sleep(0.004)
    here.put(said(3))
    await asyncio.sleep(0.5)
    assert ledger.described[2:] == ["add r3", "decisions of run: r2"]
    assert (here.ignored, described) == (0, [])


@without_waiting
async def test_a_flush_writes_at_once_and_nothing_twice() -> None:
    ledger = Told()
    here, _ = writer(ledger)
    here.put(said(0))
    await here.flush()
    assert ledger.described == ["add r0"]
    await here.flush()
    await asyncio.sleep(0.5)
    assert ledger.described == ["add r0"]


@without_waiting
async def test_answers_that_another_process_gave_are_counted() -> None:
    ledger = MemoryLedger()
    ledger.add([said(0), said(2)])
    here, _ = writer(ledger)
    for number in range(4):
        here.put(said(number))
    await here.flush()
    assert here.ignored == 2


@without_waiting
async def test_after_a_trouble_that_passes_it_is_written_as_what_may_be_there() -> None:
    ledger = Told(BUSY, BUSY)
    here, described = writer(ledger)
    here.put(said(0))
    await here.flush()
    assert ledger.described == ["add r0", "again r0", "again r0"]
    assert described == ["paused: busy; trying again for 60 s"] * 2 + [None]
    here.put(said(1))
    await here.flush()
    assert ledger.described[3:] == ["add r1"]
    here.check()


@without_waiting
@pytest.mark.parametrize("bad", [DAMAGED, BUSY])
async def test_where_nothing_can_be_kept_nothing_more_is_taken(bad: LedgerError) -> None:
    ledger = Told(*[bad] * 99)
    here, _ = writer(ledger, seconds=1.1)
    here.put(said(0))
    await asyncio.sleep(5)  # it breaks behind, where nobody waits
    for use in (here.check, lambda: here.put(said(1)), lambda: here.decide([decided(0)])):
        with pytest.raises(LedgerError, match=str(bad)):
            use()
    with pytest.raises(LedgerError, match=str(bad)):
        await here.flush()
    with pytest.raises(LedgerError, match=str(bad)):
        await here.records([text_record("r", "x")])
    assert ledger.count_records() == 0


@without_waiting
async def test_two_who_wait_for_one_commit_both_hear_that_it_broke() -> None:
    ledger = Told(DAMAGED)
    here, _ = writer(ledger)
    here.put(said(0))
    found = await asyncio.gather(here.flush(), here.flush(), return_exceptions=True)
    assert [type(bad) for bad in found] == [LedgerError, LedgerError]


@without_waiting
async def test_an_answer_that_has_no_room_yet_is_not_on_disk_and_is_written_later() -> None:
    ledger = Told()
    here, _ = writer(ledger)
    ledger.jot_fails = BUSY
    assert here.put(said(0)) is False
    await asyncio.sleep(0.01)
    assert ledger.described == ["add r0"]
    ledger.jot_fails = DAMAGED
    with pytest.raises(LedgerError, match="damaged"):
        here.put(said(1))


@without_waiting
async def test_records_are_added_and_tried_again() -> None:
    class Slow(MemoryLedger):
        tried = 0

        def add_records(self, records: object) -> int:
            self.tried += 1
            if self.tried < 3:
                raise BUSY
            return super().add_records(records)  # type: ignore[arg-type]

    ledger, given = Slow(), list[Record]([text_record("r", "x")])
    here, described = writer(ledger)
    await here.records(given)
    assert (ledger.tried, list(ledger.records())) == (3, given)
    assert described[-1] is None


@without_waiting
async def test_the_asking_waits_only_where_the_ledger_has_fallen_behind() -> None:
    ledger = Told()
    here, _ = writer(ledger)
    for number in range(BACKLOG):
        here.put(said(number))
    await here.yield_or_flush()
    assert ledger.described == []
    here.put(said(BACKLOG))
    await here.yield_or_flush()
    assert len(ledger.described) == 1
