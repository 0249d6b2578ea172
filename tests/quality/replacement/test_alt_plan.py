import json
from itertools import combinations

import numpy as np
import pytest

from assay.core.errors import InputError, SpecError
from assay.quality.metrics.accuracy import Share
from assay.quality.replacement.alt_plan import (
    SUBSETS,
    AltPlan,
    Cell,
    Grid,
    Guess,
    _alike,
    _boundary,
    _closer,
    _differences,
    _passes,
    _subsets,
    plan_from_guess,
    plan_from_pilot,
)
from assay.quality.replacement.alt_test import NotPossible, Rules, advantages, alt_test

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


def test_a_simulated_model_is_right_as_often_as_assumed() -> None:
    """Against two people that are always right, a model wins or draws as often as it is right."""
    grid, rules = Grid((2,), (40, 60), 50, seed=3), Rules(0.2)
    for model in (0.0, 0.3, 1.0):
        found = _differences(Guess(1.0, model, 4), 2, rules, grid)
        assert found.shape == (50, 60, 2)
        assert set(np.unique(found)) <= {0.0, 1.0}
        assert float(1 - found.mean()) == pytest.approx(model, abs=0.03)


def test_the_boundary_is_a_model_behind_by_the_allowance() -> None:
    rules, guess = Rules(0.2), Guess(1.0, 1.0, 3)
    edge = _boundary(guess, 3, rules, 0)
    assert edge == pytest.approx(0.8, abs=0.01)  # people who never err win 1 - edge of the records
    numbers = _boundary(Guess(1.0, 1.0), 4, Rules(0.15, "neg-rmse"), 0)
    assert numbers is not None
    grid = Grid((4,), (20_000,), 1, seed=9)
    behind = _differences(Guess(1.0, numbers), 4, Rules(0.15, "neg-rmse"), grid).mean()
    assert behind == pytest.approx(0.15, abs=0.02)
    assert _boundary(Guess(0.5, 1.0, 2), 3, Rules(0.9), 0) is None


def test_passes_are_counted_over_the_first_records_of_each_run() -> None:
    """Three people tie with a model on every record: it passes as soon as enough are there."""
    rules = Rules(0.2)
    grid = Grid((3,), (10, 200), 4)
    tied = np.zeros((4, 200, 3))
    assert [s.hits for s in _passes(tied, rules, grid)] == [0, 4]
    tied[1:, :, :] = 1.0  # three runs in which every person is better
    assert [(s.hits, s.n) for s in _passes(tied, rules, grid)] == [(0, 4), (1, 4)]
    half = np.zeros((1, 200, 4))
    half[:, :, :2] = 1.0  # beating half of the people is enough
    assert _passes(half, rules, Grid((4,), (200,), 1))[0].hits == 1
    half[:, :, 2] = 1.0
    assert _passes(half, rules, Grid((4,), (200,), 1))[0].hits == 0


def test_a_plan_tells_its_assumptions_and_its_cheapest_design() -> None:
    grid = Grid((3, 4), (30, 200), 40, power=0.6, seed=2)
    plan = plan_from_guess(Guess(0.9, 0.95), Rules(0.2), grid)
    described = plan.as_json()
    assert (described["model"], described["basis"]) == (
        "a model right 95% of the time", "people right 90% of the time",
    )  # fmt: skip
    assert (described["power"], described["runs"], described["seed"]) == (0.6, 40, 2)
    assert described["cells"] == [c.as_json() for c in plan.cells]
    assert [(c.people, c.records, c.labels) for c in plan.cells] == [
        (3, 30, 90), (3, 200, 600), (4, 30, 120), (4, 200, 800),
    ]  # fmt: skip
    fits = [c for c in plan.cells if c.passes.hits >= 0.6 * 40]
    assert plan.best == min(fits, key=lambda c: c.labels)
    assert described["best"] == plan.best.as_json()
    assert plan.verdict.endswith(f"would pass with probability {plan.best.passes.value:.2f}")
    assert "people and model are taken to err independently" in plan.limits[0]
    assert described["limits"] == list(plan.limits)
    cell = plan.best.as_json()
    assert plan.best.error is not None
    assert cell["error"] == plan.best.error.as_json()
    assert cell["boundary"] == plan.best.boundary
    by_numbers = plan_from_guess(Guess(1.0, 0.5), Rules(0.15, "neg-rmse"), Grid((2,), (30,), 5))
    assert (by_numbers.model, by_numbers.basis) == (
        "a model with an error of 0.5", "people with an error of 1",
    )  # fmt: skip


def test_the_cells_of_a_tie_are_weighed_by_labels_then_people_and_the_best_is_told() -> None:
    def cell(people: int, records: int, hits: int) -> Cell:
        return Cell(people, records, people * records, Share(hits, 10))

    plan = AltPlan("m", "b", Rules(), Grid(), (cell(4, 30, 8), cell(3, 40, 8), cell(2, 60, 7)))
    assert plan.best == plan.cells[1]
    assert "40 records and 3 people (120 labels) are enough: m" in plan.verdict
    none = AltPlan("m", "b", Rules(), Grid(), (cell(4, 30, 1), cell(3, 40, 7), cell(2, 60, 0)))
    assert none.best is None
    assert "with probability 0.70 at best (40 records, 3 people)" in none.verdict
    assert none.as_json()["best"] is None


def test_a_pilot_in_which_all_agree_always_passes_and_one_of_losses_never() -> None:
    records = [f"r{i}" for i in range(60)]
    people = {k: dict.fromkeys(records, "a") for k in "xyz"}
    people["z"] = dict.fromkeys(records[:30], "a")  # labels half of the pilot
    grid = Grid((3,), (120,), 24)
    same = plan_from_pilot("m", dict.fromkeys(records, "a"), people, Rules(0.2), grid)
    other = plan_from_pilot("m", dict.fromkeys(records, "b"), people, Rules(0.2), grid)
    assert (same.cells[0].passes, same.cells[0].labels) == (Share(24, 24), 300)
    assert (other.cells[0].passes, other.cells[0].error) == (Share(0, 24), None)
    assert "60 records and 3 people" in same.basis
    assert "more people than the pilot's 3" in same.limits[1]
    with pytest.raises(SpecError, match="without an expert"):
        plan_from_pilot("m", {}, people, Rules(expert="x"), grid)
    with pytest.raises(NotPossible, match="two people, and records"):
        plan_from_pilot("m", {"elsewhere": "a"}, people, Rules(), grid)


def test_of_many_people_some_teams_are_tried() -> None:
    rng = np.random.default_rng(0)
    assert _subsets(list("abcd"), 2, rng) == list(combinations("abcd", 2))
    assert len(_subsets(list("abcdefghijkl"), 11, rng)) == 12 == SUBSETS
    for names in ("abcdef", "abcdefghijklmnop"):
        drawn = _subsets(list(names), 3, rng)
        assert len(drawn) == SUBSETS
        assert all(len(set(team)) == 3 and set(team) <= set(names) for team in drawn)


@pytest.mark.parametrize(
    ("guess", "rules", "says"),
    [
        (Guess(0.5, -0.1), Rules(), "the model give the true label with probability 0 to 1"),
        (Guess(1.0, 1.2), Rules(), "not 1.2"),
        (Guess(1.0, 0.0), Rules(score="neg-rmse"), "the error of the model is a standard"),
        (Guess(0.5, 0.5, 1), Rules(), "two labels or more to choose from, not 1"),
    ],
)
def test_what_cannot_be_assumed_is_named(guess: Guess, rules: Rules, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        plan_from_guess(guess, rules, SMALL)


def test_the_edges_of_what_can_be_assumed_are_planned() -> None:
    one = Grid((2,), (2,), 1)
    for guess in (Guess(0.0, 1.0, 2), Guess(1.0, 0.0, 2)):
        assert len(plan_from_guess(guess, Rules(), one).cells) == 1
    for people, records in (((), (30,)), ((2,), ()), ((2,), (1,))):
        with pytest.raises(SpecError, match="two people and two records"):
            Grid(people, records)


def test_a_plan_looks_at_the_usual_numbers_of_people_and_records() -> None:
    assert Grid() == Grid(
        people=(3, 4, 5, 7, 10), records=(30, 50, 75, 100, 150, 200, 300, 500, 1000),
        runs=400, power=0.8, seed=0,
    )  # fmt: skip
    assert Guess() == Guess(person=0.85, model=0.85, choices=3)
