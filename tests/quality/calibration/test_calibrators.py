import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit
from scipy.stats import t
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from assay.core.annotation import DecidedBy, Decision, Source
from assay.core.errors import InputError, SpecError
from assay.data.gold import Gold, Purpose
from assay.quality.calibration.calibrators import (
    METHODS,
    agreed_with,
    check_distributions,
    equal_bins,
    fit,
    fit_arrays,
    fit_verdicts,
    temperature_of_classes,
)
from assay.quality.calibration.reliability import auroc, judge, reliability
from assay.quality.verdicts import Verdict

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def overconfident(n: int, seed: int) -> tuple[Floats, Bools]:
    """Stated confidences whose logit is twice what it should be."""
    rng = np.random.default_rng(seed)
    true = expit(rng.normal(0.8, 1, n))
    return np.asarray(expit(2 * logit(true))), rng.random(n) < true


def decided(sure: Floats, right: Bools, source: Source = Source.STATED) -> list[Decision]:
    return [
        Decision(f"r{i}", "yes" if r else "no", float(s), source, DecidedBy.MODEL)
        for i, (s, r) in enumerate(zip(sure, right, strict=True))
    ]


def gold(**purposes: range) -> Gold:
    return Gold({Purpose(p): {f"r{i}": "yes" for i in ids} for p, ids in purposes.items()})


def test_temperature_finds_how_much_too_sure() -> None:
    fitted = fit_arrays(*overconfident(20_000, 1), "temperature")
    assert fitted.parameters["temperature"] == pytest.approx(2, abs=0.1)


def test_platt_equals_logistic_regression_on_many_labels() -> None:
    sure, right = overconfident(20_000, 2)
    fitted = fit_arrays(sure, right, "platt")
    plain = LogisticRegression(C=np.inf).fit(logit(sure)[:, None], right)
    assert fitted.parameters["slope"] == pytest.approx(plain.coef_[0, 0], abs=1e-2)
    assert fitted.parameters["intercept"] == pytest.approx(plain.intercept_[0], abs=1e-2)


def test_isotonic_equals_scikit_learn() -> None:
    sure, right = overconfident(500, 3)
    sure = np.round(sure, 2)
    fitted = fit_arrays(sure, right, "isotonic")
    theirs = IsotonicRegression(out_of_bounds="clip").fit(sure, right)
    at = np.linspace(0, 1, 301)
    assert fitted(at) == pytest.approx(theirs.predict(at), abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_mends_overconfidence_on_other_labels(method: str) -> None:
    fitted = fit_arrays(*overconfident(3_000, 4), method)
    sure, right = overconfident(3_000, 5)
    before, after = reliability(sure, right), reliability(fitted(sure), right)
    assert after.ece < before.ece / 2
    assert after.brier.value is not None
    assert before.brier.value is not None
    assert after.brier.value < before.brier.value


@settings(max_examples=60, deadline=None)
@given(
    method=st.sampled_from([*METHODS]),
    stated=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=10, max_size=60).filter(
        lambda rows: len({right for _, right in rows}) == 2
    ),
    asked=st.floats(0, 1),
)
def test_calibrated_confidences_are_probabilities_and_keep_the_order_where_fitted_so(
    method: str, stated: list[tuple[float, bool]], asked: float
) -> None:
    sure, right = (np.array(column) for column in zip(*stated, strict=True))
    fitted = fit_arrays(sure, right, method)
    given_back = fitted([asked, 0.0, 1.0])
    assert ((given_back >= 0) & (given_back <= 1)).all()
    if method in ("temperature", "isotonic"):
        assert given_back[1] <= given_back[0] + 1e-9 <= given_back[2] + 2e-9


def test_margins_are_fitted_as_they_are_endless_ones_too() -> None:
    rng = np.random.default_rng(6)
    margin = np.append(rng.exponential(2, 400), [math.inf] * 10)
    right = rng.random(410) < expit(margin - 1)
    for method in ("platt", "isotonic", "histogram"):
        fitted = fit_arrays(margin, right, method, Source.MARGIN)
        least, most = fitted([0.0, math.inf])
        assert 0 <= least < most <= 1
    with pytest.raises(SpecError, match="take platt"):
        fit_arrays(margin, right, "temperature", Source.MARGIN)


def test_only_calibration_gold_is_fitted_on_and_never_judged_on() -> None:
    sure, right = overconfident(600, 7)
    decisions = decided(sure, right)
    both = gold(calibration=range(300), evaluation=range(300, 600))
    fitted = fit(decisions, both)
    assert fitted.records == {f"r{i}" for i in range(300)}
    assert judge(decisions, both, fitted).correct.n == 300
    with pytest.raises(InputError, match=r"'r0' was used to fit .* judge it on evaluation gold"):
        judge(decisions, gold(evaluation=range(600)), fitted)


def test_gold_of_two_purposes_is_refused() -> None:
    with pytest.raises(InputError, match="a gold label has one purpose"):
        gold(calibration=range(5), evaluation=range(4, 8))


def test_a_calibrator_takes_only_the_source_it_was_fitted_on() -> None:
    sure, right = overconfident(100, 8)
    fitted = fit(decided(sure, right), gold(calibration=range(100)))
    own, other = decided(sure[:1], right[:1])[0], decided(sure[:1], right[:1], Source.LIKELIHOOD)[0]
    assert fitted.decision(own).confidence_source is Source.CALIBRATED
    with pytest.raises(InputError, match="fit one for each"):
        fitted.decision(other)
    with pytest.raises(InputError, match="several kinds"):
        fit(
            [own, Decision("r1", "yes", 0.5, Source.JUDGE, DecidedBy.MODEL)],
            gold(calibration=range(9)),
        )


@pytest.mark.parametrize(
    ("sure", "right", "message"),
    [
        ([0.5] * 5, [True] * 5, "10 labels or more, there are 5"),
        ([0.5] * 20, [True] * 20, "all 20 calibration answers are right"),
        ([1.5] * 20, [True, False] * 10, "between 0 and 1"),
        ([math.nan] * 20, [True, False] * 10, "confidence is missing"),
        ([0.5] * 20, [True], "do not pair up"),
    ],
)
def test_bad_input_is_told(sure: list[float], right: list[bool], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_arrays(sure, right)


def test_no_labels_in_common_is_told() -> None:
    decisions = decided(*overconfident(20, 9))
    with pytest.raises(InputError, match="calibration gold"):
        fit(decisions, gold(evaluation=range(20)))
    with pytest.raises(InputError, match="evaluation gold"):
        judge(decisions, gold(calibration=range(20)))


def test_rows_that_are_no_distribution_are_named() -> None:
    with pytest.raises(InputError, match=r"row 2: the probabilities sum to 0\.7"):
        check_distributions(np.array([[0.5, 0.5], [0.3, 0.4]]))
    with pytest.raises(InputError, match="row 1: a probability is negative"):
        check_distributions(np.array([[-0.5, 1.5]]))


def test_temperature_of_classes_undoes_sharpening() -> None:
    rng = np.random.default_rng(10)
    plain = rng.normal(size=(20_000, 4))
    p = np.exp(plain) / np.exp(plain).sum(axis=1, keepdims=True)
    truth = (p.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    assert temperature_of_classes(sharp, truth.tolist()) == pytest.approx(3, abs=0.15)


def test_auroc_and_brier_equal_scikit_learn() -> None:
    sure, right = overconfident(400, 11)
    sure = np.round(sure, 2)
    found = reliability(sure, right)
    assert found.auroc.value == pytest.approx(roc_auc_score(right, sure), abs=1e-12)
    assert found.brier.value == pytest.approx(brier_score_loss(right, sure), abs=1e-12)


def test_auroc_intervals_cover() -> None:
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(300):
        right = rng.random(150) < 0.7
        found = auroc(rng.normal(np.where(right, 1.0, 0.0)), right)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.7602 <= found.high  # Phi(1 / sqrt 2)
    assert covered >= 270


@pytest.mark.parametrize("upside_down", [False, True])
def test_where_all_right_answers_are_surer_the_interval_is_exact(upside_down: bool) -> None:
    """Of three wrong answers none above a right one: as likely as 1 in 20 at 0.95**(1/3)."""
    sure = np.array([0.9, 0.8, 0.8, 0.7, 0.3, 0.2, 0.1])
    right = np.arange(7) < 4
    room = 1 - 0.05 ** (1 / 3)
    found = auroc(-sure if upside_down else sure, right)
    expected = (0.0, 0.0, room) if upside_down else (1.0, 1 - room, 1.0)
    assert (found.value, found.low, found.high) == pytest.approx(expected)
    alone = auroc(sure, np.arange(7) < 1)
    assert (alone.value, alone.low, alone.high, alone.n) == (1.0, None, None, 7)


def test_confidences_and_verdicts_pair_up_and_there_are_some() -> None:
    with pytest.raises(InputError, match="2 confidences and 1 verdicts do not pair up"):
        reliability([0.5, 0.6], [True])
    with pytest.raises(InputError, match="there are no labelled answers"):
        reliability([], [])


def test_the_bias_of_ece_is_told_perfect_calibration_is_not_called_bad() -> None:
    rng = np.random.default_rng(13)
    sure = rng.random(300)
    found = reliability(sure, rng.random(300) < sure)
    assert found.ece > 0.01
    assert found.ece_by_chance > 0.01
    assert not any("off by" in w for w in found.warnings)


def test_all_right_has_no_auroc_and_no_nan() -> None:
    found = reliability([0.9] * 50, [True] * 50)
    assert found.auroc.value is None
    assert found.auroc.why == "all 50 answers are right"
    json.dumps(found.as_json(), allow_nan=False)
    assert any("right" in line for line in found.lines())


def test_confidence_that_tells_nothing_is_warned_of() -> None:
    rng = np.random.default_rng(14)
    found = reliability(rng.random(500), rng.random(500) < 0.7)
    assert any("not shown to tell right from wrong" in w for w in found.warnings)
    assert any("always stating" in w for w in found.warnings)


def test_platt_takes_his_smoothed_targets() -> None:
    """On few labels: the likeliest curve for targets (yes + 1) / (yes + 2) and 1 / (no + 2)."""
    sure, right = overconfident(40, 20)
    x, yes, no = logit(sure), int(right.sum()), int((~right).sum())
    target = np.where(right, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(ab: Floats) -> float:
        z = ab[0] * x + ab[1]
        return float((np.logaddexp(0, z) - target * z).sum())

    best = minimize(loss, [0.5, 0.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    described = fit_arrays(sure, right, "platt").parameters
    assert (described["slope"], described["intercept"]) == pytest.approx(tuple(best.x), abs=1e-4)


def test_temperature_is_the_likeliest() -> None:
    sure, right = overconfident(200, 21)

    def loss(log_t: float) -> float:
        p = expit(logit(sure) / np.exp(log_t))
        return -float(np.log(np.where(right, p, 1 - p)).mean())

    best = np.exp(minimize_scalar(loss, bounds=(-6, 6), method="bounded").x)
    fitted = fit_arrays(sure, right, "temperature")
    assert fitted.parameters == {"temperature": pytest.approx(best, rel=1e-4)}
    assert fitted([0.3, 0.9]) == pytest.approx(expit(logit([0.3, 0.9]) / best), rel=1e-4)


def test_a_histogram_has_bins_of_thirty_and_one_pseudo_answer_each_way() -> None:
    sure = np.repeat([0.1, 0.5, 0.9], [30, 30, 31])
    right = np.concatenate([np.arange(30) < 6, np.arange(30) < 15, np.arange(31) < 30])
    fitted = fit_arrays(sure, right, "histogram")
    assert fitted.parameters == {"bins": 3.0}
    at = fitted([0.0, 0.1, 0.49, 0.5, 0.89, 0.9, 1.0])
    low, middle, high = 7 / 32, 16 / 32, 31 / 33
    assert at == pytest.approx([low, low, low, middle, middle, high, high])
    assert fit_arrays(sure[:59], right[:59], "histogram").parameters == {"bins": 1.0}
    many, verdicts = overconfident(3_000, 22)
    assert fit_arrays(many, verdicts, "histogram").parameters == {"bins": 15.0}


@pytest.mark.parametrize(
    ("values", "count", "sizes"),
    [
        ([3, 1, 2, 4], 2, [[1, 2], [3, 4]]), ([1, 1, 1, 2], 2, [[1, 1, 1, 2]]),
        ([1, 2, 2, 2], 2, [[1], [2, 2, 2]]), ([5, 5, 5], 3, [[5, 5, 5]]), ([2, 1], 5, [[1], [2]]),
    ],
)  # fmt: skip
def test_bins_hold_about_equal_numbers_and_equal_confidences_together(
    values: list[float], count: int, sizes: list[list[float]]
) -> None:
    sure = np.array(values, float)
    assert [sure[part].tolist() for part in equal_bins(sure, count)] == sizes


def test_just_enough_labels_are_fitted_and_answers_all_alike_by_histogram_alone() -> None:
    ten = [0.5] * 10
    for method in METHODS:
        assert 0 < fit_arrays(ten, [True, False] * 5, method)([0.5])[0] < 1
    for method in ("isotonic", "histogram"):
        assert fit_arrays(ten, [False] * 10, method)([0.5])[0] < 0.1
    with pytest.raises(InputError, match="answers are wrong"):
        fit_arrays(ten, [False] * 10, "temperature")
    with pytest.raises(InputError, match="10 labels or more, there are 9"):
        fit_arrays(ten[:9], [True, False, True] * 3)
    with pytest.raises(SpecError, match="unknown calibration"):
        fit_arrays(ten, [True, False] * 5, "guess")
    for edge in (0.0, 1.0):
        assert fit_arrays([edge] * 10, [True, False] * 5)([0.0, 1.0]).shape == (2,)
    with pytest.raises(InputError, match=r"is -0\.1; it lies between 0 and 1"):
        fit_arrays([-0.1] * 10, [True, False] * 5)


def test_judged_answers_are_fitted_on_their_calibration_part() -> None:
    sure, right = overconfident(60, 23)
    rows = [
        Verdict(f"r{i}", "m", "", "a", float(s), bool(r), source=Source.JUDGE,
                purpose=Purpose.CALIBRATION if i < 40 else Purpose.EVALUATION)
        for i, (s, r) in enumerate(zip(sure, right, strict=True))
    ]  # fmt: skip
    extra = [
        replace(rows[0], record="x", right=None),
        replace(rows[0], record="y", confidence=None),
    ]
    fitted = fit_verdicts([*rows, *extra])
    assert fitted.records == {f"r{i}" for i in range(40)}
    assert (fitted.method, fitted.source) == ("platt", Source.JUDGE)
    assert fitted.parameters == fit_arrays(sure[:40], right[:40]).parameters
    assert fit_verdicts([replace(v, source=None) for v in rows]).source is Source.STATED
    with pytest.raises(InputError, match="no answer with a confidence has calibration gold"):
        fit_verdicts(rows[40:])
    with pytest.raises(InputError, match="several kinds"):
        fit_verdicts([*rows, replace(rows[0], record="z", source=Source.STATED)])


def test_a_decision_without_confidence_stays_and_agreements_pair_up() -> None:
    sure, right = overconfident(20, 24)
    fitted = fit(decided(sure, right), gold(calibration=range(20)))
    silent = Decision("q", "yes", decided_by=DecidedBy.MODEL)
    assert fitted.decision(silent) is silent
    own = decided(sure[:1], right[:1])[0]
    assert fitted.decision(own).confidence == pytest.approx(fitted([sure[0]])[0])
    records, stated, verdicts = agreed_with([own, silent], {"r0": "yes", "q": "yes", "z": "no"})
    assert (records, stated.tolist(), verdicts.tolist()) == (["r0"], [sure[0]], [bool(right[0])])


@pytest.mark.parametrize(
    ("table", "says"),
    [([0.5, 0.5], "are a table"), (np.zeros((0, 2)), "are a table"),
     ([[0.5, 0.5], [np.inf, 0.0]], "row 2: a probability is negative or missing"),
     ([[0.5, 0.502]], r"row 1: the probabilities sum to 1\.002, not to 1 \(1 such rows\)")],
)  # fmt: skip
def test_what_is_no_table_of_distributions_is_told(table: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_distributions(np.array(table))


def test_classes_and_their_labels_fit_together() -> None:
    fine = np.full((10, 2), 0.5005)
    assert check_distributions(fine).shape == (10, 2)
    assert temperature_of_classes(fine, [0, 1] * 5) > 0
    for truth in ([0] * 9, [0] * 9 + [2], [0] * 9 + [-1]):
        with pytest.raises(InputError, match=r"10 or more are needed|outside the 2 classes"):
            temperature_of_classes(fine, truth)
    with pytest.raises(InputError, match="10 or more"):
        temperature_of_classes(fine[:9], [0] * 9)


def test_margins_are_judged_after_a_calibrator_alone() -> None:
    sure, right = overconfident(60, 25)
    stated = judge(decided(sure, right), gold(evaluation=range(60)))
    assert (stated.correct.n, stated.reference) == (60, "evaluation gold")
    margins = decided(3 * sure, right, Source.MARGIN)
    both = gold(calibration=range(30), evaluation=range(30, 60))
    with pytest.raises(InputError, match="a margin is no probability; fit a calibrator first"):
        judge(margins, both)
    assert judge(margins, both, fit(margins, both)).correct.n == 30


def test_confidences_that_a_constant_matches_cannot_be_judged() -> None:
    rng = np.random.default_rng(3)
    described = rng.beta(2, 1, 600)
    good = reliability(described, rng.random(600) < described)
    assert good.finding.passed is True
    assert good.verdict == "these confidences can be believed, as far as these labels show"
    level = np.full(600, 0.8) + rng.normal(0, 0.001, 600)
    constant = reliability(level, rng.random(600) < 0.8)
    assert constant.finding.passed is None
    assert "cannot be determined" in constant.verdict
    assert "always stating" in constant.verdict
    assert constant.as_json()["passed"] is None
    off = reliability(described, rng.random(600) < described**3)
    assert off.finding.passed is False
    assert "cannot be believed as they are" in off.verdict


def test_what_the_constant_scores_more_is_measured_answer_by_answer() -> None:
    sure, right = np.array([0.9, 0.8, 0.3, 0.6]), np.array([True, True, False, True])
    found = reliability(sure, right)
    assert found.brier.value is not None
    assert found.gain.value == pytest.approx(found.brier_constant - found.brier.value)
    assert found.gain.low is not None
    assert found.gain.high is not None
    more = (0.75 - right) ** 2 - (sure - right) ** 2
    half = t.ppf(0.975, 3) * more.std(ddof=1) / 2
    assert (found.gain.low, found.gain.high) == pytest.approx(
        (more.mean() - half, more.mean() + half)
    )
    assert reliability([0.7] * 30, [True] * 30).gain.low is None


def test_an_endless_margin_counts_as_one_beyond_the_largest_seen() -> None:
    margins = np.repeat([-np.inf, 0.0, np.inf], 10)
    correct = np.array([False] * 10 + [True, False] * 5 + [True] * 10)
    curve = fit_arrays(margins, correct, "isotonic", Source.MARGIN)
    asked = [-np.inf, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, np.inf]
    assert curve(asked).tolist() == [0.0, 0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
