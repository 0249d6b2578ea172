"""A run against a server that misbehaves in every way at once: nothing lost, nothing doubled."""

import asyncio
import re
import zlib
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from assay.annotators.llm import LLM
from assay.annotators.mapping import Likelihood, Mapping, Pattern
from assay.core.annotation import Annotation, Outcome
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import SqlLedger
from assay.models.hosted import Address
from assay.models.limits import Limits
from assay.models.openai import OpenAI
from assay.run import Job, Settings, Summary, label
from assay.run.stop import Reason
from assay.strategies.single import Single
from tests.servers import Server, completion, good, html, label_of, serving, status, truncated
from tests.servers import wrong_shape as shapeless

TASK = Task("t", "Positive or negative?", Choice(["positive", "negative"]))
N = 150
ATTEMPTS = 5
LIMITS = Limits(
    first_wait=0.001, longest_wait=0.01, timeout=1.5, attempts=ATTEMPTS, broken_after=10**6
)


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(2.5)
    return web.Response(status=500)


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def cut_inside(request: web.Request) -> web.StreamResponse:
    reply = web.StreamResponse(headers={"Content-Type": "application/json"})
    reply.content_length = 10_000
    await reply.prepare(request)
    await reply.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.close()
    return reply


async def drip(request: web.Request) -> web.StreamResponse:
    reply = web.StreamResponse(headers={"Content-Type": "application/json"})
    await reply.prepare(request)
    for _ in range(50):
        await reply.write(b" ")
        await asyncio.sleep(0.05)
    return reply


DEFAULT_OPTIONS = (
    status(429), status(429, Retry_After="0.01"), status(429, Retry_After="soon"), status(500),
    status(502), status(503), status(529), html, truncated, shapeless,
)  # fmt: skip
SLOW = (hang, cut, cut_inside, drip)


class Chaos:
    """By a record's number: how many calls fail, and how; every seventh fails for ever."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.mended = False

    def failing(self, text: str) -> int:
        number = int(text.rsplit(maxsplit=1)[-1])
        if number % 7 == 0:
            return 0 if self.mended else 10**6
        return number % ATTEMPTS

    async def __call__(self, request: web.Request, text: str) -> web.StreamResponse:
        self.calls[text] += 1
        if self.calls[text] > self.failing(text):
            return good(text)
        fault = zlib.crc32(f"{text}/{self.calls[text]}".encode()) % (
            len(DEFAULT_OPTIONS) + len(SLOW)
        )
        if fault < len(DEFAULT_OPTIONS):
            return DEFAULT_OPTIONS[fault](text)
        return await SLOW[fault - len(DEFAULT_OPTIONS)](request)


async def run(url: str, ledger: SqlLedger, mapping: Mapping | None = None, n: int = N) -> Summary:
    model = OpenAI("m", Address(url, limits=LIMITS))
    annotators = {"m": LLM(model, mapping or Pattern())}
    job = Job(TASK, Single("m"), annotators, ledger, Settings(block=20, in_flight=4))
    try:
        return await label(job, [text_record(f"r{i}", f"text {i}") for i in range(n)])
    finally:
        await model.aclose()


def final(ledger: SqlLedger) -> list[Annotation]:
    return [a for a in ledger.annotations(TASK.id) if a.outcome is not Outcome.FAILED]


async def test_no_answer_is_lost_and_none_doubled_and_every_call_is_counted(tmp_path: Path) -> None:
    chaos = Chaos()
    server = Server(chaos)
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    broken = {f"r{i}" for i in range(0, N, 7)}
    async with serving(server) as url:
        first = await run(url, ledger)
        calls, failed = server.calls.total(), list(ledger.annotations(TASK.id))
        assert max(server.calls.values()) == ATTEMPTS  # bounded
        assert sum(a.usage.attempts for a in failed) == calls  # and counted
        assert first.retries == calls - N
        chaos.mended = True
        second = await run(url, ledger)
        third = await run(url, ledger)
    answers = final(ledger)
    assert sorted(a.record for a in answers) == sorted(f"r{i}" for i in range(N))
    assert all(a.value == label_of(f"text {a.record[1:]}") for a in answers)
    assert {a.record for a in failed if a.outcome is Outcome.FAILED} == broken
    assert (first.records, first.decided, first.undecided) == (N, N - len(broken), len(broken))
    assert (second.decided, second.retries) == (N, 0)
    assert third.decided == N
    assert server.calls.total() == calls + len(broken)  # only what had failed was asked again
    ledger.close()


async def test_the_summary_tells_what_happened(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    async with serving(Server(Chaos())) as url:
        summary = await run(url, ledger)
    described = "\n".join(summary.lines())
    broken = len(range(0, N, 7))
    assert (
        f"{N} records: {N - broken} decided, 0 waiting for people, {broken} unresolved" in described
    )
    assert f"m: {N - broken} answered (100.0% of requests), {broken} failed" in described
    assert re.search(r"; \d+ retries", described)
    assert "failed, to be retried in the next run: " in described
    assert sum(summary.failures.values()) == broken
    assert summary.exit_code == 0
    ledger.close()


async def test_a_storm_of_429_ends_and_everything_is_answered(tmp_path: Path) -> None:
    """The server takes four calls at once and sends all others away."""
    under_way = 0
    refused = 0

    async def narrow(request: web.Request, text: str) -> web.StreamResponse:
        nonlocal under_way, refused
        if under_way >= 4:
            refused += 1
            return status(429, Retry_After="0.02")(text)
        under_way += 1
        try:
            await asyncio.sleep(0.005)
            return good(text)
        finally:
            under_way -= 1

    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    async with serving(Server(narrow)) as url:
        summaries = [await run(url, ledger) for _ in range(3)]
    assert refused > 0
    assert summaries[-1].decided == N
    assert sorted(a.record for a in final(ledger)) == sorted(f"r{i}" for i in range(N))
    ledger.close()


WRONG_TOKENS: dict[str, tuple[object, str]] = {
    "not a number": ([{"token": "pos", "logprob": float("nan"), "top_logprobs": []}], "unparsed"),
    "infinite": ([{"token": "pos", "logprob": float("inf")}], "unparsed"),
    "words": ([{"token": "pos", "logprob": "high"}], "unparsed"),
    "another shape": ({"token": "pos"}, "unparsed"),
    "no token": ([{"logprob": -0.1}], "unparsed"),
    "other words": ([{"token": "Sure", "logprob": -0.1}], "unparsed"),
    "alternatives left out": ([{"token": "pos", "logprob": -0.1}], "answered"),
    "impossible": ([{"token": "pos", "logprob": -1e308}], "answered"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_TOKENS)
async def test_wrong_log_probabilities_make_no_wrong_answer(case: str, tmp_path: Path) -> None:
    content, outcome = WRONG_TOKENS[case]

    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return web.json_response(completion("pos", logprobs={"content": content}))

    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    async with serving(Server(answer)) as url:
        await run(url, ledger, Likelihood(), n=3)
    found = list(ledger.annotations(TASK.id))
    assert [str(a.outcome) for a in found] == [outcome] * 3
    for a in found:
        assert a.confidence is None or 0 < a.confidence <= 1
        assert a.raw == "pos"
        assert a.usage.attempts == 1
    ledger.close()


@pytest.mark.parametrize("content", [[], None])
async def test_no_log_probabilities_stop_at_the_first_reply(
    content: object, tmp_path: Path
) -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return web.json_response(completion("pos", logprobs={"content": content}))

    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    server = Server(answer)
    async with serving(server) as url:
        summary = await run(url, ledger, Likelihood())
    assert summary.reason is Reason.MODEL
    assert "gives no log-probabilities, which `mapping: likelihood` needs" in summary.message
    assert len(server.bodies) <= LIMITS.start
    assert list(ledger.annotations(TASK.id)) == []
    ledger.close()


WRONG_USAGE = [
    {"prompt_tokens": -5, "completion_tokens": -7},
    {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 10**9}},
    {"prompt_tokens": None, "completion_tokens": 2.0},
    {},
    None,
]


@pytest.mark.parametrize("usage", WRONG_USAGE)
async def test_a_wrong_count_of_tokens_is_never_negative(usage: object, tmp_path: Path) -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return web.json_response(completion("positive") | {"usage": usage})

    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    async with serving(Server(answer)) as url:
        await run(url, ledger, n=1)
    [a] = ledger.annotations(TASK.id)
    assert a.answered
    assert min(a.usage.input_tokens, a.usage.output_tokens, a.usage.cached_tokens) >= 0
    assert a.usage.cached_tokens <= a.usage.input_tokens
    ledger.close()
