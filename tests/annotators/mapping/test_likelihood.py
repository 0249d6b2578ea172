"""Labels from scores: the first token's alternatives of a remote model, or whole labels."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.annotators.mapping.base import Reading
from assay.annotators.mapping.likelihood import Likelihood
from assay.core.annotation import Outcome, Request, Source
from assay.core.errors import SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, FreeText, Schema
from assay.core.task import Task
from assay.models.base import Completion, TokenScore

LABELS = ["positive", "negative", "neutral"]


def read(completion: Completion, schema: Schema | None = None) -> Reading:
    task = Task("t", "q", schema or Choice(LABELS))
    return Likelihood().read(Request(task, text_record("r", "x"), "m"), completion)


def token(**top: float) -> Completion:
    best = max(top, key=top.__getitem__)
    return Completion(best, tokens=(TokenScore(best, top[best], top),))


def test_the_likeliest_alternative_is_the_label() -> None:
    said = read(token(pos=-0.1, neg=-2.5, neut=-4.0))
    assert (said.value, said.source) == ("positive", Source.LIKELIHOOD)
    assert said.scores == {"positive": -0.1, "negative": -2.5, "neutral": -4.0}
    weights = [math.exp(s) for s in (-0.1, -2.5, -4.0)]
    assert said.confidence == pytest.approx(weights[0] / sum(weights))


def test_a_label_missing_from_the_alternatives_gets_less_than_the_least() -> None:
    said = read(token(pos=-0.1, The=-3.0))
    assert said.scores == {"positive": -0.1, "negative": -4.0, "neutral": -4.0}


def test_blanks_and_case_around_a_piece_do_not_matter() -> None:
    assert (
        read(Completion("", tokens=(TokenScore(" Neg", -0.2, {" Neg": -0.2}),))).value == "negative"
    )


def test_a_best_piece_that_starts_two_labels_says_neither() -> None:
    assert read(token(ne=-0.1, pos=-3.0)).outcome is Outcome.UNPARSED
    assert read(token(ne=-3.0, pos=-0.1)).value == "positive"


@pytest.mark.parametrize("top", [{"The": -0.1}, {" ": -0.1}, {"": -0.1}])
def test_alternatives_without_a_label_say_nothing(top: dict[str, float]) -> None:
    assert read(token(**top)).outcome is Outcome.UNPARSED
    assert read(Completion("positive")).outcome is Outcome.UNPARSED


def test_labels_that_begin_with_the_same_word_are_refused() -> None:
    schema = Choice(["not sure", "not hateful", "hateful"])
    with pytest.raises(SpecError, match="'not sure' and 'not hateful' begin with the same word"):
        read(token(hate=-0.1), schema)
    whole = Completion("", scores={"not sure": -1.0, "not hateful": -2.0, "hateful": -3.0})
    assert read(whole, schema).value == "not sure"  # a scorer saw the whole labels


def test_another_kind_of_answer_is_refused() -> None:
    with pytest.raises(SpecError, match="needs kind `choice`, not `text`"):
        read(token(pos=-0.1), FreeText())


@given(st.dictionaries(st.sampled_from(LABELS), st.floats(), min_size=1))
def test_whatever_the_scores_confidence_is_a_probability_or_nothing_is_said(
    scores: dict[str, float],
) -> None:
    said = read(Completion("", scores=scores))
    if said.outcome is Outcome.ANSWERED:
        assert said.confidence is not None
        assert 0 < said.confidence <= 1
        assert said.value in scores
    else:
        assert said.value is None


@given(st.dictionaries(st.text(max_size=5), st.floats(max_value=0, allow_nan=False), min_size=1))
def test_whatever_the_alternatives_reading_does_not_raise(top: dict[str, float]) -> None:
    said = read(token(**top))
    assert said.confidence is None or 0 < said.confidence <= 1


@pytest.mark.parametrize("top", [{}, {"positive": -0.01}])
def test_the_sampled_token_alone_gives_its_own_probability(top: dict[str, float]) -> None:
    said = read(Completion("positive", tokens=(TokenScore("positive", -0.01, top),)))
    assert said.confidence == pytest.approx(math.exp(-0.01))
