"""The embedded model's calls, by a stand-in for llama.cpp's library."""

import hashlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from assay.core.errors import ModelError
from assay.core.record import ImagePart
from assay.models import llama_context
from assay.models.base import Message, Options
from assay.models.llama import Llama, LlamaSettings, fingerprint
from assay.models.llama_api import PINNED, Api, check_layout, load
from assay.models.llama_scores import all_scores
from assay.models.trie import Trie
from tests.models.tiny_llama import END, Library, library

LABELS = ("yes", "no", "maybe")
PICTURE = (Message("user", (ImagePart("x.png", "0" * 64),)),)
LONG = (Message("user", ("x" * 400,)),)


def asked(text: str) -> tuple[Message, ...]:
    return (Message("user", ("Is it good? " + text,)),)


@pytest.fixture
def lib() -> Library:
    return library()


@pytest.fixture
async def llama(
    tmp_path: Path, lib: Library, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Llama]:
    monkeypatch.setattr(llama_context, "load", lambda: SimpleNamespace(ffi=lib.ffi, lib=lib))
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"weights")
    model = Llama(path, LlamaSettings(size=200, threads=2))
    yield model
    await model.aclose()


async def test_scores_are_those_of_the_prompts_in_their_order(llama: Llama) -> None:
    texts = ["one", "two", "three"]
    made = await llama.score([asked(t) for t in texts], LABELS)
    trie = Trie([label.encode() for label in LABELS], END)
    prompts = [llama.context.prompt(asked(t)) for t in texts]
    rows = all_scores(llama.context, prompts, trie)
    assert [list((c.scores or {}).items()) for c in made] == [
        list(zip(LABELS, row, strict=True)) for row in rows
    ]
    assert all(c.seconds > 0 and c.text == "" for c in made)


async def test_the_best_label_comes_with_its_score_alone(llama: Llama) -> None:
    scored = await llama.score([asked("one"), asked("two")], LABELS)
    best = await llama.best([asked("one"), asked("two")], LABELS)
    for every, one in zip(scored, best, strict=True):
        scores = every.scores or {}
        assert one.text == max(scores, key=scores.__getitem__)
        assert one.scores == pytest.approx({one.text: scores[one.text]}, abs=1e-4)


async def test_the_first_prompt_pays_for_the_prefix_and_the_others_find_it(llama: Llama) -> None:
    prompts = [asked("one"), asked("two")]
    lengths = [len(b"Xuser:Is it good? one<assistant:")] * 2
    prefix = len(b"Xuser:Is it good? ")
    first = await llama.score(prompts, LABELS)
    again = await llama.score(prompts, LABELS)
    assert [c.usage.input_tokens for c in first] == lengths
    assert [c.usage.cached_tokens for c in first] == [0, prefix]
    assert [c.usage.cached_tokens for c in again] == [prefix, prefix]
    assert {c.usage.attempts for c in first} == {1}


async def test_what_cannot_be_asked_is_an_error_in_its_place(llama: Llama) -> None:
    made = await llama.score([PICTURE, asked("one"), LONG, asked("two")], LABELS)
    assert [c.error is None for c in made] == [False, True, False, True]
    assert made[0].error == "an embedded text model takes no images"
    assert made[2].error == (
        "the prompt has 417 tokens and the answer up to 7, the context holds 200"
    )
    assert made[1].scores == (await llama.score([asked("one")], LABELS))[0].scores
    assert [c.error for c in await llama.score([PICTURE], LABELS)] == [made[0].error]


async def test_a_text_is_written_timed_and_bounded(llama: Llama) -> None:
    said = await llama.complete(asked("one"), Options(max_tokens=4))
    assert said.usage.output_tokens == 4
    assert said.seconds > 0
    assert (await llama.complete(PICTURE, Options())).error is not None
    full = 200 - said.usage.input_tokens
    assert (await llama.complete(asked("one"), Options(max_tokens=full))).error is None
    refused = await llama.complete(asked("one"), Options(max_tokens=full + 1))
    assert "context holds 200" in (refused.error or "")


async def test_after_closing_the_next_call_opens_again(llama: Llama, lib: Library) -> None:
    once = await llama.complete(asked("one"), Options(max_tokens=2))
    await llama.aclose()
    assert lib.freed[-3:] == ["batch", "context", "model"]
    await llama.aclose()
    assert lib.freed.count("model") == 1
    lib.sequences.clear()
    assert (await llama.complete(asked("one"), Options(max_tokens=2))).text == once.text


async def test_a_model_without_turns_reads_labels_as_words(llama: Llama, lib: Library) -> None:
    lib.template = None
    await llama.score([asked("one")], ("yes", "no"))
    assert llama._trie(("yes", "no")).labels == [tuple(b" yes"), tuple(b" no")]


async def test_threads_are_those_asked_for_or_every_core(
    llama: Llama, lib: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (llama.context.size, lib.opened.n_threads) == (200, 2)
    monkeypatch.setattr("os.sched_getaffinity", lambda who: set(range(5 - who)))
    other = Llama(llama.path)
    assert (other.context.size, lib.opened.n_threads) == (4096, 5)
    await other.aclose()


async def test_a_model_is_named_by_its_weights(llama: Llama, tmp_path: Path) -> None:
    assert llama.id == f"tiny@{fingerprint(llama.path)}"
    assert repr(llama) == "Llama('tiny.gguf')"
    with pytest.raises(ModelError, match="no model file"):
        fingerprint(tmp_path / "none.gguf")
    with pytest.raises(ModelError, match="no model file"):
        _ = Llama(tmp_path / "none.gguf").context


def test_the_fingerprint_is_of_the_size_and_of_both_ends(tmp_path: Path) -> None:
    mega = 1 << 20
    content = bytes(range(256)) * (3 * mega // 256)
    expected = hashlib.blake2b(str(len(content)).encode(), digest_size=6)
    expected.update(content[:mega] + content[-mega:])
    path = tmp_path / "large"
    path.write_bytes(content)
    assert fingerprint(path) == expected.hexdigest()
    short = tmp_path / "short"
    short.write_bytes(b"weights")
    expected = hashlib.blake2b(b"7", digest_size=6)
    expected.update(b"weightsweights")
    assert fingerprint(short) == expected.hexdigest()


class Watched(Library):
    """Also takes the calls that are made once for the whole program."""

    begun = 0

    def llama_log_set(self, callback: object, user: object) -> None:
        self.begun += 1

    def llama_backend_init(self) -> None:
        self.begun += 1


def test_a_build_with_another_layout_is_refused(lib: Library) -> None:
    api = Api(lib.ffi, Watched(lib.ffi))
    assert api.lib.begun == 2
    check_layout(api)
    params = lib.llama_context_default_params()
    params.n_batch, params.kv_unified = 2049, True
    api.lib.llama_context_default_params = lambda: params
    with pytest.raises(ModelError, match=r"\(n_batch=2049, kv_unified=True\); install"):
        check_layout(api)


def test_another_build_or_none_is_told_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = SimpleNamespace(__file__=str(tmp_path / "__init__.py"))
    monkeypatch.setitem(sys.modules, "xllamacpp", wheel)
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.0")
    with pytest.raises(ModelError, match=f"xllamacpp 1.0 is installed, Assay needs {PINNED}"):
        load.__wrapped__()
    monkeypatch.setattr("importlib.metadata.version", lambda _: PINNED)
    with pytest.raises(ModelError, match=f"xllamacpp {PINNED} has no extension library"):
        load.__wrapped__()
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelError, match="needs the extra `embedded`"):
        load.__wrapped__()
