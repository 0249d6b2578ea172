"""Precision and recall of accepted labels, class by class."""

import numpy as np
import pytest
from scipy.stats import binomtest

from assay.core.errors import InputError
from assay.quality.guarantees.by_class import (
    AcceptedClass,
    Exact,
    accepted_classes,
    check_said,
    decided_as,
    of_chain,
    taken,
)
from assay.quality.guarantees.certificate import certify
from assay.quality.guarantees.promise import Certificate, Promise
from assay.quality.verdicts import Verdict, columns


def verdict(i: int, said: str, truth: str, sure: float | None, who: str = "m") -> Verdict:
    return Verdict(f"r{i}", who, "", said, sure, said == truth, bool(said), reference=truth)


SAID = [
    *(verdict(i, "a", "a", 0.9) for i in range(8)),
    *(verdict(10 + i, "b", "a", 0.8) for i in range(2)),
    *(verdict(20 + i, "b", "b", 0.7) for i in range(3)),
    *(verdict(30 + i, "a", "b", 0.2) for i in range(4)),
    verdict(40, "", "b", None),
]


def certificate(threshold: float | None, unsaid: bool = False) -> Certificate:
    return Certificate(Promise(0.1, 0.1), "people", len(SAID), threshold, unsaid=unsaid)


def test_precision_is_of_the_accepted_that_say_so_and_recall_of_those_that_are_so() -> None:
    a, b = accepted_classes(SAID, certificate(0.5))
    assert (a.label, b.label) == ("a", "b")  # the more frequent first
    assert a.precision is not None
    assert b.precision is not None
    assert a.recall is not None
    assert b.recall is not None
    assert (a.precision.part, a.precision.n) == (8, 8)
    assert (b.precision.part, b.precision.n) == (3, 5)
    assert (a.recall.part, a.recall.n) == (8, 10)
    assert (b.recall.part, b.recall.n) == (3, 3)
    assert b.accepted is not None
    assert (b.accepted.part, b.accepted.n) == (3, 8)
    exact = binomtest(3, 5).proportion_ci(0.95, method="exact")
    assert b.precision.interval == pytest.approx((exact.low, exact.high))


def test_an_annotator_without_confidences_has_all_its_answers_accepted() -> None:
    silent = [verdict(i, "a", "a" if i else "b", None) for i in range(5)]
    assert len(taken(silent, certificate(0.0, unsaid=True))) == 5
    assert len(taken(silent, certificate(0.5))) == 0


def test_nothing_is_said_of_classes_where_nothing_is_accepted_or_labels_are_unknown() -> None:
    assert accepted_classes(SAID, certificate(None)) == ()
    bare = [Verdict(f"r{i}", "m", "", "", 0.9, True) for i in range(5)]
    assert accepted_classes(bare, certificate(0.5)) == ()


def test_labels_of_a_set_are_one_class_in_any_order() -> None:
    assert len(decided_as([verdict(1, "x;y", "x", 0.9), verdict(2, "y;x", "x", 0.9)], "x;y")) == 2


def test_a_chain_decides_by_the_first_link_that_is_sure_enough() -> None:
    groups = {
        ("one", ""): [verdict(i, "a", "b", s, "one") for i, s in enumerate((0.9, 0.2, 0.2))],
        ("two", ""): [verdict(i, "b", "b", s, "two") for i, s in enumerate((0.9, 0.9, 0.1))],
    }
    made = of_chain(groups, ["one", "two"], 0.5)
    assert [(v.label, v.answered) for v in made] == [("a", True), ("b", True), ("", False)]


def test_answers_of_which_each_is_another_are_no_classes() -> None:
    every = [verdict(i, f"text {i}", f"text {i}", 0.9) for i in range(20)]
    assert accepted_classes(every, certificate(0.5)) == ()


def test_the_promise_about_one_class_is_broken_no_more_often_than_delta() -> None:
    """A rare class, right with probability .5 + .5 sure where it is said."""
    rng = np.random.default_rng(6)
    promise, broken, runs = Promise(0.2, 0.2), 0, 200
    for _ in range(runs):
        sure, rare = rng.random(600), rng.random(600) < 0.2
        right = rng.random(600) < np.where(rare, 0.5 + 0.5 * sure, 0.98)
        said = [
            verdict(i, "rare" if r else "common", ("rare" if r else "common") if ok else "x", s)
            for i, (r, ok, s) in enumerate(zip(rare, right, sure.tolist(), strict=True))
        ]
        found = certify(*columns(decided_as(said, "rare")), promise)
        if found.threshold is not None:  # wrong above t: 0.25 (1 - t)
            broken += 0.25 * (1 - found.threshold) > promise.alpha
    assert broken / runs <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / runs)


def test_a_share_is_told_with_its_exact_interval_and_kept_as_json() -> None:
    share = Exact(3, 4)
    low, high = share.interval
    assert share.words == f"75.0% [{low:.1%}, {high:.1%}] (n = 4)"
    assert Exact.of_json(share.as_json()) == share
    assert Exact.of_json(None) is None
    found = AcceptedClass("a", share, None, Exact(1, 1_000))
    assert AcceptedClass.of_json(found.as_json()) == found


def test_a_label_that_nobody_decided_for_is_named() -> None:
    check_said(SAID, ["a", "b"])
    with pytest.raises(InputError, match="no labelled answer is 'c'; there are a, b"):
        check_said(SAID, ["a", "c"])
    bare = [Verdict("r1", "m", "", "", 0.9, True)]
    with pytest.raises(InputError, match="there are none, in a table without `label`"):
        check_said(bare, ["a"])
