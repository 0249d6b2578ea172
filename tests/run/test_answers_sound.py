"""What a ledger cannot keep is left out of an answer and said; a broken annotator goes on."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from assay.annotators.base import HoldsNothing
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.errors import LedgerError, ModelError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.core.value import Box, Span
from assay.run.answers import MOST, answers, sound

TASK = Task("t", "?", Choice(["a", "b"]))
REQUESTS = [Request(TASK, text_record(f"r{i}", f"{i}"), "m") for i in range(6)]
HALF = "x\ud83d"


def said(outcome: Outcome = Outcome.ANSWERED, **fields: Any) -> Annotation:
    more = {"value": "a"} if outcome is Outcome.ANSWERED else {}
    return answer(REQUESTS[0], outcome, **(more | fields))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"value": HALF}, "its value has lone surrogates"),
        ({"value": frozenset({"a", HALF})}, "its value has lone surrogates"),
        ({"value": {"f": HALF}}, "its value has lone surrogates"),
        ({"value": {HALF: "a"}}, "its value has lone surrogates"),
        ({"value": {"f": {"g": float("nan")}}}, "its value is not a finite number"),
        ({"value": (Span(0, 1, HALF),)}, "its value has lone surrogates"),
        ({"value": (Box(0, 0, 1, 1, HALF),)}, "its value has lone surrogates"),
        ({"value": (Span(0, 1, "A"), "x")}, "its value is a tuple"),
        ({"value": float("-inf")}, "its value is not a finite number"),
        ({"value": MOST + 1}, "its value is not a finite number"),
        ({"value": True}, "its value is a bool"),
        ({"value": ["a"]}, "its value is a list"),
        ({"value": {"f": None}}, "its value is a NoneType"),
        ({"raw": HALF}, "its text has lone surrogates"),
        ({"rationale": 5}, "its text is a int"),
        ({"scores": {"a": float("nan")}}, "its scores are not numbers by label"),
        ({"scores": {HALF: 1.0}}, "its scores are not numbers by label"),
        ({"scores": {1: 1.0}}, "its scores are not numbers by label"),
        ({"scores": {"a": "1"}}, "its scores are not numbers by label"),
        ({"scores": ["a"]}, "its scores are not numbers by label"),
        ({"cost_nanos": MOST + 1}, f"its cost {MOST + 1} or time 0.0 is not a usable number"),
        ({"cost_nanos": 1.5}, "its cost 1.5 or time 0.0 is not a usable number"),
        ({"cost_nanos": True}, "its cost True or time 0.0 is not a usable number"),
        ({"seconds": float("nan")}, "its cost 0 or time nan is not a usable number"),
        ({"confidence": float("inf"), "confidence_source": Source.STATED},
         "its confidence inf is not a finite number"),
        ({"confidence": "sure" * 20, "confidence_source": Source.STATED},
         "its confidence 'suresuresuresuresuresuresuresuresuresur is not a finite number"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_named(fields: dict[str, Any], why: str) -> None:
    kept = sound(said(**fields))
    assert (kept.outcome, kept.value, kept.error) == (Outcome.UNPARSED, None, why)
    assert (kept.confidence, kept.confidence_source, kept.scores) == (None, None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"value": "ä"}, {"value": 2}, {"value": MOST}, {"value": -MOST}, {"value": 0.5},
        {"value": frozenset()}, {"value": ()}, {"value": (Span(0, 1, "ä"),)},
        {"value": (Box(0, 0, 1, 1, "ä"),)}, {"value": {"ä": {"b": frozenset({"ä"})}}},
        {"raw": "ä", "rationale": "ö"}, {"scores": {"ä": -1, "b": float("-inf")}},
        {"cost_nanos": MOST, "seconds": 1.5}, {"seconds": 3},
        {"confidence": 1, "confidence_source": Source.STATED},
    ],
)  # fmt: skip
def test_what_can_be_kept_stays_the_object_it_is(fields: dict[str, Any]) -> None:
    given = said(**fields)
    assert sound(given) is given


def test_what_is_left_of_an_answer_is_what_can_be_kept() -> None:
    given = said(raw=HALF, rationale=5, cost_nanos=7, seconds=2.5, confidence=0.5,
                 confidence_source=Source.STATED, mapping="json")  # fmt: skip
    kept = sound(given)
    assert (kept.raw, kept.rationale, kept.cost_nanos, kept.seconds) == ("x\ufffd", "5", 7, 2.5)
    assert (kept.mapping, kept.key) == ("json", given.key)
    lost = sound(said(cost_nanos=MOST + 1, seconds=float("inf")))
    assert (lost.cost_nanos, lost.seconds) == (0, 0.0)
    failed = sound(said(Outcome.FAILED, error=HALF))
    assert (failed.outcome, failed.error) == (Outcome.FAILED, "x\ufffd")
    refused = sound(said(Outcome.REFUSED, raw=HALF))
    assert refused.outcome is Outcome.REFUSED
    assert refused.error == "its text has lone surrogates"


@dataclass
class Breaks(HoldsNothing):
    """Draws a block, and breaks at the records named."""

    at: dict[str, Exception]
    block: int = 3
    early: Exception | None = None
    silent: bool = False
    calls: list[list[str]] = field(default_factory=list)
    ended: int = 0
    id: str = "m"
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        if self.early is not None:
            raise self.early
        coming = iter(requests)
        try:
            while block := [r for _, r in zip(range(self.block), coming, strict=False)]:
                self.calls.append([r.record.id for r in block])
                for request in block:
                    if request.record.id in self.at:
                        raise self.at[request.record.id]
                    if not self.silent:
                        yield answer(request, Outcome.ANSWERED, value="a")
        finally:
            self.ended += 1


async def received(who: Breaks, requests: Iterable[Request] = REQUESTS) -> dict[str, str | None]:
    return {a.record: a.error async for a in answers(who, requests)}


async def test_what_it_had_drawn_is_put_to_it_one_by_one_and_it_goes_on() -> None:
    who = Breaks({"r1": ValueError("x")})
    assert await received(who) == {
        "r0": None, "r1": "ValueError: x", "r2": None, "r3": None, "r4": None, "r5": None
    }  # fmt: skip
    assert who.calls == [["r0", "r1", "r2"], ["r1"], ["r2"], ["r3", "r4", "r5"]]
    assert who.ended == 4


async def test_one_alone_is_not_asked_again() -> None:
    who = Breaks({"r2": ValueError("x"), "r5": ValueError("y")})
    found = await received(who)
    assert {id: bad for id, bad in found.items() if bad} == {
        "r2": "ValueError: x", "r5": "ValueError: y"
    }  # fmt: skip
    assert who.calls == [["r0", "r1", "r2"], ["r3", "r4", "r5"]]


async def test_what_it_breaks_on_again_is_told_as_it_is_then() -> None:
    class Twice(Breaks):
        async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
            self.at = {"r0": ValueError(f"time {len(self.calls) + 1}")}
            async for a in super().annotate(requests):
                yield a

    assert (await received(Twice({}), REQUESTS[:2]))["r0"] == "ValueError: time 2"


async def test_who_breaks_before_it_is_given_anything_is_broken() -> None:
    with pytest.raises(ValueError, match="early"):
        await received(Breaks({}, early=ValueError("early")))
    assert await received(Breaks({}), []) == {}


@pytest.mark.parametrize("bad", [ModelError("down"), LedgerError("full")])
async def test_what_concerns_all_ends_it_at_once_and_when_asked_singly(bad: Exception) -> None:
    who = Breaks({"r1": bad})
    with pytest.raises(type(bad)):
        await received(who)
    assert len(who.calls) == 1

    class Later(Breaks):
        async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
            self.at = {"r1": bad if self.calls else ValueError("x")}
            async for a in super().annotate(requests):
                yield a

    with pytest.raises(type(bad)):
        await received(Later({}))


async def test_who_says_nothing_when_asked_again_is_silent() -> None:
    class Mute(Breaks):
        async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
            self.silent = bool(self.calls)
            self.at = {} if self.calls else {"r0": ValueError("x")}
            async for a in super().annotate(requests):
                yield a

    who = Mute({})
    assert await received(who, REQUESTS[:2]) == {}
    assert who.calls == [["r0", "r1"], ["r0"], ["r1"]]


@dataclass
class Run:
    """Requests as a run gives them, and what it has heard."""

    asked: list[Request]
    kept: list[Annotation] = field(default_factory=list)
    checked: int = 0

    def __iter__(self) -> Iterator[Request]:
        return iter(self.asked)

    def check(self) -> None:
        self.checked += 1

    async def received(self, annotation: Annotation) -> None:
        self.kept.append(annotation)


async def test_what_a_run_has_heard_is_not_asked_again_and_is_sound() -> None:
    class Hearing(Breaks):
        async def annotate(self, requests: Any) -> AsyncIterator[Annotation]:
            for request in requests:
                self.calls.append([request.record.id])
                requests.check()
                await requests.received(answer(request, Outcome.ANSWERED, value=HALF))
                if request.record.id == "r1":
                    raise ValueError("after it was heard")
            nothing: list[Annotation] = []
            for one in nothing:
                yield one

    run, who = Run(REQUESTS), Hearing({})
    assert [a async for a in answers(who, run)] == []
    assert who.calls == [[r.record.id] for r in REQUESTS]
    assert run.checked == 6
    assert {a.outcome for a in run.kept} == {Outcome.UNPARSED}
