"""What a run keeps, replays, stops for, and tells."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assay.annotators.base import HoldsNothing
from assay.annotators.people import Panel
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import (
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    RequestOptions,
    answer,
)
from assay.core.cost import NANOS, Budget, Usage
from assay.core.document_path import PathError
from assay.core.errors import InputError, LedgerError, ModelError, SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import Ledger, MemoryLedger
from assay.run import Job, Progress, Reason, Settings, Summary, label
from assay.run.ask import Askable
from assay.strategies.base import Ask, Strategy
from assay.strategies.single import Single
from assay.strategies.vote import Vote
from tests.clock import without_waiting
from tests.ledger.places import EVERY, Place

TASK = Task("t", "which?", Choice(["a", "b"]))
SMALL = Settings(block=10, in_flight=3, grace=0.2)


def records(n: int) -> list[Record]:
    return [text_record(f"r{i}", f"text {i}") for i in range(n)]


@dataclass
class Counting(HoldsNothing):
    """Answers every request after a pause, and counts how often each record was put to it."""

    id: str = "m"
    pause: float = 0.0
    cost: int = 0
    fails: set[str] = field(default_factory=set)
    hangs: set[str] = field(default_factory=set)
    slow: Mapping[str, float] = field(default_factory=dict)
    breaks_at: int | None = None
    budget: Budget | None = None
    asked: Counter[str] = field(default_factory=Counter)
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            if self.breaks_at is not None and self.asked.total() >= self.breaks_at:
                raise ModelError("the endpoint is down; start it and run again")
            if self.budget is not None:
                self.budget.reserve(self.cost)
            self.asked[request.record.id] += 1
            pause = self.slow.get(request.record.id, self.pause)
            await asyncio.sleep(60 if request.record.id in self.hangs else pause)
            if self.budget is not None:
                self.budget.settle(self.cost, self.cost)
            yield self._answer(request)

    def _answer(self, request: Request) -> Annotation:
        usage = Usage(attempts=2)
        if request.record.id in self.fails:
            return answer(
                request, Outcome.FAILED, error="timeout", cost_nanos=self.cost, usage=usage
            )
        return answer(request, Outcome.ANSWERED, value="a", cost_nanos=self.cost, usage=usage)


async def go(
    ledger: Ledger, strategy: Strategy, annotators: list[Askable], n: int, **settings: object
) -> Summary:
    names = {a.id: a for a in annotators}
    chosen = Settings(**{"block": 10, "in_flight": 3, "grace": 0.2} | settings)  # type: ignore[arg-type]
    return await label(Job(TASK, strategy, names, ledger, chosen), iter(records(n)))


@pytest.fixture(params=EVERY, ids=lambda place: place.__name__)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    place: Place = request.param
    yield from place(tmp_path)


async def test_every_record_is_decided_and_kept(ledger: Ledger) -> None:
    done = await go(ledger, Single("m"), [Counting()], 95)
    assert (done.records, done.decided, done.reason, done.exit_code) == (95, 95, None, 0)
    assert sorted(d.record for d in ledger.decisions(done.run)) == sorted(r.id for r in records(95))
    assert {a.run for a in ledger.annotations()} == {done.run}
    assert ledger.count_records() == 95


async def test_a_second_run_asks_nothing_and_costs_nothing(ledger: Ledger) -> None:
    model = Counting(cost=5)
    await go(ledger, Single("m"), [model], 30)
    again = await go(ledger, Single("m"), [model], 30)
    assert set(model.asked.values()) == {1}
    assert (again.decided, again.cost_nanos, again.spent_nanos) == (30, 0, 150)
    assert again.tallies["m"].replayed == 30


async def test_failed_requests_are_asked_again_in_the_next_run_only(ledger: Ledger) -> None:
    model = Counting(fails={"r3", "r4"})
    first = await go(ledger, Vote(("m", "nested"), ties="first"), [model, Renamed()], 10)
    assert model.asked["r3"] == 1
    assert first.failures == {"timeout": 2}
    model.fails.clear()
    second = await go(ledger, Vote(("m", "nested"), ties="first"), [model, Renamed()], 10)
    assert second.decided == 10
    assert (model.asked["r3"], model.asked["r5"]) == (2, 1)
    nested = [a for a in ledger.annotations(annotators=["nested"]) if a.outcome.final]
    assert Counter(a.record for a in nested) == {f"r{i}": 1 for i in range(10)}


@dataclass(frozen=True, slots=True)
class Renamed:
    """`Single` under another id: a strategy that is a voter."""

    id: str = "nested"
    needs_all_records: bool = False
    annotators: tuple[str, ...] = ("m",)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        return await Single("m").label(records, ask)


async def test_the_same_request_asked_twice_at_once_is_sent_once(ledger: Ledger) -> None:
    model = Counting(pause=0.001)
    done = await go(ledger, Vote(("m", "nested")), [model, Renamed()], 20)
    assert set(model.asked.values()) == {1}
    assert done.decided == 20
    kept = list(ledger.annotations(annotators=["nested"]))
    assert len(kept) == 20
    assert {(a.cost_nanos, a.saw) for a in kept} == {(0, ())}


async def test_people_are_waited_for_and_their_answers_found_later(ledger: Ledger) -> None:
    panel = Panel("panel")
    first = await go(ledger, Single("panel"), [panel], 12)
    assert (first.waiting, first.decided, first.exit_code) == (12, 0, 0)
    given = [
        answer(Request(TASK, r, "panel"), Outcome.ANSWERED, value="b", by="ann") for r in records(5)
    ]
    ledger.add(given)
    second = await go(ledger, Single("panel"), [panel], 12)
    assert (second.waiting, second.decided) == (7, 5)
    assert {d.decided_by for d in ledger.decisions(second.run)} == {DecidedBy.PEOPLE, None}


async def test_the_money_budget_is_never_passed_and_counts_earlier_runs(ledger: Ledger) -> None:
    budget = Budget.of_nanos(10 * NANOS)
    model = Counting(cost=NANOS, budget=budget)
    first = await go(ledger, Single("m"), [model], 50, budget=budget)
    assert (first.reason, first.exit_code) == (Reason.BUDGET, 3)
    assert first.spent_nanos == ledger.spent_nanos(TASK.id) == 10 * NANOS
    assert first.decided == 10
    assert "raise `budget`" in first.lines()[-2]
    again = await go(ledger, Single("m"), [model], 50, budget=Budget.of_nanos(10 * NANOS))
    assert again.tallies["m"].replayed == 10
    fresh = Budget.of_nanos(12 * NANOS)
    model.budget = fresh
    third = await go(ledger, Single("m"), [model], 50, budget=fresh)
    assert third.spent_nanos == 12 * NANOS


async def test_a_broken_model_ends_the_run_with_what_came(ledger: Ledger) -> None:
    model = Counting(breaks_at=25)
    done = await go(ledger, Single("m"), [model], 100)
    assert (done.reason, done.decided) == (Reason.MODEL, 25)
    assert "endpoint is down" in done.message
    assert len(list(ledger.annotations())) == 25
    model.breaks_at = None
    assert (await go(ledger, Single("m"), [model], 100)).decided == 100
    assert set(model.asked.values()) == {1}


@without_waiting
async def test_no_request_is_begun_after_the_time_is_up(ledger: Ledger) -> None:
    model = Counting(pause=0.02)
    done = await go(ledger, Single("m"), [model], 1000, seconds=0.1)
    assert done.reason is Reason.TIME
    assert done.decided == len(list(ledger.annotations())) == model.asked.total()
    assert done.decided == 15  # three at once, for five pauses


@without_waiting
async def test_an_answer_that_hangs_is_given_up_after_the_grace(ledger: Ledger) -> None:
    model = Counting(hangs={"r3"})
    done = await go(ledger, Single("m"), [model], 10, seconds=0.5)
    assert done.reason is Reason.TIME
    assert [a.record for a in ledger.annotations()] == ["r0", "r1", "r2"]
    assert done.decided == 3


@without_waiting
async def test_one_slow_answer_holds_up_its_own_block_only() -> None:
    ledger, model = MemoryLedger(), Counting(hangs={"r3"})
    done = await go(ledger, Single("m"), [model], 200, seconds=1.0)
    assert done.decided == 193


@without_waiting
async def test_two_runs_at_once_ask_and_pay_once(ledger: Ledger) -> None:
    model = Counting(pause=0.002, cost=5)
    both = await asyncio.gather(*(go(ledger, Single("m"), [model], 60) for _ in range(2)))
    assert set(model.asked.values()) == {1}
    assert [done.decided for done in both] == [60, 60]
    assert sum(done.cost_nanos for done in both) == ledger.spent_nanos(TASK.id) == 60 * 5


@without_waiting
async def test_who_waits_for_another_run_ends_with_its_time(ledger: Ledger) -> None:
    first = asyncio.ensure_future(go(ledger, Single("m"), [Counting(hangs={"r0"})], 5, seconds=60))
    await asyncio.sleep(0.3)
    model = Counting()
    done = await go(ledger, Single("m"), [model], 5, seconds=0.3)
    first.cancel()
    await asyncio.wait([first])
    assert (done.reason, model.asked.total()) == (Reason.TIME, 0)
    assert (await go(ledger, Single("m"), [Counting()], 5)).decided == 5


@without_waiting
async def test_parts_of_the_data_are_labelled_side_by_side(ledger: Ledger) -> None:
    model = Counting(hangs={"r0"})
    job = Job(TASK, Single("m"), {"m": model}, ledger, SMALL)
    first = asyncio.ensure_future(label(job, records(5)))
    await asyncio.sleep(0.1)
    done = await asyncio.wait_for(label(job, records(20)[10:]), 10)
    first.cancel()
    await asyncio.wait([first])
    assert done.decided == 10


@without_waiting
async def test_decisions_stand_in_the_order_of_the_data(ledger: Ledger) -> None:
    """Else whoever puts them beside the data, row by row, mixes up the labels."""
    done = await go(ledger, Single("m"), [Counting(slow={"r3": 0.3})], 95)
    assert [d.record for d in ledger.decisions(done.run)] == [r.id for r in records(95)]


@without_waiting
async def test_blocks_behind_one_that_never_ends_are_decided_in_order() -> None:
    ledger = MemoryLedger()
    done = await go(ledger, Single("m"), [Counting(hangs={"r3"})], 50, seconds=0.5)
    decided = [int(d.record[1:]) for d in ledger.decisions(done.run)]
    assert decided[3:] == sorted(decided[3:])
    assert decided[-1] == 49


@without_waiting
async def test_interruption_keeps_what_was_answered(ledger: Ledger) -> None:
    model = Counting(pause=0.005)
    loop = asyncio.get_running_loop()
    loop.call_later(0.1, os.kill, os.getpid(), signal.SIGINT)
    done = await go(ledger, Single("m"), [model], 2000)
    assert (done.reason, done.exit_code) == (Reason.INTERRUPTED, 130)
    assert done.decided == model.asked.total() == len(list(ledger.annotations()))
    assert "run again to resume" in done.lines()[-1]


@without_waiting
async def test_a_second_interruption_does_not_wait() -> None:
    model = Counting(hangs={"r3"})
    loop = asyncio.get_running_loop()
    for after in (0.05, 0.1):
        loop.call_later(after, os.kill, os.getpid(), signal.SIGINT)
    done = await asyncio.wait_for(go(MemoryLedger(), Single("m"), [model], 10, grace=60), 5)
    assert done.decided == 3


async def test_a_whole_strategy_decides_nothing_over_a_part() -> None:
    ledger = MemoryLedger()
    done = await go(ledger, Whole(), [Counting(breaks_at=15)], 40)
    assert (done.decided, list(ledger.decisions(done.run))) == (0, [])
    assert (await go(ledger, Whole(), [Counting()], 40)).decided == 40


@dataclass(frozen=True, slots=True)
class Whole:
    id: str = "whole"
    needs_all_records: bool = True
    annotators: tuple[str, ...] = ("m",)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        assert len(records) == 40
        return await Single("m").label(records, ask)


async def test_a_strategy_over_a_whole_one_is_given_all_records() -> None:
    done = await go(MemoryLedger(), Vote(("m", "whole")), [Counting(), Whole()], 40)
    assert done.decided == 40


async def test_a_strategy_that_asks_itself_is_refused() -> None:
    with pytest.raises(SpecError, match="asks itself"):
        await go(MemoryLedger(), Whole("w", False, ("w",)), [Whole("w", False, ("w",))], 4)


async def test_an_unknown_annotator_is_named_before_anything_is_asked() -> None:
    model = Counting()
    with pytest.raises(SpecError, match="no such annotator: 'typo'; there are m"):
        await go(MemoryLedger(), Vote(("m", "typo")), [model], 4)
    assert not model.asked


@dataclass(frozen=True)
class Unfit(HoldsNothing):
    """Answers no task like this one."""

    id: str = "m"
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            raise SpecError(f"cannot answer kind {request.task.schema.kind}")
            yield answer(request, Outcome.ABSTAINED)


@pytest.mark.parametrize("strategy", [Single("m"), Vote(("other", "m")), Whole("w", True, ("m",))])
async def test_an_annotator_that_does_not_fit_the_task_is_placed(strategy: Strategy) -> None:
    with pytest.raises(PathError, match="cannot answer kind choice") as bad:
        await go(MemoryLedger(), strategy, [Unfit(), Counting("other")], 40)
    assert bad.value.keys == ("annotators", "m")


async def test_a_changed_record_ends_the_run_with_one_clear_error(ledger: Ledger) -> None:
    ledger.add_records([text_record("r5", "something else")])
    with pytest.raises(InputError, match="'r5' is in the ledger with other content"):
        await go(ledger, Single("m"), [Counting()], 30)


async def test_a_ledger_that_cannot_be_written_ends_the_run() -> None:
    with pytest.raises(LedgerError, match="disk is full"):
        await go(Full(), Single("m"), [Counting()], 500)


class Full(MemoryLedger):
    def add(self, annotations: object) -> int:
        raise LedgerError("disk is full")


async def test_an_annotator_that_says_nothing_leaves_failures_not_silence() -> None:
    ledger = MemoryLedger()
    done = await go(ledger, Single("mute"), [Mute()], 5)
    assert done.failures == {"no answer came": 5}
    assert done.waiting == 0


@dataclass(frozen=True, slots=True)
class Mute(HoldsNothing):
    id: str = "mute"
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        nothing: tuple[Annotation, ...] = ()
        for request in nothing:
            yield request


async def test_an_answer_nobody_asked_for_is_an_error() -> None:
    with pytest.raises(InputError, match="was not sent"):
        await go(MemoryLedger(), Single("astray"), [Astray()], 5)


@dataclass(frozen=True, slots=True)
class Astray(HoldsNothing):
    id: str = "astray"
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        other = Request(TASK, text_record("other", "x"), self.id)
        yield answer(other, Outcome.ANSWERED, value="a")


async def test_a_side_task_is_kept_and_its_cost_counts() -> None:
    ledger, budget = MemoryLedger(), Budget.of_nanos(100)
    await go(ledger, Aside(), [Counting(cost=3, budget=budget)], 4, budget=budget)
    later = Budget.of_nanos(100)
    await go(ledger, Aside(), [Counting(cost=3, budget=later)], 4, budget=later)
    assert later.spent_nanos == 12


@dataclass(frozen=True, slots=True)
class Aside:
    """Asks another question than the run's."""

    id: str = "aside"
    needs_all_records: bool = False
    annotators: tuple[str, ...] = ("m",)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        await ask("m", records, RequestOptions(), task=Task("why", "why?", TASK.schema))
        return [Decision(r.id, None) for r in records]


async def test_progress_counts_and_tells() -> None:
    seen: list[str] = []
    progress = Progress(30, lambda p: seen.append(", ".join(p.parts("EUR"))))
    job = Job(TASK, Single("m"), {"m": Counting(cost=NANOS)}, MemoryLedger(), SMALL)
    await label(job, records(30), progress)
    assert "30 of 30 records, 30 answers" in seen[-1]
    assert seen[-1].endswith("100% answered, 30.00 EUR")


async def test_the_summary_tells_outcomes_money_and_retries() -> None:
    given = {f"r{i}": Given(None if i < 2 else "a", cost_nanos=NANOS) for i in range(10)}
    model = Counting(fails={"r1"})
    who: list[Askable] = [Recorded("old", given), model]
    done = await go(MemoryLedger(), Vote(("old", "m"), ties="first"), who, 10)
    described = "\n".join(done.lines("EUR"))
    assert "old: 8 answered (80.0% of requests), 2 abstained" in described
    assert "m: 9 answered (100.0% of requests), 1 failed" in described
    assert "cost 10.00 EUR in this run, 10.00 EUR in total" in described
    assert "10 retries" in described
    assert "timeout (1)" in described
    assert done.as_json()["retries"] == 10
