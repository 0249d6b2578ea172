import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import norm

from assay.core.annotation import Outcome, Request, RequestOptions, answer
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.core.votes import Floats
from assay.strategies.fusion import (
    Block,
    Counts,
    Fusion,
    Labels,
    SharedErrors,
    fit,
    independent,
    learn,
    learn_blocks,
    shared_errors,
    unrelated,
)

Made = tuple[Labels, Floats, Labels]


def world(n: int, seed: int = 0, classes: int = 4, copies: float = 0.0) -> Made:
    """A person right with 0.8 and a model right with about 0.75, overconfident by a factor of 2."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, n)
    log_probs = rng.normal(0, 1, (n, classes)) + 1.6 * np.eye(classes)[truth]
    other = (truth + rng.integers(1, classes, n)) % classes
    said = np.where(rng.random(n) < 0.8, truth, other)
    said = np.where(rng.random(n) < copies, log_probs.argmax(axis=1), said)
    return said, 2 * log_probs, truth


def right(labels: NDArray[np.int64], truth: Labels) -> float:
    return float((labels == truth).mean())


def test_fusion_is_the_formula() -> None:
    phi = np.array([[0.9, 0.2], [0.1, 0.8]])
    found = Fusion(phi).fuse(np.array([1]), np.log([[0.7, 0.3]]))
    expected = np.array([0.1 * 0.7, 0.8 * 0.3])
    assert found[0] == pytest.approx(expected / expected.sum())


def test_a_silent_person_leaves_the_calibrated_model() -> None:
    fusion = Fusion(np.array([[0.9, 0.2], [0.1, 0.8]]), temperature=2.0)
    log_probs = np.log([[0.9, 0.1]])
    found = fusion.fuse(np.array([-1]), log_probs)
    assert found == pytest.approx(np.exp(fusion.calibrated(log_probs)))
    assert found[0, 0] == pytest.approx(0.75)


def test_joint_beats_both_parties_where_their_errors_are_independent() -> None:
    said, log_probs, truth = world(6_000)
    fusion = fit(said[:500], log_probs[:500], truth[:500])
    joint = right(fusion.fuse(said[500:], log_probs[500:]).argmax(axis=1), truth[500:])
    alone = right(log_probs[500:].argmax(axis=1), truth[500:]), right(said[500:], truth[500:])
    assert joint > max(alone) + 0.04


def test_joint_gains_nothing_where_the_person_copies_the_model() -> None:
    said, log_probs, truth = world(4_000, copies=1.0)
    fusion = fit(said[:500], log_probs[:500], truth[:500])
    joint = right(fusion.fuse(said[500:], log_probs[500:]).argmax(axis=1), truth[500:])
    assert joint <= right(log_probs[500:].argmax(axis=1), truth[500:]) + 0.005


def test_fitting_finds_the_confusions_and_cools_an_overconfident_model() -> None:
    said, log_probs, truth = world(20_000)
    fusion = fit(said, log_probs, truth)
    assert np.diag(fusion.confusion) == pytest.approx([0.8] * 4, abs=0.02)
    posterior = np.exp(fusion.calibrated(log_probs))
    claimed = posterior.max(axis=1).mean()
    assert claimed == pytest.approx(right(posterior.argmax(axis=1), truth), abs=0.02)


@pytest.mark.parametrize("n", [10, 300])
def test_the_temperature_is_the_likeliest_given_its_prior(n: int) -> None:
    said, log_probs, truth = world(n, seed=4)

    def loss(log_t: float) -> float:
        scaled = log_softmax(log_probs / np.exp(log_t), axis=1)
        return float(log_t**2 / 0.5 - scaled[np.arange(n), truth].sum())

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}).x
    assert np.log(fit(said, log_probs, truth).temperature) == pytest.approx(best, abs=1e-5)


def test_learning_without_labels_comes_near_to_learning_with_all() -> None:
    said, log_probs, truth = world(4_000, seed=1)
    blind = learn(said, log_probs, np.full(4_000, -1))
    seeing = fit(said, log_probs, truth)
    assert blind.rounds > 1
    assert np.abs(blind.confusion - seeing.confusion).max() < 0.06
    joint = [right(f.fuse(said, log_probs).argmax(axis=1), truth) for f in (blind, seeing)]
    assert joint[0] == pytest.approx(joint[1], abs=0.01)


def test_labelled_records_keep_their_label_while_learning() -> None:
    said, log_probs, truth = world(300, seed=2)
    wrong = (truth + 1) % 4
    assert np.diag(learn(said, log_probs, wrong).confusion).max() < 0.4
    few = np.where(np.arange(300) < 30, truth, -1)
    assert np.diag(learn(said, log_probs, few).confusion).min() > 0.5


@given(st.integers(2, 5), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_a_posterior_is_a_distribution_whatever_is_given(k: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = rng.integers(-1, k, n)
    log_probs = np.log(np.maximum(rng.random((n, k)) - 0.3, 0) + 1e-320)
    log_probs[0] = -np.inf
    found = learn(said, log_probs, rng.integers(-1, k, n), rounds=3).fuse(said, log_probs)
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(np.ones(n))


def test_shared_mistakes_are_noticed_and_independent_ones_are_not() -> None:
    said, log_probs, truth = world(3_000, seed=3)
    assert shared_errors(said, log_probs.argmax(axis=1), truth).warning is None
    said, log_probs, truth = world(3_000, seed=3, copies=0.3)
    found = shared_errors(said, log_probs.argmax(axis=1), truth)
    assert found.same > 2 * found.expected
    assert "independence expects" in (found.warning or "")
    assert shared_errors(truth, truth, truth).p == 1.0


def test_an_answer_that_saw_another_is_refused() -> None:
    request = Request(Task("t", "?", Choice(["a", "b"])), text_record("r1", "x"), "panel")
    alone = answer(request, Outcome.ANSWERED, value="a", by="ann")
    independent([alone])
    seen = replace(request, options=RequestOptions(saw=("key",)))
    with pytest.raises(InputError, match=r"'r1': ann answered after seeing 1 other answer;"):
        independent([alone, answer(seen, Outcome.ANSWERED, value="a", by="ann")])


@pytest.mark.parametrize(
    ("confusion", "says"),
    [
        ([[10.0, -1.0], [-9.0, 2.0]], "negative"),
        ([[0.9, 0.2], [0.2, 0.8]], "column 1"),
        ([[1.0]], "2 labels"),
        ([[0.9, 0.1]], "square"),
    ],
)
def test_a_matrix_that_holds_no_probabilities_is_refused(
    confusion: list[list[float]], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        Fusion(np.array(confusion))


def test_input_that_does_not_fit_together_is_refused() -> None:
    said, log_probs, truth = world(20)
    with pytest.raises(InputError, match="fit together"):
        fit(said[:5], log_probs, truth)
    with pytest.raises(InputError, match="outside the 4 labels"):
        learn(said + 4, log_probs, truth)
    with pytest.raises(InputError, match="no record has a trusted label"):
        fit(said, log_probs, np.full(20, -1))
    with pytest.raises(InputError, match="missing or infinite"):
        fit(said, log_probs * np.nan, truth)
    with pytest.raises(InputError, match="temperature"):
        Fusion(np.eye(2), 0.0)


def test_learning_is_the_rounds_written_out() -> None:
    """Two rounds of EM against plain loops; the temperature has a test of its own."""
    said, log_probs, truth = world(60, seed=5, classes=3)
    truth = np.where(np.arange(60) < 6, truth, -1)
    said[10:13] = -1
    phi, temperature = np.full((3, 3), 0.05) + 0.85 * np.eye(3), 1.0
    prior = Counts(0.5, 3.0)
    for turn in (1, 2):
        soft = np.empty((60, 3))
        for i in range(60):
            model = np.exp(log_softmax(log_probs[i] / temperature))
            row = model if said[i] < 0 else model * phi[said[i]]
            soft[i] = np.eye(3)[truth[i]] if truth[i] >= 0 else row / row.sum()
        counts = np.full((3, 3), 0.5) + 3.0 * np.eye(3)
        for at in np.flatnonzero(said >= 0):
            counts[said[at]] += soft[at]
        phi = counts / counts.sum(axis=0)
        found = learn(said, log_probs, truth, prior, rounds=turn)
        assert found.rounds == turn
        assert found.confusion == pytest.approx(phi, abs=1e-9)
        temperature = found.temperature


def test_learning_stops_when_nothing_moves_any_more() -> None:
    said, log_probs, _ = world(400, seed=6)
    blind = np.full(400, -1)
    last = learn(said, log_probs, blind)
    assert 2 < last.rounds < 100
    before = learn(said, log_probs, blind, rounds=last.rounds - 1)
    assert np.abs(last.confusion - before.confusion).max() < 1e-5
    earlier = learn(said, log_probs, blind, rounds=last.rounds - 2)
    assert np.abs(before.confusion - earlier.confusion).max() >= 1e-5


def test_few_labels_count_with_the_answers_assumed() -> None:
    said, truth = np.array([0, 0, 1, -1]), np.array([0, 1, 1, 0])
    found = fit(said, np.zeros((4, 2)), truth, Counts(0.5, 1.0)).confusion
    assert found.tolist() == [[2.5 / 3, 1.5 / 4], [0.5 / 3, 2.5 / 4]]
    plain = fit(said, np.zeros((4, 2)), truth).confusion
    assert plain[0, 0] == pytest.approx(3.1 / 3.2)


def test_a_label_the_model_rules_out_can_still_be_heard() -> None:
    """Log probabilities end at -700: two ruled out alike are told apart by the person."""
    found = Fusion(np.array([[0.9, 0.1], [0.1, 0.9]])).fuse(
        np.array([1]), np.array([[-np.inf, -1e9]])
    )
    assert found[0].tolist() == pytest.approx([0.1, 0.9])
    certain = Fusion(np.eye(2)).fuse(np.array([1]), np.log([[0.7, 0.3]]))
    assert certain[0].tolist() == pytest.approx([0.0, 1.0])


def test_shared_errors_are_counted_against_independence() -> None:
    truth = np.array([0] * 8 + [1] * 8 + [-1])
    model = np.array([0] * 6 + [1] * 2 + [1] * 5 + [0] * 3 + [0])
    said = np.array([0] * 5 + [1] + [1, 0] + [1] * 4 + [0] + [0, 0, 0] + [0])
    found = shared_errors(said, model, truth)
    phi = np.array([[5 + 2.1, 1.1], [1.1, 4 + 2.1]])
    phi /= phi.sum(axis=0)
    chance = np.array([phi[1, 0]] * 2 + [phi[0, 1]] * 3)
    assert (found.model_wrong, found.same) == (5, 4)
    assert found.expected == pytest.approx(chance.sum())
    spread = np.sqrt((chance * (1 - chance)).sum())
    assert found.spread == pytest.approx(spread)
    assert found.p == pytest.approx(norm.sf((3.5 - chance.sum()) / spread))


@pytest.mark.parametrize(
    ("same", "spread", "warns"), [(3, 0.5, True), (2, 0.1, False), (3, 2.0, False), (9, 0.0, False)]
)
def test_shared_errors_warn_where_they_are_several_and_beyond_chance(
    same: int, spread: float, warns: bool
) -> None:
    found = SharedErrors(1_200, same, 0.25, spread)
    assert (found.warning is not None) is warns
    if warns:
        assert "on 1,200 records" in str(found.warning)
        assert f"label {same} times; independence expects 0.2" in str(found.warning)


def test_answers_that_draw_on_the_same_one_are_refused() -> None:
    task = Task("t", "?", Choice(["a", "b"]))
    requests = [Request(task, text_record("r1", "x"), name) for name in ("p", "q", "r")]
    one, other = (answer(r, Outcome.ANSWERED, value="a") for r in requests[:2])
    unrelated(one, other)
    with pytest.raises(InputError, match="'r1': the answers of p and p draw on the same answer"):
        unrelated(one, one)
    twice = replace(requests[2], options=RequestOptions(saw=("k", "l")))
    with pytest.raises(InputError, match="'r1': r answered after seeing 2 other answers; fusing"):
        independent([answer(twice, Outcome.ANSWERED, value="a")])


def test_a_matrix_may_be_off_by_rounding_and_labels_must_be_known() -> None:
    for off, fits in ((5e-7, True), (3e-6, False), (-3e-6, False)):
        phi = np.array([[0.9, 0.2], [0.1, 0.8 + off]])
        if fits:
            Fusion(phi)
        else:
            with pytest.raises(InputError, match="column 2 of the confusion matrix sums to"):
                Fusion(phi)
    for bad in (np.nan, np.inf, -1.0):
        with pytest.raises(InputError, match="temperature is above 0"):
            Fusion(np.eye(2), bad)
    with pytest.raises(InputError, match="negative or missing"):
        Fusion(np.array([[np.nan, 0.0], [0.0, 1.0]]))
    fine = np.log(np.full((2, 2), 0.5))
    for said in ([-2, 0], [0, 2]):
        with pytest.raises(InputError, match="outside the 2 labels"):
            Fusion(np.eye(2)).fuse(np.array(said), fine)
    with pytest.raises(InputError, match="missing or infinite"):
        Fusion(np.eye(2)).fuse(np.array([0, 1]), fine + np.inf)
    assert Fusion(np.eye(2)).fuse(np.zeros(0, np.int64), np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("same", "expected", "warned"), [(5, 1.5, False), (5, 1.3, True), (2, -9.0, False)]
)
def test_shared_errors_are_warned_of_below_a_chance_of_one_in_a_thousand(
    same: int, expected: float, warned: bool
) -> None:
    found = SharedErrors(20, same, expected, 1.0)
    assert found.p == pytest.approx(float(norm.sf(same - 0.5 - expected)))
    assert (found.warning is not None) is warned
    assert SharedErrors(20, 5, 0.0, 0.0).p == 1.0


def test_what_does_not_fit_together_is_refused_by_every_door() -> None:
    said, log_probs, truth = world(20)
    fusion = fit(said, log_probs, truth)
    for wrong in (said[:-1], np.full(20, 4), np.full(20, -2)):
        for door in (
            lambda w: fit(w, log_probs, truth),
            lambda w: learn(w, log_probs, truth),
            lambda w: fusion.fuse(w, log_probs),
        ):
            with pytest.raises(InputError, match=r"do not fit together|outside the 4 labels"):
                door(wrong)


@pytest.mark.parametrize("sizes", [[1_000], [1, 400, 99, 500], [0, 1_000]])
def test_what_is_learnt_in_blocks_is_what_is_learnt_at_once(sizes: list[int]) -> None:
    said, log_probs, truth = world(1_000, 5)
    few = np.where(np.arange(1_000) % 10 == 0, truth, -1)
    ends = np.cumsum([0, *sizes])
    blocks = [
        Block(said[a:b], log_probs[a:b], few[a:b]) for a, b in itertools.pairwise(ends.tolist())
    ]
    found, expected = learn_blocks(blocks, 4), learn(said, log_probs, few)
    assert found.rounds == expected.rounds
    assert found.confusion == pytest.approx(expected.confusion, rel=1e-9)
    assert found.temperature == pytest.approx(expected.temperature, rel=1e-9)
    with pytest.raises(InputError, match="do not fit together"):
        learn_blocks([*blocks, Block(said[:2], log_probs[:3], few[:2])], 4)
