import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.quality.golden.commitment import (
    Commitment,
    Questions,
    alike,
    answers_of,
    commitments,
)
from assay.quality.golden.contract import Contract, Terms
from assay.quality.golden.strategic import trial


def one(questions: Questions, right: list[bool]) -> Commitment:
    return commitments(questions, answers_of([("x", i, r) for i, r in enumerate(right)]))[0]


@given(
    st.integers(1, 60),
    st.floats(0.55, 1),
    st.sampled_from([0.1, 0.25, 0.5]),
    st.data(),
)
def test_questions_that_are_alike_give_the_closed_form(
    n: int, certainty: float, guess: float, data: st.DataObject
) -> None:
    right = data.draw(st.integers(0, n))
    found = one(alike(n, certainty, guess), [i < right for i in range(n)])
    expected = np.clip((right / n - guess) / (certainty - guess), 0, 1)
    assert found.commitment == pytest.approx(expected, abs=1e-6)
    assert found.interval[0] <= found.commitment + 1e-9
    assert found.interval[1] >= found.commitment - 1e-9


def test_unequal_questions_give_the_maximum_of_the_likelihood() -> None:
    questions = Questions(np.array([0.99, 0.8, 0.7, 0.95]), np.array([0.5, 0.2, 0.3, 0.5]))
    right = [True, False, True, False]
    grid = np.linspace(0, 1, 100_001)[:, None]
    q = questions.guess + grid * (questions.certainty - questions.guess)
    likelihood = np.log(np.where(right, q, 1 - q)).sum(axis=1)
    assert one(questions, right).commitment == pytest.approx(
        float(grid[np.argmax(likelihood), 0]), abs=2e-5
    )


def test_information_is_largest_for_certain_questions_and_known_in_closed_form() -> None:
    questions = Questions(np.array([1.0, 0.9, 0.7]), np.full(3, 0.5))
    described = questions.information(0.8)
    assert described[0] == pytest.approx(1 / (1 - 0.8**2))
    assert list(described) == sorted(described, reverse=True)
    assert np.isinf(questions.information(1.0)[0])


def test_the_guess_rate_counts_as_much_as_the_certainty() -> None:
    easy, hard = alike(1, 0.99, 0.9), alike(1, 0.9, 0.25)
    assert easy.information(0.8)[0] < hard.information(0.8)[0]


def test_at_the_edge_there_is_an_interval_and_no_standard_error() -> None:
    found = one(alike(20, 1.0, 0.5), [True] * 20)
    assert (found.commitment, found.error) == (1.0, None)
    assert found.interval == pytest.approx(((0.025 ** (1 / 20) - 0.5) / 0.5, 1.0))
    careless = one(alike(20, 1.0, 0.5), [False] * 20)
    assert (careless.commitment, careless.error) == (0.0, None)


@pytest.mark.parametrize("theta", [0.2, 0.5, 0.8])
def test_simulated_estimates_scatter_by_their_standard_error(theta: float) -> None:
    t = trial(Contract(Terms(200, 0.8, certainty=0.95, guess=0.25), 0.7), theta, 1500, seed=3)
    assert t.error is not None
    assert abs(t.bias) < 3 * t.error / np.sqrt(t.annotators) + 0.002
    assert t.spread == pytest.approx(t.error, rel=0.08)
    assert 0.94 <= t.covered <= 0.985


def test_a_question_that_careless_annotators_get_right_as_well_is_refused() -> None:
    with pytest.raises(InputError, match="golden question 2"):
        Questions(np.array([0.9, 0.5]), np.array([0.5, 0.5]))
    with pytest.raises(InputError, match="between 0 and 1"):
        Questions(np.array([1.2]), np.array([0.5]))
    with pytest.raises(InputError, match="need a certainty"):
        Questions(np.array([]), np.array([]))
