"""What every aggregator promises, and what each is for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.aggregation.base import Aggregator
from assay.aggregation.correlated import Correlated
from assay.aggregation.dawid_skene import DawidSkene, OneCoin, Prior
from assay.aggregation.glad import Glad
from assay.aggregation.mace import Mace
from assay.aggregation.majority import Majority, Weighted, counted
from assay.aggregation.patterns import patterns
from assay.aggregation.score import ties, winners
from assay.aggregation.table import discounted, tables
from assay.core.errors import InputError
from assay.core.votes import Votes
from assay.testing import check_aggregator
from tests.aggregation.crowd import drawn, votes_of

ALL: list[Aggregator] = [
    Majority(), Weighted(), DawidSkene(), OneCoin(), Mace(), Mace(variational=True, restarts=2),
    Glad(), Correlated(),
]  # fmt: skip
names = st.sampled_from("abc")
answers = st.lists(st.tuples(st.sampled_from("1234"), names, names), min_size=1, max_size=30)
TAGS = ("x", "y", "mood")


@pytest.mark.parametrize("aggregator", ALL, ids=lambda a: a.id)
def test_every_aggregator_keeps_the_contract(aggregator: Aggregator) -> None:
    check_aggregator(aggregator)


@pytest.mark.parametrize("aggregator", ALL, ids=lambda a: a.id)
@given(said=answers, order=st.randoms())
@settings(max_examples=25, deadline=None)
def test_any_votes_give_probabilities_whatever_their_order(
    aggregator: Aggregator, said: list[tuple[str, str, str]], order: object
) -> None:
    votes = votes_of(said)
    check_aggregator(aggregator, votes)
    shuffled = np.random.default_rng(len(said)).permutation(len(votes))
    other = replace(
        votes, record=votes.record[shuffled], unit=votes.unit[shuffled],
        annotator=votes.annotator[shuffled], label=votes.label[shuffled],
    )  # fmt: skip
    found, again = aggregator.aggregate(votes), aggregator.aggregate(other)
    assert found.record.tolist() == again.record.tolist()
    assert np.abs(found.probs - again.probs).max() < 1e-3


@pytest.mark.parametrize("aggregator", ALL, ids=lambda a: a.id)
def test_units_with_labels_of_their_own_never_share_them(aggregator: Aggregator) -> None:
    said = [(f"r{i}", who, "yes" if (i + j) % 3 else "no") for i in range(9) for j, who in
            enumerate("abc")]  # fmt: skip
    mood = [(r, who, "glad" if k == "yes" else "sad") for r, who, k in said]
    units = ["x"] * len(said) + ["mood"] * len(mood)
    votes = votes_of([*said, *mood], units)
    found = aggregator.aggregate(votes)
    of_mood = found.unit == votes.units.index("mood")
    moods = [votes.labels.index(k) for k in ("glad", "sad")]
    assert np.allclose(found.probs[of_mood][:, moods].sum(axis=1), 1)
    assert np.allclose(found.probs[~of_mood][:, moods], 0)


@pytest.mark.parametrize("aggregator", ALL, ids=lambda a: a.id)
def test_a_label_that_nobody_gave_in_a_unit_is_not_chosen_there(aggregator: Aggregator) -> None:
    said = [(f"r{i}", who, "no") for i in range(4) for who in "ab"]
    votes = votes_of(
        [*said, *[(r, w, "yes") for r, w, _ in said], *said[:3]],
        ["x"] * len(said) + ["y"] * (len(said) + 3),
    )
    found = aggregator.aggregate(votes)
    never = found.probs[found.unit == votes.units.index("x"), votes.labels.index("yes")]
    assert never.max() < 1e-6


LEARNING: list[type[DawidSkene] | type[OneCoin] | type[Mace] | type[Glad]] = [
    DawidSkene, OneCoin, Mace, Glad,
]  # fmt: skip


@pytest.mark.parametrize("kind", LEARNING)
def test_gold_rows_stay_what_gold_says_and_teach_the_skills(
    kind: type[DawidSkene] | type[OneCoin] | type[Mace] | type[Glad],
) -> None:
    votes, truth = drawn(300, [0.9, 0.35, 0.35, 0.35], labels=2, seed=3)
    known = {(f"r{i}", ""): f"k{truth[i]}" for i in range(100)}
    found = kind(gold=known).aggregate(votes)
    assert (found.probs[np.arange(100), truth[:100]] == 1).all()
    assert found.skill is not None
    assert found.skill[0] == found.skill.max()
    right = (found.probs.argmax(axis=1) == truth)[100:].mean()
    without = (kind().aggregate(votes).probs.argmax(axis=1) == truth)[100:].mean()
    assert right > max(without, 0.6)


def test_gold_outside_the_votes_is_ignored_and_unknown_gold_labels_are_refused() -> None:
    votes, _ = drawn(20, [0.9, 0.8, 0.7])
    same = DawidSkene(gold={("elsewhere", ""): "k0"}).aggregate(votes).probs
    assert np.array_equal(same, DawidSkene().aggregate(votes).probs)
    with pytest.raises(InputError, match="'odd' is not among"):
        DawidSkene(gold={("r1", ""): "odd"}).aggregate(votes)


@pytest.mark.parametrize("aggregator", ALL, ids=lambda a: a.id)
def test_votes_that_saw_others_are_refused_unless_discounted(aggregator: Aggregator) -> None:
    votes, _ = drawn(20, [0.9, 0.8, 0.7])
    saw = np.zeros(len(votes), bool)
    saw[7] = True
    with pytest.raises(InputError, match="1 of 60 votes were given by annotators who had seen"):
        aggregator.aggregate(replace(votes, saw=saw))
    check_aggregator(aggregator, discounted(replace(votes, saw=saw), 0.5))


def test_a_discounted_vote_counts_its_share() -> None:
    votes = votes_of([("1", "a", "x"), ("1", "b", "y"), ("1", "c", "y")])
    seen = replace(votes, saw=np.array([False, True, True]))
    probs = Majority().aggregate(discounted(seen, 0.25)).probs
    assert probs[0].tolist() == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_no_weights_are_refused(weight: float) -> None:
    votes, _ = drawn(3, [0.9, 0.8])
    with pytest.raises(InputError, match="weight is negative or not a number"):
        Majority().aggregate(replace(votes, weight=np.full(len(votes), weight)))


def test_a_tie_goes_to_the_label_that_is_commonest_overall() -> None:
    votes = votes_of([("1", "a", "x"), ("1", "b", "y"), ("2", "a", "y"), ("2", "b", "y")])
    found = Majority().aggregate(votes)
    assert [votes.labels[k] for k in winners(found)] == ["y", "y"]
    assert ties(found) == 1


@given(said=answers)
@settings(max_examples=50, deadline=None)
def test_majority_at_once_is_majority_by_rows(said: list[tuple[str, str, str]]) -> None:
    votes = votes_of(said)
    (table,) = tables(votes)
    rows, found = counted(table), Majority().aggregate(votes)
    assert np.allclose(rows.probs.T, found.probs[:, table.labels])
    assert rows.winner is not None
    assert table.labels[rows.winner].tolist() == winners(found).tolist()
    assert found.skill is not None
    assert np.allclose(rows.skill, found.skill)


@pytest.mark.parametrize("aggregator", [DawidSkene(), OneCoin(), Mace()], ids=lambda a: a.id)
def test_rows_alike_kept_once_give_the_same_posteriors(aggregator: Aggregator) -> None:
    votes, _ = drawn(2_000, [0.9, 0.8, 0.6], labels=2, seed=1)
    (table,) = tables(votes)
    assert patterns(table) is not None
    apart = replace(votes, weight=np.ones(len(votes)))  # weights keep rows apart
    assert patterns(tables(apart)[0]) is None
    found, whole = aggregator.aggregate(votes), aggregator.aggregate(apart)
    assert np.abs(found.probs - whole.probs).max() < 1e-8


def test_a_prior_draws_an_annotator_with_few_votes_to_it() -> None:
    votes, _ = drawn(200, [0.9, 0.9, 0.9], seed=2)
    few = votes_of([("r0", "new", "k0")])
    joined = Votes(
        votes.records, ("",), (*votes.annotators, "new"), votes.labels,
        np.append(votes.record, np.int32(0)), np.append(votes.unit, np.int32(0)),
        np.append(votes.annotator, np.int32(3)), np.append(votes.label, few.label),
    )  # fmt: skip
    trusting = DawidSkene(priors={"new": Prior(1_000, 0)}).aggregate(joined).probs[0]
    doubting = DawidSkene(priors={"new": Prior(0, 1_000)}).aggregate(joined).probs[0]
    assert trusting[0] > doubting[0]
    with pytest.raises(InputError, match="'nobody', who cast no vote"):
        DawidSkene(priors={"nobody": Prior(1, 1)}).aggregate(votes)


def test_skills_come_out_as_they_were_drawn() -> None:
    skills = [0.95, 0.85, 0.75, 0.65, 0.55]
    votes, _ = drawn(4_000, skills, labels=4, seed=5)
    for aggregator in (DawidSkene(), OneCoin()):
        found = aggregator.aggregate(votes).skill
        assert found is not None
        assert np.abs(found - skills).max() < 0.03


def test_mace_that_learns_the_shares_beats_even_labels_where_one_is_rare() -> None:
    rng = np.random.default_rng(0)
    votes, _ = drawn(1_000, [0.85] * 6 + [0.5] * 6, labels=2, seed=4, each=3)
    truth = (rng.random(1_000) < 0.1).astype(np.int32)
    right = rng.random(len(votes)) < np.array([0.85] * 6 + [0.5] * 6)[votes.annotator]
    said = np.where(right, truth[votes.record], 1 - truth[votes.record]).astype(np.int32)
    rare = replace(votes, label=said)
    learnt, even = (Mace(even=e).aggregate(rare).probs.argmax(axis=1) for e in (False, True))
    assert (learnt == truth).mean() > (even == truth).mean()


@pytest.mark.parametrize("aggregator", ALL, ids=lambda a: a.id)
def test_no_votes_no_rows(aggregator: Aggregator) -> None:
    found = aggregator.aggregate(votes_of([]))
    assert found.probs.shape == (0, 0)


def test_hardly_used_record_numbers_give_the_same_rows() -> None:
    votes, _ = drawn(50, [0.9, 0.8, 0.7], seed=6)
    shuffled = np.random.default_rng(0).permutation(len(votes))
    columns = {n: getattr(votes, n)[shuffled] for n in ("unit", "annotator", "label")}
    record = votes.record[shuffled] * 40_000
    spread = replace(votes, records=("r",) * 2_000_000, record=record, **columns)
    found, plain = DawidSkene().aggregate(spread), DawidSkene().aggregate(votes)
    assert (found.record // 40_000).tolist() == plain.record.tolist()
    assert np.abs(found.probs - plain.probs).max() < 1e-9


def test_weights_follow_their_votes_whatever_the_order() -> None:
    votes, _ = drawn(60, [0.9, 0.8, 0.7, 0.6], seed=7)
    weighty = replace(votes, weight=np.random.default_rng(1).random(len(votes)))
    order = np.random.default_rng(2).permutation(len(votes))
    names = ("record", "unit", "annotator", "label", "weight")
    shuffled = replace(weighty, **{name: getattr(weighty, name)[order] for name in names})
    found, plain = (DawidSkene().aggregate(v).probs for v in (shuffled, weighty))
    assert np.abs(found - plain).max() < 1e-9
