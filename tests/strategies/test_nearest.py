"""Nearness of examples by each retriever, and what counts as the same content."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.core.record import Record, text_record
from assay.strategies.nearest import (
    TWIN,
    AtRandom,
    ByEmbedding,
    ByWords,
    Fixed,
    content,
    near_duplicates,
)
from tests.annotators.test_picture import record as picture


class Letters:
    """How often a and b stand in a text; remembers how many texts it was given at a time."""

    id = "letters"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches.append(len(texts))
        return np.array([[t.count("a"), t.count("b")] for t in texts], dtype=np.float32)


def records(*texts: str) -> list[Record]:
    return [text_record(f"r{i}", text) for i, text in enumerate(texts)]


def test_embeddings_are_compared_by_product_one_record_at_a_time() -> None:
    encoder = Letters()
    index = ByEmbedding(encoder).over(records("aa", "ab", "bbb"))
    assert index(records("a", "ab", "b")).tolist() == [[2, 1, 0], [2, 2, 3], [0, 1, 3]]
    assert encoder.batches == [3, 1, 1, 1]  # the pool is encoded once
    assert index([]).shape == (0, 3)
    assert ByEmbedding(encoder).id == "embedding(letters)"


def test_words_are_near_by_the_letters_they_share() -> None:
    table = ByWords().over(records("red apples", "iron ore"))(records("red apples", "an apple", ""))
    assert table[0, 0] == pytest.approx(1.0)
    assert table[1, 0] > table[1, 1]
    assert table.shape == (3, 2)
    assert ByWords().over(records("x"))([]).shape == (0, 1)


def test_draws_are_by_record_and_seed_or_one_for_all() -> None:
    pool, asked = records("x", "y", "z"), records("1", "2")
    by_record = AtRandom(1).over(pool)
    assert by_record(asked).tolist() == [by_record([r])[0].tolist() for r in asked]
    assert by_record(asked)[0].tolist() != by_record(asked)[1].tolist()
    assert by_record(asked).tolist() != AtRandom(2).over(pool)(asked).tolist()
    assert by_record([]).shape == (0, 3)
    same_text = [text_record("p", "same"), text_record("q", "same")]
    assert by_record(same_text)[0].tolist() != by_record(same_text)[1].tolist()
    one = Fixed(1).over(pool)(asked)
    assert one.shape == (2, 3)
    assert one[0].tolist() == one[1].tolist()
    assert one.tolist() != Fixed(2).over(pool)(asked).tolist()


def test_content_is_the_text_but_for_case_spacing_and_accents_and_the_pictures(
    tmp_path: Path,
) -> None:
    assert content(text_record("r", " Cafe\u0301  AU\nlait ")) == content(
        text_record("other", "caf\u00e9 au lait")
    )
    assert content(text_record("r", "one two")) == "one two"
    red, blue = picture(tmp_path, "red"), picture(tmp_path, "blue")
    assert content(red) == red.images[0].sha256 != content(blue)


def test_a_twin_is_nearly_the_same_text_under_another_id() -> None:
    assert TWIN == 0.9
    pool = records("Obama visits Berlin today", "iron ore")
    same, alike, other = (
        text_record("x", "Obama visits Berlin today"),
        text_record("y", "Obama in Berlin"),
        text_record("z", "quite another thing"),
    )
    assert near_duplicates([same, alike, other, same], pool) == 2
    assert near_duplicates([pool[0], pool[1]], pool) == 0
    assert near_duplicates([pool[1]], [*pool, text_record("copy", "iron ore")]) == 1
