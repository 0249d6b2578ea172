import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import chi2

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


def test_the_ends_are_where_the_likelihood_has_fallen_by_half_of_chi_square() -> None:
    margins, right = [0.5, 1.0, 2.0, 1.5, 0.3, 1.0], [True, True, True, False, True, True]

    def value(theta: float) -> float:
        signed = np.where(right, margins, np.negative(margins))
        return float(np.log(expit(theta * signed)).sum())

    for level in (0.8, 0.95):
        found = of_preferences(margins, right, level)
        assert found.value is not None
        assert found.interval[1] is not None
        assert found.questions == 6
        grid = np.linspace(max(0.0, found.value - 0.5), found.value + 0.5, 201)
        assert value(found.value) >= max(map(value, grid)) - 1e-9
        fall = chi2.ppf(level, 1) / 2
        assert value(found.interval[1]) == pytest.approx(value(found.value) - fall, abs=1e-6)
        if found.interval[0] > 0:
            assert value(found.interval[0]) == pytest.approx(value(found.value) - fall, abs=1e-6)
        p = expit(found.value * np.array(margins))
        described = (np.square(margins) * p * (1 - p)).sum()
        assert found.error == pytest.approx(described**-0.5)
        assert found.information == pytest.approx(described / 6)
    assert of_preferences(margins, right, 0.3).interval[0] > 0
    assert of_preferences(margins, right, 0.999).interval[0] == 0.0


def test_all_right_ends_where_the_likelihood_has_fallen() -> None:
    found = of_preferences([2.0] * 8, [True] * 8, 0.9)
    low = found.interval[0]
    assert -8 * np.log(expit(2 * low)) == pytest.approx(chi2.ppf(0.9, 1) / 2)
    assert (found.questions, found.information) == (8, None)


@pytest.mark.parametrize("margins", [[1.0, -1.0], [1.0, np.inf], [1.0]])
def test_margins_and_verdicts_belong_together(margins: list[float]) -> None:
    with pytest.raises(InputError, match="margin above 0"):
        of_preferences(margins, [True, False])


@pytest.mark.parametrize(("scores", "sigma"), [([], 1.0), ([np.nan], 1.0), ([1.0], np.inf)])
def test_scores_and_their_spread_are_numbers(scores: list[float], sigma: float) -> None:
    with pytest.raises(InputError, match="quality needs scores"):
        of_quality(scores, sigma)
