"""Ollama's own format, and the formats that one kind chooses between."""

from pathlib import Path

import pytest

from assay.annotators.llm import LLM
from assay.models.base import Message, Options
from assay.models.finish import Unanswered
from assay.models.hosted import Address
from assay.models.images import NO_PICTURES
from assay.models.ollama import Ollama, parse
from tests.project.opened import opened

HI = (Message("system", ("be brief",)), Message("user", ("x",)))
SCHEMA = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 9}}}


def test_it_is_asked_in_its_words() -> None:
    model = Ollama("m", Address("http://localhost:11434"))
    extra = {"options": {"num_ctx": 8192}, "keep_alive": "10m"}
    asked = Options(32, 0.5, 0.9, 7, SCHEMA, 3, effort="low", extra=extra)
    body = model.request(HI, asked, NO_PICTURES)
    assert model.url == "http://localhost:11434/api/chat"
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "x"}],
        "stream": False,
        "options": {"num_predict": 32, "temperature": 0.5, "top_p": 0.9, "seed": 7,
                    "num_ctx": 8192},
        "format": {"type": "object", "properties": {"text": {"type": "string"}}},
        "logprobs": True, "top_logprobs": 3, "think": "low", "keep_alive": "10m",
    }  # fmt: skip
    assert model.body(HI, Options(effort="none"))["think"] is False


def test_what_it_says_is_read() -> None:
    scores = [{"token": "yes", "logprob": -0.1, "top_logprobs": [{"token": "no", "logprob": -3}]}]
    found = parse({
        "message": {"role": "assistant", "content": "yes", "thinking": "hm"}, "done": True,
        "done_reason": "length", "prompt_eval_count": 9, "eval_count": 5, "logprobs": scores,
    })  # fmt: skip
    assert (found.text, found.reasoning, found.cut) == ("yes", "hm", True)
    assert (found.usage.input_tokens, found.usage.output_tokens) == (9, 5)
    assert found.tokens[0].top == {"no": -3}
    assert parse({"message": {"content": 5}}).fault is not None
    assert parse({"message": {"content": "a"}, "logprobs": [{}]}).fault is not None
    with pytest.raises(Unanswered, match="model is loading"):
        parse({"error": "model is loading"})


def test_its_own_keys_arrive(tmp_path: Path) -> None:
    spec = "{kind: ollama, model: m, num_ctx: 8192, keep_alive: 10m, extra_body: {a: 1}}"
    who = opened(tmp_path, f"annotators: {{m: {spec}}}\n").annotators["m"]
    assert isinstance(who, LLM)
    assert who.options.extra == {"a": 1, "options": {"num_ctx": 8192}, "keep_alive": "10m"}
    assert isinstance(who.model, Ollama)
