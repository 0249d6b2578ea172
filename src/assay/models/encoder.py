"""Sentence vectors by a small ONNX model on the CPU; no torch."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import ModelError
from assay.models.cache import BY_NAME, Cache, default_cache

Floats = NDArray[np.float32]

BATCH = 32
LONGEST = 256  # tokens; the model was trained on texts up to that length
WIDTH = 384


@dataclass(slots=True)
class MiniLM:
    """all-MiniLM-L6-v2 in int8: mean over the tokens, scaled to length 1.

    Its weights are quantised as the text comes, so a vector can differ in the third decimal with
    the batch it is in; texts are therefore put in batches by length, in a fixed order.
    """

    cache: Cache = field(default_factory=default_cache)
    threads: int | None = None  # None: every core this program may use
    _opened: tuple[Any, Any] | None = field(default=None, repr=False)  # session and tokenizer

    @property
    def id(self) -> str:
        entry = BY_NAME["minilm-l6-int8"]
        return f"{entry.name}@{entry.sha256[:12]}"

    def encode(self, texts: Sequence[str]) -> Floats:
        running, tokenizer = self._open()
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        encoded = tokenizer.encode_batch(
            [text.encode("utf-8", "replace").decode() for text in texts]
        )
        order = sorted(range(len(texts)), key=lambda i: (len(encoded[i].ids), i))
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            vectors[chosen] = self._batch(running, [encoded[i].ids for i in chosen])
        return vectors

    def close(self) -> None:
        """Frees the model; the next texts load it again."""
        self._opened = None

    def _batch(self, running: Any, ids: Sequence[Sequence[int]]) -> Floats:
        length = max(len(row) for row in ids)
        tokens = np.zeros((len(ids), length), np.int64)
        mask = np.zeros_like(tokens)
        for i, row in enumerate(ids):
            tokens[i, : len(row)] = row
            mask[i, : len(row)] = 1
        fed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": tokens * 0}
        states = running.run(["last_hidden_state"], fed)[0]
        summed = (states * mask[:, :, None]).sum(axis=1)
        # scaling to length 1 makes dividing by the number of tokens needless
        scaled: Floats = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
        return scaled

    def _open(self) -> tuple[Any, Any]:
        opened = self._opened
        if opened is None:
            opened = self._opened = self._load()
        return opened

    def _load(self) -> tuple[Any, Any]:
        try:
            import onnxruntime  # noqa: PLC0415
            import tokenizers  # noqa: PLC0415
        except ImportError as missing:
            raise ModelError(
                "the sentence encoder needs the extra `embedded`: pip install 'assay[embedded]'"
            ) from missing
        model = self.cache.fetch(BY_NAME["minilm-l6-int8"])
        words = self.cache.fetch(BY_NAME["minilm-l6-tokenizer"])
        tokenizer = tokenizers.Tokenizer.from_file(str(words))
        tokenizer.enable_truncation(LONGEST)
        tokenizer.no_padding()
        return session(onnxruntime, model, self.threads), tokenizer


def session(onnxruntime: Any, model: Path | bytes, threads: int | None) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.log_severity_level = 3
    given = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def cores() -> int:
    """How many this program may use."""
    return len(os.sched_getaffinity(0))
