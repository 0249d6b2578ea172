"""Every reason to stop that the official libraries know has its place in a table."""

from typing import Any, Literal, get_args

import pytest
from anthropic.types import StopReason
from google.genai.types import FinishReason
from openai.types.chat.chat_completion import Choice
from openai.types.responses import Response
from openai.types.responses.response import IncompleteDetails

from assay.models import anthropic, gemini, openai
from assay.models.base import Completion
from assay.models.finish import (
    CANDIDATE,
    CHAT,
    MESSAGES,
    RESPONSES,
    Finish,
    Unanswered,
    ended,
    with_text,
)


def words(annotation: Any) -> set[str]:
    """The words of literals, also inside unions."""
    if annotation is type(None):
        return set()
    parts = get_args(annotation)
    return {p for p in parts if isinstance(p, str)} | {
        word for p in parts if not isinstance(p, str) for word in words(p)
    }


def test_all_reasons_of_the_official_libraries_are_mapped() -> None:
    assert words(Literal["a"] | None) == {"a"}
    assert words(Choice.model_fields["finish_reason"].annotation) <= set(CHAT)
    assert words(StopReason) <= set(MESSAGES)
    assert {reason.value.casefold() for reason in FinishReason} <= set(CANDIDATE)
    incomplete = words(IncompleteDetails.model_fields["reason"].annotation)
    assert words(Response.model_fields["status"].annotation) | incomplete <= set(RESPONSES)


@pytest.mark.parametrize(
    ("reason", "finish"), [*CHAT.items(), ("made_up", Finish.UNREAD), ("LENGTH", Finish.CUT)]
)
def test_a_reason_says_what_becomes_of_the_text(reason: str, finish: Finish) -> None:
    said = Completion("positive")
    if finish is Finish.FAILED:
        with pytest.raises(Unanswered, match=f"the model stopped with '{reason}'"):
            ended(said, CHAT, reason)
        return
    found = ended(said, CHAT, reason)
    assert found.cut is (finish is Finish.CUT)
    assert found.refused is (finish is Finish.REFUSED)
    assert (found.fault is not None) is (finish is Finish.UNREAD)


def test_no_reason_is_an_end() -> None:
    said = Completion("positive")
    assert ended(said, CHAT, None) == ended(said, CHAT, "") == said


@pytest.mark.parametrize(
    ("content", "kind"),
    [(5, "a number"), ({"a": 1}, "an object"), (True, "true or false"), (None, "null")],
)
def test_what_is_no_text_is_a_fault_of_its_kind(content: object, kind: str) -> None:
    assert with_text(Completion(""), content).fault == f"its content is {kind}, not text"


def chat(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, **more}], "usage": {"prompt_tokens": 5}}


@pytest.mark.parametrize("content", [5, {"label": "positive"}])
def test_a_chat_reply_without_text_is_a_fault_with_its_usage(content: object) -> None:
    found = openai.parse(chat({"content": content}))
    assert found.fault is not None
    assert found.usage.input_tokens == 5


def test_reasoning_apart_is_no_text() -> None:
    for name in ("reasoning_content", "reasoning"):
        found = openai.parse(chat({"content": None, name: "hm"}, finish_reason="length"))
        assert (found.text, found.reasoning, found.cut) == ("", "hm", True)
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "yes"}]
    assert openai.parse(chat({"content": parts})).text == "yes"


def test_the_arguments_of_a_tool_are_the_answer_where_there_is_no_text() -> None:
    call = {"function": {"name": "answer", "arguments": '{"label": "yes"}'}}
    found = openai.parse(chat({"content": None, "tool_calls": [call]}, finish_reason="tool_calls"))
    assert found.text == '{"label": "yes"}'


def test_an_error_in_the_place_of_an_answer_is_quoted() -> None:
    with pytest.raises(Unanswered, match="Rate limited upstream"):
        openai.parse({"error": {"code": 429, "message": "Rate limited\nupstream"}})
    with pytest.raises(Unanswered, match="up"):
        openai.parse(chat({"content": ""}, finish_reason="error", error={"message": "up"}))
    with pytest.raises(Unanswered, match="overloaded"):
        anthropic.parse({"type": "error", "error": {"message": "overloaded"}})
    with pytest.raises(Unanswered, match="there is no candidate"):
        gemini.parse({"candidates": []})
    with pytest.raises(Unanswered, match="quota"):
        gemini.parse({"error": {"message": "quota"}})


def test_the_older_form_of_log_probabilities_is_read() -> None:
    older = {"tokens": ["yes"], "token_logprobs": [-0.1], "top_logprobs": [{"no": -3}]}
    (token,) = openai.parse(chat({"content": "yes"}, logprobs=older)).tokens
    assert (token.token, token.logprob, token.top) == ("yes", -0.1, {"no": -3})
    (token,) = openai.parse(
        chat({"content": "yes"}, logprobs={"tokens": ["yes"], "token_logprobs": [-0.1]})
    ).tokens
    assert token.top == {}
    broken = openai.parse(chat({"content": "yes"}, logprobs={"content": [{"token": "a"}]}))
    assert broken.fault == "its log-probabilities cannot be read"


def test_a_gemini_part_that_is_no_text_is_a_fault() -> None:
    found = gemini.parse({"candidates": [{"content": {"parts": [{"text": 5}]}}]})
    assert found.fault is not None
