"""Certificates: exact bounds, an order that ignores verdicts, and words that say what was found."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from assay.core.errors import InputError
from assay.quality.guarantees.bounds import errors_allowed, p_value, smallest_sample, upper
from assay.quality.guarantees.certificate import (
    PEOPLE,
    certify,
    certify_chain,
    certify_each,
    chain_counts,
    first_sure,
    not_said,
)
from assay.quality.guarantees.promise import Promise

TEN = Promise(0.1, 0.1)


@given(st.integers(1, 200), st.data(), st.floats(0.01, 0.5))
def test_the_upper_bound_is_that_of_the_exact_test(n: int, data: st.DataObject, d: float) -> None:
    errors = data.draw(st.integers(0, n))
    interval = binomtest(errors, n).proportion_ci(1 - 2 * d, method="exact")
    assert upper(errors, n, d) == pytest.approx(interval.high)


@given(st.integers(1, 300), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_allowed_errors_are_the_last_that_the_bound_lets_pass(n: int, a: float, d: float) -> None:
    k = int(errors_allowed(n, a, d))
    if k >= 0:
        assert p_value(k, n, a) <= d
        assert upper(k, n, d) <= a + 1e-9
    assert p_value(k + 1, n, a) > d


def test_the_smallest_sample_has_no_room_for_an_error() -> None:
    n = smallest_sample(0.05, 0.05)
    assert (n, int(errors_allowed(n, 0.05, 0.05))) == (59, 0)
    assert int(errors_allowed(n - 1, 0.05, 0.05)) == -1


def sample(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sure = rng.random(n)
    return sure, rng.random(n) < 0.55 + 0.45 * sure**0.6


def test_a_certificate_states_what_the_sample_shows() -> None:
    sure, right = sample(500)
    found = certify(sure, right, TEN, "the experts")
    assert found.threshold is not None
    accepted = sure >= found.threshold
    assert found.accepted == accepted.sum()
    assert found.errors == (accepted & ~right).sum()
    assert found.coverage == pytest.approx(accepted.mean())
    assert found.bound <= 0.1
    assert "at least 90.0% agree with the experts, with probability 90.0%" in found.statement


def test_a_useless_confidence_does_not_hide_labels_that_are_all_good() -> None:
    rng = np.random.default_rng(3)
    right = rng.random(400) < 0.97
    found = certify(rng.random(400), right, TEN)
    assert found.coverage > 0.95


def test_a_small_sample_is_told_how_many_labels_are_missing() -> None:
    found = certify(np.linspace(0.5, 1, 20), np.ones(20), Promise(0.05, 0.05))
    assert found.threshold is None
    assert found.more is not None
    assert 30 < found.more < 300
    assert f"about {found.more} more labels are needed" in found.statement


def test_as_many_more_labels_as_were_named_suffice() -> None:
    found = certify(np.linspace(0.5, 1, 20), np.ones(20), Promise(0.05, 0.05))
    assert found.more is not None
    n = 20 + found.more
    right = np.ones(n)
    right[: n // 50] = 0  # at the unsure end
    assert certify(np.linspace(0.5, 1, n), right, Promise(0.05, 0.05)).threshold is not None


def test_labels_that_are_wrong_too_often_are_not_promised_more_samples() -> None:
    rng = np.random.default_rng(0)
    found = certify(rng.random(300), rng.random(300) < 0.5, Promise(0.05, 0.05))
    assert (found.threshold, found.more) == (None, None)
    assert "even the most confident answers are wrong too often" in found.statement


def test_silence_is_counted_and_never_accepted() -> None:
    sure = np.append(np.full(200, 0.9), np.full(100, -np.inf))
    found = certify(sure, np.append(np.ones(200), np.zeros(100)), TEN)
    assert (found.accepted, found.labels, found.errors) == (200, 300, 0)
    assert certify([-np.inf] * 50, [False] * 50, TEN).threshold is None


def test_equal_confidences_stand_or_fall_together() -> None:
    sure = np.repeat([0.9, 0.6, 0.3], 100)
    right = np.concatenate([np.ones(100), np.ones(95), np.zeros(5), np.zeros(100)])
    found = certify(sure, right, TEN)
    assert (found.threshold, found.accepted, found.errors) == (0.6, 200, 5)


@given(st.permutations(range(60)))
def test_the_order_of_the_records_does_not_matter(order: list[int]) -> None:
    sure, right = sample(60, 5)
    promise = Promise(0.3, 0.2)
    assert certify(sure[order], right[order], promise) == certify(sure, right, promise)


def test_several_tags_share_the_error_probability() -> None:
    pairs = {name: sample(500, seed) for seed, name in enumerate(["a", "b", "c", "d"])}
    found = certify_each(pairs, TEN)
    assert {c.promise.delta for c in found.values()} == {0.025}


def test_a_chain_takes_each_record_from_the_first_link_that_is_sure() -> None:
    sure = np.array([[0.9, 0.2, 0.2, -np.inf], [0.9, 0.8, 0.1, 0.9]])
    assert first_sure(sure, 0.5).tolist() == [0, 1, PEOPLE, 1]


def test_a_chain_is_certified_whole() -> None:
    rng = np.random.default_rng(2)
    sure = rng.random((3, 600))
    right = rng.random((3, 600)) < 0.5 + 0.5 * sure**0.5
    found = certify_chain(sure, right, TEN)
    assert found.threshold is not None
    takers = first_sure(sure, found.threshold)
    assert found.shares == pytest.approx([(takers == k).mean() for k in range(3)])
    assert found.coverage == pytest.approx(sum(found.shares))
    assert found.coverage > certify(sure[0], right[0], TEN).coverage


@pytest.mark.parametrize(("n", "alpha", "delta"), [(9, 0.3, 0.1), (11, 0.2, 0.1), (12, 0.4, 0.2)])
def test_a_chain_keeps_delta_where_the_last_record_taken_is_always_right(
    n: int, alpha: float, delta: float
) -> None:
    """The second link is right; the first, a little less sure, takes all but the last record."""
    verdicts = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(bool)  # all there can be
    sure = np.arange(n, 0, -1)
    both = np.stack([sure - 0.5, sure])
    broken = 0.0
    for wrong in verdicts:
        right = np.stack([~wrong, np.ones(n, dtype=bool)])
        if certify_chain(both, right, Promise(alpha, delta)).threshold is not None:
            broken += float(np.where(wrong, alpha, 1 - alpha).prod())
    assert broken <= delta + 1e-12


def test_one_link_is_a_chain_of_one() -> None:
    sure, right = sample(400, 8)
    alone, chained = certify(sure, right, TEN), certify_chain(sure, right, TEN)
    assert (alone.threshold, alone.errors) == (chained.threshold, chained.errors)


@pytest.mark.parametrize(
    ("alpha", "delta", "what"), [(0.0, 0.1, "alpha"), (1.0, 0.1, "alpha"), (0.1, 1.5, "delta")]
)
def test_a_promise_lies_between_nothing_and_all(alpha: float, delta: float, what: str) -> None:
    with pytest.raises(InputError, match=what):
        Promise(alpha, delta)


def test_bad_samples_are_refused() -> None:
    with pytest.raises(InputError, match="empty"):
        certify([], [], TEN)
    with pytest.raises(InputError, match="pair up"):
        certify([0.1, 0.2], [True], TEN)
    with pytest.raises(InputError, match="missing"):
        certify([np.nan], [True], TEN)
    with pytest.raises(InputError, match="pair up"):
        certify_chain(np.zeros((2, 3)), np.zeros((2, 2)), TEN)
    with pytest.raises(InputError, match="pair up"):
        certify_chain(np.zeros((2, 0)), np.zeros((2, 0)), TEN)
    with pytest.raises(InputError, match="a link without an answer has minus infinity"):
        certify_chain([[0.5, np.nan]], [[True, True]], TEN)


@pytest.mark.parametrize("about", ["accepted", "output"])
def test_where_nobody_answered_nothing_is_promised(about: Any) -> None:
    found = certify([-np.inf] * 5, [False] * 5, Promise(0.1, 0.1, about))
    assert (found.threshold, found.labels, found.accepted, found.more) == (None, 5, 0, None)
    assert found.why
    unasked = not_said(Promise(0.1, 0.1, about), "people")
    assert (unasked.threshold, unasked.labels, unasked.reference) == (None, 0, "people")
    assert unasked.why == found.why


@pytest.mark.parametrize("n", [60, 300])
def test_the_promise_is_broken_no_more_often_than_delta(n: int) -> None:
    """In short; `bench/coverage.py` does it at length."""
    rng = np.random.default_rng(11)
    promise, broken, runs = Promise(0.2, 0.2), 0, 400
    for _ in range(runs):
        sure = rng.random(n)
        right = rng.random(n) < 0.6 + 0.4 * sure
        found = certify(sure, right, promise)
        if found.threshold is not None:  # the error rate above t is 0.4 (1 - (1 + t) / 2)
            broken += 0.4 * (1 - (1 + found.threshold) / 2) > promise.alpha
    assert broken / runs <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / runs)


@pytest.mark.parametrize(
    ("confidence", "wrong", "said"),
    [
        ([0.9] * 6, 1, "too small to tell"),
        ([0.9], 0, "too small to tell"),
        ([0.9] * 4, 0, "22 labels are the least, should none of them be wrong"),
        ([0.9] * 200, 60, "would hardly help"),
        ([-np.inf] * 50, 0, "no answer that could be accepted"),
        ([0.9] * 30, 0, None),
    ],
)
def test_a_refusal_says_no_more_than_the_sample_shows(
    confidence: list[float], wrong: int, said: str | None
) -> None:
    correct = np.arange(len(confidence)) >= wrong
    found = certify(confidence, correct, Promise(0.1, 0.1))
    assert (found.threshold is None) == (said is not None)
    assert said is None or said in found.statement


OUTPUT = Promise(0.1, 0.1, "output")


def test_the_whole_output_is_promised_up_to_the_error_that_is_one_too_many() -> None:
    sure, right = sample(500)
    found = certify(sure, right, OUTPUT)
    allowed = int(errors_allowed(500, 0.1, 0.1))
    assert found.threshold is not None
    assert found.errors == allowed == ((sure >= found.threshold) & ~right).sum()
    below = sure[sure < found.threshold].max()
    assert ((sure >= below) & ~right).sum() == allowed + 1
    assert found.bound <= 0.1
    assert found.coverage > certify(sure, right, TEN).coverage


def test_every_record_of_the_sample_counts_also_those_not_accepted() -> None:
    """The same accepted labels among twice as many records are half as wrong in the output."""
    sure, right = np.repeat([0.9, 0.1], 100), np.repeat([True, False], 100)
    right[:14] = False
    assert certify(sure[:100], right[:100], OUTPUT).threshold is None
    found = certify(sure, right, OUTPUT)
    assert (found.threshold, found.accepted, found.errors) == (0.9, 100, 14)


@pytest.mark.parametrize(("n", "alpha", "delta"), [(9, 0.3, 0.1), (11, 0.2, 0.1), (12, 0.4, 0.2)])
def test_the_output_of_a_chain_keeps_delta_where_a_label_turns_wrong(
    n: int, alpha: float, delta: float
) -> None:
    """The second link is right; the first, a little less sure, takes all over, wrong at alpha."""
    verdicts = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(bool)  # all there can be
    sure = np.arange(n, 0, -1)
    both = np.stack([sure - 0.5, sure])
    promise = Promise(alpha, delta, "output")
    broken = 0.0
    for wrong in verdicts:
        right = np.stack([~wrong, np.ones(n, dtype=bool)])
        if certify_chain(both, right, promise).threshold == 0.5:  # the first link has them all
            broken += float(np.where(wrong, alpha, 1 - alpha).prod())
    assert broken <= delta + 1e-12


def test_one_link_is_a_chain_of_one_for_the_output_too() -> None:
    sure, right = sample(400, 8)
    alone, chained = certify(sure, right, OUTPUT), certify_chain(sure, right, OUTPUT)
    assert (alone.threshold, alone.errors) == (chained.threshold, chained.errors)


@given(st.integers(0, 1000), st.integers(1, 3), st.booleans())
def test_a_chain_is_counted_as_it_decides(seed: int, links: int, coarse: bool) -> None:
    rng = np.random.default_rng(seed)
    sure = rng.random((links, 30)).round(1 if coarse else 6)
    sure[rng.random(sure.shape) < 0.1] = -np.inf
    right = rng.random(sure.shape) < 0.6
    thresholds = np.unique(sure[np.isfinite(sure)])[::-1]
    accepted, wrong = chain_counts(sure, right, thresholds)
    for t, a, w in zip(thresholds, accepted, wrong, strict=True):
        takers = first_sure(sure, t)
        taken = np.flatnonzero(takers != PEOPLE)
        assert (a, w) == (len(taken), (~right[takers[taken], taken]).sum())


@pytest.mark.parametrize("n", [60, 300])
def test_the_promise_of_the_output_is_broken_no_more_often_than_delta(n: int) -> None:
    """In short; `bench/coverage_output.py` does it at length."""
    rng = np.random.default_rng(12)
    promise, broken, runs = Promise(0.1, 0.2, "output"), 0, 400
    for _ in range(runs):
        sure = rng.random(n)
        right = rng.random(n) < 0.6 + 0.4 * sure
        found = certify(sure, right, promise)
        if found.threshold is not None:  # accepted and wrong above t: 0.2 (1 - t)^2
            broken += 0.2 * (1 - found.threshold) ** 2 > promise.alpha
    assert 0 < broken / runs <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / runs)


@pytest.mark.parametrize(
    ("confidence", "wrong", "said"),
    [
        ([0.9] * 6, 1, "22 labels are the least, should none of them be wrong"),
        ([0.9], 0, "22 labels are the least, should none of them be wrong"),
        ([0.9] * 20, 0, "about 18 more labels are needed"),
        ([0.9] * 200, 60, "would hardly help"),
        ([-np.inf] * 50, 0, "no answer that could be accepted"),
        ([0.9] * 22, 0, None),
    ],
)
def test_a_refusal_of_the_output_says_no_more_than_the_sample_shows(
    confidence: list[float], wrong: int, said: str | None
) -> None:
    correct = np.arange(len(confidence)) >= wrong
    found = certify(confidence, correct, OUTPUT)
    assert (found.threshold is None) == (said is not None)
    assert said is None or said in found.statement
