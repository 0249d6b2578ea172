"""Annotations and cells as votes."""

from dataclasses import replace

import numpy as np
import pytest

from assay.core.annotation import Annotation, Outcome
from assay.quality.agreement.read import kind_of, votes_of_annotations, without_seen


def said(record: str, who: str, value: str | None, by: str | None = None) -> Annotation:
    outcome = Outcome.ANSWERED if value is not None else Outcome.UNPARSED
    key = f"{record}/{who}/{by}"
    return Annotation(
        key=key, task="t", record=record, annotator=who, outcome=outcome, value=value, by=by
    )


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["1", "2", "3.5"], "interval"),
        (["yes", "no"], "nominal"),
        (["1", "no"], "nominal"),
        ([], "nominal"),
    ],
)
def test_labels_that_are_numbers_are_an_interval_scale(labels: list[str], kind: str) -> None:
    assert kind_of(labels) == kind


def test_answers_become_votes_of_their_authors() -> None:
    given = [
        said("r1", "panel", "a", "ann"), said("r1", "model", "b"),
        said("r2", "panel", None, "bob"), said("r2", "model", "a"),
    ]  # fmt: skip
    votes = votes_of_annotations(given)
    assert (votes.records, votes.annotators, votes.labels) == (
        ("r1", "r2"), ("ann", "model"), ("a", "b"),
    )  # fmt: skip
    assert votes.record.tolist() == [0, 0, 1]
    assert votes.annotator.tolist() == [0, 1, 1]
    assert votes.label.tolist() == [0, 1, 0]
    assert votes.unit.tolist() == [0, 0, 0]


def test_only_answers_given_without_a_look_at_others_are_kept() -> None:
    shown = replace(said("r1", "late", "a"), saw=("first",))
    votes = votes_of_annotations([said("r1", "first", "b"), shown, said("r2", "late", "b")])
    assert votes.saw is not None
    assert votes.saw.tolist() == [False, True, False]
    own = without_seen(votes)
    assert own.record.tolist() == [0, 1]
    assert own.annotator.tolist() == [0, 1]
    assert own.label.tolist() == [0, 0]
    assert own.unit.tolist() == [0, 0]
    assert own.saw is None
    assert own.weight is None
    assert without_seen(own) is own
    weighed = without_seen(replace(votes, weight=np.array([1.0, 2.0, 3.0])))
    assert weighed.weight is not None
    assert weighed.weight.tolist() == [1.0, 3.0]
