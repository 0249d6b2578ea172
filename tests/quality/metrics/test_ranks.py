import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.quality.metrics.ranks import compare_ranks, holm

WAYS = {
    "none": [0.50, 0.60, 0.41, 0.20, 0.71],
    "random": [0.52, 0.66, 0.45, 0.28, 0.79],
    "words": [0.51, 0.66, 0.49, 0.31, 0.86],
    "meaning": [0.53, 0.71, 0.48, 0.33, 0.89],
}
# scikit-posthocs 0.17.1: posthoc_conover_friedman(p_adjust="holm")
HOLM = {
    ("random", "none"): 9.9307330696e-03,
    ("words", "none"): 8.8437394796e-04,
    ("meaning", "none"): 2.6761086955e-05,
    ("words", "random"): 1.1762740468e-01,
    ("meaning", "random"): 4.8011216763e-03,
    ("meaning", "words"): 5.2957221767e-02,
}


def test_friedman_and_conover_give_the_figures_of_the_reference() -> None:
    found = compare_ranks(WAYS)
    assert (found.statistic, found.p) == pytest.approx((12.673469387755103, 0.0053986913182818))
    assert {(p.better, p.worse): p.p for p in found.pairs} == pytest.approx(HOLM)
    assert found.mean_ranks == pytest.approx(
        {"none": 4.0, "random": 2.7, "words": 2.1, "meaning": 1.2}
    )


def test_groups_are_the_bars_of_a_critical_difference_diagram() -> None:
    assert compare_ranks(WAYS).groups == (("meaning", "words"), ("words", "random"), ("none",))


def test_pairs_are_not_read_where_the_whole_is_not_rejected() -> None:
    close = {"a": [1.0, 2.0, 3.0], "b": [2.0, 1.0, 3.1], "c": [1.5, 2.5, 2.9]}
    found = compare_ranks(close)
    assert not found.differ
    assert not any(p.differ for p in found.pairs)
    assert "not differ significantly" in found.lines()[-1]


def test_systems_that_tie_everywhere_do_not_differ() -> None:
    found = compare_ranks({"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [1.0, 2.0]})
    assert (found.statistic, found.p, found.pairs) == (None, 1.0, ())
    assert found.groups == (("a", "b", "c"),)


def test_one_order_on_all_data_sets_tells_all_apart() -> None:
    found = compare_ranks({"a": [3.0] * 8, "b": [2.0] * 8, "c": [1.0] * 8})
    assert [p.p for p in found.pairs] == [0.0, 0.0, 0.0]
    assert found.groups == (("a",), ("b",), ("c",))


def test_few_data_sets_are_said_to_be_few() -> None:
    few = {"a": [1.0, 2.0], "b": [2.0, 1.0], "c": [0.0, 3.0]}
    assert "few data sets" in compare_ranks(few).lines()[1]


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"a": [1.0, 2.0], "b": [1.0, 2.0]}, "three systems"),
        ({"a": [1.0, 2.0], "b": [1.0], "c": [1.0, 2.0]}, "every data set"),
        ({"a": [1.0], "b": [1.0], "c": [1.0]}, "two data sets"),
        ({"a": [1.0, math.nan], "b": [1.0, 2.0], "c": [1.0, 2.0]}, "missing"),
    ],
)
def test_an_incomplete_table_is_refused(scores: dict[str, list[float]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        compare_ranks(scores)


@given(st.integers(3, 6), st.integers(2, 8), st.integers(0, 10_000))
def test_any_table_gives_probabilities_and_mean_ranks_that_add_up(
    k: int, n: int, seed: int
) -> None:
    drawn = np.random.default_rng(seed).integers(0, 4, (k, n)).astype(float)
    found = compare_ranks({f"s{i}": list(row) for i, row in enumerate(drawn)})
    assert sum(found.mean_ranks.values()) == pytest.approx(k * (k + 1) / 2)
    assert all(0 <= p.p <= 1 for p in found.pairs)
    assert 0 <= found.p <= 1
    assert {name for group in found.groups for name in group} == set(found.mean_ranks)
    assert "NaN" not in json.dumps(found.as_json())


def test_holm_multiplies_the_least_by_all_and_never_falls() -> None:
    assert holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])


def test_what_was_found_is_told_in_lines_and_json() -> None:
    found = compare_ranks(WAYS, 0.1)
    described = found.as_json()
    assert (described["blocks"], described["alpha"], described["differ"]) == (5, 0.1, True)
    assert described["mean_ranks"] == found.mean_ranks
    assert (described["statistic"], described["p"]) == (found.statistic, found.p)
    assert described["groups"] == [list(group) for group in found.groups]
    assert described["pairs"] == [
        {"better": p.better, "worse": p.worse, "p": p.p, "differ": p.p < 0.1} for p in found.pairs
    ]
    first, second, third = found.lines()
    assert first == (
        "mean ranks over 5 data sets: meaning 1.20, words 2.10, random 2.70, none 4.00"
    )
    assert second == "Friedman: chi-square 12.67, p = 0.0054 (alpha 0.1)"
    apart = [p for p in found.pairs if p.differ]
    assert third == "Conover, Holm-adjusted: " + "; ".join(
        f"{p.better} above {p.worse} (p = {p.p:.3g})" for p in apart
    )
    tie = compare_ranks({name: [1.0, 2.0] for name in "abc"}).lines()
    assert tie[1] == "Friedman: all tie, p = 1 (alpha 0.05; few data sets, so read it as a hint)"
    assert compare_ranks(WAYS, found.p).differ is False
