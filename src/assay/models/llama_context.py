"""One llama.cpp context: tokens in, rows of logits out, with the shared prompt prefix kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import ModelError
from assay.models.base import Message
from assay.models.llama_api import Api, load

KEPT = 0  # the sequence that holds the shared prefix
SEQUENCES = 256  # llama.cpp's own limit
OUTPUTS = 1024  # rows of logits a decode may ask for

_MARK = re.compile("\ue000(\\d+)\ue001")


class Row(NamedTuple):
    """One token of a decode: its place, the sequences that see it, whether logits are wanted."""

    token: int
    position: int
    sequences: Sequence[int]
    logits: bool


@dataclass(slots=True)
class Counts:
    """What was evaluated since the start; a measure of work, besides the time."""

    decodes: int = 0
    tokens: int = 0
    rows: int = 0


def common(sequences: Sequence[Sequence[int]]) -> list[int]:
    """The longest prefix that all have."""
    # in sorted order all others lie between these two
    first, last = min(map(tuple, sequences)), max(map(tuple, sequences))
    count = 0
    while count < min(len(first), len(last)) and first[count] == last[count]:
        count += 1
    return list(first[:count])


class LlamaContext:
    """Not for several threads at once: whoever shares it holds a lock."""

    def __init__(self, path: str, size: int = 4096, threads: int = 1) -> None:
        self.api: Api = load()
        lib, ffi = self.api.lib, self.api.ffi
        self.model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
        if self.model == ffi.NULL:
            raise ModelError(f"{path} is not a GGUF model that llama.cpp can read")
        self.vocab = lib.llama_model_get_vocab(self.model)
        self.width: int = lib.llama_vocab_n_tokens(self.vocab)
        self.size = size
        self.context = self._open(size, threads)
        self.memory = lib.llama_get_memory(self.context)
        self.batch = lib.llama_batch_init(size, 0, SEQUENCES)
        found = lib.llama_model_chat_template(self.model, ffi.NULL)
        self.template: bytes | None = None if found == ffi.NULL else ffi.string(found)
        self.kept: list[int] = []  # the tokens in sequence KEPT
        self.reused = 0  # how many of them the last call found there
        self.counts = Counts()
        self.tokenise = lru_cache(maxsize=4096)(self._tokenise)
        self.frame = lru_cache(maxsize=256)(self._frame)

    def _open(self, size: int, threads: int) -> Any:
        lib = self.api.lib
        params = lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = size, size, 512
        params.n_seq_max, params.n_outputs_max = SEQUENCES, OUTPUTS
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = params.swa_full = True
        context = lib.llama_init_from_model(self.model, params)
        if context == self.api.ffi.NULL:
            raise ModelError(f"no memory for a context of {size} tokens; take a smaller one")
        return context

    def close(self) -> None:
        lib, ffi = self.api.lib, self.api.ffi
        if self.context == ffi.NULL:
            return
        lib.llama_batch_free(self.batch)
        lib.llama_free(self.context)
        lib.llama_model_free(self.model)
        self.context = ffi.NULL

    # text and tokens

    def _tokenise(self, text: str, special: bool, first: bool = False) -> tuple[int, ...]:
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        out = self.api.ffi.new("llama_token[]", room)
        count = self.api.lib.llama_tokenize(
            self.vocab, raw, len(raw), out, room, first, special
        )  # fmt: skip
        if count < 0:
            raise ModelError(f"the model cannot tokenise a text of {len(text)} characters")
        return tuple(out[0:count])

    def piece(self, token: int) -> bytes:
        buffer = self.api.ffi.new("char[]", 256)
        count = self.api.lib.llama_token_to_piece(self.vocab, token, buffer, 256, 0, False)
        return bytes(self.api.ffi.buffer(buffer, max(count, 0)))

    def ends(self, token: int) -> bool:
        return bool(self.api.lib.llama_vocab_is_eog(self.vocab, token))

    @property
    def end(self) -> int:
        """The token that ends a turn, or a text where the model knows no turns."""
        lib = self.api.lib
        turn = int(lib.llama_vocab_eot(self.vocab))
        return turn if turn >= 0 else int(lib.llama_vocab_eos(self.vocab))

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """The chat in the model's own template; words of a record never become control tokens."""
        pieces = self.frame(tuple(m.role for m in messages))
        tokens: list[int] = []
        for i, piece in enumerate(pieces):
            if isinstance(piece, int):
                tokens += self.tokenise(messages[piece].text, False)
            else:
                tokens += self.tokenise(piece, True, i == 0)
        return tokens

    def _frame(self, roles: tuple[str, ...]) -> tuple[str | int, ...]:
        """The template around message contents, which stand as their index."""
        marks = [f"\ue000{i}\ue001" for i in range(len(roles))]
        text = "\n\n".join(marks) if self.template is None else self._templated(roles, marks)
        pieces: list[str | int] = []
        for i, part in enumerate(_MARK.split(text)):
            if i % 2:
                pieces.append(int(part))
            elif part or i == 0:
                pieces.append(part)
        return tuple(pieces)

    def _templated(self, roles: Sequence[str], contents: Sequence[str]) -> str:
        ffi = self.api.ffi
        held = [
            (ffi.new("char[]", role.encode()), ffi.new("char[]", content.encode()))
            for role, content in zip(roles, contents, strict=True)
        ]
        chat = ffi.new("llama_chat_message[]", [{"role": r, "content": c} for r, c in held])
        buffer = ffi.new("char[]", 16384)
        count = self.api.lib.llama_chat_apply_template(
            self.template, chat, len(held), True, buffer, 16384
        )
        if count < 0 or count > 16384:
            raise ModelError("the chat template in this GGUF is not one llama.cpp knows")
        return bytes(ffi.buffer(buffer, count)).decode()

    # evaluation

    def decode(self, rows: Sequence[Row]) -> None:
        batch = self.batch
        if len(rows) > self.size:
            raise ModelError(f"{len(rows)} tokens do not fit the context of {self.size}")
        for i, row in enumerate(rows):
            batch.token[i] = row.token
            batch.pos[i] = row.position
            batch.n_seq_id[i] = len(row.sequences)
            ids = batch.seq_id[i]
            for j, sequence in enumerate(row.sequences):
                ids[j] = sequence
            batch.logits[i] = row.logits
        batch.n_tokens = len(rows)
        code = self.api.lib.llama_decode(self.context, batch)
        if code:
            self.forget()
            raise ModelError(f"llama.cpp could not evaluate {len(rows)} tokens (code {code})")
        self.counts.decodes += 1
        self.counts.tokens += len(rows)
        self.counts.rows += sum(row.logits for row in rows)

    def logits(self, row: int) -> NDArray[np.float32]:
        """A view that the next decode overwrites."""
        found = self.api.lib.llama_get_logits_ith(self.context, row)
        assert found != self.api.ffi.NULL
        return np.frombuffer(self.api.ffi.buffer(found, 4 * self.width), dtype=np.float32)

    def copy(self, source: int, target: int) -> None:
        self.api.lib.llama_memory_seq_cp(self.memory, source, target, -1, -1)

    def drop(self, sequence: int) -> None:
        self.api.lib.llama_memory_seq_rm(self.memory, sequence, -1, -1)

    def forget(self) -> None:
        self.api.lib.llama_memory_clear(self.memory, True)
        self.kept = []

    def keep(self, prompts: Sequence[Sequence[int]]) -> int:
        """Evaluate the prefix that all prompts share, save what is kept already; its length.

        A lone prompt says nothing about what the next one shares: what it has in common with the
        kept tokens stays, or all of it where that is nothing.
        """
        shared = common(prompts)[: min(len(p) for p in prompts) - 1]
        again = len(common([self.kept, shared]))
        if len(prompts) == 1 and again >= min(16, len(shared)):
            shared = shared[:again]
        if again < len(self.kept):
            cut = self.api.lib.llama_memory_seq_rm(self.memory, KEPT, again, -1)
            if not cut:  # recurrent models cannot go back
                self.forget()
                again = 0
        self.kept, self.reused = self.kept[:again], again
        if len(shared) > again:
            self.decode([Row(t, again + i, (KEPT,), False) for i, t in enumerate(shared[again:])])
            self.kept = list(shared)
        return len(shared)
