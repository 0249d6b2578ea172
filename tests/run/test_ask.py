"""What a strategy is given when it asks: by whom, from where, and what is left open."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

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
    Source,
    Waiting,
    answer,
)
from assay.core.cost import Budget
from assay.core.errors import BudgetError, SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger
from assay.run.ask import Askable, LedgerAsk, RunContext, needs_all
from assay.run.progress import Progress
from assay.run.stop import Reason, Stop
from assay.run.writer import Writer
from assay.strategies.base import Answer, Ask
from assay.strategies.single import Single

TASK = Task("t", "?", Choice(["a", "b"]))
RECORDS = [text_record(f"r{i}", f"text {i}") for i in range(4)]


@dataclass
class Says(HoldsNothing):
    """Answers as `outcomes` say by record, else "a"; ends with `trouble` where there is one."""

    id: str = "m"
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    trouble: Exception | None = None
    twice: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            self.asked[request.record.id] += 1
            if request.record.id in self.silent:
                continue
            outcome = self.outcomes.get(request.record.id, Outcome.ANSWERED)
            value = "a" if outcome is Outcome.ANSWERED else None
            for _ in range(1 + self.twice):
                yield answer(request, outcome, value=value, cost_nanos=3)
            if self.trouble is not None:
                raise self.trouble


@dataclass(frozen=True)
class Decides:
    """A strategy that asks `m`, and decides as it is told."""

    made: dict[str, Decision] = field(default_factory=dict)
    id: str = "nested"
    needs_all_records: bool = False
    annotators: tuple[str, ...] = ("m",)
    way: RequestOptions = field(default_factory=RequestOptions)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        await ask("m", records, self.way)
        decided = DecidedBy.MODEL
        return [self.made.get(r.id, Decision(r.id, "b", decided_by=decided)) for r in records]


def asking(
    *who: Askable, ledger: MemoryLedger | None = None, budget: Budget | None = None
) -> LedgerAsk:
    kept = ledger or MemoryLedger()
    stop = Stop(None, 1.0, lambda: 0.0)
    context = RunContext(kept, Writer(kept, "run"), Progress(), stop, "run", budget, lambda: 5.0)
    return LedgerAsk(TASK, {a.id: a for a in who}, context)


def outcomes(given: Sequence[Answer]) -> list[str]:
    return [a.outcome if isinstance(a, Annotation) else "waiting" for a in given]


async def test_answers_come_in_the_order_of_the_records_stamped_with_run_and_moment() -> None:
    ask = asking(Says())
    given = await ask("m", RECORDS[::-1])
    assert [a.record for a in given] == ["r3", "r2", "r1", "r0"]
    assert {(a.run, a.at) for a in given if isinstance(a, Annotation)} == {("run", 5.0)}
    assert [a.key for a in ask.context.ledger.annotations()] == [a.key for a in given]
    assert ask.context.progress.asked == 4
    assert ask.task is TASK
    assert await ask("m", []) == []


async def test_what_the_ledger_holds_is_not_asked_again_and_a_way_is_another_question() -> None:
    who = Says()
    ask = asking(who)
    await ask("m", RECORDS[:2])
    again = await ask("m", RECORDS)
    assert who.asked == dict.fromkeys(["r0", "r1", "r2", "r3"], 1)
    assert ask.context.progress.tally("m").replayed == 2
    assert outcomes(again) == ["answered"] * 4
    ways = [
        RequestOptions(),
        RequestOptions(replica=1),
        RequestOptions(),
        RequestOptions(replica=1),
    ]
    await ask("m", RECORDS, ways)
    assert who.asked == {"r0": 1, "r1": 2, "r2": 1, "r3": 2}
    await ask("m", RECORDS, RequestOptions(hint="h"))
    assert who.asked.total() == 10


async def test_what_failed_is_not_asked_again_in_this_run() -> None:
    who = Says(outcomes={"r1": Outcome.FAILED})
    ask = asking(who)
    for _ in range(2):
        assert outcomes(await ask("m", RECORDS)) == ["answered", "failed", "answered", "answered"]
    assert who.asked["r1"] == 1


async def test_an_answer_given_twice_counts_once() -> None:
    ask = asking(Says(twice=True))
    await ask("m", RECORDS)
    assert ask.context.progress.asked == 4
    assert ask.spent == 12


async def test_silence_is_a_failure_of_models_and_a_wait_for_people() -> None:
    [first, second] = await asking(Says(silent={"r1"}))("m", RECORDS[:2])
    assert outcomes([first, second]) == ["answered", "failed"]
    assert isinstance(second, Annotation)
    assert second.error == "no answer came"
    ask = asking(Says(silent={"r1"}, decided_by=DecidedBy.PEOPLE))
    given = await ask("m", RECORDS[:2])
    assert given[1] == Waiting(given[1].key, "r1", "m")
    assert ask.truncated == set()


@pytest.mark.parametrize(
    ("trouble", "reason"), [(BudgetError("all is spent"), Reason.BUDGET), (None, None)]
)
async def test_a_run_that_is_to_stop_leaves_records_open_and_names_them(
    trouble: Exception | None, reason: Reason | None
) -> None:
    ask = asking(Says(trouble=trouble), Panel("people"))
    given = await ask("m", RECORDS)
    stop = ask.context.stop
    assert (stop.reason, stop.message) == (reason, "all is spent" if trouble else "")
    if trouble is not None:
        assert outcomes(given) == ["answered", "waiting", "waiting", "waiting"]
        assert ask.truncated == {"r1", "r2", "r3"}
        assert given[1] == Waiting(given[1].key, "r1", "m")
        await ask("people", RECORDS[:1])
        assert "r0" not in ask.truncated  # people are always waited for


async def test_a_name_that_nobody_has_is_told_with_those_there_are() -> None:
    with pytest.raises(SpecError, match="no such annotator: 'x'; there are m, old"):
        await asking(Says(), Recorded("old", {}))("x", RECORDS)


async def test_a_strategy_with_people_somewhere_below_is_theirs() -> None:
    deep = Decides(id="deep", annotators=("m", "mixed"))
    mixed = Decides(id="mixed", annotators=("m", "people"))
    ask = asking(Says(), Panel("people"), mixed, deep, Decides())
    found = {name: ask.people(name) for name in ("m", "people", "mixed", "deep", "nested")}
    assert found == {"m": False, "people": True, "mixed": True, "deep": True, "nested": False}


async def test_who_is_enrolled_is_asked_by_its_id_and_ended_with_the_run() -> None:
    ask, learnt = asking(Says()), Says(id="learnt")
    assert ask.register(learnt) == "learnt"
    assert outcomes(await ask("learnt", RECORDS[:1])) == ["answered"]
    assert ask.registered == [learnt]


async def test_an_annotator_is_asked_by_its_name_in_the_task_or_by_its_id() -> None:
    kept = MemoryLedger()
    context = RunContext(kept, Writer(kept, "run"), Progress(), Stop(None, 1.0, lambda: 0.0), "run")
    ask = LedgerAsk(TASK, {"first": Says()}, context)
    for name in ("first", "m"):
        assert outcomes(await ask(name, RECORDS[:1])) == ["answered"]


async def test_another_task_is_kept_and_what_it_has_cost_counts_once() -> None:
    kept, other = MemoryLedger(), Task("why", "why?", TASK.schema)
    kept.add([answer(Request(other, RECORDS[0], "m"), Outcome.ANSWERED, value="a", cost_nanos=50)])
    budget = Budget.of_nanos(100)
    ask = asking(Says(), ledger=kept, budget=budget)
    for _ in range(2):
        [given] = await ask("m", RECORDS[:1], task=other)
        assert isinstance(given, Annotation)
        assert given.task == other.id
    assert budget.spent_nanos == 50
    assert ask.spent == 50
    assert list(kept.schemas()) == [other.id]


async def test_what_a_file_says_otherwise_by_now_is_counted() -> None:
    kept = MemoryLedger()
    await asking(Recorded("old", {r.id: Given("a") for r in RECORDS}), ledger=kept)("old", RECORDS)
    changed = Recorded("old", {r.id: Given("ab"[i % 2]) for i, r in enumerate(RECORDS)})
    ask = asking(changed, ledger=kept)
    given = await ask("old", RECORDS)
    assert {a.value for a in given if isinstance(a, Annotation)} == {"a"}
    assert ask.context.progress.tally("old").outdated == 2


async def test_a_panel_is_heard_once_as_many_have_answered_as_it_wants() -> None:
    kept, panel = MemoryLedger(), Panel("panel", annotators_per_record=2)
    for record, people in (("r0", "ab"), ("r1", "a"), ("r2", "abc")):
        for person in people:
            request = Request(TASK, text_record(record, f"text {record[1:]}"), "panel")
            kept.add([answer(request, Outcome.ANSWERED, value="a", by=person)])
    given = await asking(panel, ledger=kept)("panel", RECORDS)
    assert outcomes(given) == ["answered", "waiting", "answered", "waiting"]
    assert isinstance(given[0], Annotation)
    assert given[0].confidence_source is Source.VOTE_SHARE


async def test_a_strategy_that_is_asked_answers_with_what_it_decided_and_from_what() -> None:
    sure = Decision("r0", "b", 0.75, Source.RANK, DecidedBy.MODEL, scores={"a": 0.25, "b": 0.75})
    made = {
        "r0": sure,
        "r1": Decision("r1", None, route=("m", "unsure")),
        "r2": Decision("r2", None, waiting_for="people"),
        "r3": Decision("r3", None),
    }
    ask = asking(Says(), Decides(made, way=RequestOptions(saw=("k",))))
    given = await ask("nested", RECORDS)
    assert outcomes(given) == ["answered", "abstained", "waiting", "abstained"]
    first, second, third, last = given
    assert third == Waiting(third.key, "r2", "people")
    assert isinstance(first, Annotation)
    assert (first.value, first.confidence, first.scores) == ("b", 0.75, sure.scores)
    assert (first.confidence_source, first.mapping, first.cost_nanos) == (
        Source.RANK,
        "strategy",
        0,
    )
    [drawn] = [a for a in ask.context.ledger.annotations(annotators=["m"]) if a.record == "r0"]
    assert (first.made_from, first.saw) == ((drawn.key,), ("k",))
    assert isinstance(second, Annotation)
    assert (second.error, second.mapping) == ("m: unsure", "strategy")
    assert isinstance(last, Annotation)
    assert last.error is None
    await ask.context.writer.flush()
    assert len(list(ask.context.ledger.annotations(annotators=["nested"]))) == 3


async def test_what_failed_under_a_strategy_is_open_and_not_kept() -> None:
    who = Says(outcomes={"r1": Outcome.FAILED})
    ask = asking(who, Decides({"r1": Decision("r1", None)}))
    given = await ask("nested", RECORDS)
    assert outcomes(given) == ["answered", "failed", "answered", "answered"]
    await ask.context.writer.flush()
    kept = ask.context.ledger.annotations(annotators=["nested"])
    assert sorted(a.record for a in kept) == ["r0", "r2", "r3"]


async def test_of_a_strategy_over_all_records_nothing_is_kept_where_one_answer_failed() -> None:
    who = Says(outcomes={"r1": Outcome.FAILED})
    for strategy, count in ((Decides(needs_all_records=True), 0), (Decides(), 3)):
        ask = asking(who, strategy)
        assert len(await ask("nested", RECORDS)) == 4
        await ask.context.writer.flush()
        assert len(list(ask.context.ledger.annotations(annotators=["nested"]))) == count
    ask = asking(Says(), Decides(needs_all_records=True))
    await ask("nested", RECORDS)
    await ask.context.writer.flush()
    assert len(list(ask.context.ledger.annotations(annotators=["nested"]))) == 4


async def test_a_strategy_is_asked_plainly() -> None:
    ask = asking(Says(), Decides())
    with pytest.raises(SpecError, match="nested is a strategy; it takes no"):
        await ask("nested", RECORDS, RequestOptions(hint="h"))
    assert await ask("nested", []) == []


def test_whether_a_strategy_or_one_below_it_needs_all_records() -> None:
    below = Decides(id="below", needs_all_records=True)
    above = Decides(id="above", annotators=("m", "below"))
    who: dict[str, Askable] = {"m": Says(), "below": below, "above": above}
    assert [needs_all(s, who) for s in (Single("m"), below, above)] == [False, True, True]
    assert needs_all(Decides(annotators=("below", "m")), who)
    with pytest.raises(SpecError, match=r"nested: no such annotator: 'm'; there are none"):
        needs_all(Decides(), {})
    with pytest.raises(SpecError, match=r"strategy a asks itself"):
        needs_all(
            Decides(id="a", annotators=("b",)),
            {"a": Decides(id="a", annotators=("b",)), "b": Decides(id="b", annotators=("a",))},
        )
