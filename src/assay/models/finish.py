"""Why a model stopped, in the words of each provider, and what that makes of its reply."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from assay.models.base import Completion


class Finish(StrEnum):
    SAID = "said"
    CUT = "cut"  # at the number of tokens allowed
    REFUSED = "refused"
    FAILED = "failed"  # passing trouble: worth another try
    UNREAD = "unread"  # whatever text there is, it is no answer


class Unanswered(ValueError):
    """A reply that holds no answer and may hold one the next time."""


CHAT: Mapping[str, Finish] = {
    "stop": Finish.SAID,
    "length": Finish.CUT,
    "tool_calls": Finish.SAID,
    "function_call": Finish.SAID,
    "content_filter": Finish.REFUSED,
    # other servers of the format
    "eos": Finish.SAID,
    "eos_token": Finish.SAID,
    "end_turn": Finish.SAID,
    "stop_sequence": Finish.SAID,
    "complete": Finish.SAID,
    "completed": Finish.SAID,
    "done": Finish.SAID,
    "tool_use": Finish.SAID,
    "max_tokens": Finish.CUT,
    "model_length": Finish.CUT,
    "safety": Finish.REFUSED,
    "refusal": Finish.REFUSED,
    "guardrail_intervened": Finish.REFUSED,
    "error": Finish.FAILED,
    "abort": Finish.FAILED,
    "insufficient_system_resource": Finish.FAILED,
    "repetition": Finish.UNREAD,
}
RESPONSES: Mapping[str, Finish] = {
    "completed": Finish.SAID,
    "max_output_tokens": Finish.CUT,
    "content_filter": Finish.REFUSED,
    "max_messages": Finish.UNREAD,
    "steered": Finish.UNREAD,
    "incomplete": Finish.UNREAD,
    "failed": Finish.FAILED,
    "cancelled": Finish.FAILED,
    "queued": Finish.FAILED,
    "in_progress": Finish.FAILED,
}
MESSAGES: Mapping[str, Finish] = {
    "end_turn": Finish.SAID,
    "stop_sequence": Finish.SAID,
    "tool_use": Finish.SAID,
    "max_tokens": Finish.CUT,
    "refusal": Finish.REFUSED,
    "pause_turn": Finish.FAILED,
    "model_context_window_exceeded": Finish.UNREAD,
}
CANDIDATE: Mapping[str, Finish] = {
    "stop": Finish.SAID,
    "max_tokens": Finish.CUT,
    "safety": Finish.REFUSED,
    "recitation": Finish.REFUSED,
    "language": Finish.REFUSED,
    "blocklist": Finish.REFUSED,
    "prohibited_content": Finish.REFUSED,
    "spii": Finish.REFUSED,
    "image_safety": Finish.REFUSED,
    "image_prohibited_content": Finish.REFUSED,
    "image_recitation": Finish.REFUSED,
    "model_armor": Finish.REFUSED,
    "escalation": Finish.REFUSED,
    "pup_limited_disabled": Finish.REFUSED,
    "continuation": Finish.FAILED,
    "finish_reason_unspecified": Finish.UNREAD,
    "other": Finish.UNREAD,
    "image_other": Finish.UNREAD,
    "no_image": Finish.UNREAD,
    "malformed_function_call": Finish.UNREAD,
    "malformed_response": Finish.UNREAD,
    "unexpected_tool_call": Finish.UNREAD,
    "too_many_tool_calls": Finish.UNREAD,
    "missing_thought_signature": Finish.UNREAD,
}
OLLAMA: Mapping[str, Finish] = {
    "stop": Finish.SAID,
    "length": Finish.CUT,
    "load": Finish.FAILED,
    "unload": Finish.FAILED,
}


def error_text(error: object) -> str:
    """What an error says that stands where an answer should."""
    said = error.get("message", error) if isinstance(error, Mapping) else error
    return f"an error in the place of an answer: {' '.join(str(said).split())}"[:200]


def with_text(completion: Completion, content: object) -> Completion:
    """The completion with this text; a fault where it is none."""
    if isinstance(content, str):
        return replace(completion, text=content)
    kind = KINDS.get(type(content), type(content).__name__)
    return replace(completion, fault=f"its content is {kind}, not text")


KINDS = {
    int: "a number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    type(None): "null",
}


def ended(completion: Completion, reasons: Mapping[str, Finish], reason: object) -> Completion:
    """The completion with what the reason makes of it. Servers that name none have finished; one
    that is not in the table makes no answer, since it may mean anything. Unanswered for trouble
    that may pass."""
    if completion.refused or reason is None or reason == "":
        return completion
    finish = reasons.get(str(reason).casefold(), Finish.UNREAD)
    if finish is Finish.SAID:
        return completion
    if finish is Finish.FAILED:
        raise Unanswered(f"the model stopped with {reason!r}")
    if finish is Finish.UNREAD:
        fault = f"the model stopped with {str(reason)[:60]!r}"
        return replace(completion, fault=completion.fault or fault)
    return replace(completion, refused=finish is Finish.REFUSED, cut=finish is Finish.CUT)
