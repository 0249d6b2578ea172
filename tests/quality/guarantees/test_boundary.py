"""Limits for many looks: whatever the errors' places, delta is kept exactly, and nearly used up."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from assay.quality.guarantees.boundary import Limits, limits
from assay.quality.guarantees.certificate import certify
from assay.quality.guarantees.promise import Promise

FEW = 10
VERDICTS = ((np.arange(2**FEW)[:, None] >> np.arange(FEW)) & 1).astype(bool)  # all there can be


@cache
def certified(alpha: float, delta: float) -> np.ndarray:
    """How many records each of all possible samples certifies, the surest first."""
    sure = np.linspace(1, 0.5, FEW)
    return np.array([certify(sure, ~row, Promise(alpha, delta)).accepted for row in VERDICTS])


@pytest.mark.parametrize("setting", [(0.5, 0.2), (0.4, 0.3), (0.3, 0.2)])
@settings(max_examples=150, deadline=None)
@given(chances=st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.8, 1.0]), min_size=FEW,
                        max_size=FEW), level=st.booleans())  # fmt: skip
def test_whatever_the_errors_places_delta_is_kept(
    setting: tuple[float, float], chances: list[float], level: bool
) -> None:
    alpha, delta = setting
    p = np.full(FEW, alpha) if level else np.array(chances)
    chance = np.where(VERDICTS, p, 1 - p).prod(axis=1)
    too_many = np.append(False, np.cumsum(p) / np.arange(1, FEW + 1) >= alpha - 1e-12)
    assert chance[too_many[certified(alpha, delta)]].sum() <= delta + 1e-12


def together(planned: Limits, step: int, alpha: float, draws: np.ndarray) -> float:
    """Share of these samples within the first limit at a step, or within the other one later."""
    errors = np.cumsum(draws, axis=1)
    now = errors[:, planned.steps[step] - 1] <= planned.in_turn[step]
    rest = slice(step + 1, None)
    after = errors[:, planned.steps[rest] - 1] <= planned.alone[rest]
    return float((now | after.any(axis=1)).mean())


def chance(planned: Limits, step: int, allowed: int, alpha: float) -> float:
    """To be within `allowed` at a step, or within the other limit at a later one."""
    sizes = planned.steps.tolist()
    errors = binom.pmf(np.arange(sizes[-1] + 1), sizes[step], alpha)
    met = float(errors[: allowed + 1].sum())
    errors[: allowed + 1] = 0.0
    for k in range(step + 1, len(sizes)):
        gap = sizes[k] - sizes[k - 1]
        draws = binom.pmf(np.arange(gap + 1), gap, alpha)
        errors = np.convolve(errors, draws)[: sizes[-1] + 1]
        met += float(errors[: planned.alone[k] + 1].sum())
        errors[: planned.alone[k] + 1] = 0.0
    return met


@pytest.mark.parametrize(
    ("most", "alpha", "delta"), [(60, 0.3, 0.2), (100, 0.2, 0.1), (400, 0.05, 0.1)]
)
def test_the_limit_in_turn_is_the_last_that_delta_allows(
    most: int, alpha: float, delta: float
) -> None:
    planned = limits(most, alpha, delta)
    for step, allowed in enumerate(planned.in_turn.tolist()):
        assert chance(planned, step, allowed, alpha) <= delta + 1e-9
        assert chance(planned, step, allowed + 1, alpha) > delta - 1e-9


@pytest.mark.parametrize(("most", "alpha", "delta"), [(100, 0.2, 0.1), (400, 0.05, 0.1)])
def test_at_each_step_both_chances_together_are_delta_at_most(
    most: int, alpha: float, delta: float
) -> None:
    draws = np.random.default_rng(0).random((20_000, most)) < alpha
    planned = limits(most, alpha, delta)
    for step in range(len(planned.steps)):
        met = together(planned, step, alpha, draws)
        assert met <= delta + 4 * np.sqrt(delta * (1 - delta) / len(draws))
        one_more = binom.cdf(planned.in_turn[step] + 1, planned.steps[step], alpha)
        assert one_more > delta * 0.9  # no error more would have fitted


@given(st.integers(1, 3000), st.floats(0.01, 0.5), st.floats(0.01, 0.3))
@settings(max_examples=40, deadline=None)
def test_limits_rise_and_the_strict_one_is_the_smaller(most: int, alpha: float, d: float) -> None:
    planned = limits(most, alpha, d)
    assert planned.steps[-1] == most
    assert (np.diff(planned.steps) > 0).all()
    assert (np.diff(planned.in_turn) >= 0).all()
    assert (planned.alone <= planned.in_turn).all()


def test_sizes_between_steps_have_the_limits_of_the_one_before() -> None:
    planned = limits(100, 0.2, 0.1)
    first = int(planned.steps[0])
    in_turn, alone = planned.at(np.array([first - 1, first, first + 1, 100]))
    assert in_turn.tolist() == [-1, planned.in_turn[0], planned.in_turn[0], planned.in_turn[-1]]
    assert alone[0] == -1


def test_early_errors_are_forgiven_once_the_rest_makes_up_for_them() -> None:
    sure = np.linspace(1, 0.5, 1000)
    right = np.ones(1000, dtype=bool)
    right[:60:4] = False  # 15 of the 60 surest are wrong, and none after them
    found = certify(sure, right, Promise(0.05, 0.1))
    assert (found.accepted, found.errors) == (1000, 15)
    assert found.bound <= 0.05
