"""Ollama's own endpoint, which takes the length of its context and how long to stay loaded."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assay.core.cost import Usage
from assay.models.base import Completion, Message, Options, count_of, sampling
from assay.models.finish import OLLAMA, Unanswered, ended, error_text, with_text
from assay.models.hosted import Hosted
from assay.models.images import NO_PICTURES, ShownParts
from assay.models.json_schema import STRINGS, without
from assay.models.openai import token_of


class Ollama(Hosted):
    """Chat with pictures, JSON bound to a schema, log-probabilities and thinking."""

    family = "openai"
    path = "/api/chat"

    def parse(self, reply: Any) -> Completion:
        return parse(reply)

    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]:
        decoding: dict[str, Any] = {"num_predict": options.max_tokens, **sampling(options)}
        if options.seed is not None:
            decoding["seed"] = options.seed
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [_message(m, pictures) for m in messages],
            "stream": False,
            "options": decoding,
        }
        if options.top_logprobs:
            body |= {"logprobs": True, "top_logprobs": options.top_logprobs}
        if options.json_schema is not None:
            body["format"] = without(options.json_schema, STRINGS)
        if options.effort is not None:
            body["think"] = False if options.effort == "none" else options.effort
        return body


def _message(message: Message, pictures: ShownParts) -> dict[str, Any]:
    shown = [pictures[p.sha256].base64 for p in message.parts if not isinstance(p, str)]
    plain = {"role": message.role, "content": message.text}
    return {**plain, "images": shown} if shown else plain


def parse(reply: Any) -> Completion:
    if reply.get("error"):
        raise Unanswered(error_text(reply["error"]))
    message = reply["message"]
    usage = Usage(
        input_tokens=count_of(reply, "prompt_eval_count"),
        output_tokens=count_of(reply, "eval_count"),
    )
    thought = message.get("thinking")
    said = Completion("", usage, reasoning=thought if isinstance(thought, str) else "")
    said = with_text(said, message.get("content") or "")
    try:
        said = replace(said, tokens=tuple(token_of(t) for t in reply.get("logprobs") or ()))
    except (KeyError, TypeError, ValueError, AttributeError):
        said = replace(said, fault=said.fault or "its log-probabilities cannot be read")
    return ended(said, OLLAMA, reply.get("done_reason"))
