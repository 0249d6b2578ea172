from itertools import product

import numpy as np
import pytest
from scipy.stats import beta, binom

from assay.quality.golden.exact import exact_limits

COMMITMENTS = np.array([0.0, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 1.0])


@pytest.mark.parametrize(("certainty", "guess"), [(1.0, 0.5), (0.95, 0.5), (1.0, 0.33), (0.9, 0.2)])
@pytest.mark.parametrize("n", [10, 30, 100])
def test_alike_questions_hold_the_truth_at_every_commitment(
    n: int, certainty: float, guess: float
) -> None:
    gap = certainty - guess
    found = np.array(
        [
            exact_limits(np.full(n, guess), np.full(n, gap), np.arange(n) < k, 0.95)
            for k in range(n + 1)
        ]
    )
    for theta in COMMITMENTS:
        chance = binom.pmf(np.arange(n + 1), n, guess + theta * gap)
        held = (found[:, 0] <= theta + 1e-9) & (theta - 1e-9 <= found[:, 1])
        assert chance @ held >= 0.95


def test_unequal_questions_hold_the_truth_at_every_commitment() -> None:
    """At worst .951; limits for .93 would hold it in .941, those of a normal curve in .78."""
    certainty = np.array([1.0, 0.99, 0.95, 0.9, 0.8, 0.7])
    guess = np.array([0.5, 0.25, 0.6, 0.2, 0.33, 0.5])
    gap = certainty - guess
    outcomes = np.array(list(product([False, True], repeat=len(gap))))
    found = np.array([exact_limits(guess, gap, right, 0.95) for right in outcomes])
    for theta in COMMITMENTS:
        q = guess + theta * gap
        chance = np.where(outcomes, q, 1 - q).prod(axis=1)
        held = (found[:, 0] <= theta + 1e-7) & (theta - 1e-7 <= found[:, 1])
        assert chance @ held >= 0.95


def test_questions_nearly_alike_give_nearly_the_limits_of_clopper_and_pearson() -> None:
    gap = np.full(40, 1.0)
    gap[0] -= 1e-7
    low, high = exact_limits(np.zeros(40), gap, np.arange(40) < 30, 0.95)
    assert low == pytest.approx(beta.ppf(0.025, 30, 11), abs=1e-3)
    assert high == pytest.approx(beta.ppf(0.975, 31, 10), abs=1e-3)
