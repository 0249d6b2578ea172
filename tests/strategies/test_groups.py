"""Groups of labels: who stands with whom, and how many."""

import numpy as np
import pytest

from assay.strategies.groups import affinity_of, cooccurring, diverse

LABELS = ("a", "b", "c", "d", "e")
NEAR = np.array(
    [
        [1.0, 0.1, 0.9, 0.2, 0.3],
        [0.1, 1.0, 0.0, 0.8, 0.4],
        [0.9, 0.0, 1.0, 0.1, 0.6],
        [0.2, 0.8, 0.1, 1.0, 0.1],
        [0.3, 0.4, 0.6, 0.1, 1.0],
    ]
)


@pytest.mark.parametrize(
    ("size", "alike", "unlike"),
    [
        (1, ("a", "b", "c", "d", "e"), ("a", "b", "c", "d", "e")),
        (2, ("ac", "bd", "e"), ("ab", "cd", "e")),
        (3, ("ace", "bd"), ("abe", "cd")),
        (5, ("abcde",), ("abcde",)),
        (9, ("abcde",), ("abcde",)),
    ],
)
def test_each_group_grows_by_the_nearest_or_by_the_farthest_up_to_its_size(
    size: int, alike: tuple[str, ...], unlike: tuple[str, ...]
) -> None:
    assert cooccurring(LABELS, NEAR, size) == tuple(map(tuple, alike))
    assert diverse(LABELS, NEAR, size) == tuple(map(tuple, unlike))


def test_a_group_keeps_the_order_of_the_labels_and_none_needs_no_group() -> None:
    near = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.9], [0.5, 0.9, 1.0]])
    assert cooccurring(("x", "y", "z"), near, 3) == (("x", "y", "z"),)
    assert cooccurring((), np.zeros((0, 0)), 3) == ()


def test_affinity_is_the_cosine_of_the_columns_and_an_unused_label_is_near_to_none() -> None:
    tags = [frozenset("ab"), frozenset("a"), frozenset("ab"), frozenset("a"), frozenset()]
    found = affinity_of(tags, ("a", "b", "c"))
    cosine = 2 / (2 * np.sqrt(2))  # twice together; four times and twice in all
    assert found == pytest.approx(np.array([[1, cosine, 0], [cosine, 1, 0], [0, 0, 0]]))


def test_nearness_is_measured_to_all_that_are_in_the_group_already() -> None:
    near = np.array([[0, 0.9, 0.5, 0.1], [0.9, 0, 0, 0.7], [0.5, 0, 0, 0], [0.1, 0.7, 0, 0]])
    # to a and b together: c is at 0.25, d at 0.4
    assert cooccurring(("a", "b", "c", "d"), near, 3) == (("a", "b", "d"), ("c",))
