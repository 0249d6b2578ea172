"""Anthropic's messages endpoint."""

import json
from collections.abc import Sequence
from typing import Any

from assay.core.cost import Usage
from assay.core.record import ImagePart
from assay.models.base import Completion, Message, Options, count_of, sampling
from assay.models.finish import MESSAGES, Unanswered, ended, error_text, with_text
from assay.models.hosted import Address, Hosted
from assay.models.images import NO_PICTURES, Gallery, ShownParts
from assay.models.json_schema import BOUNDS, without

HOSTED = Address("https://api.anthropic.com", "ANTHROPIC_API_KEY")


class Anthropic(Hosted):
    """Messages with pictures, and JSON bound to a schema."""

    family = "anthropic"
    path = "/v1/messages"

    def __init__(
        self, model: str, address: Address = HOSTED, gallery: Gallery | None = None
    ) -> None:
        super().__init__(model, address, gallery)

    def headers(self, key: str | None) -> dict[str, str]:
        return {"anthropic-version": "2023-06-01", "x-api-key": key or ""}

    def parse(self, reply: Any) -> Completion:
        return parse(reply)

    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]:
        system = "\n".join(m.text for m in messages if m.role == "system")
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": options.max_tokens,
            "messages": [
                {"role": m.role, "content": [_part(p, pictures) for p in m.parts]}
                for m in messages
                if m.role != "system"
            ],
        }
        sampled = sampling(options)
        if not (options.temperature or "temperature" in options.firm):
            sampled.pop("temperature", None)  # its newer models take none
        body |= sampled
        if system:
            # the shared instructions are what a cache can keep
            block = {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}
            body["system"] = [block]
        if output := _output(options):
            body["output_config"] = output
        if options.effort == "none":
            body["thinking"] = {"type": "disabled"}
        return body


def _output(options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if options.effort not in (None, "none"):
        found["effort"] = options.effort
    if options.json_schema is not None:
        schema = without(options.json_schema, BOUNDS)
        found["format"] = {"type": "json_schema", "schema": schema}
    return found


def _part(part: str | ImagePart, pictures: ShownParts) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    shown = pictures[part.sha256]
    source = {"type": "base64", "media_type": shown.media, "data": shown.base64}
    return {"type": "image", "source": source}


def parse(reply: Any) -> Completion:
    if reply.get("content") is None and reply.get("error"):
        raise Unanswered(error_text(reply["error"]))
    said = Completion("", _usage(reply.get("usage") or {}), reasoning=_thought(reply["content"]))
    texts = [_said(b) for b in reply["content"] if b["type"] in ("text", "tool_use")]
    odd = [text for text in texts if not isinstance(text, str)]
    said = with_text(said, odd[0] if odd else "\n".join(texts))
    return ended(said, MESSAGES, reply.get("stop_reason"))


def _said(block: Any) -> Any:
    return block["text"] if block["type"] == "text" else json.dumps(block["input"])


def _thought(blocks: Any) -> str:
    thoughts = [b.get("thinking") for b in blocks if b["type"] == "thinking"]
    return "\n".join(t for t in thoughts if isinstance(t, str))


def _usage(usage: Any) -> Usage:
    cached = count_of(usage, "cache_read_input_tokens")
    made = count_of(usage, "cache_creation_input_tokens")
    fresh = count_of(usage, "input_tokens") + made
    thought = count_of(usage, "output_tokens_details", "thinking_tokens")
    return Usage(fresh + cached, cached, count_of(usage, "output_tokens"), thought)
