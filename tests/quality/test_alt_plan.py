import json

import numpy as np
import pytest

from assay.core.errors import InputError, SpecError
from assay.quality.alt_plan import Grid, Guess, _alike, _closer, plan_from_guess, plan_from_pilot
from assay.quality.alt_test import NotPossible, Rules, advantages, alt_test

SMALL = Grid((3,), (30, 100, 300), 200)


def simulated(n: int, guess: Guess, people: int, seed: int) -> dict[str, dict[str, object]]:
    rng = np.random.default_rng(seed)
    level = [guess.person] * people + [guess.model]
    return {
        f"p{k}": {
            f"r{i}": 0 if rng.random() < right else int(rng.integers(1, guess.choices))
            for i in range(n)
        }
        for k, right in enumerate(level)
    }


def test_more_records_make_a_good_model_pass_and_a_worse_one_no_more_often() -> None:
    plan = plan_from_guess(Guess(0.85, 0.88), Rules(0.15), SMALL)
    passes = [c.passes.value or 0.0 for c in plan.cells]
    assert passes == sorted(passes)
    assert passes[-1] > 0.95
    assert all(c.error is not None and (c.error.value or 0.0) <= 0.08 for c in plan.cells)
    assert plan.best is not None
    assert plan.best.records in (100, 300)
    assert f"{plan.best.labels:,} labels" in plan.verdict


def test_the_simulated_chance_of_passing_is_that_of_the_test_itself() -> None:
    guess, rules = Guess(0.85, 0.85), Rules(0.15)
    cell = plan_from_guess(guess, rules, Grid((3,), (80,), 400)).cells[0]
    passed = 0
    for seed in range(150):
        said = simulated(80, guess, 3, seed)
        model = said.pop("p3")
        passed += alt_test("m", model, said, rules).won
    assert cell.passes.value == pytest.approx(passed / 150, abs=0.12)


def test_what_is_simulated_is_what_the_test_compares() -> None:
    rng = np.random.default_rng(0)
    labels, numbers = rng.integers(0, 3, (1, 50, 5)), rng.normal(size=(1, 50, 5))
    pairs = [("accuracy", labels, _alike(labels, 3)), ("neg-rmse", numbers, _closer(numbers))]
    for score, drawn, found in pairs:
        said = [{str(i): x for i, x in enumerate(drawn[0, :, k].tolist())} for k in range(5)]
        people = {str(k): said[k] for k in range(4)}
        wins = advantages(said[4], people, Rules(score=score)).by_person()
        expected = np.column_stack([w[:, 1] - w[:, 0] for w in wins.values()])
        assert found[0].tolist() == expected.tolist()


def test_a_pilot_is_drawn_anew_for_as_many_people_as_it_has() -> None:
    said = simulated(200, Guess(0.85, 0.92), 4, 0)
    model = said.pop("p4")
    plan = plan_from_pilot("m", model, said, Rules(0.15), Grid((2, 4, 9), (30, 200), 100))
    assert {c.people for c in plan.cells} == {2, 4}
    assert [c.labels for c in plan.cells] == [60, 400, 120, 800]
    assert (plan.cells[-1].passes.value or 0.0) > (plan.cells[-2].passes.value or 0.0)
    assert "a small pilot misleads" in plan.limits[0]


def test_people_of_a_pilot_with_too_few_records_are_not_tested() -> None:
    said = simulated(100, Guess(0.9, 0.9), 3, 0)
    model = said.pop("p3")
    said["p2"] = {r: v for r, v in said["p2"].items() if r in ("r1", "r2")}
    plan = plan_from_pilot("m", model, said, Rules(), Grid((3,), (40,), 50))
    assert plan.cells[0].passes.n == 50


def test_numbers_are_planned_by_their_errors() -> None:
    plan = plan_from_guess(Guess(1.0, 0.7), Rules(0.15, "neg-rmse"), SMALL)
    assert (plan.cells[-1].passes.value or 0.0) > 0.9
    assert plan.cells[0].boundary is not None
    assert plan.cells[0].boundary > 1.0


def test_where_nothing_is_enough_the_best_is_told() -> None:
    plan = plan_from_guess(Guess(0.9, 0.5), Rules(0.1), SMALL)
    assert plan.best is None
    assert "no design tried is enough" in plan.verdict
    json.dumps(plan.as_json(), allow_nan=False)


def test_the_same_seed_gives_the_same_plan() -> None:
    first, second = (plan_from_guess(Guess(), Rules(), SMALL) for _ in range(2))
    assert first == second


def test_nonsense_is_one_clear_line() -> None:
    for guess in (Guess(1.5), Guess(choices=1)):
        with pytest.raises(SpecError):
            plan_from_guess(guess, Rules(), SMALL)
    with pytest.raises(SpecError, match="standard deviation above 0"):
        plan_from_guess(Guess(0.0, 1.0), Rules(score="neg-rmse"), SMALL)
    with pytest.raises(SpecError, match="two people"):
        Grid((1,))
    one = simulated(40, Guess(), 1, 0)
    with pytest.raises(NotPossible, match="two people"):
        plan_from_pilot("m", one["p1"], {"p0": one["p0"]}, Rules(), SMALL)
    two = simulated(40, Guess(), 2, 0)
    with pytest.raises(InputError, match="2 people; plan for as many or fewer"):
        plan_from_pilot("m", two.pop("p2"), two, Rules(), SMALL)
