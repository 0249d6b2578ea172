"""Servers that speak the OpenAI chat format: vLLM, llama.cpp, Ollama, and hosted ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from assay.core.cost import Usage
from assay.models.base import Completion, Message, Options, TokenScore, View, count_of, sampling
from assay.models.finish import CHAT, Unanswered, ended, error_text, with_text
from assay.models.hosted import Hosted
from assay.models.images import NO_PICTURES, ShownParts
from assay.models.json_schema import STRINGS, without


class OpenAI(Hosted):
    """Chat completions with JSON schema, log-probabilities, pictures and usage."""

    family = "openai"
    path = "/chat/completions"

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
            self.tokens_field(options): options.max_tokens,
            **sampling(options),
        }
        if options.seed is not None:
            body["seed"] = options.seed
        if options.top_logprobs:
            body |= {"logprobs": True, "top_logprobs": options.top_logprobs}
        if options.json_schema is not None:
            bound = without(options.json_schema, STRINGS)
            schema = {"name": "answer", "schema": bound, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if options.effort is not None:
            body["reasoning_effort"] = options.effort
        return body

    def tokens_field(self, options: Options) -> str:
        """As is said or was learnt; OpenAI's own models all take the newer."""
        newer = urlsplit(self.url).hostname == "api.openai.com"
        default = "max_completion_tokens" if newer else "max_tokens"
        return self.learnt.tokens_field or options.tokens_field or default


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
    """Unanswered for an error in the place of an answer; what was answered and cannot be read is a
    fault, since asking again would only cost more."""
    if not reply.get("choices") and reply.get("error"):
        raise Unanswered(error_text(reply["error"]))
    choice = reply["choices"][0]
    message = choice["message"]
    if choice.get("error"):
        raise Unanswered(error_text(choice["error"]))
    refusal = message.get("refusal")
    said = Completion(
        refusal if isinstance(refusal, str) else "",
        usage_of(reply.get("usage") or {}),
        refused=bool(refusal),
        reasoning=_thought(message),
    )
    if not refusal:
        said = _with_tokens(with_text(said, _said(message)), choice.get("logprobs") or {})
    return ended(said, CHAT, choice.get("finish_reason"))


def _said(message: Any) -> Any:
    """The text; of parts, those of text; of an answer by tool, what the tool is given."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(p["text"] for p in content if p.get("type") in ("text", "output_text"))
    if content in (None, "") and message.get("tool_calls"):
        return message["tool_calls"][0]["function"]["arguments"]
    return "" if content is None else content


def _thought(message: Any) -> str:
    apart = message.get("reasoning_content") or message.get("reasoning")
    return apart if isinstance(apart, str) else ""


def _with_tokens(said: Completion, scores: Any) -> Completion:
    if not scores:
        return said
    try:
        return replace(said, tokens=_tokens(scores))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return replace(said, fault=said.fault or "its log-probabilities cannot be read")


def _tokens(scores: Any) -> tuple[TokenScore, ...]:
    if scores.get("content") is None and scores.get("tokens"):  # the older format
        tops = scores.get("top_logprobs") or [None] * len(scores["tokens"])
        given = zip(scores["tokens"], scores["token_logprobs"], tops, strict=True)
        return tuple(TokenScore(t, float(p), dict(top or {})) for t, p, top in given)
    return tuple(token_of(t) for t in scores.get("content") or ())


def token_of(entry: Any) -> TokenScore:
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
