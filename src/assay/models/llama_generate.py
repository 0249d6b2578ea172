"""Text generation in a llama.cpp context: greedy or sampled, free or bound to a JSON schema."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.core.cost import Usage
from assay.core.errors import SpecError
from assay.models.base import Completion, Options, TokenScore
from assay.models.gbnf import gbnf
from assay.models.llama_context import KEPT, LlamaContext, Row
from assay.models.llama_scores import logsumexp

LANE = 1


def generate(context: LlamaContext, prompt: Sequence[int], options: Options) -> Completion:
    """Continues the prompt until the turn ends or `max_tokens` are there."""
    start = context.keep([prompt])
    reused = context.reused
    context.copy(KEPT, LANE)
    last = len(prompt) - 1
    context.decode([Row(prompt[i], i, (LANE,), i == last) for i in range(start, len(prompt))])
    said = b""
    scores: list[TokenScore] = []
    ended = False
    made = 0
    row = last - start
    with sampler(context, options) as chain:
        while made < options.max_tokens:
            token = int(context.api.lib.llama_sampler_sample(chain, context.context, row))
            made += 1
            if context.ends(token):
                ended = True
                break
            said += context.piece(token)
            if options.top_logprobs:
                scores.append(token_score(context, row, token, options.top_logprobs))
            if made < options.max_tokens:
                context.decode([Row(token, len(prompt) + made - 1, (LANE,), True)])
                row = 0
    context.drop(LANE)
    usage = Usage(len(prompt), reused, made, attempts=1)
    text = said.decode("utf-8", "replace")
    return Completion(text, usage, tokens=tuple(scores), cut=not ended)


@contextmanager
def sampler(context: LlamaContext, options: Options) -> Iterator[Any]:
    lib, ffi = context.api.lib, context.api.ffi
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    try:
        if options.json_schema is not None:
            rules = gbnf(options.json_schema).encode()
            bound = lib.llama_sampler_init_grammar(context.vocab, rules, b"root")
            if bound == ffi.NULL:
                raise SpecError("llama.cpp cannot make a grammar of this answer's JSON schema")
            lib.llama_sampler_chain_add(chain, bound)
        if not options.temperature:
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_greedy())
        else:
            top_p = 1.0 if options.top_p is None else options.top_p
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_top_p(top_p, 1))
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_temp(options.temperature))
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_dist(options.seed or 0))
        yield chain
    finally:
        lib.llama_sampler_free(chain)


def token_score(context: LlamaContext, row: int, token: int, top: int) -> TokenScore:
    logits: NDArray[np.float32] = context.logits(row)
    total = logsumexp(logits)
    best = np.argpartition(-logits, top)[:top]
    best = best[np.argsort(-logits[best], kind="stable")]
    words = {text(context, int(t)): float(logits[t]) - total for t in best}
    return TokenScore(text(context, token), float(logits[token]) - total, words)


def text(context: LlamaContext, token: int) -> str:
    return context.piece(token).decode("utf-8", "replace")
