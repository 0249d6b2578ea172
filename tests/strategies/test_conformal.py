import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.annotation import Outcome, Request, answer
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.conformal import fitted_least, least_probability


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_sets_hold_the_truth_as_often_as_promised(alpha: float) -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(2_000):
        p = rng.beta(4, 1, 61)  # probability given to the truth; the last record is new
        held.append(p[-1] >= least_probability(p[:-1], alpha))
    assert 1 - alpha - 0.02 <= np.mean(held) <= 1 - alpha + 0.04


@given(st.lists(st.floats(0, 1), min_size=1), st.floats(0.01, 0.99))
def test_at_most_alpha_of_the_calibration_records_are_missed(p: list[float], alpha: float) -> None:
    least = least_probability(p, alpha)
    assert sum(x < least for x in p) <= alpha * (len(p) + 1)


def test_too_little_gold_gives_all_labels() -> None:
    assert least_probability([0.9] * 5, 0.1) == 0.0


def test_scores_of_answers_are_turned_into_probabilities() -> None:
    task = Task("t", "?", Choice(["a", "b"]))
    answers = [
        answer(
            Request(task, text_record(f"r{i}", "x"), "m"),
            Outcome.ANSWERED,
            value="a",
            scores={"a": float(np.log(0.6 + i / 100)), "b": float(np.log(0.4 - i / 100))},
        )
        for i in range(19)
    ]
    gold = {f"r{i}": "a" for i in range(19)}
    assert fitted_least(answers, gold, 0.1) == pytest.approx(0.61)
    with pytest.raises(InputError, match="no score for the gold label"):
        fitted_least(answers, {"r0": "c"})
    with pytest.raises(InputError, match="no answer"):
        fitted_least(answers, {})


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        least_probability([1.2], 0.1)
    with pytest.raises(InputError, match="alpha"):
        least_probability([0.5], 0.0)
