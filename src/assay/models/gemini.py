"""Gemini's generateContent endpoint."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assay.core.cost import Usage
from assay.core.record import ImagePart
from assay.models.base import Completion, Message, Options, TokenScore, count_of, sampling
from assay.models.finish import CANDIDATE, Unanswered, ended, error_text, with_text
from assay.models.hosted import Address, Hosted
from assay.models.images import NO_PICTURES, Gallery, ShownParts
from assay.models.json_schema import STRINGS, without

HOSTED = Address("https://generativelanguage.googleapis.com", "GEMINI_API_KEY")


class Gemini(Hosted):
    """Text and pictures in, text or schema-bound JSON out."""

    family = "gemini"

    def __init__(
        self, model: str, address: Address = HOSTED, gallery: Gallery | None = None
    ) -> None:
        super().__init__(model, address, gallery)

    @property
    def path(self) -> str:
        return f"/v1beta/models/{self.model}:generateContent"

    def headers(self, key: str | None) -> dict[str, str]:
        return {"x-goog-api-key": key or ""}

    def parse(self, reply: Any) -> Completion:
        return parse(reply)

    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]:
        config: dict[str, Any] = {
            "maxOutputTokens": options.max_tokens,
            **sampling(options, top_p="topP"),
        }
        if options.seed is not None:
            config["seed"] = options.seed
        if options.json_schema is not None:
            config |= {
                "responseMimeType": "application/json",
                "responseJsonSchema": without(options.json_schema, STRINGS),
            }
        if options.top_logprobs:
            config |= {"responseLogprobs": True, "logprobs": options.top_logprobs}
        if options.effort is not None:
            none = options.effort == "none"
            level = {"thinkingLevel": options.effort.upper()}
            config["thinkingConfig"] = {"thinkingBudget": 0} if none else level
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
        return _blocked(reply, usage)
    candidate = reply["candidates"][0]
    parts = (candidate.get("content") or {}).get("parts") or []
    said = Completion("", usage)
    try:
        said = replace(said, reasoning=_joined(parts, thought=True))
        said = with_text(said, _joined(parts, thought=False))
        said = replace(said, tokens=_tokens(candidate.get("logprobsResult") or {}))
    except (KeyError, TypeError, ValueError, AttributeError) as bad:
        said = replace(said, fault=f"its parts cannot be read ({type(bad).__name__})")
    return ended(said, CANDIDATE, candidate.get("finishReason"))


def _blocked(reply: Any, usage: Usage) -> Completion:
    if (reply.get("promptFeedback") or {}).get("blockReason"):
        return Completion("", usage, refused=True)
    if reply.get("error"):
        raise Unanswered(error_text(reply["error"]))
    raise Unanswered("there is no candidate")


def _joined(parts: Any, thought: bool) -> str:
    return "".join(p.get("text") or "" for p in parts if bool(p.get("thought")) is thought)


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
    thought = count_of(usage, "thoughtsTokenCount")
    return Usage(
        input_tokens=count_of(usage, "promptTokenCount"),
        cached_tokens=count_of(usage, "cachedContentTokenCount"),
        output_tokens=count_of(usage, "candidatesTokenCount") + thought,
        reasoning_tokens=thought,
        image_tokens=sum(
            int(part.get("tokenCount") or 0)
            for part in usage.get("promptTokensDetails") or ()
            if part.get("modality") == "IMAGE"
        ),
    )
