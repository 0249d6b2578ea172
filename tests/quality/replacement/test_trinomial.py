import numpy as np
import pytest
from scipy.stats import multinomial

from assay.quality.replacement.trinomial import listed, p_value, p_values


def outcomes(n: int) -> tuple[np.ndarray, np.ndarray]:
    plus, minus = np.nonzero(np.add.outer(np.arange(n + 1), np.arange(n + 1)) <= n)
    return plus, minus


@pytest.mark.parametrize(("n", "margin"), [(12, 0.0), (20, 0.02), (30, 0.1), (25, 0.3)])
def test_its_size_is_at_most_what_it_says(n: int, margin: float) -> None:
    plus, minus = outcomes(n)
    p = np.array([p_value(n, int(a), int(b), margin) for a, b in zip(plus, minus, strict=True)])
    for share in np.linspace(0, (1 - margin) / 2, 41):
        law = [share + margin, share, max(1 - 2 * share - margin, 0.0)]
        chance = multinomial.pmf(np.c_[plus, minus, n - plus - minus], n, law)
        for level in (0.01, 0.0167, 0.05):
            assert chance[p <= level].sum() <= level * (1 + 1e-9)


def test_more_wins_and_fewer_losses_are_stronger_evidence() -> None:
    assert p_value(40, 2, 6, 0.1) < p_value(40, 2, 5, 0.1) < p_value(40, 3, 5, 0.1)


def test_at_margin_nothing_it_is_near_the_sign_test_and_without_differences_says_nothing() -> None:
    assert p_value(30, 0, 0, 0.0) == 1.0
    assert p_value(60, 5, 20, 0.0) == pytest.approx(0.0013, abs=5e-4)


def test_listed_outcomes_have_the_same_p_values() -> None:
    plus, minus = outcomes(24)
    many = p_values(np.full(len(plus), 24), plus, minus, 0.1, 24)
    each = [p_value(24, int(a), int(b), 0.1) for a, b in zip(plus, minus, strict=True)]
    assert many == pytest.approx(each, abs=2e-3)


def test_for_other_numbers_of_differences_it_is_near() -> None:
    statistic, chance = listed(300, 0.1)
    assert (np.diff(statistic) >= 0).all()
    assert p_values(np.array([320]), np.array([20]), np.array([18]), 0.1, 300)[0] == pytest.approx(
        p_value(320, 20, 18, 0.1), abs=2e-3
    )
    assert chance.max() == pytest.approx(1.0)
