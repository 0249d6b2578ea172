"""Copies and followers count less, independent annotators do not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.aggregation.correlated import Correlated, dependence
from assay.aggregation.dawid_skene import DawidSkene
from assay.aggregation.table import tables
from assay.core.errors import InputError
from assay.core.votes import Votes
from tests.aggregation.crowd import drawn


def followed(
    records: int, follow: float, labels: int = 3, seed: int = 0
) -> tuple[Votes, NDArray[np.int64]]:
    """Four people right four times in five, a model right two times in three, and three models that
    follow it with probability `follow`."""
    rng = np.random.default_rng(seed)
    votes, truth = drawn(records, [0.8] * 4 + [0.65], labels, seed=seed)
    said = np.empty((records, 5), np.int64)
    said[votes.record, votes.annotator] = votes.label
    own = np.where(
        rng.random((records, 3)) < 0.65,
        truth[:, None],
        (truth[:, None] + rng.integers(1, labels, (records, 3))) % labels,
    )
    models = np.where(rng.random((records, 3)) < follow, said[:, 4:], own)
    said = np.hstack([said, models])
    who = ("p1", "p2", "p3", "p4", "m1", "m2", "m3", "m4")
    row = np.repeat(np.arange(records), 8).astype(np.int32)
    column = np.tile(np.arange(8), records).astype(np.int32)
    label = said.ravel().astype(np.int32)
    return Votes(
        votes.records, ("",), who, votes.labels, row, np.zeros_like(row), column, label
    ), truth


def accuracy(model: Correlated | DawidSkene, votes: Votes, truth: NDArray[np.int64]) -> float:
    return float((model.aggregate(votes).probs.argmax(axis=1) == truth).mean())


def test_copies_do_not_outvote_people() -> None:
    votes, truth = followed(500, follow=1.0)
    assert accuracy(DawidSkene(), votes, truth) < 0.7
    assert accuracy(Correlated(), votes, truth) > 0.9


def test_followers_are_measured() -> None:
    votes, truth = followed(1_500, follow=0.6)
    between = Correlated().dependence(votes)
    assert between[4, 5:].mean() == pytest.approx(0.6, abs=0.1)  # the followed and who follows it
    assert between[:4, :4].max() < 0.1
    assert between[:4, 4:].max() < 0.1
    assert accuracy(Correlated(), votes, truth) > accuracy(DawidSkene(), votes, truth)


def test_independent_annotators_are_left_as_they_are() -> None:
    votes, _ = drawn(800, [0.9, 0.8, 0.7, 0.6], labels=3, seed=1)
    found, plain = Correlated().aggregate(votes), DawidSkene().aggregate(votes)
    assert np.abs(found.probs - plain.probs).max() < 0.01


def test_only_members_of_one_family_depend_where_families_are_named() -> None:
    votes, truth = followed(500, follow=0.8, labels=2)
    named = Correlated(families=dict.fromkeys(["m1", "m2", "m3", "m4"], "m"))
    assert named.dependence(votes)[:4].max() == 0
    assert accuracy(named, votes, truth) > 0.85


def test_gold_rows_measure_where_there_are_enough() -> None:
    votes, truth = followed(500, follow=0.8, labels=2)
    gold = {(f"r{i}", ""): f"k{truth[i]}" for i in range(80)}
    assert accuracy(Correlated(model=DawidSkene(gold=gold)), votes, truth) > 0.9


def test_hard_records_make_everyone_less_sure() -> None:
    rng = np.random.default_rng(0)
    votes, truth = drawn(2_000, [0.95] * 6, seed=0)
    hard = rng.random(2_000) < 0.3
    guess = rng.integers(3, size=len(votes)).astype(np.int32)
    label = np.where(hard[votes.record], guess, votes.label).astype(np.int32)
    votes = Votes(votes.records, ("",), votes.annotators, votes.labels, votes.record, votes.unit,
                  votes.annotator, label)  # fmt: skip

    def loss(model: Correlated | DawidSkene) -> float:
        probs = model.aggregate(votes).probs[np.arange(2_000), truth]
        return float(-np.log(np.maximum(probs, 1e-9)).mean())

    assert loss(Correlated()) < 0.8 * loss(DawidSkene())


def test_a_second_vote_of_one_annotator_adds_nothing() -> None:
    votes, _ = drawn(100, [0.9, 0.8, 0.7], seed=2)
    again = votes.annotator == 2
    record, unit, annotator, label = (
        np.append(c, c[again]) for c in (votes.record, votes.unit, votes.annotator, votes.label)
    )
    twice = Votes(
        votes.records, ("",), votes.annotators, votes.labels, record, unit, annotator, label
    )
    once, both = Correlated().aggregate(votes), Correlated().aggregate(twice)
    assert np.abs(once.probs - both.probs).max() < 1e-6


def test_too_many_annotators_and_unknown_families_are_refused() -> None:
    votes, _ = drawn(5, [0.9] * 2_000, each=2)
    with pytest.raises(InputError, match="too many pairs"):
        Correlated().aggregate(votes)
    few, _ = drawn(5, [0.9] * 3)
    with pytest.raises(InputError, match="'gpt', who cast no vote"):
        Correlated(families={"gpt": "openai"}).aggregate(few)


def test_gold_of_the_first_label_measures_too() -> None:
    """On gold the two are independent; on the rest they agree, whatever is true."""
    pairs = [(a, b) for a in (0, 1) for b in (0, 1)] * 10 + [(k % 2 + 1,) * 2 for k in range(80)]
    row = np.repeat(np.arange(120), 2).astype(np.int32)
    votes = Votes(
        tuple(f"r{i}" for i in range(120)), ("",), ("one", "two"), ("k0", "k1", "k2"), row,
        np.zeros_like(row), np.tile(np.arange(2), 120).astype(np.int32),
        np.array(pairs, np.int32).ravel(),
    )  # fmt: skip
    (table,) = tables(votes, {(f"r{i}", ""): "k0" for i in range(40)})
    probs = np.full((3, 120), 1 / 3)
    probs[:, :40] = [[1.0], [0.0], [0.0]]
    assert dependence(table, probs, 40)[0, 1] == pytest.approx(0, abs=1e-9)
    assert dependence(table, probs, 41)[0, 1] > 0.2, "too little gold: as on all rows"
