"""Promises and certificates in words: what is promised, about which labels, resting on what."""

import pytest

from assay.core.errors import InputError
from assay.quality.guarantees.promise import Certificate, Promise

ACCEPTED, OUTPUT = Promise(0.1, 0.1), Promise(0.1, 0.1, "output")


def test_a_promise_is_about_accepted_labels_or_the_output() -> None:
    assert ACCEPTED.about == "accepted"
    assert (ACCEPTED.labels, OUTPUT.labels) == ("accepted labels", "all labels, people's included")
    with pytest.raises(InputError, match="accepted or output"):
        Promise(0.1, 0.1, "everything")  # type: ignore[arg-type]


def test_the_share_of_all_labels_that_is_wrong_is_told_for_the_output() -> None:
    found = Certificate(OUTPUT, "experts", 200, 0.5, accepted=100, errors=10, bound=0.09)
    assert found.statement == (
        "of all labels, people's included (accepted at confidence 0.5 or more; people label the "
        "rest), at least 90.0% agree with experts, with probability 90.0%; 100 of 200 sampled "
        "records are accepted (50.0%), 10 of them wrong: 5.0% of all labels (at most 9.0%)"
    )


@pytest.mark.parametrize(
    ("promise", "rest"),
    [(ACCEPTED, "for the accepted records together"), (OUTPUT, "their labels count as agreeing")],
)
def test_each_promise_says_what_it_rests_on(promise: Promise, rest: str) -> None:
    described = "; ".join(Certificate(promise, "experts", 200, 0.5).assumptions)
    assert rest in described
    assert "independently of the others" in described


def test_a_refusal_says_what_was_wanted() -> None:
    described = Certificate(OUTPUT, "experts", 10, None, more=12).statement
    assert "at least 90.0% of all labels, people's included, agree with experts" in described
    assert "about 12 more labels are needed" in described


def test_no_threshold_is_said_where_no_confidence_was() -> None:
    found = Certificate(ACCEPTED, "experts", 100, 0.0, 100, 2, 0.06, unsaid=True)
    assert found.statement.startswith(
        "of all labels (all answers are accepted, since no confidence distinguishes "
        "them), at least "
    )
    assert (found.as_json()["threshold"], found.as_json()["possible"]) == (None, True)


def test_the_headline_is_the_statement_unless_it_cannot_be_told() -> None:
    kept = Certificate(ACCEPTED, "experts", 200, 0.5, accepted=100, errors=2, bound=0.06)
    assert (kept.passed, kept.verdict) == (True, kept.statement)
    refused = Certificate(ACCEPTED, "experts", 200, None, why="too few")
    assert (refused.passed, refused.verdict) == (False, refused.statement)
    doubted = Certificate(ACCEPTED, "experts", 200, 0.5, doubts=("a constant does too",))
    assert doubted.passed is None
    assert "a constant does too" in doubted.verdict
    assert doubted.verdict != doubted.statement
    for found in (kept, refused, doubted):
        described = found.with_verdict()
        assert (described["passed"], described["verdict"]) == (found.passed, found.verdict)
        assert described["possible"] is (found.threshold is not None)


def test_of_one_class_the_promise_is_for_its_accepted_labels() -> None:
    found = Certificate(ACCEPTED, "experts", 200, 0.5, label="spam")
    assert "the accepted labels of this class together" in "; ".join(found.assumptions)
    assert found.as_json()["class"] == "spam"
