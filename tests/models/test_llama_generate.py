"""Texts written by a tiny model whose every number is known."""

import numpy as np
import pytest

from assay.core.errors import SpecError
from assay.models.base import Options
from assay.models.gbnf import gbnf
from assay.models.llama_context import LlamaContext
from assay.models.llama_generate import generate
from tests.models.tiny_llama import Library, context_of, library, logits_after

PROMPT = tuple(b"Say it.")
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}}


@pytest.fixture
def lib() -> Library:
    return library()


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, lib: Library) -> LlamaContext:
    return context_of(monkeypatch, lib)


def greedy(count: int) -> list[int]:
    tokens = PROMPT
    for _ in range(count):
        tokens = (*tokens, int(logits_after(tokens).argmax()))
    return list(tokens[len(PROMPT) :])


def test_each_token_follows_from_all_before_it(context: LlamaContext, lib: Library) -> None:
    said = generate(context, PROMPT, Options(max_tokens=5))
    assert said.text == bytes(greedy(5)).decode("utf-8", "replace")
    assert said.cut
    assert said.tokens == ()
    usage = said.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (len(PROMPT), 0, 5)
    assert usage.attempts == 1
    assert context.counts.tokens == len(PROMPT) + 4  # the last is never run
    assert lib.freed == ["sampler"]
    assert list(lib.sequences) == [0, 1]
    assert not lib.sequences[1]


def test_a_text_that_ends_is_whole_and_its_end_is_counted(
    context: LlamaContext, lib: Library
) -> None:
    lib.length = len(PROMPT) + 2
    said = generate(context, PROMPT, Options(max_tokens=5))
    assert said.text == bytes(greedy(2)).decode("utf-8", "replace")
    assert not said.cut
    assert said.usage.output_tokens == 3


def test_the_prompt_kept_from_before_is_counted_as_cached(context: LlamaContext) -> None:
    once = generate(context, PROMPT, Options(max_tokens=2))
    again = generate(context, PROMPT, Options(max_tokens=2))
    assert again.text == once.text
    assert again.usage.cached_tokens == len(PROMPT) - 1


def test_alternatives_are_the_likeliest_tokens_best_first(context: LlamaContext) -> None:
    said = generate(context, PROMPT, Options(max_tokens=2, top_logprobs=3))
    logits = logits_after(PROMPT).astype(float)
    scores = logits - np.log(np.exp(logits).sum())
    best = np.argsort(-scores)[:3]
    words = [bytes([int(t)]).decode("utf-8", "replace") for t in best]
    assert len(said.tokens) == 2
    assert said.tokens[0].token == words[0]
    assert said.tokens[0].logprob == pytest.approx(scores[best[0]], abs=1e-5)
    assert said.tokens[0].top == pytest.approx(
        {w: scores[t] for w, t in zip(words, best, strict=True)}, abs=1e-5
    )


@pytest.mark.parametrize(
    ("options", "chain"),
    [
        (Options(), [("greedy",)]),
        (
            Options(temperature=0.7, top_p=0.9, seed=5),
            [("top_p", 0.9, 1), ("temp", 0.7), ("dist", 5)],
        ),
        (Options(temperature=1.0), [("top_p", 1.0, 1), ("temp", 1.0), ("dist", 0)]),
        (
            Options(json_schema=SCHEMA),
            [("grammar", gbnf(SCHEMA).encode(), b"root"), ("greedy",)],
        ),
    ],
)
def test_options_choose_how_tokens_are_drawn(
    context: LlamaContext, lib: Library, options: Options, chain: list[tuple[object, ...]]
) -> None:
    generate(context, PROMPT, options)
    assert lib.chain == chain


def test_a_schema_without_a_grammar_is_refused_and_the_sampler_freed(
    context: LlamaContext, lib: Library
) -> None:
    with pytest.raises(SpecError, match="cannot make a grammar"):
        generate(context, PROMPT, Options(json_schema={"enum": ["impossible"]}))
    assert lib.freed == ["sampler"]
