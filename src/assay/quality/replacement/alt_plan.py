"""How many records and people the replacement test needs for a verdict, by simulation.

Either from assumptions (appendix on simulation of Calderon, Reichart and Dror, ACL 2025: every
label is the true one with a given probability, else another), or from a pilot: its records are
redrawn, for as many people as it has. The test itself is that of `alt_test`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.errors import InputError, SpecError
from assay.quality.metrics.accuracy import Share
from assay.quality.replacement.alt_test import (
    PUBLISHED,
    Floats,
    Ints,
    Labels,
    NotPossible,
    Rules,
    advantages,
)
from assay.quality.replacement.rejections import one_sided, rejections
from assay.quality.replacement.trinomial import p_values

SUBSETS = 12  # of the pilot's people, for each number of them
SEARCH = 20_000  # simulated records by which the boundary is found
NEVER = np.inf  # the p-value of a test that is not made


@dataclass(frozen=True, slots=True)
class Guess:
    """What is assumed: chances of the true label, or, for numbers, standard errors.

    `choices` is how many labels there are, all equally common.
    """

    person: float = 0.85
    model: float = 0.85
    choices: int = 3


@dataclass(frozen=True, slots=True)
class Grid:
    people: tuple[int, ...] = (3, 4, 5, 7, 10)
    records: tuple[int, ...] = (30, 50, 75, 100, 150, 200, 300, 500, 1000)
    runs: int = 400
    power: float = 0.8  # the chance of passing that is enough
    seed: int = 0

    def __post_init__(self) -> None:
        within.count("the number of simulated tests", self.runs)
        within.inner("the power", self.power)
        if min(self.people, default=0) < 2 or min(self.records, default=0) < 2:
            raise SpecError("a plan needs two people and two records or more")


@dataclass(frozen=True, slots=True)
class Cell:
    """`passes` of the simulated tests; `error` is that of a model that is just not good enough,
    namely as `boundary` says; both None where that is not known."""

    people: int
    records: int
    labels: int  # of all people together
    passes: Share
    error: Share | None = None
    boundary: float | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "people": self.people, "records": self.records, "labels": self.labels,
            "passes": self.passes.as_json(), "error": self.error and self.error.as_json(),
            "boundary": self.boundary,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class AltPlan:
    """`basis` says from what."""

    model: str
    basis: str
    rules: Rules
    grid: Grid
    cells: tuple[Cell, ...]
    limits: tuple[str, ...] = ()

    @property
    def best(self) -> Cell | None:
        """The fewest labels of people that are enough."""
        enough = [c for c in self.cells if (c.passes.value or 0.0) >= self.grid.power]
        return min(enough, key=lambda c: (c.labels, c.people), default=None)

    @property
    def verdict(self) -> str:
        best = self.best
        if best is not None:
            return (
                f"{best.records:,} records and {best.people} people ({best.labels:,} labels) are "
                f"enough: {self.model} would pass with probability {best.passes.value:.2f}"
            )
        most = max(self.cells, key=lambda c: c.passes.value or 0.0)
        return (
            f"no design tried is enough: {self.model} would pass with probability "
            f"{most.passes.value:.2f} at best ({most.records:,} records, {most.people} people); "
            "a larger epsilon, a better model or more records may change that"
        )

    def as_json(self) -> dict[str, object]:
        return {
            "model": self.model, "basis": self.basis, "rules": asdict(self.rules),
            "power": self.grid.power, "runs": self.grid.runs, "seed": self.grid.seed,
            "cells": [c.as_json() for c in self.cells],
            "best": self.best and self.best.as_json(), "verdict": self.verdict,
            "limits": list(self.limits),
        }  # fmt: skip


def plan_from_guess(guess: Guess, rules: Rules, grid: Grid | None = None) -> AltPlan:
    """Simulate the assumed model, and one that is behind the people by exactly epsilon."""
    grid = grid or Grid()
    numbers = rules.score == "neg-rmse"
    _check(guess, numbers)
    cells = [cell for people in grid.people for cell in _guessed(guess, people, rules, grid)]
    described = "with an error of {:g}" if numbers else "right {:.0%} of the time"
    model, basis = (
        f"a model {described.format(guess.model)}",
        f"people {described.format(guess.person)}",
    )
    limits = (
        "people and model are taken to err independently, all people alike, all records equally "
        "hard; a pilot is more realistic",
    )
    return AltPlan(model, basis, rules, grid, tuple(cells), limits)


def _guessed(guess: Guess, people: int, rules: Rules, grid: Grid) -> list[Cell]:
    passes = _passes(_differences(guess, people, rules, grid), rules, grid)
    edge = _boundary(guess, people, rules, grid.seed)
    if edge is None:
        errors: list[Share | None] = [None] * len(passes)
    else:
        worse = replace(guess, model=edge)
        errors = [*_passes(_differences(worse, people, rules, grid), rules, grid)]
    return [
        Cell(people, n, people * n, passed, error, edge)
        for n, passed, error in zip(grid.records, passes, errors, strict=True)
    ]


def _check(guess: Guess, numbers: bool) -> None:
    for name, value in (("people", guess.person), ("the model", guess.model)):
        if numbers and not value > 0:
            raise SpecError(f"the error of {name} is a standard deviation above 0, not {value:g}")
        if not numbers and not 0 <= value <= 1:
            raise SpecError(f"{name} give the true label with probability 0 to 1, not {value:g}")
    if guess.choices < 2:
        raise SpecError(f"there are two labels or more to choose from, not {guess.choices}")


def _differences(guess: Guess, people: int, rules: Rules, grid: Grid) -> Floats:
    """Person's win less model's, runs x records x people."""
    rng = np.random.default_rng([grid.seed, people])
    shape = (grid.runs, max(grid.records), people + 1)  # the model is the last
    level = np.array([guess.person] * people + [guess.model])
    if rules.score == "neg-rmse":
        return _closer(rng.normal(0.0, 1.0, shape) * level)
    right = rng.random(shape) < level
    return _alike(np.where(right, 0, rng.integers(1, guess.choices, shape)), guess.choices)


def _alike(labels: Ints, choices: int) -> Floats:
    """1 where more of the others say what the person says than what the model says, else 0 or -1.

    Label 0 is the true one.
    """
    people, model = labels[..., :-1], labels[..., -1:]
    counts = np.stack([(people == label).sum(axis=-1) for label in range(choices)], axis=-1)
    with_person = np.take_along_axis(counts, people, axis=-1) - 1
    with_model = np.take_along_axis(counts, model, axis=-1) - (people == model)
    found: Floats = np.sign(with_person - with_model).astype(np.float64)
    return found


def _closer(numbers: Floats) -> Floats:
    """1 where the person is closer to the others than the model is, by root mean square."""
    people, model = numbers[..., :-1], numbers[..., -1:]
    size = people.shape[-1]
    total = people.sum(axis=-1, keepdims=True)
    # sums over the others of (x - other)², less the sum of all squares, which is in both
    of_person = size * people**2 - 2 * people * total
    of_model = size * model**2 - 2 * model * total - (model - people) ** 2
    found: Floats = np.sign(of_model - of_person)
    return found


def _boundary(guess: Guess, people: int, rules: Rules, seed: int) -> float | None:
    """The model that loses to a person by just epsilon; None if none is that bad."""
    numbers = rules.score == "neg-rmse"
    grid = Grid((people,), (SEARCH,), 1, seed=seed)

    def behind(level: float) -> float:
        worse = replace(guess, model=level)
        return float(_differences(worse, people, rules, grid).mean()) - rules.epsilon

    good, bad = (1e-6, 100 * guess.person) if numbers else (1.0, 0.0)
    if behind(bad) <= 0:
        return None
    for _ in range(20):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if behind(middle) <= 0 else (good, middle)
    return bad


def _passes(differences: Floats, rules: Rules, grid: Grid) -> list[Share]:
    """For each number of records, how many runs pass; a run's first records are used."""
    found = []
    for n in grid.records:
        part = differences[:, :n]
        counts = np.full(part.shape[::2], n)
        passed = _verdicts(counts, part.sum(axis=1), (part**2).sum(axis=1), rules)
        found.append(Share(int(passed.sum()), grid.runs))
    return found


def _verdicts(n: Ints, total: Floats, squares: Floats, rules: Rules) -> NDArray[np.bool_]:
    """Which runs pass, from sums of runs x people; people with too few records are not tested."""
    enough = n >= rules.records_a_person
    p = np.where(enough, _p_values(n, total, squares, rules), NEVER)
    beaten = rejections(p, rules.q).sum(axis=-1)
    tests = enough.sum(axis=-1)
    passed: NDArray[np.bool_] = (tests > 0) & (2 * beaten >= tests)
    return passed


def _p_values(n: Ints, total: Floats, squares: Floats, rules: Rules) -> Floats:
    if rules.test == PUBLISHED:
        return one_sided(np.maximum(n, 2), total, squares, rules.epsilon)
    plus, minus = np.rint((squares + total) / 2), np.rint((squares - total) / 2)
    return p_values(np.maximum(n, 1), plus, minus, rules.epsilon, int(np.median(n)) or 1)


def plan_from_pilot(
    model: str,
    labels: Labels,
    people: Mapping[str, Labels],
    rules: Rules,
    grid: Grid | None = None,
) -> AltPlan:
    """Draw the pilot's records again; NotPossible where the pilot has nothing to draw from."""
    grid = grid or Grid()
    if rules.expert is not None:
        raise SpecError("a plan from a pilot is for the test among people, without an expert")
    records = sorted({r for said in people.values() for r in said if r in labels})
    if len(people) < 2 or not records:
        raise NotPossible("a pilot needs two people, and records that they and the model labelled")
    sizes = [k for k in grid.people if k <= len(people)]
    if not sizes:
        raise InputError(f"the pilot has {len(people)} people; plan for as many or fewer")
    pilot = {name: {r: said[r] for r in records if r in said} for name, said in people.items()}
    cells = [
        cell
        for size in sizes
        for cell in _from_pilot(size, Pilot(labels, pilot, records), rules, grid)
    ]
    limits = (
        f"the pilot's {len(records):,} records are taken for all there are; a small pilot misleads",
        f"more people than the pilot's {len(people)} cannot be determined from it; "
        f"each labels as large "
        "a share of the records as in the pilot",
    )
    basis = f"from a pilot of {len(records):,} records and {len(people)} people"
    return AltPlan(model, basis, rules, grid, tuple(cells), limits)


@dataclass(frozen=True, slots=True)
class Pilot:
    """What the model and the people said of the same records."""

    labels: Labels
    people: Mapping[str, Labels]
    records: Sequence[str]


@dataclass(frozen=True, slots=True)
class Observed:
    """Person's win less model's, and whether there is one; both people x records."""

    advantage: Floats
    there: NDArray[np.bool_]


def _from_pilot(
    size: int,
    pilot: Pilot,
    rules: Rules,
    grid: Grid,
) -> list[Cell]:
    people, records = pilot.people, pilot.records
    rng = np.random.default_rng([grid.seed, size])
    subsets = _subsets(list(people), size, rng)
    runs = max(1, grid.runs // len(subsets))
    passed = np.zeros(len(grid.records), np.int64)
    given = 0.0  # labels a record
    for names in subsets:
        subset = {name: people[name] for name in names}
        given += sum(map(len, subset.values())) / len(records) / len(subsets)
        passed += _redrawn(_observed(subset, pilot, rules), rules, grid, runs, rng)
    return [
        Cell(size, n, round(given * n), Share(int(hits), runs * len(subsets)))
        for n, hits in zip(grid.records, passed, strict=True)
    ]


def _subsets(names: list[str], size: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    every = list(combinations(names, size)) if len(names) <= 12 else None
    if every is not None and len(every) <= SUBSETS:
        return every
    return [tuple(rng.choice(names, size, replace=False)) for _ in range(SUBSETS)]


def _observed(people: Mapping[str, Labels], pilot: Pilot, rules: Rules) -> Observed:
    found = advantages(pilot.labels, people, rules)
    records = pilot.records
    place = {record: k for k, record in enumerate(records)}
    where = found.person, np.array([place[r] for r in found.records], np.int64)[found.record]
    table, there = (
        np.zeros((len(people), len(records))),
        np.zeros((len(people), len(records)), bool),
    )
    table[where] = found.wins[:, 1] - found.wins[:, 0]
    there[where] = True
    return Observed(table, there)


def _redrawn(
    observed: Observed, rules: Rules, grid: Grid, runs: int, rng: np.random.Generator
) -> Ints:
    """How many runs pass for each number of records, drawn with replacement."""
    table, there = observed.advantage, observed.there
    hits = []
    for n in grid.records:
        times = rng.multinomial(n, np.full(table.shape[1], 1 / table.shape[1]), size=runs)
        counts = times @ there.T.astype(np.int64)
        passed = _verdicts(counts, times @ table.T, times @ (table**2).T, rules)
        hits.append(int(passed.sum()))
    return np.array(hits, np.int64)
