"""Bodies and replies as the types of the official libraries have them."""

from collections.abc import Iterator
from typing import Any

import pytest
from anthropic.types import Message as AnthropicReply
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as Messages
from google.genai.types import Content, GenerateContentResponse, GenerationConfig
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming as Chat
from openai.types.responses import Response
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import BaseModel, ConfigDict, TypeAdapter, with_config

from assay.annotators.llm import LLM
from assay.annotators.mapping import BY_NAME
from assay.core.annotation import Request
from assay.core.record import text_record
from assay.core.schema import Boxes, Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.models import anthropic, gemini, openai, responses
from assay.models.base import Options
from assay.models.hosted import Address, Hosted
from assay.models.images import NO_PICTURES

SCHEMAS: dict[str, Schema] = {
    "choice": Choice(["pos", "neg"]),
    "multi": MultiChoice(["a", "b"]),
    "scale": Scale(1, 5),
    "spans": Spans(["per", "loc"]),
    "boxes": Boxes(["cat"]),
    "text": FreeText(),
    "form": Form({"mood": Choice(["p", "n"]), "why": FreeText(), "s": Scale(1, 5)}),
}
OPTIONS = [
    Options(),
    Options(temperature=None, top_p=None),
    Options(effort="high"),
    Options(effort="none"),
    Options(temperature=0.5, top_p=0.9, firm=frozenset({"temperature"})),
]
HERE = Address("http://127.0.0.1:9/v1")
MODELS: dict[str, type[Hosted]] = {
    "chat": openai.OpenAI,
    "responses": responses.Responses,
    "messages": anthropic.Anthropic,
    "gemini": gemini.Gemini,
}
strictly = with_config(ConfigDict(extra="forbid"))
BODIES: dict[str, TypeAdapter[Any]] = {
    "chat": TypeAdapter(strictly(Chat)),
    "responses": TypeAdapter(strictly(ResponseCreateParamsNonStreaming)),
    "messages": TypeAdapter(strictly(Messages)),
}
SAMPLED = {"temperature", "top_p"}  # of older models: the types of the newest have none


def bodies(kind: str) -> Iterator[dict[str, Any]]:
    model = MODELS[kind]("some-model", HERE)
    for options in OPTIONS:
        for schema in SCHEMAS.values():
            task = Task("t", "Which?", schema)
            for mapping in ("pattern", "json", "likelihood"):
                if mapping == "likelihood" and (schema.kind != "choice" or kind == "messages"):
                    continue
                who = LLM(model, BY_NAME[mapping], options)
                messages, asked = who.call(Request(task, text_record("r", "x"), who.id))
                yield model.request(messages, asked, NO_PICTURES)


@pytest.mark.parametrize("kind", BODIES)
def test_every_body_is_of_the_types(kind: str) -> None:
    count = 0
    for body in bodies(kind):
        chosen = kind == "messages" and body.get("temperature") == 0.5
        sent = {k: v for k, v in body.items() if not (chosen and k in SAMPLED)}
        BODIES[kind].validate_python(sent)
        count += 1
    assert count > 60


def test_every_body_of_gemini_is_of_the_types() -> None:
    for body in bodies("gemini"):
        assert set(body) <= {"contents", "generationConfig", "systemInstruction"}
        GenerationConfig.model_validate(body["generationConfig"])
        for content in body["contents"]:
            Content.model_validate(content)


def test_a_word_that_is_no_parameter_would_be_found() -> None:
    with pytest.raises(ValueError, match="made_up"):
        BODIES["chat"].validate_python({"model": "m", "messages": [], "made_up": 1})


def dumped(kind: type[BaseModel], content: dict[str, Any]) -> Any:
    """As a server sends it that is built with the types."""
    return kind.model_validate(content).model_dump(mode="json", by_alias=True)


def test_a_chat_reply_is_read() -> None:
    message = {"role": "assistant", "content": "positive", "refusal": None}
    reply = dumped(ChatCompletion, {
        "id": "x", "created": 1, "model": "m", "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message, "logprobs": {
            "content": [{"token": "pos", "logprob": -0.1, "top_logprobs": []}], "refusal": None,
        }}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
                  "prompt_tokens_details": {"cached_tokens": 8},
                  "completion_tokens_details": {"reasoning_tokens": 4}},
    })  # fmt: skip
    found = openai.parse(reply)
    assert (found.text, found.tokens[0].logprob) == ("positive", -0.1)
    usage = found.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.reasoning_tokens) == (9, 8, 4)


def responses_reply(**more: Any) -> Any:
    thought = {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]}
    part = {"type": "output_text", "text": "positive", "annotations": [], "logprobs": [
        {"token": "pos", "bytes": [], "logprob": -0.1, "top_logprobs": []},
    ]}  # fmt: skip
    said = {"type": "message", "id": "m", "role": "assistant", "status": "completed",
            "content": [part]}  # fmt: skip
    return dumped(Response, {
        "id": "x", "created_at": 1, "model": "m", "object": "response", "output": [thought, said],
        "parallel_tool_calls": False, "tool_choice": "auto", "tools": [], "status": "completed",
        "usage": {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14,
                  "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
                  "output_tokens_details": {"reasoning_tokens": 4}},
    } | more)  # fmt: skip


def test_a_reply_of_the_newer_format_is_read() -> None:
    found = responses.parse(responses_reply())
    assert (found.text, found.reasoning, found.tokens[0].logprob) == ("positive", "hm", -0.1)
    assert (found.usage.input_tokens, found.usage.reasoning_tokens) == (9, 4)
    for reason, cut in (("max_output_tokens", True), ("content_filter", False)):
        more = {"status": "incomplete", "incomplete_details": {"reason": reason}}
        found = responses.parse(responses_reply(**more))
        assert (found.cut, found.refused) == (cut, not cut)


def test_a_messages_reply_is_read() -> None:
    reply = dumped(AnthropicReply, {
        "id": "x", "type": "message", "role": "assistant", "model": "m",
        "stop_reason": "end_turn", "stop_sequence": None,
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "text", "text": "positive", "citations": None}],
        "usage": {"input_tokens": 5, "output_tokens": 3, "cache_read_input_tokens": 4,
                  "cache_creation_input_tokens": 1},
    })  # fmt: skip
    found = anthropic.parse(reply)
    assert (found.text, found.reasoning, found.usage.input_tokens) == ("positive", "hm", 10)


def test_a_reply_of_gemini_is_read() -> None:
    reply = dumped(GenerateContentResponse, {
        "candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": [
            {"text": "hm", "thought": True}, {"text": "positive"},
        ]}}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1,
                          "thoughtsTokenCount": 4},
    })  # fmt: skip
    found = gemini.parse(reply)
    assert (found.text, found.reasoning, found.usage.output_tokens) == ("positive", "hm", 5)
