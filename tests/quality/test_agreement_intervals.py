"""Intervals of agreement hold where a label is rare; what few answers cannot say is pointed out."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from assay.core.votes import Votes
from assay.quality.agreement import Asked, Resampling, agree

SHARES = {2: (0.95, 0.05), 3: (0.475, 0.05, 0.475), 5: (0.5, 0.05, 0.15, 0.15, 0.15)}


def rare_votes(records: int, people: int, seed: int, labels: int = 2) -> Votes:
    """A label that one record in twenty has; annotators guess in a fifth of cases."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(labels, records, p=SHARES[labels])
    own = rng.random((records, people)) < 0.8
    guess = rng.choice(labels, (records, people), p=SHARES[labels])
    label = np.where(own, truth[:, None], guess).astype(np.int32).ravel()
    record, annotator = (x.ravel().astype(np.int32) for x in np.indices((records, people)))
    return Votes(
        tuple(map(str, range(records))), ("",), tuple(f"a{i}" for i in range(people)),
        ("no", "yes", "c", "d", "e")[:labels], record, np.zeros_like(record), annotator, label,
    )  # fmt: skip


@pytest.mark.parametrize(("people", "labels"), [(2, 2), (3, 2), (2, 3), (3, 3), (2, 5)])
def test_intervals_hold_where_a_label_is_rare(people: int, labels: int) -> None:
    without = Asked(resampling=Resampling(0))
    truth = agree(rare_votes(60_000, people, 0, labels), without).overall.coefficients
    covered: dict[str, list[bool]] = {"percent": [], "fleiss": [], "krippendorff": []}
    for seed in range(1, 150):
        votes = rare_votes(30, people, seed, labels)
        found = agree(votes, Asked(resampling=Resampling(200, seed))).overall.coefficients
        for name, inside in covered.items():
            low, high, value = found[name].low, found[name].high, truth[name].value
            if len(np.unique(votes.label)) < 2 and name != "percent":
                continue  # nothing is defined where all say the same
            assert low is not None
            assert high is not None
            assert value is not None
            inside.append(low <= value <= high)
    assert np.mean(covered["percent"]) >= 0.87  # Wilson: 0.919 at this share, in truth
    assert min(np.mean(covered[name]) for name in ("fleiss", "krippendorff")) >= 0.92


def sparse_votes(seed: int) -> Votes:
    """Thirty records, of which most have one answer alone."""
    rng = np.random.default_rng(seed)
    votes = rare_votes(30, 3, seed)
    kept = np.flatnonzero((votes.annotator == 0) | (rng.random(len(votes)) < 0.05))
    return replace(
        votes, record=votes.record[kept], unit=votes.unit[kept],
        annotator=votes.annotator[kept], label=votes.label[kept],
    )  # fmt: skip


def test_intervals_stay_within_what_a_coefficient_can_be_where_few_records_are_compared() -> None:
    for seed in range(60):
        votes = sparse_votes(seed)
        if np.bincount(votes.record).max() < 2:
            continue  # there is nothing to compare
        found = agree(votes, Asked(resampling=Resampling(200, seed))).overall
        for name, one in found.coefficients.items():
            if one.low is None or one.high is None or one.value is None:
                continue
            assert one.low <= one.value + 1e-9, (name, seed)
            assert one.value <= one.high + 1e-9, (name, seed)
            assert name != "krippendorff" or one.low >= -1 - 1e-9, seed
            assert one.high <= 1 + 1e-9, (name, seed)


@pytest.mark.parametrize("people", [2, 3])
def test_where_everybody_agrees_on_three_labels_there_is_an_interval(people: int) -> None:
    votes = rare_votes(30, people, 1, 3)
    same = replace(votes, label=(votes.record % 3).astype(np.int32))
    found = agree(same, Asked(resampling=Resampling(400)))
    for name, estimate in {**found.pairs[0].coefficients, **found.overall.coefficients}.items():
        assert estimate.value == pytest.approx(1)
        assert estimate.low is not None, name
        assert 0.7 < estimate.low < 0.99
        assert estimate.high == pytest.approx(1)


def test_too_many_ways_to_vote_are_resampled_as_they_are() -> None:
    votes = rare_votes(60, 9, 2, 5)
    found = agree(votes, Asked(resampling=Resampling(100))).overall.coefficients["fleiss"]
    assert found.low is not None
    assert found.value is not None
    assert found.low < found.value


def test_percent_agreement_of_two_has_wilsons_interval() -> None:
    votes = rare_votes(40, 2, 3)
    found = agree(votes, Asked(resampling=Resampling(100)))
    label = votes.label.reshape(40, 2)
    exact = binomtest(int((label[:, 0] == label[:, 1]).sum()), 40).proportion_ci(0.95, "wilson")
    for estimate in (found.overall.coefficients["percent"], found.pairs[0].coefficients["percent"]):
        assert (estimate.low, estimate.high) == pytest.approx((exact.low, exact.high))


def test_a_label_with_few_votes_is_pointed_out() -> None:
    rare = agree(rare_votes(40, 2, 3), Asked(resampling=Resampling(50)))
    assert "votes, under 10" in " ".join(rare.warnings)
    three = agree(rare_votes(30, 2, 1, 3), Asked(resampling=Resampling(50)))
    assert "label 'yes' has" in " ".join(three.warnings)
    five = agree(rare_votes(30, 2, 4, 5), Asked(resampling=Resampling(50)))
    assert "too): intervals of kappa" in " ".join(five.warnings)
    common = agree(rare_votes(2_000, 2, 3), Asked(resampling=Resampling(50)))
    assert "under 10" not in " ".join(common.warnings)


def test_three_shared_records_of_two_hundred_are_pointed_out() -> None:
    votes = rare_votes(200, 2, 1)
    kept = (votes.record < 3) | (votes.annotator == votes.record % 2)
    few = replace(
        votes, record=votes.record[kept], unit=votes.unit[kept],
        annotator=votes.annotator[kept], label=votes.label[kept],
    )  # fmt: skip
    found = agree(few, Asked(resampling=Resampling(50)))
    assert "only 3 of 200 records" in " ".join(found.warnings)


def test_agreement_that_chance_may_give_cannot_be_told() -> None:
    rng = np.random.default_rng(5)
    votes = rare_votes(60, 2, 1)
    guess = replace(votes, label=rng.integers(2, size=len(votes)).astype(np.int32))
    found = agree(guess, Asked(resampling=Resampling(300)))
    assert found.beyond_chance is None
    assert "cannot be determined" in str(found.verdict)
    assert found.as_json()["beyond_chance"] is None
    same = replace(votes, label=(votes.record % 2).astype(np.int32))
    assert agree(same, Asked(resampling=Resampling(300))).beyond_chance is True


def test_without_an_interval_nothing_is_claimed_beyond_chance() -> None:
    votes = rare_votes(60, 2, 1)
    same = replace(votes, label=(votes.record % 2).astype(np.int32))
    found = agree(same, Asked(resampling=Resampling(0)))
    assert found.beyond_chance is None
    assert "no interval was asked for" in str(found.verdict)


def test_few_records_that_all_were_answered_twice_leave_no_others() -> None:
    said = " ".join(agree(rare_votes(5, 2, 1), Asked(resampling=Resampling(50))).warnings)
    assert "only 5 records to compare" in said
    assert "others" not in said
