import numpy as np
import pytest
from scipy.special import expit

from assay.core.errors import InputError
from assay.quality.golden.other import of_preferences, of_quality


def test_preference_estimates_scatter_by_their_standard_error_and_intervals_hold() -> None:
    rng = np.random.default_rng(0)
    theta, values, errors, held = 0.8, [], [], 0
    for _ in range(400):
        margins = rng.uniform(0.2, 3, 150)
        found = of_preferences(
            margins.tolist(), (rng.random(150) < expit(theta * margins)).tolist()
        )
        assert found.value is not None
        assert found.error is not None
        assert found.interval[1] is not None
        values.append(found.value)
        errors.append(found.error)
        held += found.interval[0] <= theta <= found.interval[1]
    assert np.mean(values) == pytest.approx(theta, abs=0.03)
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.12)
    assert 0.92 <= held / 400 <= 0.98


def test_all_right_gives_a_lower_end_and_no_estimate() -> None:
    found = of_preferences([1.0] * 30, [True] * 30)
    assert (found.value, found.error, found.interval[1]) == (None, None, None)
    assert found.interval[0] > 1


def test_mostly_wrong_is_no_commitment() -> None:
    found = of_preferences([1.0] * 30, [i % 3 == 0 for i in range(30)])
    assert (found.value, found.error, found.interval[0]) == (0.0, None, 0.0)
    assert 0 < (found.interval[1] or 0) < 1


def test_quality_is_the_mean_with_its_information() -> None:
    found = of_quality([1.0, 2.0, 3.0, 4.0], sigma=2.0)
    assert (found.value, found.error, found.information) == (2.5, 1.0, 0.25)
    assert found.interval == pytest.approx((0.54, 4.46), abs=0.01)


def test_input_that_means_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="margin above 0"):
        of_preferences([0.0], [True])
    with pytest.raises(InputError, match="margin above 0"):
        of_preferences([], [])
    with pytest.raises(InputError, match="spread"):
        of_quality([1.0], 0.0)
