from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.stats import beta, hypergeom

from assay.quality.inference.stratified import Counts, limits

WHOLE = tuple[int, ...]


@cache
def of(size: WHOLE, answered: WHOLE, errors: WHOLE) -> tuple[float, float]:
    return limits(Counts(np.array(size), np.array(answered), np.array(errors)), 0.95)


def coverage(size: WHOLE, answered: WHOLE, wrong: WHOLE) -> float:
    """By every outcome of the sample; those next to impossible count as held."""
    chances = [
        hypergeom.pmf(np.arange(n + 1), s, w, n)
        for s, n, w in zip(size, answered, wrong, strict=True)
    ]
    truth, missed = sum(wrong) / sum(size), 0.0
    for errors in product(*(np.flatnonzero(c > 1e-3) for c in chances)):
        low, high = of(size, answered, tuple(int(k) for k in errors))
        chance = np.prod([c[k] for c, k in zip(chances, errors, strict=True)])
        missed += 0.0 if low - 1e-9 <= truth <= high + 1e-9 else float(chance)
    return 1 - missed


@pytest.mark.parametrize(
    ("size", "answered"),
    [
        ((90_000, 10_000), (10, 10)),  # as many from each
        ((90_000, 10_000), (16, 2)),  # in proportion
        ((97_000, 3_000), (8, 8)),
        ((50, 20), (10, 10)),  # much of everything seen
    ],
)
def test_two_strata_hold_the_truth_whatever_their_rates(size: WHOLE, answered: WHOLE) -> None:
    rates = (0.0, 0.01, 0.1, 0.3, 1.0)
    held = {
        (one, other): coverage(size, answered, (round(one * size[0]), round(other * size[1])))
        for one, other in product(rates, rates)
    }
    assert min(held.values()) >= 0.94, held


def test_rare_errors_spread_over_many_strata_are_not_overstated() -> None:
    # Limits of each stratum joined by squares would leave out a rate that one sample of nine has.
    found = of((1_000,) * 10, (20,) * 10, (1, 1) + (0,) * 8)
    together = of((10_000,), (200,), (2,))
    assert found == pytest.approx(together, rel=0.1)


def test_one_stratum_is_the_exact_interval() -> None:
    low, high = of((10**9,), (100,), (3,))  # so many records that replacing them changes nothing
    assert low == pytest.approx(beta.ppf(0.025, 3, 98), abs=1e-6)
    assert high == pytest.approx(beta.ppf(0.975, 4, 97), abs=1e-6)
    for wrong in range(31):
        assert coverage((30,), (12,), (wrong,)) >= 0.95


def test_a_stratum_seen_whole_adds_no_uncertainty() -> None:
    assert of((40, 60), (40, 60), (4, 6)) == pytest.approx((0.1, 0.1))
    low, high = of((50, 1_000), (50, 100), (50, 5))
    alone = of((1_000,), (100,), (5,))
    assert (low, high) == pytest.approx([(50 + 1_000 * end) / 1_050 for end in alone], abs=0.003)
