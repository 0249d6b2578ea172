"""Anthropic's messages endpoint."""

import json
from collections.abc import Sequence
from typing import Any

from assay.core.cost import Usage
from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.core.redact import hidden
from assay.models.base import Completion, Message, Options
from assay.models.http import Call, Http, key_from
from assay.models.image_tokens import counted
from assay.models.images import NO_PICTURES, Gallery, ShownParts
from assay.models.limits import Endpoint
from assay.models.openai import Address

HOSTED = Address("https://api.anthropic.com", "ANTHROPIC_API_KEY")


class Anthropic:
    """Messages with pictures; a JSON schema is demanded as the input of a forced tool."""

    takes_images = True

    def __init__(
        self, model: str, address: Address = HOSTED, gallery: Gallery | None = None
    ) -> None:
        self.model = model
        self.url = address.base_url.rstrip("/") + "/v1/messages"
        key = key_from(address.key_variable)
        self._headers = {
            "Content-Type": "application/json",
            "anthropic-version": "2023-06-01",
            "x-api-key": key or "",
        }
        self._http = Http(Endpoint(hidden(address.base_url), address.limits), key)
        self.gallery = gallery or Gallery()

    @property
    def id(self) -> str:
        return self.model

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        try:
            pictures = await self.gallery.shown(messages, options.view)
        except InputError as bad:  # a picture that cannot be used is this record's trouble alone
            return Completion("", error=str(bad))
        body = json.dumps(self.body(messages, options, pictures), ensure_ascii=False)
        call = Call(self.url, self._headers, body.encode("utf-8", "replace"))
        said = await self._http.ask(call, parse)
        return counted(said, pictures.values(), "anthropic", options.view, self.model)

    async def close(self) -> None:
        await self._http.close()

    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]:
        system = "\n".join(m.text for m in messages if m.role == "system")
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "messages": [
                {"role": m.role, "content": [_part(p, pictures) for p in m.parts]}
                for m in messages
                if m.role != "system"
            ],
        }
        if options.top_p < 1:
            body["top_p"] = options.top_p
        if system:
            # the shared instructions are what a cache can keep
            block = {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}
            body["system"] = [block]
        if options.json_schema is not None:
            tool = {"name": "answer", "input_schema": dict(options.json_schema)}
            body |= {"tools": [tool], "tool_choice": {"type": "tool", "name": "answer"}}
        return body


def _part(part: str | ImagePart, pictures: ShownParts) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    shown = pictures[part.sha256]
    source = {"type": "base64", "media_type": shown.media, "data": shown.base64}
    return {"type": "image", "source": source}


def parse(reply: Any) -> Completion:
    texts = [
        block["text"] if block["type"] == "text" else json.dumps(block["input"])
        for block in reply["content"]
        if block["type"] in ("text", "tool_use")
    ]
    usage = reply.get("usage") or {}
    cached = int(usage.get("cache_read_input_tokens") or 0)
    fresh = int(usage.get("input_tokens") or 0) + int(usage.get("cache_creation_input_tokens") or 0)
    return Completion(
        "\n".join(texts),
        Usage(fresh + cached, cached, int(usage.get("output_tokens") or 0)),
        refused=reply.get("stop_reason") == "refusal",
        cut=reply.get("stop_reason") == "max_tokens",
    )
