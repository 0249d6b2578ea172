"""How sure an answer is, read from it."""

import math

import numpy as np
import pytest

from assay.core.annotation import Annotation, Outcome, Request, Source, answer
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.confidence import (
    BY_NAME,
    EDGE,
    Calibrated,
    evidence,
    fractional_ranks,
    least_entropy,
    margin,
    or_least,
    own,
)

REQUEST = Request(Task("t", "?", Choice(["a", "b", "c"])), text_record("r", "x"), "m")


def said(
    scores: dict[str, float] | None = None,
    confidence: float | None = None,
    source: Source = Source.STATED,
) -> Annotation:
    return answer(
        REQUEST,
        Outcome.ANSWERED,
        value="a",
        scores=scores,
        confidence=confidence,
        confidence_source=None if confidence is None else source,
    )


@pytest.mark.parametrize(
    ("scores", "sure"),
    [
        ({"a": -1.0, "b": -4.0, "c": -2.5}, 1.5),  # best less second best, wherever they stand
        ({"b": -1.0, "a": -1.0}, 0.0),
        ({"a": 0.0, "b": -math.inf}, math.inf),
        ({"a": -math.inf, "b": -math.inf}, 0.0),  # never NaN
        ({"a": -1.0}, None),
        (None, None),
    ],
)
def test_a_margin_is_between_the_two_best(
    scores: dict[str, float] | None, sure: float | None
) -> None:
    assert margin(said(scores)) == sure


@pytest.mark.parametrize(
    ("scores", "sure"),
    [
        ({"a": -5.0, "b": -5.0}, -math.log(2)),  # scores need not add up to one
        ({"a": math.log(0.9), "b": math.log(0.1)}, 0.9 * math.log(0.9) + 0.1 * math.log(0.1)),
        ({"a": -1.0, "b": -math.inf}, 0.0),
        ({"a": -1.0}, 0.0),
    ],
)
def test_less_entropy_is_surer(scores: dict[str, float], sure: float) -> None:
    assert least_entropy(said(scores)) == pytest.approx(sure)


@pytest.mark.parametrize("scores", [None, {}, {"a": -math.inf, "b": -math.inf}])
def test_without_scores_no_entropy_is_known(scores: dict[str, float] | None) -> None:
    assert least_entropy(said(scores)) is None


def test_the_own_confidence_is_the_one_that_the_answer_carries() -> None:
    assert own(said({"a": -1.0, "b": -9.0}, 0.25)) == 0.25
    assert own(said({"a": -1.0, "b": -9.0})) is None
    assert {"margin": margin, "entropy": least_entropy, "own": own} == BY_NAME


@pytest.mark.parametrize(
    ("confidence", "source", "log_odds"),
    [
        (0.8, Source.STATED, math.log(4)),
        (0.5, Source.LIKELIHOOD, 0.0),
        (2.5, Source.MARGIN, 2.5),  # a margin is log-odds already
        (1e9, Source.MARGIN, -math.log(EDGE)),
        (1.0, Source.STATED, math.log((1 - EDGE) / EDGE)),
        (0.0, Source.STATED, math.log(EDGE / (1 - EDGE))),
        (None, Source.STATED, 0.0),
    ],
)
def test_evidence_is_in_log_odds_and_finite(
    confidence: float | None, source: Source, log_odds: float
) -> None:
    assert EDGE == 1e-6
    assert evidence(said(confidence=confidence, source=source)) == pytest.approx(log_odds)


def test_a_curve_reads_evidence_by_slope_and_offset() -> None:
    log_odds = 2 * math.log(4) - 0.5
    curve = Calibrated((("other", 9.0, 9.0), ("m", 2.0, -0.5)))
    assert curve(said(confidence=0.8)) == pytest.approx(1 / (1 + math.exp(-log_odds)))
    assert Calibrated((("m", -1.0, 0.0),))(said()) == 0.5  # only a rising curve needs a confidence
    assert Calibrated((("m", 0.5, 0.0),))(said()) is None


def test_a_rank_is_the_share_that_is_at_most_as_sure() -> None:
    ranks = fractional_ranks(np.array([2.0, 1.0, 2.0, 5.0]))
    assert ranks.tolist() == [0.75, 0.25, 0.75, 1.0]
    assert fractional_ranks(np.array([7.0])).tolist() == [1.0]
    assert fractional_ranks(np.array([])).tolist() == []


def test_who_does_not_say_ranks_below_all_who_do() -> None:
    assert or_least(None) == -math.inf
    assert or_least(-3.0) == -3.0
