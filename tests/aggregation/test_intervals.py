"""Intervals on skill cover the skill."""

import numpy as np
import pytest

from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from assay.aggregation.intervals import SkillIntervals
from assay.core.errors import InputError
from tests.aggregation.crowd import drawn, votes_of


@pytest.mark.parametrize("model", [DawidSkene(), OneCoin()], ids=lambda m: m.id)
def test_intervals_cover_the_true_skill(model: DawidSkene | OneCoin) -> None:
    rng = np.random.default_rng(1)
    inside = []
    for seed in range(20):
        skills = rng.uniform(0.55, 0.95, 20)
        votes, _ = drawn(200, skills.tolist(), seed=seed, each=5)
        found = SkillIntervals(model=model, draws=150, seed=seed).of(votes)
        inside += list((found.low <= skills) & (skills <= found.high))
    assert 0.90 <= np.mean(inside) <= 0.99


def test_few_votes_make_wide_intervals() -> None:
    votes, _ = drawn(300, [0.8, 0.8, 0.8], seed=0)
    sparse, _ = drawn(30, [0.8, 0.8, 0.8], seed=0)
    many, few = (SkillIntervals().of(v) for v in (votes, sparse))
    assert (few.high - few.low).min() > 1.5 * (many.high - many.low).max()


def test_gold_narrows_them() -> None:
    votes, truth = drawn(100, [0.8, 0.7, 0.6], labels=2, seed=1)
    gold = {(f"r{i}", ""): f"k{k}" for i, k in enumerate(truth)}
    known = SkillIntervals(model=DawidSkene(gold=gold)).of(votes)
    guessed = SkillIntervals().of(votes)
    assert (known.high - known.low).sum() < (guessed.high - guessed.low).sum()
    right = [(votes.label[votes.annotator == a] == truth).mean() for a in range(3)]
    assert np.allclose(known.mean, right, atol=0.02)


def test_one_answer_says_next_to_nothing() -> None:
    found = SkillIntervals().of(votes_of([("1", "a", "x")]))
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
        found = SkillIntervals(model=model).of(votes)
        assert skill is not None
        assert ((found.low <= skill + 0.02) & (skill <= found.high + 0.02)).all()
