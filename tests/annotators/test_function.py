"""Functions as annotators: what they get, what they may give, and what their id rests on."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from assay import Choice, MultiChoice, Record, Task
from assay.annotators.function import WINDOW, Function, fingerprint, is_async
from assay.core.annotation import Annotation, Outcome, Request, Source
from assay.core.record import ImagePart, TextPart, text_record
from assay.testing import check_annotator

TASK = Task("mood", "Which?", Choice(["good", "bad"]))


def asked(call: Callable[[Any], Any], *records: Record, task: Task = TASK) -> list[Annotation]:
    who = Function.of("f", call)
    requests = [Request(task, record, who.id) for record in records]

    async def drawn() -> list[Annotation]:
        return [a async for a in who.annotate(requests)]

    return asyncio.run(drawn())


async def later(text: str) -> str:
    await asyncio.sleep(0)
    return "good"


class Judge:
    def __call__(self, text: str) -> str:
        return "bad"


class AsyncJudge:
    async def __call__(self, text: str) -> str:
        return "bad"


class Inherited(AsyncJudge):
    pass


SAID: dict[str, tuple[Any, Outcome, Any, float | None]] = {
    "a label": ("good", Outcome.ANSWERED, "good", None),
    "another spelling": (" GOOD ", Outcome.ANSWERED, "good", None),
    "a label and a confidence": (("bad", 0.25), Outcome.ANSWERED, "bad", 0.25),
    "a label and no confidence": (("bad", None), Outcome.ANSWERED, "bad", None),
    "nothing": (None, Outcome.ABSTAINED, None, None),
    "nothing, and how sure": ((None, 0.5), Outcome.ABSTAINED, None, None),
    "no label": ("odd", Outcome.UNPARSED, None, None),
    "sure beyond 1": (("good", 1.5), Outcome.FAILED, None, None),
    "sure below 0": (("good", -0.1), Outcome.FAILED, None, None),
    "not a number": (("good", float("nan")), Outcome.FAILED, None, None),
}


@pytest.mark.parametrize("case", SAID)
def test_what_a_function_gives_is_read(case: str) -> None:
    said, outcome, value, confidence = SAID[case]
    [a] = asked(lambda text: said, text_record("r", "x"))
    assert (a.outcome, a.value, a.confidence) == (outcome, value, confidence)
    assert (a.confidence_source is Source.STATED) == (confidence is not None)
    if outcome is Outcome.UNPARSED:
        assert (a.raw, a.error) == ("odd", "'odd' is not a label; the labels are good, bad")
    if outcome is Outcome.FAILED:
        assert a.error is not None
        assert "a confidence lies between 0 and 1" in a.error


def test_two_labels_are_no_label_and_confidence() -> None:
    task = Task("tags", "Which?", MultiChoice(["a", "b"]))
    [a] = asked(lambda text: ("a", "b"), text_record("r", "x"), task=task)
    assert a.value == frozenset({"a", "b"})


def test_a_function_gets_the_text_or_texts_by_column_or_the_record() -> None:
    got: list[object] = []
    one = text_record("r1", "x")
    two = Record("r2", (TextPart("x", "title"), TextPart("y", "body")))
    seen = Record("r3", (ImagePart("a.png", "0" * 64), TextPart("x")))
    asked(got.append, one, two, seen)
    assert got == ["x", {"title": "x", "body": "y"}, seen]


def test_an_exception_fails_its_record_alone() -> None:
    def picky(text: str) -> str:
        return {"x": "good"}[text]

    first, second = asked(picky, text_record("r1", "y"), text_record("r2", "x"))
    assert (first.outcome, first.error) == (Outcome.FAILED, "KeyError: 'y'")
    assert second.value == "good"


async def test_an_async_function_has_many_calls_under_way() -> None:
    under_way = most = 0

    async def slow(text: str) -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return "good" if text != "3" else text

    who = Function.of("slow", slow)
    requests = [Request(TASK, text_record(str(i), str(i)), who.id) for i in range(3 * WINDOW)]
    answers = [a async for a in who.annotate(requests)]
    assert len({a.record for a in answers}) == 3 * WINDOW
    assert [a.record for a in answers if a.outcome is not Outcome.ANSWERED] == ["3"]
    assert most == WINDOW


async def test_an_exception_of_an_async_function_fails_its_record_alone() -> None:
    async def picky(text: str) -> str:
        return {"x": "good"}[text]

    who = Function.of("picky", picky)
    requests = [Request(TASK, text_record(t, t), who.id) for t in "xy"]
    outcomes = {a.record: a.outcome async for a in who.annotate(requests)}
    assert outcomes == {"x": Outcome.ANSWERED, "y": Outcome.FAILED}


def test_a_coroutine_from_a_plain_function_is_refused_with_the_remedy() -> None:
    def forgotten(text: str) -> object:
        return later(text)

    [a] = asked(forgotten, text_record("r", "x"))
    assert a.error == "InputError: it gave something to await: define it with `async def`"


@pytest.mark.parametrize("call", [later, partial(later), AsyncJudge(), Inherited()])
def test_async_functions_are_known_as_such(call: Callable[[Any], Any]) -> None:
    assert is_async(call)
    assert not is_async(Judge())
    assert not is_async(partial(len))


def test_another_code_default_or_closure_is_another_annotator() -> None:
    def within(words: list[str], least: int = 1) -> Callable[[str], bool]:
        return lambda text: any(word in text for word in words)

    prints = {
        fingerprint(call)
        for call in (
            lambda text: "good",
            lambda text: "bad",
            lambda text: text.lower(),
            lambda text: text.upper(),
            lambda text, least=1: "good",
            lambda text, least=2: "good",
            within(["a"]),
            within(["b"]),
            partial(within, ["a"]),
            partial(within, ["b"]),
            partial(within, words=["b"]),
            Judge(),
            AsyncJudge(),
            later,
        )
    }
    assert len(prints) == 14
    assert fingerprint(within(["a"])) == fingerprint(within(["a"]))


def test_a_function_that_says_its_version_has_that() -> None:
    def judge(text: str) -> str:
        return "good"

    judge.version = 7  # type: ignore[attr-defined]
    assert Function.of("judge", judge).id == "function/judge@7"


def test_a_function_has_one_id_in_all_processes() -> None:
    code = (
        "from assay.annotators.function import fingerprint\n"
        "def judge(text, least=(1, 'a')):\n"
        "    return text in {'one', 'two', 'three', 'four'}\n"
        "print(fingerprint(judge))"
    )
    prints = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(prints) == 1


@pytest.mark.parametrize("call", [later, lambda text: "good"], ids=["async", "plain"])
def test_functions_keep_the_contract_of_annotators(call: Callable[[Any], Any]) -> None:
    who = Function.of("f", call)
    requests = [Request(TASK, text_record(str(i), str(i)), who.id) for i in range(5)]
    assert len(check_annotator(who, requests)) == 5
