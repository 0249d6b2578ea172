import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, norm

from assay.core.errors import InputError
from assay.quality.golden.commitment import Commitment
from assay.quality.golden.contract import Paid, Terms, contract
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
    terms = Terms(10_000, 0.8, bonus=1.0, marginal_cost=1.5)
    found = contract(terms)
    assert "better off at commitment 0.00" in (found.why or "")
    assert found.terms == terms


def test_a_threshold_that_pays_everybody_is_not_a_contract() -> None:
    terms = Terms(2, 0.3, bonus=50, marginal_cost=0.1)
    found = contract(terms)
    assert "everybody is paid" in (found.why or "")
    assert (found.terms, found.threshold) == (terms, None)


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


def test_every_figure_of_a_contract_follows_from_its_terms() -> None:
    """Written out for a certain question of two options, where I = 1 / (4 q (1 - q))."""
    terms = Terms(200, 0.7, bonus=2.0, marginal_cost=0.8, certainty=0.95, guess=0.4, power=2.0)
    gap = 0.95 - 0.4
    q = 0.4 + 0.7 * gap
    information = gap**2 / (q * (1 - q))
    precision = math.sqrt(200 * information)
    z = math.sqrt(2 * math.log(2.0 * precision / (0.8 * math.sqrt(2 * math.pi))))
    found = contract(terms)
    assert terms.information == pytest.approx(information)
    assert terms.precision == pytest.approx(precision)
    assert found.z == pytest.approx(z)
    assert found.threshold == pytest.approx(0.7 - z / precision)
    assert found.threshold is not None
    needed = math.ceil(200 * (0.4 + found.threshold * gap))
    assert found.needed == needed
    assert found.failure == pytest.approx(norm.cdf(-z))
    assert found.exact_failure == pytest.approx(binom.cdf(needed - 1, 200, q))
    assert found.scaled == pytest.approx(norm.cdf(-z) * math.sqrt(200 * math.log(200)))
    assert found.limit == pytest.approx(0.8 / (2.0 * math.sqrt(information)))
    at = np.array([0.0, 0.5, 1.0])
    assert terms.cost(at) == pytest.approx(0.8 * 0.7 / 2 * (at / 0.7) ** 2)
    assert terms.chance(at) == pytest.approx([0.4, 0.675, 0.95])
    assert found.passing(at) == pytest.approx(binom.sf(needed - 1, 200, [0.4, 0.675, 0.95]))
    described = found.as_json()
    for name in ("questions", "target", "bonus", "marginal_cost", "certainty", "guess"):
        assert described[name] == getattr(terms, name)
    for name in ("threshold", "z", "needed", "failure", "exact_failure", "scaled", "limit"):
        assert described[name] == getattr(found, name)
    assert (described["feasible"], described["why"], described["information"]) == (
        True,
        None,
        terms.information,
    )
    assert described["statement"] == found.statement
    assert f"({needed} of 200 golden questions right)" in found.statement
    assert "commits at 0.7 misses it" in found.statement


def test_what_it_takes_is_just_enough() -> None:
    weak = Terms(20, 0.8, bonus=0.2, marginal_cost=1.0)
    why = str(contract(weak).why)
    questions = int(re.findall(r"at least ([\d,]+) questions", why)[0].replace(",", ""))
    bonus = float(re.findall(r"bonus above ([\d.]+)", why)[0])
    assert "bonus of 0.2 on 20 questions is too weak for a marginal cost of 1" in why
    for terms, enough in (
        (replace(weak, questions=questions), True), (replace(weak, questions=questions - 1), False),
        (replace(weak, bonus=bonus * 1.01), True), (replace(weak, bonus=bonus * 0.99), False),
    ):  # fmt: skip
        assert ("too weak" not in str(contract(terms).why)) is enough
    found = contract(weak)
    assert (found.threshold, found.needed, found.failure, found.scaled) == (None, None, None, None)
    assert found.exact_failure is None
    assert found.statement.startswith("not feasible: a bonus of 0.2")
    with pytest.raises(InputError, match="nothing to pass"):
        found.passing(np.array(0.5))


@pytest.mark.parametrize(
    "terms",
    [{"target": 1.0}, {"target": 0.0}, {"questions": 0}, {"bonus": 0.0}, {"marginal_cost": 0.0},
     {"bonus": math.inf}, {"power": 0.99}, {"power": math.inf}, {"guess": 0.9, "certainty": 0.9}],
)  # fmt: skip
def test_the_edges_of_the_terms_are_refused(terms: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Terms(**({"questions": 100, "target": 0.8} | terms))  # type: ignore[arg-type]
    assert Terms(1, 0.8, power=1.0).power == 1.0


def one(right: int, estimate: float, low: float) -> Commitment:
    return Commitment("ann", 20, right, estimate, None, (low, 1.0))


@pytest.mark.parametrize(
    ("found", "constant", "passed", "words"),
    [
        (one(19, 0.9, 0.6), one(10, 0.1, 0.0), True, "; passes (threshold"),
        (one(11, 0.2, 0.1), one(10, 0.1, 0.0), False, "; does not pass"),
        (one(19, 0.9, 0.6), one(18, 0.8, 0.5), None, "passes too, with 18 of 20 right"),
        (one(19, 0.9, 0.0), one(10, 0.1, 0.0), None, "the interval of its commitment holds 0"),
        (one(11, 0.2, 0.0), one(18, 0.8, 0.5), False, "; does not pass"),
    ],
)
def test_a_bonus_that_a_constant_gets_too_is_not_said_to_be_earned(
    found: Commitment, constant: Commitment, passed: bool | None, words: str
) -> None:
    paid = Paid(contract(Terms(20, 0.8, marginal_cost=0.5)), found, constant)
    assert paid.as_json()["passed"] is passed
    assert words in paid.words
    assert ("cannot be determined" in paid.words) is (passed is None)


def test_without_a_contract_nobody_passes() -> None:
    paid = Paid(contract(Terms(10, 0.8, 0.1, 1.0)), one(9, 0.9, 0.5), one(1, 0.0, 0.0))
    assert paid.finding is None
    assert paid.as_json()["passed"] is None
    assert paid.words.startswith("; no contract, not feasible")
