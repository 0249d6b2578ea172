"""Gemini's generateContent endpoint."""

import json
from collections.abc import Sequence
from typing import Any

from assay.core.cost import Usage
from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.core.redact import hidden
from assay.models.base import Completion, Message, Options, TokenScore
from assay.models.http import Call, Http, key_from
from assay.models.image_tokens import counted
from assay.models.images import NO_PICTURES, Gallery, ShownParts
from assay.models.limits import Endpoint
from assay.models.openai import Address

HOSTED = Address("https://generativelanguage.googleapis.com", "GEMINI_API_KEY")
REFUSALS = frozenset({"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION"})


class Gemini:
    """Text and pictures in, text or schema-bound JSON out."""

    takes_images = True

    def __init__(
        self, model: str, address: Address = HOSTED, gallery: Gallery | None = None
    ) -> None:
        self.model = model
        base = address.base_url.rstrip("/")
        self.url = f"{base}/v1beta/models/{model}:generateContent"
        key = key_from(address.key_variable)
        self._headers = {
            "Content-Type": "application/json",
            "x-goog-api-key": key or "",
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
        return counted(said, pictures.values(), "gemini", options.view, self.model)

    async def close(self) -> None:
        await self._http.close()

    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]:
        config: dict[str, Any] = {
            "maxOutputTokens": options.max_tokens,
            "temperature": options.temperature,
            "topP": options.top_p,
        }
        if options.seed is not None:
            config["seed"] = options.seed
        if options.json_schema is not None:
            config |= {
                "responseMimeType": "application/json",
                "responseJsonSchema": dict(options.json_schema),
            }
        if options.top_logprobs:
            config |= {"responseLogprobs": True, "logprobs": options.top_logprobs}
        system = "\n".join(m.text for m in messages if m.role == "system")
        body: dict[str, Any] = {
            "contents": [
                {
                    "role": "model" if m.role == "assistant" else "user",
                    "parts": [_part(p, pictures) for p in m.parts],
                }
                for m in messages
                if m.role != "system"
            ],
            "generationConfig": config,
        }
        if system:
            body["systemInstruction"] = {"parts": [{"text": system}]}
        return body


def _part(part: str | ImagePart, pictures: ShownParts) -> dict[str, Any]:
    if isinstance(part, str):
        return {"text": part}
    shown = pictures[part.sha256]
    return {"inlineData": {"mimeType": shown.media, "data": shown.base64}}


def parse(reply: Any) -> Completion:
    usage = _usage(reply.get("usageMetadata") or {})
    if not reply.get("candidates"):
        return Completion("", usage, refused=bool((reply["promptFeedback"])["blockReason"]))
    candidate = reply["candidates"][0]
    parts = (candidate.get("content") or {}).get("parts") or []
    finish = candidate.get("finishReason")
    return Completion(
        "".join(p.get("text", "") for p in parts if not p.get("thought")),
        usage,
        tokens=_tokens(candidate.get("logprobsResult") or {}),
        refused=finish in REFUSALS,
        cut=finish == "MAX_TOKENS",
    )


def _tokens(result: Any) -> tuple[TokenScore, ...]:
    chosen, top = result.get("chosenCandidates") or (), result.get("topCandidates") or ()
    return tuple(
        TokenScore(
            c["token"],
            float(c["logProbability"]),
            {t["token"]: float(t["logProbability"]) for t in alternatives.get("candidates") or ()},
        )
        for c, alternatives in zip(chosen, top, strict=False)
    )


def _usage(usage: Any) -> Usage:
    thought = int(usage.get("thoughtsTokenCount") or 0)
    return Usage(
        input_tokens=int(usage.get("promptTokenCount") or 0),
        cached_tokens=int(usage.get("cachedContentTokenCount") or 0),
        output_tokens=int(usage.get("candidatesTokenCount") or 0) + thought,
        reasoning_tokens=thought,
        image_tokens=sum(
            int(part.get("tokenCount") or 0)
            for part in usage.get("promptTokensDetails") or ()
            if part.get("modality") == "IMAGE"
        ),
    )
