"""The distributions against scipy.stats, which is the reference."""

import numpy as np
import pytest
from scipy import stats

from assay.core import distributions as d

LEVELS = np.array([1e-9, 0.001, 0.025, 0.1, 0.5, 0.9, 0.975, 0.999])


def test_quantiles_and_chances_are_those_of_the_reference() -> None:
    assert d.normal_quantile(LEVELS) == pytest.approx(stats.norm.ppf(LEVELS), rel=1e-12)
    assert d.normal_cdf([-8.0, -1.0, 0.0, 2.0]) == pytest.approx(stats.norm.cdf([-8, -1, 0, 2]))
    for freedom in (1, 2, 9, 400):
        assert d.t_quantile(LEVELS, freedom) == pytest.approx(
            stats.t.ppf(LEVELS, freedom), rel=1e-9
        )
    for a, b in ((1, 1), (3, 98), (900, 2)):
        expected = stats.beta.ppf(LEVELS, a, b)
        assert d.beta_quantile(LEVELS, a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [0, 1, 7, 100, 4_000])
@pytest.mark.parametrize("p", [0.0, 0.01, 0.3, 1.0])
def test_counts_of_hits_are_those_of_the_reference_and_end_where_they_end(n: int, p: float) -> None:
    k = np.unique(np.array([-1, 0, 1, n // 3, n - 1, n, n + 1]))
    assert d.binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), rel=1e-9, abs=1e-300)
    assert d.binomial_pmf(k, n, p) == pytest.approx(stats.binom.pmf(k, n, p), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("level", [1e-6, 0.05, 0.1, 0.5])
@pytest.mark.parametrize("p", [0.01, 0.1, 0.37])
def test_the_most_hits_are_the_last_whose_chance_is_within_the_level(
    level: float, p: float
) -> None:
    n = np.arange(1, 600)
    k = d.most_hits(level, n, p)
    assert np.all((k == -1) | (stats.binom.cdf(k, n, p) <= level))
    assert np.all((k == n) | (stats.binom.cdf(k + 1, n, p) > level))


def test_equal_values_share_their_ranks() -> None:
    values = np.array([3.0, 1.0, 2.0, 3.0, 3.0, -np.inf])
    assert d.average_ranks(values).tolist() == stats.rankdata(values).tolist()
    assert d.average_ranks(np.array([])).tolist() == []


@pytest.mark.parametrize(("hits", "n"), [(0, 9), (9, 9), (1, 30), (0, 0), (200, 1_000)])
def test_the_exact_interval_is_clopper_and_pearsons(hits: int, n: int) -> None:
    found = d.exact_interval(hits, n, 0.95)
    if n == 0:
        assert found == (0.0, 1.0)
        return
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert found == pytest.approx((expected.low, expected.high), rel=1e-9)
