import math

import pytest

from assay.core.errors import InputError
from assay.quality.golden.contract import Terms, contract
from assay.quality.golden.strategic import best_response

TABLE = [
    (10, 0.04505, 0.216),
    (100, 0.01146, 0.246),
    (1_000, 0.00312, 0.260),
    (10_000, 0.00088, 0.268),
    (1_000_000, 0.00007, 0.277),
]


@pytest.mark.parametrize(("n", "failure", "scaled"), TABLE)
def test_the_failure_of_an_honest_annotator_falls_as_one_over_root_n_log_n(
    n: int, failure: float, scaled: float
) -> None:
    found = contract(Terms(n, 0.8))
    assert found.failure is not None
    assert found.scaled is not None
    assert (round(found.failure, 5), round(found.scaled, 3)) == (failure, scaled)
    assert found.limit == pytest.approx(0.30)


def test_the_threshold_lies_about_root_log_n_over_n_below_the_target() -> None:
    gaps = [0.8 - (contract(Terms(n, 0.8)).threshold or 0) for n in (10**3, 10**5, 10**7)]
    scale = [math.sqrt(math.log(n) / n) for n in (10**3, 10**5, 10**7)]
    ratios = [gap / s for gap, s in zip(gaps, scale, strict=True)]
    assert ratios == pytest.approx([0.6, 0.6, 0.6], abs=0.05)


@pytest.mark.parametrize("n", [100, 1_000, 10_000])
@pytest.mark.parametrize(("cost", "power"), [(0.5, 1.0), (0.5, 2.0), (1.0, 2.0)])
def test_the_best_response_by_search_is_the_target(n: int, cost: float, power: float) -> None:
    found = contract(Terms(n, 0.8, marginal_cost=cost, certainty=0.95, power=power))
    assert found.feasible
    assert best_response(found).on_work == pytest.approx(0.8, abs=0.03)


def test_exact_and_normal_failure_come_together() -> None:
    found = contract(Terms(100_000, 0.8))
    assert found.exact_failure == pytest.approx(found.failure, rel=0.1)


def test_too_weak_a_bonus_says_how_many_questions_or_how_much_it_takes() -> None:
    found = contract(Terms(10, 0.8, bonus=0.1, marginal_cost=1.0))
    assert not found.feasible
    assert found.failure is None
    assert "at least 227 questions, or a bonus above 0.476" in found.statement
    assert contract(Terms(10, 0.8, 0.477, 1.0)).z is not None


def test_a_bonus_below_the_work_is_not_feasible_even_with_many_questions() -> None:
    found = contract(Terms(10_000, 0.8, bonus=1.0, marginal_cost=1.5))
    assert "better off at commitment 0.00" in (found.why or "")


def test_a_threshold_that_pays_everybody_is_not_a_contract() -> None:
    found = contract(Terms(2, 0.3, bonus=50, marginal_cost=0.1))
    assert "everybody is paid" in (found.why or "")


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"questions": 0}, "questions is more than 0"),
        ({"target": 1.0}, "target commitment"),
        ({"bonus": float("nan")}, "bonus is more than 0"),
        ({"certainty": 0.4}, "careless"),
        ({"power": 0.5}, "power"),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Terms(**({"questions": 10, "target": 0.8} | terms))  # type: ignore[arg-type]
