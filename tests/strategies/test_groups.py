"""Groups of labels: alike or unlike ones together, none larger than asked for."""

import numpy as np

from assay.strategies.groups import affinity_of, cooccurring, diverse

LABELS = ("a", "b", "c", "d", "e")
NEAR = np.array([
    [0, 0.1, 0.9, 0.2, 0.3],
    [0.1, 0, 0.2, 0.8, 0.4],
    [0.9, 0.2, 0, 0.1, 0.5],
    [0.2, 0.8, 0.1, 0, 0.6],
    [0.3, 0.4, 0.5, 0.6, 0],
])  # fmt: skip


def test_alike_labels_go_together_up_to_the_size() -> None:
    assert cooccurring(LABELS, NEAR, 2) == (("a", "c"), ("b", "d"), ("e",))
    assert cooccurring(LABELS, NEAR, 3) == (("a", "c", "e"), ("b", "d"))
    assert cooccurring(LABELS, NEAR, 1) == tuple((label,) for label in LABELS)


def test_unlike_labels_go_together_up_to_the_size() -> None:
    assert diverse(LABELS, NEAR, 2) == (("a", "b"), ("c", "d"), ("e",))


def test_nearness_is_measured_to_all_that_are_in_the_group_already() -> None:
    near = np.array([[0, 0.9, 0.5, 0.1], [0.9, 0, 0, 0.7], [0.5, 0, 0, 0], [0.1, 0.7, 0, 0]])
    # to a and b together: c is at 0.25, d at 0.4
    assert cooccurring(("a", "b", "c", "d"), near, 3) == (("a", "b", "d"), ("c",))


def test_affinity_is_the_cosine_of_the_labels_columns_and_nought_for_what_never_occurs() -> None:
    tags = [frozenset("ab"), frozenset("a"), frozenset("ab"), frozenset("c")]
    found = affinity_of(tags, ("a", "b", "c", "never"))
    root = 2 / np.sqrt(3 * 2)
    expected = [[1, root, 0, 0], [root, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(found, expected)
