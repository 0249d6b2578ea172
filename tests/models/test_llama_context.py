"""Tokens, prompts and the kept prefix, by a stand-in for llama.cpp's library."""

import pytest

from assay.core.errors import ModelError
from assay.models.base import Message
from assay.models.llama_context import Counts, LlamaContext, Row, common
from tests.models.tiny_llama import END, Library, context_of, library

CHAT = (Message("system", ("Be <|end|>",)), Message("user", ("a", "b")))


@pytest.fixture
def lib() -> Library:
    return library()


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, lib: Library) -> LlamaContext:
    return context_of(monkeypatch, lib)


@pytest.mark.parametrize(
    ("sequences", "prefix"),
    [
        (["abc", "abd", "abxy"], "ab"), (["abc"], "abc"), (["ab", "abc"], "ab"),
        (["abc", "ab"], "ab"), (["xbc", "abc"], ""), (["", "a"], ""),
    ],
)  # fmt: skip
def test_the_longest_prefix_that_all_have(sequences: list[str], prefix: str) -> None:
    assert common([list(s.encode()) for s in sequences]) == list(prefix.encode())


def test_the_context_is_opened_as_asked(context: LlamaContext, lib: Library) -> None:
    params = lib.opened
    assert (params.n_ctx, params.n_batch, params.n_ubatch) == (400, 400, 512)
    assert (params.n_threads, params.n_threads_batch) == (3, 3)
    assert (params.n_seq_max, params.n_outputs_max) == (256, 1024)
    assert (params.kv_unified, params.swa_full) == (True, True)


def test_a_context_is_of_usual_size_and_has_one_thread_unless_told(
    context: LlamaContext, lib: Library
) -> None:
    LlamaContext("tiny.gguf")
    assert (lib.opened.n_ctx, lib.opened.n_threads) == (4096, 1)


def test_no_model_and_no_memory_are_one_clear_line_each(
    monkeypatch: pytest.MonkeyPatch, lib: Library, context: LlamaContext
) -> None:
    with pytest.raises(ModelError, match=r"none\.gguf is not a GGUF model"):
        LlamaContext("none.gguf")
    with pytest.raises(ModelError, match="no memory for a context of 10001 tokens"):
        LlamaContext("tiny.gguf", 10_001)


def test_a_chat_is_framed_and_only_the_frame_has_control_tokens(context: LlamaContext) -> None:
    expected = [
        END + 1, *b"system:", *b"Be <|end|>", END, *b"user:", *b"a\nb", END, *b"assistant:",
    ]  # fmt: skip
    assert context.prompt(CHAT) == expected


def test_without_a_template_messages_stand_below_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = context_of(monkeypatch, library(template=None))
    assert plain.prompt(CHAT) == [END + 1, *b"Be <|end|>", *b"\n\n", *b"a\nb"]


def test_a_template_that_llama_cpp_does_not_know_or_cannot_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch, context: LlamaContext
) -> None:
    other = context_of(monkeypatch, library(template=b"other"))
    with pytest.raises(ModelError, match=r"not one llama\.cpp knows"):
        other.prompt(CHAT)
    with pytest.raises(ModelError, match=r"not one llama\.cpp knows"):
        context.prompt([Message("r" * 16_384, ("x",))])


@pytest.mark.parametrize(("turns", "end"), [(True, END), (False, END + 1)])
def test_a_turn_ends_as_the_model_ends_it(
    monkeypatch: pytest.MonkeyPatch, turns: bool, end: int
) -> None:
    assert context_of(monkeypatch, library(turns=turns)).end == end


def test_texts_and_pieces(context: LlamaContext) -> None:
    assert context.tokenise("né", False) == tuple("né".encode())
    assert context.tokenise("\ud800", False) == (ord("?"),)
    assert [context.piece(t) for t in (*b"hi", END)] == [b"h", b"i", b""]
    assert [context.ends(t) for t in (END, 5)] == [True, False]
    with pytest.raises(ModelError, match="a text of 14 characters"):
        context.tokenise("untokenisable!", False)


@pytest.mark.parametrize(
    ("prompts", "kept", "reused"),
    [
        (["question one", "question two"], "question ", 9),  # what all share
        (["question"], "questio", 7),  # never the last token: its row of logits is wanted
        (["question and answer", "quest"], "ques", 4),
        (["other"], "othe", 0),
        (["quilt"], "quil", 2),  # shares less than it would keep: all of it
    ],
)
def test_the_prefix_that_prompts_share_is_kept(
    context: LlamaContext, lib: Library, prompts: list[str], kept: str, reused: int
) -> None:
    context.keep([list(b"question a"), list(b"question b")])
    start = context.keep([list(p.encode()) for p in prompts])
    assert (start, bytes(context.kept).decode(), context.reused) == (len(kept), kept, reused)
    assert lib.sequences[0] == list(kept.encode())


def test_a_lone_prompt_keeps_what_it_has_in_common_with_the_last(context: LlamaContext) -> None:
    shared = b"sixteen letters."
    context.keep([[*shared, 1], [*shared, 2]])
    assert context.keep([[*shared, *b"and more"]]) == 16
    assert bytes(context.kept) == shared
    assert context.keep([[*shared[:15], *b"!and more"]]) == 23


def test_a_model_that_cannot_go_back_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    lib = library(recurrent=True)
    context = context_of(monkeypatch, lib)
    context.keep([list(b"abcd1"), list(b"abcd2")])
    assert context.keep([list(b"abxy1"), list(b"abxy2")]) == 4
    assert (context.reused, lib.sequences[0]) == (0, list(b"abxy"))


def test_a_decode_counts_its_tokens_and_rows(context: LlamaContext) -> None:
    context.decode([Row(5, 0, (1, 2), False), Row(6, 1, (1, 2), True)])
    context.decode([Row(7, 2, (1,), True)])
    counts = context.counts
    assert (counts.decodes, counts.tokens, counts.rows) == (2, 3, 2)


def test_what_cannot_be_evaluated_is_forgotten(context: LlamaContext, lib: Library) -> None:
    context.keep([list(b"ab1"), list(b"ab2")])
    lib.code = 7
    with pytest.raises(ModelError, match=r"could not evaluate 1 tokens \(code 7\)"):
        context.decode([Row(1, 0, (1,), True)])
    assert (context.kept, lib.sequences) == ([], {})


def test_more_tokens_than_the_context_holds_are_refused(context: LlamaContext) -> None:
    context.decode([Row(1, i, (1,), False) for i in range(400)])
    with pytest.raises(ModelError, match="401 tokens do not fit the context of 400"):
        context.decode([Row(1, i, (2,), False) for i in range(401)])


def test_all_is_freed_once(context: LlamaContext, lib: Library) -> None:
    context.close()
    context.close()
    assert lib.freed == ["batch", "context", "model"]


def test_a_new_context_has_kept_reused_and_evaluated_nothing(context: LlamaContext) -> None:
    assert (context.kept, context.reused, context.counts) == ([], 0, Counts())
