"""Medians of ordered labels and of numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.aggregation.medians import OrdinalMedian, by_record, numeric_medians
from assay.aggregation.score import winners
from assay.core.errors import InputError
from assay.testing import check_aggregator
from tests.aggregation.crowd import votes_of


def medians(said: dict[str, str], order: tuple[str, ...] = ()) -> list[str]:
    votes = votes_of([(r, f"a{i}", k) for r, ks in said.items() for i, k in enumerate(ks)])
    return [votes.labels[k] for k in winners(OrdinalMedian(order).aggregate(votes))]


def test_the_middle_label_wins_even_where_it_is_not_the_commonest() -> None:
    assert medians({"1": "11355", "2": "15", "3": "2"}) == ["3", "1", "2"]


def test_labels_follow_the_order_that_is_named() -> None:
    assert medians({"1": "lmh", "2": "hhl"}, order=("l", "m", "h")) == ["m", "h"]
    with pytest.raises(InputError, match="'h' has no place"):
        medians({"1": "lh"}, order=("l", "m"))
    with pytest.raises(InputError, match="'l' is no number"):
        medians({"1": "lh"})


def test_the_ordinal_median_keeps_the_contract_and_rates_annotators_by_distance() -> None:
    votes = votes_of([("1", "a", "1"), ("1", "b", "1"), ("1", "c", "5"), ("2", "a", "3")])
    check_aggregator(OrdinalMedian(), votes)
    skill = OrdinalMedian().aggregate(votes).skill
    assert skill is not None
    assert skill.tolist() == [1, 1, 0]


numbers = st.lists(st.integers(-5, 5), min_size=1, max_size=9)


@given(st.lists(numbers, min_size=1, max_size=6))
def test_numeric_medians_are_numpys(rows: list[list[int]]) -> None:
    votes = votes_of([(f"r{i}", f"a{j}", str(n)) for i, row in enumerate(rows)
                      for j, n in enumerate(row)])  # fmt: skip
    found = numeric_medians(votes)
    assert found.median.tolist() == [np.median(row) for row in rows]
    apart = [np.median(np.abs(np.array(row) - np.median(row))) for row in rows]
    assert found.apart.tolist() == apart


def test_weights_move_the_median_and_weightless_votes_do_not() -> None:
    votes = votes_of([("r", "a", "1"), ("r", "b", "2"), ("r", "c", "9")])
    heavy = replace(votes, weight=np.array([1.0, 1.0, 3.0]))
    assert by_record(numeric_medians(heavy), votes) == {"r": 9.0}
    light = replace(votes, weight=np.array([1.0, 1.0, 0.0]))
    assert by_record(numeric_medians(light), votes) == {"r": 1.5}
    none = replace(votes, weight=np.zeros(3))
    assert by_record(numeric_medians(none), votes) == {"r": 2.0}


def test_bias_has_a_sign_and_distance_has_none() -> None:
    votes = votes_of([(r, who, n) for r in "12" for who, n in (("a", "1"), ("b", "2"), ("c", "4"))])
    found = numeric_medians(votes)
    assert found.off.tolist() == [1, 0, 2]
    assert found.bias.tolist() == [-1, 0, 2]
