"""Faults: nothing lost, nothing doubled, retries bounded and counted."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
from aiohttp import web

from assay.annotators.llm import LLM, Billing
from assay.core.annotation import Annotation, Outcome, Request
from assay.core.cost import Budget, Prices, Usage, to_nanos
from assay.core.errors import BudgetError, ModelError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.models.base import Completion, Message, Options, TokenScore
from assay.models.hosted import Address
from assay.models.http import _parsed
from assay.models.limits import Limits, retry_after
from assay.models.openai import OpenAI
from tests.servers import (
    Server,
    completion,
    html,
    scripted,
    serving,
    status,
    truncated,
    wrong_shape,
)

TASK = Task("t", "Positive or negative?", Choice(["positive", "negative"]))
QUICK = Limits(first_wait=0.01, longest_wait=0.05, timeout=0.5, attempts=4, patience=0.5)
PATIENT = replace(QUICK, timeout=60.0, patience=600.0)  # where a slow machine is no trouble


def requests(n: int) -> list[Request]:
    return [Request(TASK, text_record(f"r{i}", f"text {i}"), "m") for i in range(n)]


async def drain(llm: LLM, n: int, came: list[Annotation]) -> None:
    async for a in llm.annotate(requests(n)):
        came.append(a)


async def ask(server: Server, n: int = 20, limits: Limits = QUICK) -> list[Annotation]:
    async with serving(server) as url:
        model = OpenAI("m", Address(url, limits=limits))
        try:
            return [a async for a in LLM(model).annotate(requests(n))]
        finally:
            await model.aclose()


@pytest.mark.parametrize(
    "trouble",
    [status(429), status(429, Retry_After="0.02"), status(500), status(503), html, truncated,
     wrong_shape],
)  # fmt: skip
async def test_passing_trouble_is_overcome_and_every_attempt_counted(trouble: object) -> None:
    server = Server(scripted([trouble, trouble]))  # type: ignore[list-item]
    annotations = await ask(server, limits=PATIENT)
    assert sorted(a.record for a in annotations) == sorted(f"r{i}" for i in range(20))
    assert all(a.answered and a.usage.attempts == 3 for a in annotations)
    assert set(server.calls.values()) == {3}


async def test_a_request_that_keeps_failing_ends_failed_after_its_attempts() -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return status(500)(text) if text == "text 3" else await fine(request, text)

    fine = scripted([])
    server = Server(answer)
    annotations = {a.record: a for a in await ask(server, limits=PATIENT)}
    assert annotations["r3"].outcome is Outcome.FAILED
    assert "status 500: made up 500" in (annotations["r3"].error or "")
    assert server.calls["text 3"] == QUICK.attempts
    assert sum(a.answered for a in annotations.values()) == 19


async def test_a_bad_request_is_final() -> None:
    server = Server(scripted([status(400)]))
    annotations = await ask(server, 3)
    assert all(a.outcome is Outcome.FAILED for a in annotations)
    assert set(server.calls.values()) == {1}


@pytest.mark.parametrize(("code", "says"), [(401, "refuses the key"), (404, "no such model")])
async def test_what_no_retry_mends_is_one_clear_line(code: int, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        await ask(Server(scripted([status(code)])))


@pytest.mark.parametrize("seconds", ["86400", "inf", "99999999999"])
async def test_a_server_that_wants_to_be_left_alone_for_long_ends_the_run(seconds: str) -> None:
    server = Server(scripted([status(429, Retry_After=seconds)] * 9))
    with pytest.raises(ModelError, match=r"asks to be left alone for .* run again after that"):
        await ask(server, 3)
    assert set(server.calls.values()) == {1}


@pytest.mark.parametrize("count", [10**30, 1e300, 10**12])
async def test_more_tokens_than_a_call_can_have_are_no_count(count: float) -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return web.json_response(completion("positive") | {"usage": {"prompt_tokens": count}})

    (annotation,) = await ask(Server(answer), 1)
    assert annotation.outcome is Outcome.ANSWERED
    assert annotation.usage == Usage(attempts=1)


@pytest.mark.parametrize("how", ["declared", "streamed", "packed"])
async def test_an_endless_reply_is_not_read_to_its_end(how: str) -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        if how != "streamed":
            reply = web.Response(body=b"x" * 400_000)
            if how == "packed":  # small on the way, long unpacked
                reply.enable_compression(web.ContentCoding.gzip)
            return reply
        stream = web.StreamResponse()
        await stream.prepare(request)
        with suppress(ConnectionError):
            for _ in range(10_000):
                await stream.write(b"x" * 50_000)
        return stream

    limits = Limits(first_wait=0.01, attempts=4, timeout=20, most_bytes=100_000)
    server = Server(answer)
    [annotation] = await ask(server, 1, limits)
    assert annotation.outcome is Outcome.FAILED
    assert annotation.error == "the reply is longer than 100,000 bytes; not read on"
    assert server.calls.total() == annotation.usage.attempts == 1


async def test_cut_connections_are_tried_again() -> None:
    cut: set[str] = set()

    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        if text not in cut:
            cut.add(text)
            assert request.transport is not None
            request.transport.close()
        return await fine(request, text)

    fine = scripted([])
    annotations = await ask(Server(answer))
    assert all(a.answered and a.usage.attempts == 2 for a in annotations)


async def test_a_hanging_call_times_out_and_is_tried_again() -> None:
    hung: set[str] = set()

    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        if text not in hung:
            hung.add(text)
            await asyncio.sleep(2)
        return await fine(request, text)

    fine = scripted([])
    annotations = await ask(Server(answer), 3)
    assert all(a.answered and a.usage.attempts == 2 for a in annotations)


async def test_a_slow_drip_ends_at_the_time_out() -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "application/json"})
        await reply.prepare(request)
        for _ in range(100):
            await reply.write(b" ")
            await asyncio.sleep(0.05)
        return reply

    limits = Limits(first_wait=0.01, timeout=0.2, attempts=2)
    annotations = await ask(Server(answer), 2, limits)
    assert all("no answer within 0.2 s" in (a.error or "") for a in annotations)


async def test_a_server_that_is_down_opens_the_circuit_quickly() -> None:
    limits = Limits(first_wait=0.01, longest_wait=0.05, attempts=100, patience=0.3)
    model = OpenAI("m", Address("http://127.0.0.1:9/v1", limits=limits))
    try:
        with pytest.raises(ModelError, match=r"failed \d+ times in a row \(last: cannot connect"):
            await drain(LLM(model), 50, [])
    finally:
        await model.aclose()


async def test_a_storm_of_429_halves_the_calls_in_flight() -> None:
    server = Server(scripted([status(429)]))
    async with serving(server) as url:
        model = OpenAI("m", Address(url, limits=QUICK))
        before = model.endpoint.room
        [a async for a in LLM(model).annotate(requests(1))]
        assert model.endpoint.room < before
        await model.aclose()


async def test_the_budget_is_never_passed_and_answers_in_flight_are_kept() -> None:
    budget = Budget.of_nanos(to_nanos(0.05))
    billing = Billing(Prices(input=10.0, output=10.0), budget)
    server = Server()
    came: list[Annotation] = []
    async with serving(server) as url:
        model = OpenAI("m", Address(url))
        try:
            with pytest.raises(BudgetError, match="are spent"):
                await drain(LLM(model, billing=billing), 500, came)
        finally:
            await model.aclose()
    assert 0 < len(came) < 500
    assert sum(server.calls.values()) == len(came)
    assert sum(a.cost_nanos for a in came) == budget.spent_nanos <= to_nanos(0.05)
    assert budget.reserved_nanos == 0


async def test_keys_come_from_the_environment_and_show_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ModelError, match="MADE_UP_KEY"):
        OpenAI("m", Address("http://127.0.0.1:9", "MADE_UP_KEY"))
    monkeypatch.setenv("MADE_UP_KEY", "s3cret")
    server = Server()
    async with serving(server) as url:
        model = OpenAI("m", Address(url, "MADE_UP_KEY"))
        await model.complete([Message("user", ("<record>x</record>",))], Options())
        await model.aclose()
    assert server.headers[0]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(model) + model.id


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after("2.5") == 2.5
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT", lambda: 1445412470.0) == 10.0
    assert retry_after("soon") is None
    assert retry_after(None) is None


@pytest.mark.parametrize(
    "header",
    [
        "Mon, 01 Jan 10000000000000000000 00:00:00 GMT", "Mon, 01 Jan 99999 00:00:00 GMT", "nan",
        "Mon, 99 Foo 2020", ",", "\x00", "Wed, 21 Oct 2015 07:28:00 +99999999999999", "１２e",
    ],
)  # fmt: skip
def test_a_retry_after_that_names_no_moment_asks_nothing(header: str) -> None:
    assert retry_after(header) is None


def test_a_retry_after_in_the_past_asks_no_wait() -> None:
    assert retry_after("-5") == retry_after("Thu, 01 Jan 1970 00:00:00 GMT") == 0.0


DEEP = '{"a":' * 900 + "1" + "}" * 900
ODD = ("[]", "5", '"x"', "null", "{}", "1e400", "[[1]]", '{"a": []}', DEEP, "9" * 400)
BODIES = [
    *ODD,
    *(f'{{"error": {odd}}}' for odd in ODD),
    *(f'{{"error": {{"message": {odd}}}}}' for odd in ODD),
    *(f'{{"choices": {odd}}}' for odd in ODD),
    *(f'{{"choices": [{odd}]}}' for odd in ODD),
    *(f'{{"choices": [{{"message": {{"content": {odd}}}}}], "usage": {{}}}}' for odd in ODD),
    *(f'{{"choices": [{{"message": {{"content": [{odd}]}}}}]}}' for odd in ODD),
    *(f'{{"choices": [{{"message": {{"content": "a"}}}}], "usage": {odd}}}' for odd in ODD),
    *(f'{{"choices": [{{"message": {{"content": "a"}}, "logprobs": {odd}}}]}}' for odd in ODD),
]


async def test_no_reply_ends_the_asking() -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        number = int(text.rsplit(maxsplit=1)[-1])
        code = 200 if number % 2 else 500
        return web.Response(text=BODIES[number // 2], status=code, content_type="application/json")

    limits = Limits(first_wait=0.001, longest_wait=0.001, attempts=1, broken_after=10**6)
    annotations = await ask(Server(answer), 2 * len(BODIES), limits)
    assert len(annotations) == 2 * len(BODIES)
    assert {a.outcome for a in annotations} <= {Outcome.FAILED, Outcome.UNPARSED, Outcome.ANSWERED}


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (TokenScore("a", -0.5, {"b": -1.0}), None),
        (TokenScore("a", -0.5, {}), None),
        (TokenScore("a", -0.5, {"b": -1.0, 3: -2.0}), "a token is no text"),  # type: ignore[dict-item]
        (TokenScore(None, -0.5, {"b": -1.0}), "a token is no text"),  # type: ignore[arg-type]
        (TokenScore("a", float("-inf"), {"b": -1.0}), "a log-probability is no finite number"),
        (TokenScore("a", -0.5, {"b": float("nan")}), "a log-probability is no finite number"),
    ],
)
def test_tokens_are_texts_with_finite_log_probabilities(
    token: TokenScore, said: str | None
) -> None:
    whole = Completion("a", tokens=(TokenScore("x", -0.1, {"x": -0.1}), token))
    found = _parsed({"Content-Type": "application/json"}, b"{}", lambda _: whole)
    if said is None:
        assert found.completion == whole
    else:
        assert found.completion is not None
        assert found.completion.fault == said


def test_counts_of_tokens_are_within_what_went_in() -> None:
    given = Usage(
        input_tokens=10, cached_tokens=15, image_tokens=12, output_tokens=-1, reasoning_tokens=-2
    )
    found = _parsed({}, b"{}", lambda _: Completion("a", given)).completion
    assert found is not None
    assert found.usage == Usage(input_tokens=10, cached_tokens=10, image_tokens=10)
    odd = Usage(input_tokens=-5, cached_tokens=-1, image_tokens=-1, output_tokens=3)
    found = _parsed({}, b"{}", lambda _: Completion("a", odd)).completion
    assert found is not None
    assert found.usage == Usage(output_tokens=3)
