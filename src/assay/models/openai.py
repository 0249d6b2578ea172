"""Servers that speak the OpenAI chat format: vLLM, llama.cpp, Ollama, and hosted ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.core.cost import Usage
from assay.core.errors import InputError
from assay.core.redact import hidden
from assay.models.base import Completion, Message, Options, TokenScore, View
from assay.models.http import Call, Http, key_from
from assay.models.image_tokens import counted
from assay.models.images import NO_PICTURES, Gallery, ShownParts
from assay.models.limits import DEFAULT_LIMITS, Endpoint, Limits


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model answers; the key is read from the environment and held nowhere else."""

    base_url: str
    key_variable: str | None = None
    limits: Limits = field(default=DEFAULT_LIMITS)


class OpenAI:
    """Chat completions with JSON schema, log-probabilities, pictures and usage."""

    takes_images = True

    def __init__(self, model: str, address: Address, gallery: Gallery | None = None) -> None:
        self.model = model
        self.url = address.base_url.rstrip("/") + "/chat/completions"
        key = key_from(address.key_variable)
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._http = Http(Endpoint(hidden(address.base_url), address.limits), key)
        self.gallery = gallery or Gallery()

    @property
    def id(self) -> str:
        return self.model

    @property
    def endpoint(self) -> Endpoint:
        return self._http.endpoint

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        try:
            pictures = await self.gallery.shown(messages, options.view)
        except InputError as bad:  # a picture that cannot be used is this record's trouble alone
            return Completion("", error=str(bad))
        body = json.dumps(self.body(messages, options, pictures), ensure_ascii=False)
        call = Call(self.url, self._headers, body.encode("utf-8", "replace"))
        said = await self._http.ask(call, parse)
        return counted(said, pictures.values(), "openai", options.view, self.model)

    async def close(self) -> None:
        await self._http.close()

    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": m.role, "content": _content(m, options.view, pictures)} for m in messages
            ],
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
        }
        if options.top_p < 1:
            body["top_p"] = options.top_p
        if options.seed is not None:
            body["seed"] = options.seed
        if options.top_logprobs:
            body |= {"logprobs": True, "top_logprobs": options.top_logprobs}
        if options.json_schema is not None:
            schema = {"name": "answer", "schema": dict(options.json_schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body


def _content(message: Message, view: View, pictures: ShownParts) -> str | list[dict[str, Any]]:
    if all(isinstance(part, str) for part in message.parts):
        return message.text
    return [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {
            "type": "image_url",
            "image_url": {"url": pictures[part.sha256].url, "detail": view.detail},
        }
        for part in message.parts
    ]


def parse(reply: Any) -> Completion:
    choice = reply["choices"][0]
    message = choice["message"]
    refusal = message.get("refusal")
    text = message.get("content") or refusal or ""
    if not isinstance(text, str):
        raise TypeError("content is not text")
    return Completion(
        text,
        usage_of(reply.get("usage") or {}),
        tokens=tuple(_token(t) for t in (choice.get("logprobs") or {}).get("content") or ()),
        refused=bool(refusal) or choice.get("finish_reason") == "content_filter",
        cut=choice.get("finish_reason") == "length",
    )


def _token(entry: Any) -> TokenScore:
    top = {t["token"]: float(t["logprob"]) for t in entry.get("top_logprobs") or ()}
    return TokenScore(str(entry["token"]), float(entry["logprob"]), top)


def usage_of(usage: Any) -> Usage:
    prompt, done = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details")
    return Usage(
        input_tokens=int(usage.get("prompt_tokens") or 0),
        cached_tokens=int(prompt.get("cached_tokens") or 0),
        output_tokens=int(usage.get("completion_tokens") or 0),
        reasoning_tokens=int((done or {}).get("reasoning_tokens") or 0),
        image_tokens=int(prompt.get("image_tokens") or 0),
    )
