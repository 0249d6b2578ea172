"""Each provider's dialect: what is sent, what is read back, and what is no answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from aiohttp import web

from assay.core.cost import Usage
from assay.core.errors import ModelError
from assay.models import anthropic, gemini, openai
from assay.models.base import Completion, Message, Options, TokenScore
from assay.models.hosted import Address
from assay.models.limits import Limits
from tests.servers import Server, serving

Provider: TypeAlias = openai.OpenAI | anthropic.Anthropic | gemini.Gemini

KEY = "sk-test-0123456789"
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}}
CHAT = (
    Message("system", ("be brief",)),
    Message("user", ("first",)),
    Message("assistant", ("ok",)),
    Message("user", ("one", "two")),
)
MAKERS: dict[str, type[Provider]] = {
    "openai": openai.OpenAI, "anthropic": anthropic.Anthropic, "gemini": gemini.Gemini,
}  # fmt: skip
REPLIES: dict[str, dict[str, Any]] = {
    "openai": {
        "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 10, "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    },
    "anthropic": {
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "cache_creation_input_tokens": 1,
                  "cache_read_input_tokens": 4, "output_tokens": 3},
    },
    "gemini": {
        "candidates": [{
            "content": {"parts": [{"text": "hm", "thought": True}, {"text": "yes"}]},
            "finishReason": "STOP",
        }],
        "usageMetadata": {"promptTokenCount": 10, "cachedContentTokenCount": 4,
                          "candidatesTokenCount": 1, "thoughtsTokenCount": 2},
    },
}  # fmt: skip
USAGE = {
    "openai": Usage(10, 4, 3, 2, attempts=1),
    "anthropic": Usage(10, 4, 3, attempts=1),
    "gemini": Usage(10, 4, 3, 2, attempts=1),
}
PARSE: dict[str, Callable[[Any], Completion]] = {
    "openai": openai.parse, "anthropic": anthropic.parse, "gemini": gemini.parse,
}  # fmt: skip

DEFAULT_OPTIONS = Options()
ALL = pytest.mark.parametrize("kind", MAKERS)


async def said(
    kind: str, reply: object, options: Options = DEFAULT_OPTIONS, code: int = 200
) -> tuple[Completion, Server, str]:
    """The completion, the server, and the path that was asked."""
    paths: list[str] = []

    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        paths.append(request.path)
        return web.json_response(reply, status=code)

    server = Server(answer)
    async with serving(server) as url:
        limits = Limits(attempts=2, first_wait=0.001)
        model = MAKERS[kind]("some-model", Address(url.removesuffix("/v1"), "ASSAY_KEY", limits))
        try:
            completion = await model.complete(CHAT, options)
        finally:
            await model.aclose()
    return completion, server, paths[0]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_KEY", KEY)


@ALL
async def test_text_and_usage_come_back_and_thoughts_do_not(kind: str) -> None:
    completion, _, _ = await said(kind, REPLIES[kind])
    assert completion.text == "yes"
    assert completion.usage == USAGE[kind]
    assert not completion.refused
    assert not completion.cut
    assert completion.error is None
    assert completion.seconds > 0


PATHS = {
    "openai": "/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/some-model:generateContent",
}
HEADERS = {
    "openai": ("Authorization", f"Bearer {KEY}"),
    "anthropic": ("x-api-key", KEY),
    "gemini": ("x-goog-api-key", KEY),
}


@ALL
async def test_the_key_goes_into_its_header_and_nowhere_else(kind: str) -> None:
    _, server, path = await said(kind, REPLIES[kind])
    assert path == PATHS[kind]
    name, value = HEADERS[kind]
    assert server.headers[0][name] == value
    assert KEY not in json.dumps(server.bodies[0]) + path


@ALL
async def test_an_answer_cut_at_its_limit_and_a_refusal_are_told_apart(kind: str) -> None:
    cut: dict[str, object] = {
        "openai": {"choices": [{"message": {"content": "ye"}, "finish_reason": "length"}]},
        "anthropic": {"content": [{"type": "text", "text": "ye"}], "stop_reason": "max_tokens"},
        "gemini": {
            "candidates": [{"content": {"parts": [{"text": "ye"}]}, "finishReason": "MAX_TOKENS"}]
        },
    }
    refused: dict[str, object] = {
        "openai": {"choices": [{"message": {"content": None, "refusal": "no"}}]},
        "anthropic": {"content": [], "stop_reason": "refusal"},
        "gemini": {"promptFeedback": {"blockReason": "SAFETY"}},
    }
    said_cut, said_no = PARSE[kind](cut[kind]), PARSE[kind](refused[kind])
    assert (said_cut.text, said_cut.cut, said_cut.refused) == ("ye", True, False)
    assert (said_no.cut, said_no.refused) == (False, True)


BROKEN: list[object] = [{}, [], "text", 5, None, {"error": "x"}, {"choices": [], "content": None}]


@ALL
@pytest.mark.parametrize("reply", BROKEN)
async def test_what_is_no_reply_is_a_counted_failure(kind: str, reply: object) -> None:
    completion, server, _ = await said(kind, reply)
    assert completion.error is not None
    assert completion.error.startswith("not the expected reply")
    assert completion.usage.attempts == len(server.bodies) == 2


@ALL
async def test_a_server_error_names_what_the_server_said(kind: str) -> None:
    completion, _, _ = await said(kind, {"error": {"message": "too\nlong"}}, code=400)
    assert completion.error == "status 400: too long"


@ALL
async def test_a_missing_key_is_named_before_any_call(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSAY_KEY")
    with pytest.raises(ModelError, match="ASSAY_KEY with the key is not set"):
        await said(kind, REPLIES[kind])


FULL = Options(32, 0.5, 0.9, 7, SCHEMA, 3)
SCORES = {
    "choices": {"content": [{"token": "{", "logprob": -0.1}]},
    "candidates": {
        "chosenCandidates": [{"token": "{", "logProbability": -0.1}],
        "topCandidates": [{}],
    },
}


def in_json(reply: dict[str, Any]) -> dict[str, Any]:
    """The reply with an answer in JSON, and with log-probabilities."""
    found = json.loads(json.dumps(reply).replace('"yes"', '"{}"'))
    for name, key in (("choices", "logprobs"), ("candidates", "logprobsResult")):
        if name in found:
            found[name][0][key] = SCORES[name]
    return found  # type: ignore[no-any-return]


async def test_openai_is_asked_in_its_words() -> None:
    _, server, _ = await said("openai", in_json(REPLIES["openai"]), FULL)
    body = server.bodies[0]
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "user"]
    assert body["messages"][3]["content"] == "one\ntwo"
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["seed"]) == (
        32,
        0.5,
        0.9,
        7,
    )
    assert (body["logprobs"], body["top_logprobs"]) == (True, 3)
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_anthropic_is_asked_in_its_words() -> None:
    full = replace(FULL, top_logprobs=0)
    _, server, _ = await said("anthropic", in_json(REPLIES["anthropic"]), full)
    body = server.bodies[0]
    assert body["system"][0]["text"] == "be brief"
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][2]["content"] == [
        {"type": "text", "text": "one"}, {"type": "text", "text": "two"},
    ]  # fmt: skip
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert (body["temperature"], body["top_p"]) == (0.5, 0.9)
    assert server.headers[0]["anthropic-version"] == "2023-06-01"


def test_the_input_of_a_tool_is_read_as_json() -> None:
    reply = {"content": [{"type": "tool_use", "input": {"label": "yes"}}]}
    assert json.loads(anthropic.parse(reply).text) == {"label": "yes"}


async def test_gemini_is_asked_in_its_words() -> None:
    _, server, _ = await said("gemini", in_json(REPLIES["gemini"]), FULL)
    body = server.bodies[0]
    assert body["systemInstruction"] == {"parts": [{"text": "be brief"}]}
    assert [c["role"] for c in body["contents"]] == ["user", "model", "user"]
    assert body["contents"][2]["parts"] == [{"text": "one"}, {"text": "two"}]
    assert body["generationConfig"] == {
        "maxOutputTokens": 32, "temperature": 0.5, "topP": 0.9, "seed": 7,
        "responseMimeType": "application/json", "responseJsonSchema": SCHEMA,
        "responseLogprobs": True, "logprobs": 3,
    }  # fmt: skip


async def test_log_probabilities_of_openai_and_gemini_are_read_alike() -> None:
    expected = (TokenScore("pos", -0.1, {"pos": -0.1, "neg": -2.5}),)
    tops = [{"token": "pos", "logprob": -0.1}, {"token": "neg", "logprob": -2.5}]
    content = [{"token": "pos", "logprob": -0.1, "top_logprobs": tops}]
    one = openai.parse(
        {"choices": [{"message": {"content": "pos"}, "logprobs": {"content": content}}]}
    )
    named = [{"token": t["token"], "logProbability": t["logprob"]} for t in tops]
    result = {"chosenCandidates": named[:1], "topCandidates": [{"candidates": named}]}
    other = gemini.parse(
        {"candidates": [{"content": {"parts": [{"text": "pos"}]}, "logprobsResult": result}]}
    )
    assert one.tokens == other.tokens == expected


async def test_half_characters_of_a_reply_are_replaced() -> None:
    reply = {"choices": [{"message": {"content": "yes \ud83d"}}]}
    completion, _, _ = await said("openai", reply)
    assert completion.text == "yes \ufffd"


@pytest.mark.parametrize(
    "usage",
    [{"prompt_tokens": float("inf")}, {"prompt_tokens": float("nan")}, {"prompt_tokens": "abc"},
     {"prompt_tokens": [1]}, {"prompt_tokens_details": 7}, [1], "none", 3],
)  # fmt: skip
async def test_counts_that_cannot_be_read_are_missing_and_the_text_is_kept(usage: object) -> None:
    completion, _, _ = await said("openai", REPLIES["openai"] | {"usage": usage})
    assert (completion.text, completion.error) == ("yes", None)
    assert completion.usage.input_tokens == 0


def test_text_in_parts_is_read_without_the_reasoning() -> None:
    parts = [{"type": "thinking", "thinking": [{"text": "no"}]}, {"type": "text", "text": "yes"}]
    assert openai.parse({"choices": [{"message": {"content": parts}}]}).text == "yes"
