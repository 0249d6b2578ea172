"""OpenAI's Responses endpoint."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from assay.core.cost import Usage
from assay.core.record import ImagePart
from assay.models.base import Completion, Message, Options, View, count_of, sampling
from assay.models.finish import RESPONSES, Unanswered, ended, error_text, with_text
from assay.models.images import NO_PICTURES, ShownParts
from assay.models.json_schema import STRINGS, without
from assay.models.openai import OpenAI, token_of

LEAST = 16  # tokens that an answer may have at least


class Responses(OpenAI):
    """Text, pictures, JSON bound to a schema and log-probabilities; nothing is kept there."""

    path = "/responses"

    def parse(self, reply: Any) -> Completion:
        return parse(reply)

    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "input": [
                {"role": m.role, "content": _content(m, options.view, pictures)}
                for m in messages
                if m.role != "system"
            ],
            "max_output_tokens": max(LEAST, options.max_tokens),
            "store": False,
            **sampling(options),
        }
        system = "\n".join(m.text for m in messages if m.role == "system")
        if system:
            body["instructions"] = system
        if options.top_logprobs:
            body |= {
                "top_logprobs": options.top_logprobs,
                "include": ["message.output_text.logprobs"],
            }
        if options.json_schema is not None:
            bound = without(options.json_schema, STRINGS)
            form = {"type": "json_schema", "name": "answer", "schema": bound, "strict": True}
            body["text"] = {"format": form}
        if options.effort is not None:
            body["reasoning"] = {"effort": options.effort}
        return body


def _content(message: Message, view: View, pictures: ShownParts) -> str | list[dict[str, Any]]:
    if message.role == "assistant" or not any(isinstance(p, ImagePart) for p in message.parts):
        return message.text
    return [
        {"type": "input_text", "text": part}
        if isinstance(part, str)
        else {
            "type": "input_image",
            "image_url": pictures[part.sha256].url,
            "detail": view.detail,
        }
        for part in message.parts
    ]


def parse(reply: Any) -> Completion:
    if reply.get("error") and not reply.get("output"):
        raise Unanswered(error_text(reply["error"]))
    parts = list(_parts(reply["output"]))
    said = Completion(
        "",
        _usage(reply.get("usage") or {}),
        refused=any(part["type"] == "refusal" for part in parts),
        reasoning=_thought(reply["output"]),
    )
    texts = [part["text"] for part in parts if part["type"] == "output_text"]
    odd = [text for text in texts if not isinstance(text, str)]
    said = with_text(said, odd[0] if odd else "".join(texts))
    scores = [t for p in parts for t in p.get("logprobs") or ()]
    try:
        said = replace(said, tokens=tuple(token_of(t) for t in scores))
    except (KeyError, TypeError, ValueError, AttributeError):
        said = replace(said, fault=said.fault or "its log-probabilities cannot be read")
    why = (reply.get("incomplete_details") or {}).get("reason")
    return ended(said, RESPONSES, why or reply.get("status"))


def _parts(output: Any) -> Iterator[Any]:
    for item in output:
        if item["type"] == "message":
            yield from item["content"]


def _thought(output: Any) -> str:
    parts = [
        part.get("text")
        for item in output
        if item["type"] == "reasoning"
        for part in (*(item.get("summary") or ()), *(item.get("content") or ()))
    ]
    return "\n".join(p for p in parts if isinstance(p, str))


def _usage(usage: Any) -> Usage:
    return Usage(
        input_tokens=count_of(usage, "input_tokens"),
        cached_tokens=count_of(usage, "input_tokens_details", "cached_tokens"),
        output_tokens=count_of(usage, "output_tokens"),
        reasoning_tokens=count_of(usage, "output_tokens_details", "reasoning_tokens"),
    )
