"""Correlations of numbers on the same records."""

import numpy as np
import pytest
from scipy import stats

from assay.quality.agreement.base import Resampling
from assay.quality.agreement.scales import correlations

POINT = Resampling(0)


@pytest.mark.parametrize("scale", [1e-250, 1.0, 1e250])
def test_numbers_of_any_size_correlate_as_they_would_at_size_one(scale: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=40)
    y = x + rng.normal(size=40)
    found = correlations(x * scale, y, POINT)
    assert found["pearson"].value == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found["spearman"].value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert {e.n for e in found.values()} == {40}
    assert {e.low for e in found.values()} == {None}


def test_one_number_throughout_correlates_with_nothing() -> None:
    found = correlations(np.ones(5), np.arange(5.0), POINT)
    assert [e.value for e in found.values()] == [None, None]
    assert all(e.why for e in found.values())


def test_intervals_hold_the_value_and_narrow_with_records() -> None:
    rng = np.random.default_rng(2)
    widths = []
    for n in (30, 480):
        x = rng.normal(size=n)
        found = correlations(x, x + rng.normal(size=n), Resampling(400))
        ends = {}
        for e in found.values():
            assert e.low is not None
            assert e.value is not None
            assert e.high is not None
            assert e.low < e.value < e.high
            ends[e] = e.high - e.low
        widths.append(ends[found["pearson"]])
    assert widths[0] > 2 * widths[1]
