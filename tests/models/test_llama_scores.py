"""Scores of labels, by a tiny model whose every number is known."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from assay.models.llama_context import LlamaContext
from assay.models.llama_scores import all_scores, best_labels, logsumexp
from assay.models.trie import Trie
from tests.models.tiny_llama import END, Library, context_of, library, logits_after

PREFIX = tuple(b"Is it good?")
PROMPTS = [(*PREFIX, *b"one"), (*PREFIX, *b"two"), (*PREFIX, *b"a third, longer")]
LABELS = {
    "apart": [b"yes", b"no", b"maybe", b"nobody"],
    "begins another": [b"not", b"no", b"note", b"x"],
    "one token": [b"a", b"b", b"c"],
    "alone": [b"only"],
    "forty": [bytes(pair) for pair in product(b"abcdefgh", b"vwxyz")],
}
EVERY = pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)


def one_by_one(prompt: Sequence[int], label: Sequence[int]) -> float:
    tokens, score = tuple(prompt), 0.0
    for token in label:
        logits = logits_after(tokens).astype(float)
        score += float(logits[token] - np.log(np.exp(logits).sum()))
        tokens = (*tokens, token)
    return score


def expected(prompts: Sequence[Sequence[int]], trie: Trie) -> list[list[float]]:
    return [[one_by_one(prompt, label) for label in trie.labels] for prompt in prompts]


@pytest.fixture
def lib() -> Library:
    return library()


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, lib: Library) -> LlamaContext:
    return context_of(monkeypatch, lib)


def test_the_sum_of_exponents_is_that_of_the_definition_also_for_large_logits() -> None:
    logits = np.array([1.0, 2.0, -3.0], np.float32)
    assert logsumexp(logits) == pytest.approx(float(np.log(np.exp(logits).sum())), rel=1e-6)
    assert logsumexp(logits + np.float32(900)) == pytest.approx(logsumexp(logits) + 900, rel=1e-6)


@EVERY
@pytest.mark.parametrize("count", [1, 3])
def test_every_score_is_that_of_the_label_evaluated_by_itself(
    context: LlamaContext, lib: Library, labels: list[bytes], count: int
) -> None:
    trie = Trie(labels, END)
    found = all_scores(context, PROMPTS[:count], trie)
    assert np.allclose(found, expected(PROMPTS[:count], trie), atol=1e-4)
    assert not any(tokens for lane, tokens in lib.sequences.items() if lane)  # only the prefix


@EVERY
@pytest.mark.parametrize("count", [1, 3])
def test_the_best_label_is_the_one_with_the_largest_score(
    context: LlamaContext, lib: Library, labels: list[bytes], count: int
) -> None:
    trie = Trie(labels, END)
    found = best_labels(context, PROMPTS[:count], trie)
    scores = np.array(expected(PROMPTS[:count], trie))
    assert [best for best, _ in found] == scores.argmax(axis=1).tolist()
    assert [score for _, score in found] == pytest.approx(scores.max(axis=1).tolist(), abs=1e-4)
    assert not any(tokens for lane, tokens in lib.sequences.items() if lane)


def many(count: int) -> list[tuple[int, ...]]:
    return [(*PREFIX, ord("A") + i, *b"bc") for i in range(count)]


def test_eight_records_share_a_decode_and_the_prefix_is_one_more(context: LlamaContext) -> None:
    trie = Trie(LABELS["apart"], END)
    assert len(all_scores(context, many(20), trie)) == 20
    assert context.counts.decodes == 1 + 3
    assert context.counts.tokens == len(PREFIX) + 20 * (3 + len(trie.inner))
    assert context.counts.rows == 20 * (1 + len(trie.inner))


def test_a_decode_holds_no_more_than_the_context_the_sequences_and_the_rows(
    monkeypatch: pytest.MonkeyPatch, lib: Library
) -> None:
    trie = Trie(LABELS["apart"], END)
    need = 3 + len(trie.inner)
    for more, decodes in ((0, 2), (-1, 3)):  # two records just fit, or just not
        small = context_of(monkeypatch, lib, len(PREFIX) + 2 * need + more)
        found = all_scores(small, many(4)[:3], trie)
        assert small.counts.decodes == 1 + decodes
        assert np.allclose(found, expected(many(3), trie), atol=1e-4)
        lib.sequences.clear()


def test_wide_tries_put_fewer_records_in_a_decode(
    monkeypatch: pytest.MonkeyPatch, lib: Library
) -> None:
    wide = Trie([bytes([i, j]) for i in range(64) for j in (1, 2)], END)  # 64 lanes, 255 there are
    context = context_of(monkeypatch, lib, 2_000)
    all_scores(context, many(6), wide)
    assert context.counts.decodes == 1 + 2
    deep = Trie([bytes([i]) * 150 for i in range(2)], END)  # 299 rows a record, 1,024 there are
    again = context_of(monkeypatch, lib, 2_000)
    lib.sequences.clear()
    all_scores(again, many(6), deep)
    assert again.counts.decodes == 1 + 2


def test_the_best_label_is_found_without_running_most(context: LlamaContext) -> None:
    trie = Trie(LABELS["forty"], END)
    best_labels(context, many(8), trie)
    run = context.counts.tokens - len(PREFIX) - 8 * 3
    assert 0 < run < 8 * len(trie.inner)
    assert context.counts.rows == run + 8


@pytest.mark.parametrize("fit", [1, 2, 5])
def test_what_does_not_fit_together_is_searched_in_smaller_groups(
    monkeypatch: pytest.MonkeyPatch, lib: Library, fit: int
) -> None:
    trie = Trie(LABELS["apart"], END)
    small = context_of(monkeypatch, lib, len(PREFIX) + fit * (3 + len(trie.inner)))
    found = best_labels(small, many(11), trie)
    scores = np.array(expected(many(11), trie))
    assert [best for best, _ in found] == scores.argmax(axis=1).tolist()


def test_where_lanes_run_out_every_label_is_scored(
    monkeypatch: pytest.MonkeyPatch, lib: Library, context: LlamaContext
) -> None:
    monkeypatch.setattr("assay.models.llama_scores.SEQUENCES", 12)
    trie = Trie(LABELS["apart"], END)
    found = best_labels(context, many(8), trie)
    scores = np.array(expected(many(8), trie))
    assert [best for best, _ in found] == scores.argmax(axis=1).tolist()
    assert [score for _, score in found] == pytest.approx(scores.max(axis=1).tolist(), abs=1e-4)
