"""Queries of active learning: which records each takes first."""

import numpy as np
import pytest

from assay.strategies.queries import QUERIES, Pool, core_set, gradient_diversity
from assay.strategies.vectors import Floats
from tests.strategies.held import held

# of three labels: sure; torn between two; flat; a little less sure than the first
PROBS = np.array([[0.9, 0.05, 0.05], [0.49, 0.48, 0.03], [0.36, 0.32, 0.32], [0.8, 0.2, 0.0]])
PLACES = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [0.0, 3.0]])


def taken(query: str, count: int, pool: Pool) -> list[int]:
    picks: list[int] = QUERIES[query](pool, count, np.random.default_rng(0)).tolist()
    return picks


def pool(known: Floats | None = None, committee: Floats | None = None) -> Pool:
    members = PROBS[None] if committee is None else committee
    return Pool(PROBS, members, held(PLACES), np.zeros((0, 2)) if known is None else known)


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("least-confidence", [2, 1, 3, 0]),
        ("margin", [1, 2, 3, 0]),
        ("entropy", [2, 1, 3, 0]),
    ],
)
def test_the_least_sure_comes_first(query: str, order: list[int]) -> None:
    for count in range(5):
        assert taken(query, count, pool()) == order[:count]


def test_entropy_looks_at_all_labels_and_confidence_at_the_best() -> None:
    probs = np.array([[0.5, 0.5, 0.0], [0.52, 0.24, 0.24]])
    two = Pool(probs, probs[None], held(np.zeros((2, 1))), np.zeros((0, 1)))
    assert taken("entropy", 2, two) == [1, 0]
    assert taken("least-confidence", 2, two) == [0, 1]


def test_a_committee_is_asked_where_its_sure_members_differ_not_where_all_are_torn() -> None:
    sure, torn = [1.0, 0.0], [0.5, 0.5]
    committee = np.array([[sure, torn, sure], [sure[::-1], torn, [0.7, 0.3]]])
    differing = Pool(committee.mean(axis=0), committee, held(np.zeros((3, 1))), np.zeros((0, 1)))
    assert taken("committee", 3, differing) == [0, 2, 1]


def test_equal_values_are_drawn_and_not_taken_in_the_order_of_the_file() -> None:
    same = np.full((40, 2), 0.5)
    flat = Pool(same, same[None], held(np.zeros((40, 1))), np.zeros((0, 1)))
    for query in ("random", "least-confidence", "margin", "entropy", "committee"):
        picks = taken(query, 10, flat)
        assert len(set(picks)) == 10
        assert picks != list(range(10))


def test_core_set_takes_the_farthest_from_all_that_is_known_or_taken() -> None:
    assert taken("core-set", 4, pool(known=np.array([[0.0, 0.0]]))) == [2, 3, 1, 0]
    corners = np.array([[5.0, 0.0], [0.0, 3.0]])
    assert taken("core-set", 3, pool(known=corners)) == [1, 0, 2]
    assert taken("core-set", 2, pool(known=corners)) == [1, 0]


def test_core_set_begins_anywhere_where_nothing_is_known_and_takes_no_more_than_there_is() -> None:
    assert taken("core-set", 9, pool()) == [0, 2, 3, 1]
    assert core_set(pool(), 0, np.random.default_rng(0)).tolist() == []


def test_gradients_are_longest_where_the_vector_is_long_and_the_label_unsure() -> None:
    def first(probs: list[list[float]], vectors: list[list[float]]) -> int:
        given = np.array(probs)
        one = Pool(given, given[None], held(np.array(vectors)), np.zeros((0, 2)))
        return int(gradient_diversity(one, 1, np.random.default_rng(0))[0])

    assert first([[0.9, 0.1], [0.6, 0.4]], [[1.0, 0.0], [1.0, 0.0]]) == 1
    assert first([[0.9, 0.1], [0.6, 0.4]], [[9.0, 0.0], [1.0, 0.0]]) == 0
    assert first([[0.5, 0.5], [1.0, 0.0]], [[1.0, 0.0], [9.0, 0.0]]) == 0


def test_gradients_like_the_last_pick_are_not_taken_again() -> None:
    """Three twins and one that differs: after a twin only the other is at a distance."""
    probs = np.full((4, 2), 0.5)
    vectors = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 1.0], [2.0, 0.0]])
    twins = Pool(probs, probs[None], held(vectors), np.zeros((0, 2)))
    for seed in range(5):
        picks = gradient_diversity(twins, 2, np.random.default_rng(seed)).tolist()
        assert picks == [0, 2]
        picks = gradient_diversity(twins, 4, np.random.default_rng(seed)).tolist()
        assert picks[:2] == [0, 2]
        assert sorted(picks) == [0, 1, 2, 3]
        assert len(gradient_diversity(twins, 9, np.random.default_rng(seed))) == 4


def test_nothing_is_taken_twice_where_rounding_leaves_a_distance() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        probs = np.repeat(rng.dirichlet([1, 1, 1], 3), 4, axis=0)
        vectors = np.repeat(rng.normal(size=(3, 5)), 4, axis=0)
        same = Pool(probs, probs[None], held(vectors), np.zeros((0, 5)))
        picks = gradient_diversity(same, 12, np.random.default_rng(seed))
        assert sorted(picks.tolist()) == list(range(12))


def test_gradients_far_from_all_picks_are_drawn_by_their_squared_distance() -> None:
    probs = np.full((3, 2), 0.5)
    vectors = np.array([[4.0, 0.0], [0.0, 3.0], [0.0, 1.0]])
    three = Pool(probs, probs[None], held(vectors), np.zeros((0, 2)))
    seconds = [gradient_diversity(three, 2, np.random.default_rng(s))[1] for s in range(400)]
    # half the squared lengths, since the residual is (-.5, .5): 8 + 4.5 and 8 + .5 away
    assert np.mean([s == 1 for s in seconds]) == pytest.approx(12.5 / 21, abs=0.07)
