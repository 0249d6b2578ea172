from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assay.core.errors import ModelError
from assay.models.cache import BY_NAME, Cache
from assay.models.encoder import WIDTH, MiniLM

TEXTS = ("The cat sat on the mat.", "A kitten rests on a rug.", "Interest rates rose again.", "")


def test_vectors_have_length_one_and_the_order_of_the_texts(minilm: MiniLM) -> None:
    vectors = minilm.encode(TEXTS)
    assert vectors.shape == (4, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    again = minilm.encode(TEXTS[::-1])[::-1]
    assert np.allclose(vectors, again, atol=1e-6)


def test_near_meanings_are_nearer_than_far_ones(minilm: MiniLM) -> None:
    cat, kitten, rates, _ = minilm.encode(TEXTS)
    assert cat @ kitten > cat @ rates + 0.2


def test_no_text_gives_no_row(minilm: MiniLM) -> None:
    assert minilm.encode([]).shape == (0, 384)


class Tokens:
    """A letter is a token."""

    def encode_batch(self, texts: list[str]) -> list[Any]:
        return [SimpleNamespace(ids=[ord(c) for c in text]) for text in texts]


class Session:
    """States that tell token and place; keeps the shape of every batch."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, int]] = []

    def run(self, wanted: list[str], fed: dict[str, Any]) -> list[Any]:
        assert wanted == ["last_hidden_state"]
        tokens, mask = fed["input_ids"], fed["attention_mask"]
        assert ((tokens > 0) == (mask == 1)).all()
        assert not fed["token_type_ids"].any()
        self.batches.append(tokens.shape)
        return [state(tokens)]


def state(tokens: Any) -> Any:
    return np.sin(np.asarray(tokens)[..., None] * np.arange(1, WIDTH + 1)).astype(np.float32) + 0.1


def test_a_vector_is_the_mean_over_its_own_tokens_scaled_to_length_one() -> None:
    session = Session()
    texts = [*("abcdefg"[: 1 + i % 7] for i in range(40)), "half \ud800"]
    found = MiniLM(_opened=(session, Tokens())).encode(texts)
    for text, vector in zip(texts, found, strict=True):
        mean = state([ord(c) for c in text.replace("\ud800", "?")]).mean(axis=0)
        assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)
    assert session.batches == [(32, 6), (9, 7)]  # the short together


def test_a_text_of_no_tokens_has_no_direction() -> None:
    assert not MiniLM(_opened=(Session(), Tokens())).encode(["", "a"])[0].any()


def test_the_encoder_is_named_by_its_weights_and_loaded_when_needed(tmp_path: Any) -> None:
    class Nothing(Cache):
        def fetch(self, entry: object) -> Any:
            raise ModelError(f"cannot fetch {entry.name}")  # type: ignore[attr-defined]

    pytest.importorskip("onnxruntime", reason="needs the extra `embedded`: assay[embedded]")
    model = MiniLM(Nothing(tmp_path), _opened=(Session(), Tokens()))
    assert model.id == f"minilm-l6-int8@{BY_NAME['minilm-l6-int8'].sha256[:12]}"
    model.encode(["x"])
    model.close()
    with pytest.raises(ModelError, match="cannot fetch minilm-l6-int8"):
        model.encode(["x"])
