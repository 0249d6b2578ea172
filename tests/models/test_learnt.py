"""What a server's rejections teach: another request, or that there is no use in more."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from assay.core.errors import ModelError
from assay.models.base import Completion, Message, Options
from assay.models.hosted import Address
from assay.models.images import NO_PICTURES
from assay.models.limits import Limits
from assay.models.openai import OpenAI
from assay.models.rejection import Rejection, rejection_of
from tests.servers import Server, completion, serving

HI = (Message("user", ("<record>x</record>",)),)
QUICK = Limits(first_wait=0.001, longest_wait=0.001, attempts=2)
PLAIN = Options()
Rule = Callable[[dict[str, Any]], tuple[str, str | None] | None]
"""What is said of a body, and the parameter that is named; None where it is taken."""


async def asked(
    rule: Rule, options: Options = PLAIN, times: int = 1, said: str = "yes", code: int = 400
) -> tuple[list[Completion], Server, OpenAI]:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        no = rule(await request.json())
        if no is None:
            return web.json_response(completion(said))
        error = {"message": no[0], "param": no[1]}
        return web.json_response({"error": error}, status=code)

    server = Server(answer)
    async with serving(server) as url:
        model = OpenAI("m", Address(url, limits=QUICK))
        try:
            found = [await model.complete(HI, options) for _ in range(times)]
        finally:
            await model.aclose()
    return found, server, model


def refusing(name: str, message: str, param: str | None = None) -> Rule:
    return lambda body: (message, param) if name in body else None


OLD = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."  # noqa: E501
NEW = "Unknown parameter: max_completion_tokens"
WARM = "Unsupported value: 'temperature' does not support 0 with this model."


async def test_the_name_of_the_limit_is_learnt_once() -> None:
    found, server, _ = await asked(refusing("max_tokens", OLD, "max_tokens"), times=3)
    assert [f.text for f in found] == ["yes"] * 3
    assert [b.get("max_completion_tokens") for b in server.bodies] == [None, 64, 64, 64]
    newer = Options(tokens_field="max_completion_tokens")
    _, server, _ = await asked(refusing("max_completion_tokens", NEW), newer)
    assert server.bodies[1]["max_tokens"] == 64


async def test_a_limit_that_is_too_large_keeps_its_name() -> None:
    rule = refusing("max_tokens", "max_tokens is too large: 64. This model takes 16.", "max_tokens")
    [found], server, _ = await asked(rule)
    assert (len(server.bodies), found.error is None) == (1, False)


async def test_temperature_is_left_out_where_nobody_chose_it_and_that_is_said() -> None:
    rule = refusing("temperature", WARM, "temperature")
    found, server, model = await asked(rule, times=2)
    assert [f.text for f in found] == ["yes"] * 2
    assert ["temperature" in b for b in server.bodies] == [True, False, False]
    assert list(model.learnt.notes.values()) == ["m refuses `temperature`, so it is not sent"]
    chosen = Options(temperature=0.7, firm=frozenset({"temperature"}))
    with pytest.raises(ModelError, match=r"m refuses `temperature` .* leave `temperature` out"):
        await asked(rule, chosen)


async def test_several_refusals_are_learnt_one_after_the_other() -> None:
    def rule(body: dict[str, Any]) -> tuple[str, str | None] | None:
        return refusing("max_tokens", OLD)(body) or refusing("temperature", WARM)(body)

    [found], server, _ = await asked(rule)
    assert (found.text, len(server.bodies)) == ("yes", 3)


@pytest.mark.parametrize(
    ("name", "options", "advice"),
    [
        ("seed", Options(seed=3, firm=frozenset({"seed"})), "leave `seed` out"),
        ("reasoning_effort", Options(effort="low"), "leave `effort` out"),
        ("response_format", Options(json_schema={"type": "object"}), "use `mapping: pattern`"),
        ("top_logprobs", Options(top_logprobs=20), "use another `mapping` than `likelihood`"),
        ("service_tier", Options(extra={"service_tier": "flex"}), "out of `extra_body`"),
    ],
)
async def test_what_was_chosen_and_is_refused_stops_with_what_to_do(
    name: str, options: Options, advice: str
) -> None:
    with pytest.raises(ModelError, match="status 400: unsupported parameter") as stopped:
        await asked(refusing(name, f"unsupported parameter: {name}"), options)
    assert advice in str(stopped.value)


@pytest.mark.parametrize(
    ("message", "used"), [("top_logprobs must be at most 5", 5), ("too large top_logprobs", 5)]
)
async def test_the_most_alternatives_are_found_out(message: str, used: int) -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        body = await request.json()
        if body["top_logprobs"] > 5:
            return web.json_response({"error": {"message": message}}, status=400)
        scores = {"content": [{"token": "yes", "logprob": -0.1}]}
        return web.json_response(completion("yes", logprobs=scores))

    server = Server(answer)
    async with serving(server) as url:
        model = OpenAI("m", Address(url, limits=QUICK))
        found = await model.complete(HI, Options(top_logprobs=20))
        await model.aclose()
    assert (found.text, server.bodies[-1]["top_logprobs"]) == ("yes", used)
    assert "no more than 5 alternatives" in model.learnt.notes["top_logprobs"]


async def test_no_log_probabilities_stop_at_the_first_reply() -> None:
    with pytest.raises(ModelError, match="m gives no log-probabilities"):
        await asked(lambda body: None, Options(top_logprobs=20))


async def test_an_ignored_schema_stops_at_the_first_reply() -> None:
    bound = Options(json_schema={"type": "object"})
    with pytest.raises(ModelError, match=r"m ignores the JSON schema .* \(it said 'yes'\)"):
        await asked(lambda body: None, bound)
    [found], _, _ = await asked(lambda body: None, bound, said='{"label": "yes"}')
    assert found.error is None


async def test_equal_refusals_stop_before_long() -> None:
    with pytest.raises(ModelError, match=r"refused 5 times in a row .* no such thing as 7"):
        await asked(lambda body: ("no such thing as 7", None), times=9)


async def test_what_is_too_long_is_its_own_trouble_alone() -> None:
    message = "This model's maximum context length is 8192 tokens"
    found, server, _ = await asked(lambda body: (message, None), times=9)
    assert len(server.bodies) == len(found) == 9


async def test_a_filter_is_a_refusal() -> None:
    message = "The response was filtered due to Azure OpenAI's content management policy"
    [found], _, _ = await asked(lambda body: (message, "prompt"))
    assert (found.refused, found.error) == (True, None)


@pytest.mark.parametrize(
    ("said", "stops"),
    [
        ("m is not a multimodal model", True),
        ("image input is not supported - you may need to provide the mmproj", True),
        ("No endpoints found that support image input", True),
        ("Invalid image: could not decode", False),
        ("image is too large", False),
    ],
)
def test_pictures_that_are_refused_altogether_stop(said: str, stops: bool) -> None:
    model = OpenAI("m", Address("http://127.0.0.1:9/v1"))
    no = Rejection(400, said)
    if not stops:
        model.learnt.refused(no, pictures=True)
        return
    with pytest.raises(ModelError, match="takes no pictures"):
        model.learnt.refused(no, pictures=True)
    model.learnt.refused(no, pictures=False)


def test_once_a_server_has_shown_a_feature_one_reply_without_it_stops_nothing() -> None:
    learnt = OpenAI("m", Address("http://127.0.0.1:9/v1")).learnt
    bound = Options(json_schema={"type": "object"})
    learnt.received(Completion("{}"), bound, pictures=True)
    learnt.received(Completion("yes"), bound, pictures=False)
    learnt.refused(Rejection(400, "not a multimodal model"), pictures=True)
    learnt.received(Completion("", refused=True), Options(top_logprobs=3), pictures=False)


def test_the_named_parameter_is_the_one_that_is_meant() -> None:
    body = json.dumps({"error": {"message": "bad", "param": "top_p"}}).encode()
    assert rejection_of(400, body, "bad").field == "top_p"
    assert rejection_of(422, b'{"detail": [{"loc": ["body", "seed"]}]}', "x").field == "seed"
    assert rejection_of(400, b"nothing known", "x").field is None
    assert rejection_of(400, b"[1]", "x").param is None


def test_a_base_url_may_ask_for_more_and_headers_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MADE_UP_KEY", "0123456789")
    address = Address(
        "https://x.test/openai/deployments/d?api-version=2026-01-01",
        headers={"api-key": "${MADE_UP_KEY}", "content-type": "application/json"},
    )
    model = OpenAI("m", address)
    assert model.url == (
        "https://x.test/openai/deployments/d/chat/completions?api-version=2026-01-01"
    )
    assert model._headers == {"api-key": "0123456789", "content-type": "application/json"}
    with pytest.raises(ModelError, match="variable MISSING of a header is not set"):
        OpenAI("m", replace(address, headers={"api-key": "${MISSING}"}))


def test_further_parts_are_merged_into_the_body() -> None:
    model = OpenAI("m", Address("https://x.test/v1"))
    extra = {"chat_template_kwargs": {"enable_thinking": False}, "response_format": {"a": 1}}
    bound = Options(extra=extra, json_schema={"type": "object"})
    body = model.request(HI, bound, NO_PICTURES)
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert {"type", "json_schema", "a"} == set(body["response_format"])


def test_openais_own_models_take_the_newer_name() -> None:
    model = OpenAI("m", Address("https://api.openai.com/v1"))
    assert "max_completion_tokens" in model.body(HI, Options())
    chosen = Options(tokens_field="max_tokens")
    assert "max_tokens" in model.body(HI, chosen)
