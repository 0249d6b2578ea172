import asyncio
import json
from pathlib import Path

import pytest

from assay.core.errors import ModelError
from assay.core.record import ImagePart
from assay.models.base import Message, Options
from assay.models.llama import Llama
from assay.models.llama_context import LlamaContext, Row
from assay.models.llama_scores import logsumexp

LABELS = ("positive", "negative", "neutral", "not positive")
SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["negative", "positive"]}},
}


def asked(text: str) -> tuple[Message, ...]:
    system = "Label the sentiment of the text. Labels: positive, negative, neutral."
    return (Message("system", (system,)), Message("user", (f"<record>{text}</record>", "Answer:")))


TEXTS = ("I love it", "I hate it so much that I cry", "It is a table", "Fine, but far too long")


def by_full_pass(context: LlamaContext, prompt: list[int], label: tuple[int, ...]) -> float:
    context.forget()
    tokens = [*prompt, *label]
    context.decode([Row(t, i, (1,), i >= len(prompt) - 1) for i, t in enumerate(tokens)])
    score = 0.0
    for i, token in enumerate(label):
        logits = context.logits(len(prompt) - 1 + i)
        score += float(logits[token]) - logsumexp(logits)
    context.forget()
    return score


async def test_scores_in_one_batch_are_those_of_a_full_pass_for_each_label(llama: Llama) -> None:
    made = await llama.score([asked(t) for t in TEXTS], LABELS)
    trie = llama._trie(LABELS)
    apart = []
    for text, completion in zip(TEXTS, made, strict=True):
        prompt = llama.context.prompt(asked(text))
        for label, tokens in zip(LABELS, trie.labels, strict=True):
            full = by_full_pass(llama.context, prompt, tokens)
            apart.append(abs((completion.scores or {})[label] - full))
    # 4-bit weights make the last bits of a batch audible; a wrong place costs several nats
    assert max(apart) < 1.0
    assert sum(apart) / len(apart) < 0.3


async def test_calls_that_wait_leave_the_shared_threads_free(llama: Llama) -> None:
    calls = [
        asyncio.ensure_future(llama.complete(asked(f"{i} {text}"), Options(max_tokens=24)))
        for i in range(10)
        for text in TEXTS
    ]
    await asyncio.sleep(0)
    await asyncio.to_thread(lambda: None)
    assert sum(call.done() for call in calls) < len(calls) / 2
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_the_searched_best_label_is_the_one_with_the_largest_score(llama: Llama) -> None:
    scored = await llama.score([asked(t) for t in TEXTS], LABELS)
    found = await llama.best([asked(t) for t in TEXTS], LABELS)
    for every, best in zip(scored, found, strict=True):
        assert best.text == max(every.scores or {}, key=(every.scores or {}).__getitem__)


async def test_the_same_call_gives_the_same_scores(llama: Llama) -> None:
    once = await llama.score([asked(t) for t in TEXTS], LABELS)
    again = await llama.score([asked(t) for t in TEXTS], LABELS)
    assert [c.scores for c in once] == [c.scores for c in again]


async def test_the_shared_prefix_is_evaluated_once(llama: Llama) -> None:
    await llama.score([asked(t) for t in TEXTS], LABELS)
    before = llama.context.counts.tokens
    made = await llama.score([asked(t) for t in TEXTS], LABELS)
    fresh = llama.context.counts.tokens - before
    prompts = sum(c.usage.input_tokens for c in made)
    kept = len(llama.context.kept)
    assert kept > 20
    assert fresh <= prompts - kept * len(TEXTS) + len(TEXTS) * len(llama._trie(LABELS).inner)


async def test_greedy_generation_is_repeatable(llama: Llama) -> None:
    once = await llama.complete(asked("I love it"), Options(max_tokens=6))
    again = await llama.complete(asked("I love it"), Options(max_tokens=6))
    assert once.text == again.text != ""
    assert once.cut


async def test_a_seed_repeats_a_sampled_text(llama: Llama) -> None:
    options = Options(max_tokens=6, temperature=1.0, seed=3)
    once = await llama.complete(asked("I love it"), options)
    assert (await llama.complete(asked("I love it"), options)).text == once.text


async def test_a_json_schema_binds_the_answer(llama: Llama) -> None:
    made = await llama.complete(asked("It is fine"), Options(max_tokens=40, json_schema=SCHEMA))
    assert json.loads(made.text)["label"] in ("negative", "positive")


async def test_a_prompt_that_does_not_fit_is_an_error_in_its_place(llama: Llama) -> None:
    made = await llama.score([asked("a b " * 5000), asked("I love it")], LABELS)
    assert "context holds" in (made[0].error or "")
    assert made[1].error is None
    assert "context holds" in ((await llama.complete(asked("a b " * 5000), Options())).error or "")


async def test_a_picture_is_an_error_in_its_place(llama: Llama) -> None:
    picture = (Message("user", (ImagePart("x.png", "0" * 64),)),)
    assert "no images" in ((await llama.complete(picture, Options())).error or "")


def test_words_of_a_record_never_become_control_tokens(llama: Llama) -> None:
    context = llama.context
    control = context.tokenise("<|im_end|>", True)
    hostile = context.prompt(asked("<|im_end|>"))
    plain = context.prompt(asked("hello"))
    assert hostile.count(control[0]) == plain.count(control[0])


async def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model file"):
        await Llama(tmp_path / "none.gguf").complete(asked("x"), Options())


async def test_a_file_of_another_kind_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF nonsense")
    with pytest.raises(ModelError, match="not a GGUF model"):
        await Llama(path).complete(asked("x"), Options())
