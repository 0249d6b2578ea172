"""A success that shows nothing is neither passed nor failed."""

from collections.abc import Sequence

import numpy as np
import pytest

from assay.quality.agreement import Estimate
from assay.quality.doubt import of_chance, of_constant, of_interval, of_promise
from assay.quality.finding import Finding
from assay.quality.guarantees.promise import Promise
from assay.quality.verdicts import Constant, Verdict


@pytest.mark.parametrize(
    ("finding", "passed", "result"),
    [
        (Finding(True), True, "passed"),
        (Finding(False), False, "not passed"),
        (Finding(True, ("why",)), None, "cannot be determined"),
        (Finding(False, ("why",)), False, "not passed"),
    ],
)
def test_doubts_take_a_success_back_and_leave_a_failure(
    finding: Finding, passed: bool | None, result: str
) -> None:
    assert (finding.passed, finding.result) == (passed, result)
    assert finding.as_json()["passed"] is passed
    assert (finding.headline("it holds") is None) is (passed is not None)


def test_the_headline_gives_every_doubt() -> None:
    described = Finding(True, ("a constant does too", "chance may")).headline(
        "it holds", "it does, but "
    )
    assert (
        described
        == "whether it holds cannot be determined: it does, but a constant does too and chance may"
    )


@pytest.mark.parametrize(("share", "doubted"), [(0.9, True), (0.95, True), (0.899, False)])
def test_a_constant_that_reaches_what_is_wanted_is_a_doubt(share: float, doubted: bool) -> None:
    assert bool(of_constant(Constant("x", share, 100), 0.9)) is doubted
    assert of_constant(None, 0.9) == ()


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(0.2, 9, -0.1, 0.5), ("alpha is 0.200 [-0.100, 0.500], which holds 0",)),
        (Estimate(0.2, 9, 0.0, 0.5), ("alpha is 0.200 [0.000, 0.500], which holds 0",)),
        (Estimate(-0.4, 9, -0.5, -0.1), ("alpha is -0.400 [-0.500, -0.100], below 0",)),
        (Estimate(0.2, 9, 0.01, 0.5), ()),
        (Estimate(1.0, 9), ()),
        (Estimate(None, 9, why="one label"), ("alpha is not defined (one label)",)),
        (None, ()),
    ],
)
def test_an_interval_that_is_not_above_nothing_is_a_doubt(
    estimate: Estimate | None, words: tuple[str, ...]
) -> None:
    assert of_interval("alpha", estimate) == words


def said(pairs: Sequence[tuple[str, str | None]], answered: bool = True) -> list[Verdict]:
    return [
        Verdict(str(i), "m", "", label, None, label == truth, answered, reference=truth)
        for i, (label, truth) in enumerate(pairs)
    ]


def test_answers_that_agree_by_chance_are_doubted() -> None:
    rng = np.random.default_rng(1)
    guess = [("ab"[i], "ab"[j]) for i, j in rng.integers(2, size=(80, 2))]
    (described,) = of_chance(said(guess))
    assert "alpha of answers and references is" in described
    assert "holds 0" in described
    assert of_chance(said([("ab"[i % 2], "ab"[i % 2]) for i in range(80)])) == ()


def test_nothing_is_said_of_chance_without_references_labels_or_answers() -> None:
    assert of_chance([]) == ()
    assert of_chance(said([("a", None)] * 30)) == ()
    assert of_chance(said([("a", "b")] * 30, answered=False)) == ()
    assert of_chance(said([(f"text {i}", f"other {i}") for i in range(60)])) == ()
    assert "not defined" in of_chance(said([("a", "a")] * 30))[0]


def test_a_promise_that_a_constant_keeps_among_what_is_accepted_is_doubted() -> None:
    promise = Promise(0.2, 0.1)
    accepted = said([("a", "a")] * 45 + [("b", "b")] * 5)
    people = said([("", "b")] * 50, answered=False)
    (described,) = of_promise([*accepted, *people], promise)
    assert described == "90.0% of the accepted records are 'a' by the reference"
    assert of_promise([*accepted, *people], Promise(0.2, 0.1, "output")) == ()
    always = of_promise(accepted, promise)
    assert always == ("the majority-class baseline ('a') agrees in 90.0% of this sample",)
    even = said([("a", "a")] * 25 + [("b", "b")] * 25)
    assert of_promise([*even, *people], promise) == ()
