"""A stand-in for llama.cpp's library: a token is a byte, the next one depends on all before it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.models import llama_context
from assay.models.llama_api import DECLARATIONS, EXPECTED_CONTEXT, EXPECTED_MODEL
from assay.models.llama_context import LlamaContext

END, WIDTH = 256, 258
CONTROL = b"<|end|>"
TEMPLATE = b"chat"


def logits_after(tokens: tuple[int, ...], length: int | None = None) -> NDArray[np.float32]:
    """After `length` tokens nothing is as likely as the end."""
    found = np.random.default_rng(list(tokens)).normal(0, 2, WIDTH).astype(np.float32)
    found[END] = 50 if length is not None and len(tokens) >= length else -50
    return found


@dataclass
class Library:
    """The functions that Assay calls, with memory as the C interface lays it out.

    Sequences hold tokens at their positions; what llama.cpp would read wrongly fails here.
    """

    ffi: Any
    template: bytes | None = TEMPLATE
    recurrent: bool = False  # cannot go back within a sequence
    length: int | None = None
    turns: bool = True
    code: int = 0  # of the next decodes
    sequences: dict[int, list[int]] = field(default_factory=dict)
    chain: list[tuple[object, ...]] = field(default_factory=list)
    freed: list[str] = field(default_factory=list)
    rows: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    opened: Any = None
    held: list[Any] = field(default_factory=list)

    def llama_context_default_params(self) -> Any:
        return self._struct("llama_context_params *", EXPECTED_CONTEXT)

    def llama_model_default_params(self) -> Any:
        return self._struct("llama_model_params *", EXPECTED_MODEL)

    def _struct(self, kind: str, values: dict[str, object]) -> Any:
        made = self._kept(self.ffi.new(kind, values))
        return made[0]

    def _new(self, kind: str) -> Any:
        return self._kept(self.ffi.new(kind))

    def _kept(self, made: Any) -> Any:
        self.held.append(made)
        return made

    def llama_model_load_from_file(self, path: bytes, params: object) -> Any:
        return self.ffi.NULL if b"none" in path else self._kept(self.ffi.new("int *"))

    def llama_init_from_model(self, model: object, params: Any) -> Any:
        self.opened = params
        return self.ffi.NULL if params.n_ctx > 10_000 else self._kept(self.ffi.new("int *"))

    def llama_model_get_vocab(self, model: object) -> Any:
        return self.ffi.NULL

    def llama_vocab_n_tokens(self, vocab: object) -> int:
        return WIDTH

    def llama_model_chat_template(self, model: object, name: object) -> Any:
        if self.template is None:
            return self.ffi.NULL
        return self._kept(self.ffi.new("char[]", self.template))

    def llama_get_memory(self, context: object) -> Any:
        return self.ffi.NULL

    def llama_vocab_is_eog(self, vocab: object, token: int) -> bool:
        return token == END

    def llama_vocab_eot(self, vocab: object) -> int:
        return END if self.turns else -1

    def llama_vocab_eos(self, vocab: object) -> int:
        return END + 1

    def llama_tokenize(self, vocab: object, raw: bytes, length: int, out: Any, *more: int) -> int:
        room, first, parse = more
        tokens = [END + 1] if first else []
        parts = raw[:length].split(CONTROL) if parse else [raw[:length]]
        for i, part in enumerate(parts):
            tokens += [END] * bool(i) + list(part)
        if len(tokens) > room or b"untokenisable" in raw:
            return -len(tokens)
        out[0 : len(tokens)] = tokens
        return len(tokens)

    def llama_token_to_piece(self, vocab: object, token: int, buffer: Any, *how: object) -> int:
        assert how[1:] == (0, False), "a piece is taken as it is"
        if token >= END:
            return -1
        buffer[0] = bytes([token])
        return 1

    def llama_chat_apply_template(self, template: Any, chat: Any, count: int, *more: Any) -> int:
        ask, buffer, length = more
        if self.ffi.string(self.ffi.from_buffer("char[]", template + b"\0")) != TEMPLATE:
            return -1
        said = b"".join(
            self.ffi.string(chat[i].role) + b":" + self.ffi.string(chat[i].content) + CONTROL
            for i in range(count)
        )
        said += b"assistant:" if ask else b""
        self.ffi.memmove(buffer, said, min(len(said), length))
        return len(said)

    def llama_batch_init(self, size: int, embedded: int, sequences: int) -> Any:
        ids = self._new(f"llama_seq_id *[{size}]")
        for i in range(size):
            ids[i] = self._new(f"llama_seq_id[{sequences}]")
        values = {
            "token": self._new(f"llama_token[{size}]"), "pos": self._new(f"llama_pos[{size}]"),
            "n_seq_id": self._new(f"int32_t[{size}]"), "seq_id": ids,
            "logits": self._new(f"int8_t[{size}]"),
        }  # fmt: skip
        return self._struct("llama_batch *", values)

    def llama_decode(self, context: object, batch: Any) -> int:
        self.rows.clear()
        if self.code:
            return self.code
        for i in range(batch.n_tokens):
            seen = set()
            for j in range(batch.n_seq_id[i]):
                tokens = self.sequences.setdefault(batch.seq_id[i][j], [])
                assert batch.pos[i] == len(tokens), "a token out of its place"
                tokens.append(batch.token[i])
                seen.add(tuple(tokens))
            assert len(seen) == 1, "one row for sequences that differ"
            if batch.logits[i]:
                self.rows[i] = logits_after(seen.pop(), self.length)
        return 0

    def llama_get_logits_ith(self, context: object, row: int) -> Any:
        return self.ffi.from_buffer("float[]", self.rows[row])

    def llama_memory_clear(self, memory: object, content: bool) -> None:
        self.sequences.clear()

    def llama_memory_seq_rm(self, memory: object, sequence: int, start: int, end: int) -> bool:
        if self.recurrent and start > 0:
            return False
        del self.sequences.setdefault(sequence, [])[max(start, 0) : None if end < 0 else end]
        return True

    def llama_memory_seq_cp(
        self, memory: object, source: int, target: int, start: int, end: int
    ) -> None:
        assert not self.sequences.get(target), "copied onto what is there"
        whole = self.sequences.get(source, [])
        self.sequences[target] = whole[max(start, 0) : None if end < 0 else end]

    def llama_sampler_chain_default_params(self) -> Any:
        return None

    def llama_sampler_chain_init(self, params: object) -> str:
        self.chain.clear()
        return "chain"

    def llama_sampler_chain_add(self, chain: object, sampler: tuple[object, ...]) -> None:
        self.chain.append(sampler)

    def llama_sampler_init_greedy(self) -> tuple[object, ...]:
        return ("greedy",)

    def llama_sampler_init_dist(self, seed: int) -> tuple[object, ...]:
        return ("dist", seed)

    def llama_sampler_init_top_p(self, p: float, least: int) -> tuple[object, ...]:
        return ("top_p", p, least)

    def llama_sampler_init_temp(self, temperature: float) -> tuple[object, ...]:
        return ("temp", temperature)

    def llama_sampler_init_grammar(self, vocab: object, rules: bytes, root: bytes) -> Any:
        return self.ffi.NULL if b"impossible" in rules else ("grammar", rules, root)

    def llama_sampler_sample(self, chain: object, context: object, row: int) -> int:
        return int(self.rows[row].argmax())

    def llama_sampler_free(self, chain: object) -> None:
        self.freed.append("sampler")

    def llama_batch_free(self, batch: object) -> None:
        self.freed.append("batch")

    def llama_free(self, context: object) -> None:
        self.freed.append("context")

    def llama_model_free(self, model: object) -> None:
        self.freed.append("model")


def library(**how: Any) -> Library:
    cffi = pytest.importorskip("cffi", reason="needs the extra `embedded`: assay[embedded]")
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    return Library(ffi, **how)


def context_of(monkeypatch: pytest.MonkeyPatch, found: Library, size: int = 400) -> LlamaContext:
    monkeypatch.setattr(llama_context, "load", lambda: SimpleNamespace(ffi=found.ffi, lib=found))
    return LlamaContext("tiny.gguf", size, threads=3)
