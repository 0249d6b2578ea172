"""Vectors in a file: the same numbers as in memory, whatever the blocks."""

import numpy as np
import pytest

from assay.strategies import vectors
from assay.strategies.vectors import Some, Vectors

RNG = np.random.default_rng(4)
GIVEN = RNG.normal(size=(23, 3)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 7, 23, 100])
@pytest.mark.parametrize("places", [range(23), [0], [22], [3, 6, 7, 8, 20], []])
def test_numbers_of_each_row_are_made_in_blocks(
    monkeypatch: pytest.MonkeyPatch, block: int, places: list[int]
) -> None:
    monkeypatch.setattr(vectors, "BLOCK", block)
    kept = Vectors([GIVEN[:5], GIVEN[5:6], GIVEN[6:]])
    assert (len(kept), kept.width) == (23, 3)
    chosen = np.array(list(places), np.int64)
    some = Some(kept, chosen)
    assert len(some) == len(chosen)
    found = some.each(lambda rows: rows.sum(axis=1))
    assert found.tolist() == GIVEN[chosen].astype(np.float64).sum(axis=1).tolist()
    for i, place in enumerate(chosen):
        assert some.row(i).tolist() == GIVEN[place].tolist()


def test_rows_come_in_the_order_asked_for() -> None:
    kept = Vectors([GIVEN])
    assert kept.rows([9, 2, 9]).tolist() == GIVEN[[9, 2, 9]].tolist()
    assert kept.rows([9]).dtype == np.float64
    assert kept.rows([]).shape == (0, 3)


def test_where_none_are_needed_rows_have_no_width() -> None:
    assert Vectors([]).rows([4, 2]).shape == (2, 0)
