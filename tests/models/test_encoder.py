import numpy as np

from assay.models.encoder import MiniLM

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
