"""One call of a hosted model: what is counted, what is told, when it is asked again."""

import asyncio
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from assay.core.cost import Usage
from assay.core.errors import ModelError
from assay.core.record import ImagePart
from assay.models.base import Completion, Message, Options
from assay.models.hosted import Address
from assay.models.http import Attempt, Call, Http, key_from, message_of
from assay.models.images import Gallery
from assay.models.limits import Endpoint, Limits
from assay.models.openai import OpenAI
from tests.clock import without_waiting
from tests.servers import Server, completion, serving, status

QUICK = Limits(first_wait=0.001, longest_wait=0.001, attempts=3)
HI = [Message("user", ("<record>x</record>",))]
Step = Callable[[str], web.StreamResponse]


async def said(step: Step, limits: Limits = QUICK) -> tuple[Completion, Server, OpenAI]:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return step(text)

    server = Server(answer)
    async with serving(server) as url:
        model = OpenAI("m", Address(url, limits=limits))
        try:
            return await model.complete(HI, Options()), server, model
        finally:
            await model.aclose()


def usage(**counts: int) -> Step:
    details = {"prompt_tokens_details": {"cached_tokens": counts.pop("cached", 0)}}
    reasoned = {"completion_tokens_details": {"reasoning_tokens": counts.pop("reasoned", 0)}}
    given = {"prompt_tokens": 0, "completion_tokens": 0} | counts | details | reasoned
    return lambda _: web.json_response(completion("yes") | {"usage": given})


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"prompt_tokens": 9, "cached": 4, "completion_tokens": 3, "reasoned": 2}, (9, 4, 3, 2)),
        ({"prompt_tokens": 9, "cached": 12}, (9, 9, 0, 0)),
        ({"prompt_tokens": -9, "cached": 4}, (0, 0, 0, 0)),
        ({"prompt_tokens": 9, "cached": -4}, (9, 0, 0, 0)),
        ({"completion_tokens": -3, "reasoned": -2}, (0, 0, 0, 0)),
        ({"prompt_tokens": 10**8}, (10**8, 0, 0, 0)),
        ({}, (0, 0, 0, 0)),
    ],
)
async def test_tokens_are_counted_as_far_as_they_can_be(
    counts: dict[str, int], expected: tuple[int, int, int, int]
) -> None:
    found, _, _ = await said(usage(**counts))
    assert found.usage == Usage(*expected, attempts=1)


@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens", "reasoned"])
async def test_more_tokens_than_there_can_be_are_no_count(name: str) -> None:
    found, server, _ = await said(usage(**{name: 10**8 + 1}))
    assert (found.text, found.fault) == ("yes", None)
    assert found.usage == Usage(attempts=len(server.bodies)) == Usage(attempts=1)


@pytest.mark.parametrize("score", ["NaN", "-1e999", '"x"'])
@pytest.mark.parametrize("where", ["logprob", "top"])
async def test_a_log_probability_that_is_no_number_is_no_reply(score: str, where: str) -> None:
    own, other = (score, "-1") if where == "logprob" else ("-1", score)
    token = f'{{"token":"a","logprob":{own},"top_logprobs":[{{"token":"b","logprob":{other}}}]}}'
    choice = f'{{"message":{{"content":"a"}},"logprobs":{{"content":[{token}]}}}}'
    body = f'{{"choices":[{choice}]}}'
    reply = web.Response(text=body, content_type="application/json")
    found, server, _ = await said(lambda _: reply)
    assert found.fault is not None
    assert len(server.bodies) == 1


@pytest.mark.parametrize("code", [408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529])
async def test_passing_trouble_is_met_by_asking_again(code: int) -> None:
    found, server, model = await said(status(code))
    assert found.error == f"status {code}: made up {code}"
    assert len(server.bodies) == found.usage.attempts == 3
    overload = code in (429, 503, 529)
    assert model.endpoint.room == (8 if overload else 16)
    assert model.endpoint.successes == 0


@pytest.mark.parametrize(
    ("code", "described"),
    [(401, "refuses the key"), (403, "refuses the key"), (404, "knows no such model"),
     (301, "redirects elsewhere"), (307, "redirects elsewhere")],
)  # fmt: skip
async def test_what_no_call_can_mend_ends_the_asking(code: int, described: str) -> None:
    with pytest.raises(ModelError, match=described):
        await said(status(code))


@pytest.mark.parametrize("code", [400, 413, 422, 418, 501])
async def test_any_other_refusal_is_final_for_this_call(code: int) -> None:
    found, server, _ = await said(status(code))
    assert (found.error, len(server.bodies)) == (f"status {code}: made up {code}", 1)


@pytest.mark.parametrize("body", ["<html>", "  <!DOCTYPE html>", "<HTML lang=en>"])
async def test_a_web_page_is_told_from_json(body: str) -> None:
    with pytest.raises(ModelError, match=r"never answered in 3 calls \(answered with a web page"):
        await said(lambda _: web.Response(text=body, content_type="application/json"))
    with pytest.raises(ModelError, match="web page, not JSON: is base_url right"):
        await said(lambda _: web.Response(text="{}", content_type="text/html"))


async def test_an_endpoint_that_answered_once_may_be_absent_later() -> None:
    replies = iter([usage()("x"), *(web.Response(text="<html>") for _ in range(3))])

    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return next(replies)

    async with serving(Server(answer)) as url:
        model = OpenAI("m", Address(url, limits=QUICK))
        assert (await model.complete(HI, Options())).error is None
        found = await model.complete(HI, Options())
        await model.aclose()
    assert "web page" in (found.error or "")
    assert model.endpoint.failures == 0  # at rest


async def test_nobody_there_is_one_clear_line() -> None:
    model = OpenAI("m", Address("http://127.0.0.1:9/v1", limits=QUICK))
    described = (
        r"127.0.0.1:9/v1 never answered in 3 calls \(cannot connect \(.+\)\); check base_url"
    )
    with pytest.raises(ModelError, match=described):
        await model.complete(HI, Options())
    await model.aclose()
    http = Http(Endpoint("x", QUICK))
    with pytest.raises(ModelError, match="'http://' is not a URL"):
        await http.ask(Call("http://", {}, b""), lambda _: Completion(""))
    await http.aclose()


@without_waiting
async def test_waits_are_the_longer_of_what_is_asked_and_the_pause() -> None:
    loop = asyncio.get_running_loop()
    limits = Limits(first_wait=8.0, longest_wait=100.0, attempts=3, start=1)
    endpoint = Endpoint("x", limits, loop.time)
    at: list[float] = []
    for wait in (30.0, 0.5, None):
        attempts = iter([Attempt(error="busy", wait=wait), Attempt(Completion("yes"))])
        http = Http(endpoint)

        async def attempt(call: Call, parse: object, left: Any = attempts) -> Attempt:
            at.append(loop.time())
            return next(left)  # type: ignore[no-any-return]

        http._attempt = attempt  # type: ignore[method-assign]
        assert (await http.ask(Call("", {}, b""), lambda _: Completion(""))).text == "yes"
    gaps = [b - a for a, b in zip(at[::2], at[1::2], strict=True)]
    assert gaps[0] == pytest.approx(30.0)
    assert all(4.0 <= gap <= 8.0 for gap in gaps[1:])


@without_waiting
async def test_a_server_may_ask_for_a_pause_as_long_as_the_limit() -> None:
    endpoint = Endpoint("x", Limits(attempts=2), asyncio.get_running_loop().time)
    found = await asked_to_wait(endpoint, 600.0)
    assert found.error == "busy"
    with pytest.raises(ModelError, match=r"asks to be left alone for 601 s \(busy\); run again"):
        await asked_to_wait(endpoint, 601.0)


async def asked_to_wait(endpoint: Endpoint, seconds: float) -> Completion:
    http = Http(endpoint)

    async def attempt(call: Call, parse: object) -> Attempt:
        return Attempt(error="busy", wait=seconds, overload=True)

    http._attempt = attempt  # type: ignore[method-assign]
    return await http.ask(Call("", {}, b""), lambda _: Completion(""))


class Kept:
    """Notes when it is asked to look and to keep, and whether a place was held then."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.log: list[tuple[str, int]] = []

    def check(self) -> None:
        self.log.append(("check", self.endpoint.in_flight))

    async def keep(self, completion: Completion) -> None:
        self.log.append((completion.text, self.endpoint.in_flight))


async def test_an_answer_is_kept_before_its_place_is_given_on() -> None:
    replies = iter([status(500)("x"), usage()("x")])

    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return next(replies)

    async with serving(Server(answer)) as url:
        model = OpenAI("m", Address(url, limits=QUICK))
        kept = Kept(model.endpoint)
        found = await model.complete_and_keep(HI, Options(), kept)
        await model.aclose()
    assert kept.log == [("check", 1), ("check", 1), ("yes", 1)]
    assert (found.usage.attempts, found.seconds > 0) == (2, True)
    assert (model.endpoint.successes, model.endpoint.in_flight) == (1, 0)


async def test_connections_are_those_of_the_loop_and_made_anew_after_closing() -> None:
    server = Server()
    async with serving(server) as url:
        http = Http(Endpoint("x", QUICK))

        async def ask() -> aiohttp.ClientSession:
            async with http._session() as session:
                await session.post(url, json={})
                return session

        first = await ask()
        assert await ask() is first
        await http.aclose()
        assert first.closed
        second = await ask()
        assert second is not first
        async with http._session() as held:
            await http.aclose()
            assert not held.closed  # a call is under way
        assert held.closed
        other = await asyncio.to_thread(asyncio.run, ask_and_close(http, url))
        assert other is not second


async def ask_and_close(http: Http, url: str) -> aiohttp.ClientSession:
    async with http._session() as session:
        await session.post(url, json={})
    await http.aclose()
    assert session.closed
    return session


@pytest.mark.parametrize(
    ("body", "described"),
    [
        (b'{"error": {"message": " too\\n long "}}', "too long"), (b'{"error": "no"}', "no"),
        (b'{"message": "so"}', "so"), (b"[1]", "[1]"), (b"plain \xff", "plain \ufffd"),
        (b'{"a": 1}', "{'a': 1}"), (b"x" * 300, "x" * 200), (b"", ""),
    ],
)  # fmt: skip
def test_what_a_server_says_of_its_error_is_one_short_line(body: bytes, described: str) -> None:
    assert message_of(body) == described


@pytest.mark.parametrize(
    ("name", "value", "described"),
    [
        ("sk-123", "x", "is the name of an environment variable, never the key itself"),
        ("9KEY", "x", "is the name of an environment variable"),
        ("MADE_UP", "  ", "the environment variable MADE_UP with the key is not set"),
        ("MADE_UP", "kéy", "the key in MADE_UP holds characters that no key has"),
        ("MADE_UP", "a\tb", "the key in MADE_UP holds characters that no key has"),
    ],
)
def test_a_key_that_can_be_none_is_named_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, described: str
) -> None:
    monkeypatch.setenv("MADE_UP", value)
    with pytest.raises(ModelError, match=described):
        key_from(name)
    monkeypatch.setenv("MADE_UP", " fine ")
    assert (key_from("MADE_UP"), key_from(None)) == ("fine", None)


def test_an_address_shows_no_password_and_no_key() -> None:
    shown = repr(Address("https://me:secret@x.test/v1", "sk-123"))
    assert "secret" not in shown
    assert "sk-123" not in shown
    assert "'***'" in shown
    assert "MY_KEY" in repr(Address("https://x.test", "MY_KEY"))


def test_a_model_is_called_by_its_name_below_its_address() -> None:
    model = OpenAI("m", Address("https://x.test/v1/"))
    assert (model.id, model.url) == ("m", "https://x.test/v1/chat/completions")
    assert repr(model) == "OpenAI('m', 'https://x.test/v1/')"
    assert model.takes_images


async def test_a_picture_that_cannot_be_used_is_an_error_of_its_call_alone(tmp_path: Path) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(b"no picture")
    part = ImagePart(str(path), hashlib.sha256(b"no picture").hexdigest())
    server = Server()
    async with serving(server) as url:
        model = OpenAI("m", Address(url))
        found = await model.complete([Message("user", (part,))], Options())
        await model.aclose()
    assert "bad.png" in (found.error or "")
    assert server.bodies == []


def saved(path: Path, colour: tuple[int, int, int]) -> ImagePart:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    path.write_bytes(file.getvalue())
    return ImagePart(str(path), hashlib.sha256(file.getvalue()).hexdigest())


async def test_the_pictures_used_last_stay_in_memory(tmp_path: Path) -> None:
    parts = [saved(tmp_path / f"{i}.png", (i * 20, 0, 0)) for i in range(3)]
    view = Options().view
    gallery = Gallery()
    sizes = [
        len((await gallery.shown([Message("user", (p,))], view))[p.sha256].base64) for p in parts
    ]
    small = Gallery(memory=sum(sizes[:2]) + 1, disk=0)
    for i in (0, 1, 0, 2, 0):  # 1 is the one that leaves
        await small.shown([Message("user", (parts[i],))], view)
    assert small.encoded == 3
    await small.shown([Message("user", (parts[1],))], view)
    assert small.encoded == 4
    gallery.close()
    small.close()
