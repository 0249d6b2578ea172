"""The public checks pass what keeps its contract and name what does not."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

import assay
from assay.aggregation.base import Consensus
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, Source, answer
from assay.core.record import Record, text_record
from assay.core.votes import Votes
from assay.ledger import MemoryLedger, Run
from assay.strategies.base import Ask
from assay.testing import (
    TASK,
    check_aggregator,
    check_annotator,
    check_ledger,
    check_strategy,
)

RECORDS = [text_record(f"r{i}", f"text {i}") for i in range(4)]


CHANGED: dict[str, dict[str, Any]] = {
    "another record": {"record": "r9"},
    "another annotator": {"annotator": "other"},
    "another task": {"task": "other"},
    "costs less than nothing": {"cost_nanos": -1},
    "sure of nothing": {"confidence": float("nan"), "confidence_source": Source.STATED},
    "saw": {"saw": ("k",)},
}


@dataclass(frozen=True, slots=True)
class Bent:
    """Says one thing wrong."""

    fault: str
    id: str = "bent"
    ended: list[int] = field(default_factory=list)
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        request: Request | None = None
        for request in requests:
            if self.fault == "once" and len(self.ended) > 1:
                return
            good = answer(request, Outcome.ANSWERED, value="a")
            if self.fault == "twice":
                yield good
            if self.fault == "outside":
                good = replace(good, value="c")
            if self.fault == "mute" and request.record.id == "r2":
                continue
            if self.fault == "no reason":
                good = answer(request, Outcome.FAILED)
            if self.fault in CHANGED:
                good = replace(good, **CHANGED[self.fault])
            yield good
        if self.fault == "unasked" or (self.fault == "idle" and not request):
            yield answer(Request(TASK, text_record("other", "x"), "bent"), Outcome.ABSTAINED)

    async def aclose(self) -> None:
        self.ended.append(1)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("once", "on another event loop, it answers otherwise"),
        ("twice", "answered a request twice"),
        ("outside", "'c' is not a label"),
        ("mute", "no answer on records .'r2'"),
        ("no reason", "does not say why"),
        ("unasked", "it answered a request that it was not given"),
        ("idle", "it answered though nothing was asked"),
        ("another record", "names another record or annotator"),
        ("another annotator", "names another record or annotator"),
        ("another task", "names another task"),
        ("costs less than nothing", "a negative cost"),
        ("sure of nothing", "confidence is NaN"),
        ("saw", "`saw` is not what the request showed"),
    ],
)
def test_a_bent_annotator_is_named(fault: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_annotator(Bent(fault), [Request(TASK, r, "bent") for r in RECORDS])


@dataclass(slots=True)
class Fickle:
    """Decides otherwise each time."""

    turn: int = 0
    id: str = "fickle"
    needs_all_records: bool = False
    annotators: tuple[str, ...] = ("m",)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        await ask("m", records)
        self.turn += 1
        value = "ab"[self.turn % 2]
        return [Decision(r.id, value, decided_by=DecidedBy.MODEL) for r in records]


def test_a_fickle_strategy_is_named() -> None:
    said = Recorded("m", {r.id: Given("a") for r in RECORDS})
    with pytest.raises(AssertionError, match="decides otherwise"):
        check_strategy(Fickle(), {"m": said}, RECORDS)


@dataclass(frozen=True, slots=True)
class Shares:
    """Vote shares, or something that is not."""

    good: bool
    id: str = "shares"

    def aggregate(self, votes: Votes) -> Consensus:
        rows, row = np.unique(np.stack([votes.record, votes.unit]), axis=1, return_inverse=True)
        counts = np.zeros((rows.shape[1], len(votes.labels)))
        np.add.at(counts, (row.reshape(-1), votes.label), 1.0)
        probs = counts / counts.sum(axis=1, keepdims=True) if self.good else counts
        return Consensus(rows[0], rows[1], probs)


def test_an_aggregator_gives_probabilities() -> None:
    check_aggregator(Shares(good=True))
    with pytest.raises(AssertionError, match="does not sum to 1"):
        check_aggregator(Shares(good=False))


class Forgetful(MemoryLedger):
    def spent_nanos(self, task: str | None = None) -> int:
        return 0


def test_a_ledger_keeps_its_promises() -> None:
    check_ledger(MemoryLedger)
    with pytest.raises(AssertionError, match="failed answers cost too"):
        check_ledger(Forgetful)


def test_people_need_not_answer_at_once() -> None:
    people = Recorded("people", {"r1": Given("a")}, DecidedBy.PEOPLE)
    found = check_annotator(people, [Request(TASK, r, people.id) for r in RECORDS])
    assert [a.record for a in found] == ["r1"]


def test_requests_are_put_to_who_is_checked() -> None:
    with pytest.raises(AssertionError, match="put the requests to 'bent'"):
        check_annotator(Bent("none"), [Request(TASK, RECORDS[0], "other")])
    with pytest.raises(AssertionError, match="an annotator needs an id"):
        check_annotator(Bent("none", id=""), [])


def test_a_sound_annotator_gives_its_answers() -> None:
    found = check_annotator(Bent("none"), [Request(TASK, r, "bent") for r in RECORDS])
    assert [(a.record, a.value) for a in found] == [(r.id, "a") for r in RECORDS]


@dataclass(slots=True)
class Odd:
    """A strategy with one fault."""

    fault: str
    id: str = "odd"
    needs_all_records: bool = False
    annotators: tuple[str, ...] = ("m",)
    turn: int = 0

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        self.turn += 1
        if self.fault == "asks more" and self.turn > 1:
            records = [*records, text_record("new", "x")]
            await ask("m", records)
            records = records[:-1]
        made = [Decision(r.id, "a", decided_by=DecidedBy.MODEL) for r in records]
        if self.fault == "sure":
            return [replace(d, confidence=0.5) for d in made]
        if self.fault == "not a number":
            nan = {"confidence": float("nan"), "confidence_source": Source.STATED}
            return [replace(d, **nan) for d in made]  # type: ignore[arg-type]
        return made


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("sure", "a confidence without its source"),
        ("not a number", "confidence is NaN"),
        ("asks more", "the second run asked something new"),
    ],
)
def test_an_odd_strategy_is_named(fault: str, said: str) -> None:
    who = Recorded("m", {r.id: Given("a") for r in [*RECORDS, text_record("new", "x")]})
    with pytest.raises(AssertionError, match=said):
        check_strategy(Odd(fault), {"m": who}, RECORDS)


def test_a_sound_strategy_gives_its_decisions() -> None:
    who = Recorded("m", {r.id: Given("a") for r in RECORDS})
    found = check_strategy(Odd("none"), {"m": who}, RECORDS)
    assert [(d.record, d.value) for d in found] == [(r.id, "a") for r in RECORDS]


@dataclass(slots=True)
class Consenting:
    """An aggregator with one fault."""

    fault: str
    id: str = "consenting"
    turn: int = 0

    def aggregate(self, votes: Votes) -> Consensus:
        self.turn += 1
        good = Shares(good=True).aggregate(votes)
        record, unit, probs, skill = good.record, good.unit, good.probs.copy(), None
        if self.fault == "twice":
            record, unit, probs = (np.concatenate([x, x[:1]]) for x in (record, unit, probs))
        if self.fault == "leaves out":
            record, unit, probs = record[1:], unit[1:], probs[1:]
        if self.fault == "columns":
            probs = np.hstack([probs, np.zeros((len(probs), 1))])
        if self.fault == "endless":
            probs[0, 0] = np.inf
        if self.fault == "negative":
            probs[0] = [-0.5, 1.5]
        if self.fault == "skill":
            skill = np.ones(1)
        if self.fault == "endless skill":
            skill = np.full(len(votes.annotators), np.nan)
        if self.fault == "changes":
            votes.label[0] = 1 - votes.label[0]
        if self.fault == "fickle" and self.turn > 1:
            probs = probs[:, ::-1]
        return Consensus(record, unit, probs, skill)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("twice", "two rows for one record and unit"),
        ("leaves out", "a row for each record and unit that got a vote"),
        ("columns", "one column a label"),
        ("endless", "a probability is not a number"),
        ("negative", "a probability is negative"),
        ("skill", "one skill an annotator"),
        ("endless skill", "a skill is not a number"),
        ("changes", "it changed the votes"),
        ("fickle", "the same votes gave another consensus"),
    ],
)
def test_an_aggregator_that_does_not_keep_its_word_is_named(fault: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_aggregator(Consenting(fault))


class Counting(MemoryLedger):
    def add_records(self, records: Iterable[Record]) -> int:
        given = list(records)
        super().add_records(given)
        return len(given)


class Doubling(MemoryLedger):
    def add(self, annotations: Sequence[Annotation]) -> int:
        super().add(annotations)
        return len(annotations)


class Losing(MemoryLedger):
    def decisions(self, run: str, records: Iterable[str] | None = None) -> Iterator[Decision]:
        return iter(())


class Timeless(MemoryLedger):
    def runs(self, task: str | None = None) -> list[Run]:
        return []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Counting, "a known record is not new"),
        (Doubling, "a second final answer to a key is ignored"),
        (Losing, "decisions come back as they were"),
        (Timeless, "runs come back"),
    ],
)
def test_a_ledger_that_breaks_a_promise_is_named(kind: type[MemoryLedger], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_ledger(kind)


@dataclass(frozen=True, slots=True)
class Watched:
    """Keeps what is asked of it, and in what order."""

    events: list[str] = field(default_factory=list)
    id: str = "watched"
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        self.events.append("asked")
        for request in requests:
            yield answer(request, Outcome.ANSWERED, value="a")

    async def aclose(self) -> None:
        self.events.append("ended")


def test_an_annotator_is_ended_before_it_is_asked_and_after() -> None:
    who = Watched()
    check_annotator(who, [Request(TASK, r, "watched") for r in RECORDS])
    assert who.events == ["ended", "asked", "ended"] * 3


@dataclass(slots=True)
class Blocks:
    """Keeps how many records it was given at a time."""

    sizes: list[int] = field(default_factory=list)
    id: str = "blocks"
    needs_all_records: bool = False
    annotators: tuple[str, ...] = ("m",)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        self.sizes.append(len(records))
        return [Decision(r.id, "a", decided_by=DecidedBy.MODEL) for r in records]


def test_a_strategy_is_given_all_records_at_once_and_all_again() -> None:
    strategy = Blocks()
    check_strategy(strategy, {"m": Recorded("m", {})}, RECORDS)
    assert [size for size in strategy.sizes if size] == [len(RECORDS)] * 2


class Told(MemoryLedger):
    """Keeps what a check puts in, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0
        self.added: list[Annotation] = []

    def add(self, annotations: Sequence[Annotation]) -> int:
        self.added += annotations
        return super().add(annotations)

    def close(self) -> None:
        self.closed += 1
        super().close()


def test_a_ledger_is_asked_about_every_kind_of_answer_and_closed() -> None:
    ledger = Told()
    check_ledger(lambda: ledger)
    assert ledger.closed == 1
    assert (TASK.name, TASK.question) == ("check", "which?")
    assert [(a.record, a.outcome, a.value, a.cost_nanos) for a in ledger.added] == [
        *((f"r{i}", Outcome.ANSWERED, "a", 2) for i in range(3)),
        ("r3", Outcome.FAILED, None, 1),
        ("r0", Outcome.ANSWERED, "b", 0),
    ]
    assert [r.text for r in ledger.records()] == [f"text {i}" for i in range(5)]
    assert [(r.id, r.strategy, r.started) for r in ledger.runs(TASK.id)] == [
        ("run", "single(m)", 1.0)
    ]


def test_a_name_that_the_package_does_not_have_is_no_attribute() -> None:
    assert not hasattr(assay, "labels")
    assert dir(assay) == sorted(assay.__all__)
    with pytest.raises(AttributeError, match="'labels'"):
        assay.__getattr__("labels")
    for name in assay.__all__:
        assert getattr(assay, name).__name__ == name
