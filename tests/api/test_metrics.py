"""Metrics of labels, question by question."""

import pytest

import assay
from assay.api.metrics import metrics_of
from assay.core.errors import InputError

MOOD, URGENT = assay.Choice(["+", "-"]), assay.Choice(["no", "yes"])
FORM = assay.Form({"mood": MOOD, "urgent": URGENT})


def test_each_question_is_compared_with_its_own_gold() -> None:
    values = {
        "r1": {"mood": "+", "urgent": "no"}, "r2": {"mood": "+"}, "r3": None,
        "r4": {"mood": "-", "urgent": "no"},
    }  # fmt: skip
    gold = {
        "r1": {"mood": "+", "urgent": "no"}, "r2": {"mood": "-", "urgent": "yes"},
        "r3": {"mood": "-"}, "r4": {"mood": "-", "urgent": "yes"},
    }  # fmt: skip
    fields = metrics_of(values, gold, FORM)["fields"]
    mood, urgent = fields["mood"], fields["urgent"]
    assert (mood["accuracy"], mood["accuracy_all"], mood["coverage"], mood["n"]) == (
        2 / 3, 2 / 4, 3 / 4, 4,
    )  # fmt: skip
    assert mood["majority_baseline"] == 3 / 4
    assert mood["classes"]["-"] == {
        "precision": 1.0, "recall": 1 / 3, "f1": pytest.approx(1 / 2), "support": 3,
    }  # fmt: skip
    assert (urgent["accuracy"], urgent["accuracy_all"], urgent["coverage"], urgent["n"]) == (
        1 / 2, 1 / 3, 2 / 3, 3,
    )  # fmt: skip
    assert urgent["classes"]["yes"]["recall"] == 0.0
    assert urgent["classes"]["no"]["support"] == 1


def test_a_question_without_gold_has_no_metrics() -> None:
    values = {"r1": {"mood": "+", "urgent": "no"}}
    fields = metrics_of(values, {"r1": {"mood": "+"}}, FORM)["fields"]
    assert list(fields) == ["mood"]


def test_without_gold_of_what_was_labelled_there_are_none() -> None:
    with pytest.raises(InputError, match="no record that was labelled has gold"):
        metrics_of({"r1": "+"}, {"r2": "+"}, MOOD)


def test_a_scale_has_no_classes() -> None:
    found = metrics_of({"r1": 4.0}, {"r1": 4.0}, assay.Scale(1, 5))
    assert found["accuracy"] == 1.0
    assert "classes" not in found
    assert "fields" not in found
