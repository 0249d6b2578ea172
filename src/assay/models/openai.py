"""Servers that speak the OpenAI chat format: vLLM, llama.cpp, Ollama, and hosted ones."""

from collections.abc import Sequence
from typing import Any

from assay.core.cost import Usage
from assay.models.base import Completion, Message, Options, TokenScore, View, count_of
from assay.models.hosted import Hosted
from assay.models.images import NO_PICTURES, ShownParts


class OpenAI(Hosted):
    """Chat completions with JSON schema, log-probabilities, pictures and usage."""

    family = "openai"
    path = "/chat/completions"

    def headers(self, key: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}

    def parse(self, reply: Any) -> Completion:
        return parse(reply)

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
    text = _said(message.get("content")) or refusal or ""
    if not isinstance(text, str):
        raise TypeError("content is not text")
    return Completion(
        text,
        usage_of(reply.get("usage") or {}),
        tokens=tuple(_token(t) for t in (choice.get("logprobs") or {}).get("content") or ()),
        refused=bool(refusal) or choice.get("finish_reason") == "content_filter",
        cut=choice.get("finish_reason") == "length",
    )


def _said(content: Any) -> Any:
    """Some servers give the text in parts, next to parts of their reasoning."""
    if not isinstance(content, list):
        return content
    return "".join(part["text"] for part in content if part.get("type") == "text")


def _token(entry: Any) -> TokenScore:
    top = {t["token"]: float(t["logprob"]) for t in entry.get("top_logprobs") or ()}
    return TokenScore(str(entry["token"]), float(entry["logprob"]), top)


def usage_of(usage: Any) -> Usage:
    prompt, done = "prompt_tokens_details", "completion_tokens_details"
    return Usage(
        input_tokens=count_of(usage, "prompt_tokens"),
        cached_tokens=count_of(usage, prompt, "cached_tokens"),
        output_tokens=count_of(usage, "completion_tokens"),
        reasoning_tokens=count_of(usage, done, "reasoning_tokens"),
        image_tokens=count_of(usage, prompt, "image_tokens"),
    )
