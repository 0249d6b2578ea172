"""Intervals on skill cover the skill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from assay.aggregation.answers import read_votes
from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from assay.aggregation.intervals import SkillIntervals
from assay.core.errors import InputError
from assay.core.votes import Votes
from tests.aggregation.crowd import drawn, votes_of

ASSUMED = SkillIntervals(assume_independent=True)


@pytest.mark.parametrize("model", [DawidSkene(), OneCoin()], ids=lambda m: m.id)
def test_intervals_cover_the_true_skill(model: DawidSkene | OneCoin) -> None:
    rng = np.random.default_rng(1)
    inside = []
    for seed in range(20):
        skills = rng.uniform(0.55, 0.95, 20)
        votes, _ = drawn(200, skills.tolist(), seed=seed, each=5)
        found = SkillIntervals(model=model, draws=150, seed=seed, assume_independent=True).of(votes)
        inside += list((found.low <= skills) & (skills <= found.high))
    assert 0.90 <= np.mean(inside) <= 0.99


def test_few_votes_make_wide_intervals() -> None:
    votes, _ = drawn(300, [0.8, 0.8, 0.8], seed=0)
    sparse, _ = drawn(30, [0.8, 0.8, 0.8], seed=0)
    many, few = (ASSUMED.of(v) for v in (votes, sparse))
    assert (few.high - few.low).min() > 1.5 * (many.high - many.low).max()


def test_with_gold_they_are_exact_ones_of_its_records() -> None:
    votes, truth = drawn(100, [0.8, 0.7, 0.6], labels=2, seed=1)
    gold = {(f"r{i}", ""): f"k{k}" for i, k in enumerate(truth) if i < 60}
    found = SkillIntervals(model=DawidSkene(gold=gold)).of(votes)
    for a in range(3):
        own = (votes.annotator == a) & (votes.record < 60)
        right = int((votes.label[own] == truth[votes.record[own]]).sum())
        exact = binomtest(right, 60).proportion_ci(0.95, "exact")
        assert (found.low[a], found.high[a]) == pytest.approx((exact.low, exact.high))
    assert found.known.all()


def test_who_answered_no_gold_is_not_known() -> None:
    votes = votes_of([("1", "a", "x"), ("2", "a", "y"), ("2", "b", "x")])
    found = SkillIntervals(model=DawidSkene(gold={("1", ""): "x"})).of(votes)
    assert found.known.tolist() == [True, False]
    assert (found.low[1], found.high[1]) == (0.0, 1.0)
    assert "answered by b" in found.why


def copies(seed: int, records: int = 200) -> Votes:
    """Three of five copy one another on seven tenths of the records."""
    votes, _ = drawn(records, [0.6, 0.6, 0.6, 0.85, 0.85], seed=seed)
    order = np.lexsort((votes.annotator, votes.record))
    table = votes.label[order].reshape(records, 5)
    copied = np.random.default_rng(seed).random((records, 2)) < 0.7
    table[:, 1:3] = np.where(copied, table[:, :1], table[:, 1:3])
    return replace(votes, annotator=votes.annotator[order], label=table.ravel())


@pytest.mark.parametrize("model", [DawidSkene(), OneCoin()], ids=lambda m: m.id)
def test_of_copies_nothing_is_claimed(model: DawidSkene | OneCoin) -> None:
    for seed in range(5):
        found = SkillIntervals(model=model, seed=seed).of(copies(seed))
        assert not found.known.any()
        assert (found.low.max(), found.high.min()) == (0.0, 1.0)
        assert "do not err independently" in found.why
        assert "of 5" in found.why


def test_of_hard_records_nothing_is_claimed() -> None:
    rng = np.random.default_rng(0)
    votes, _ = drawn(1_000, [0.9, 0.9, 0.8, 0.8, 0.7], seed=3)
    hard = (rng.random(1_000) < 0.2)[votes.record]
    guess = rng.integers(3, size=len(votes)).astype(np.int32)
    found = SkillIntervals(seed=1).of(replace(votes, label=np.where(hard, guess, votes.label)))
    assert "do not err independently" in found.why


@pytest.mark.parametrize("model", [DawidSkene(), OneCoin()], ids=lambda m: m.id)
def test_independent_annotators_keep_their_intervals_and_these_hold(
    model: DawidSkene | OneCoin,
) -> None:
    skills = np.array([0.9, 0.8, 0.7, 0.65, 0.6])
    inside, refused = [], 0
    for seed in range(6):
        votes, _ = drawn(150, skills.tolist(), seed=seed)
        found = SkillIntervals(model=model, draws=150, seed=seed).of(votes)
        refused += not found.known.any()
        inside += list((found.low <= skills) & (skills <= found.high))
    assert refused <= 3
    assert np.mean(inside) >= 0.93


def test_three_annotators_cannot_be_checked() -> None:
    votes, _ = drawn(200, [0.8, 0.8, 0.8], seed=0)
    found = SkillIntervals().of(votes)
    assert not found.known.any()
    assert "cannot be checked" in found.why


def test_six_models_and_the_people_they_are_compared_with(shared_data: Path) -> None:
    """What people's majority says is in few of these intervals, so none may be given."""
    for name in ("wax", "framing", "cebab_aspects", "mtbench"):
        votes = read_votes(shared_data / "alttest" / name / "llm_annotations.json")
        for model in (DawidSkene(), OneCoin()):
            assert not SkillIntervals(model=model).of(votes).known.any()


def test_one_answer_says_next_to_nothing() -> None:
    found = ASSUMED.of(votes_of([("1", "a", "x")]))
    assert found.low[0] < 0.2
    assert np.isfinite(found.high).all()
    with pytest.raises(InputError, match="level between 0 and 1"):
        SkillIntervals(level=1.0).of(votes_of([("1", "a", "x")]))


@pytest.mark.parametrize("model", [DawidSkene(), OneCoin()], ids=lambda m: m.id)
def test_intervals_hold_the_skill_they_are_of(model: DawidSkene | OneCoin) -> None:
    """Few votes fit nearly as well with all labels exchanged and all annotators wrong."""
    for seed in range(10):
        votes, _ = drawn(30, [0.8, 0.75, 0.9], labels=2, seed=seed)
        skill = model.aggregate(votes).skill
        found = SkillIntervals(model=model, assume_independent=True).of(votes)
        assert skill is not None
        assert ((found.low <= skill + 0.02) & (skill <= found.high + 0.02)).all()
