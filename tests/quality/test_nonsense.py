"""Sizes, shares and amounts that cannot be are refused where they are given, with a ValueError."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from assay.aggregation.correlated import Correlated
from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from assay.aggregation.glad import Glad
from assay.aggregation.intervals import SkillIntervals
from assay.aggregation.mace import Mace
from assay.aggregation.pairs import BradleyTerry
from assay.aggregation.spans import SpanVote
from assay.annotators.people import Panel
from assay.annotators.recorded import Recorded
from assay.core import within
from assay.core.cost import Budget, Prices
from assay.core.schema import FreeText, Scale
from assay.quality.agreement import Resampling
from assay.quality.golden.commitment import Answers, alike, commitments
from assay.quality.golden.contract import Terms
from assay.quality.golden.other import of_preferences, of_quality
from assay.quality.golden.strategic import spotting
from assay.quality.guarantees.bounds import smallest_sample
from assay.quality.guarantees.promise import Promise
from assay.quality.inference.audit import Drawn, Stratum, draw, draw_clusters
from assay.quality.inference.stopping import stop
from assay.quality.metrics.boxes import match
from assay.quality.metrics.ranks import compare_ranks
from assay.quality.replacement.alt_plan import Grid
from assay.quality.replacement.alt_test import Rules
from assay.quality.replacement.trinomial import p_value
from assay.quality.verdicts import same
from assay.run import Settings
from assay.strategies.active import Loop
from assay.strategies.attributes import Attributes
from assay.strategies.chain import RandomChain, ThresholdChain
from assay.strategies.conformal import least_probability
from assay.strategies.controlled import Controlled
from assay.strategies.cooperation import (
    Conformal,
    PredictionSet,
    Sequential,
    Top,
    Triage,
    TriageShare,
)
from assay.strategies.fusion import Counts, Fusion
from assay.strategies.hybrid import Hybrid
from assay.strategies.principles import Limits
from assay.strategies.review import ReviewDisagreements
from assay.strategies.specialists import Stages
from assay.strategies.synthesise import Plan
from assay.strategies.vote import Vote
from assay.studies.celeba.study import CostInputs

Make = Callable[[Any], object]

COUNTS: dict[str, tuple[Make, int]] = {  # how it is made, and the least that goes
    "FreeText": (FreeText, 1),
    "Resampling": (Resampling, 0),
    "Grid.runs": (lambda n: Grid(runs=n), 1),
    "Rules.people": (lambda n: Rules(people_a_record=n), 1),
    "Rules.records": (lambda n: Rules(records_a_person=n), 1),
    "Stratum.size": (lambda n: Stratum("a", n, 0, 0), 1),
    "Stratum.errors": (lambda n: Stratum("a", 9, 9, n), 0),
    "draw": (lambda n: draw({"r": "a", "s": "a"}, n), 2),
    "draw_clusters": (lambda n: draw_clusters({"r": "a"}, n), 1),
    "Fusion.rounds": (lambda n: Fusion(np.eye(2), rounds=n), 0),
    "alike": (lambda n: alike(n, 0.9, 0.5), 1),
    "Limits": (lambda n: Limits(most_words=n), 0),
    "CostInputs": (lambda n: CostInputs(images=n), 1),
    "p_value": (lambda n: p_value(n, 0, 0, 0.1), 1),
    "Correlated.least": (lambda n: Correlated(least=n), 1),
    "Correlated.rounds": (lambda n: Correlated(rounds=n), 1),
    "DawidSkene": (lambda n: DawidSkene(iterations=n), 1),
    "OneCoin": (lambda n: OneCoin(iterations=n), 1),
    "Glad": (lambda n: Glad(iterations=n), 1),
    "Glad.inner": (lambda n: Glad(inner_iterations=n), 1),
    "Mace": (lambda n: Mace(iterations=n), 1),
    "Mace.restarts": (lambda n: Mace(restarts=n), 0),
    "SkillIntervals": (lambda n: SkillIntervals(draws=n), 20),
    "SkillIntervals.burn": (lambda n: SkillIntervals(burn_in=n), 0),
    "Panel": (lambda n: Panel("p", n), 1),
    "Recorded.price_nanos": (lambda n: Recorded("r", {}, price_nanos=n), 0),
    "Budget.of_nanos": (Budget.of_nanos, 0),
    "Budget.spent": (lambda n: Budget.of_nanos(None, n), 0),
    "Settings.block": (lambda n: Settings(block=n), 1),
    "Settings.in_flight": (lambda n: Settings(in_flight=n), 1),
    "Loop.first": (lambda n: Loop(first=n), 1),
    "Loop.batch": (lambda n: Loop(batch=n), 1),
    "Loop.rounds": (lambda n: Loop(rounds=n), 0),
    "Attributes": (lambda n: Attributes("a", n), 1),
    "Controlled": (lambda n: Controlled("a", "b", (), n), 1),
    "Top": (Top, 1),
    "Hybrid.capacity": (lambda n: Hybrid(("a",), "p", 0.5, capacity=n), 0),
    "Stages.beta": (lambda n: Stages(beta=n), 1),
    "Stages.block": (lambda n: Stages(block=n), 1),
    "Stages.most": (lambda n: Stages(most=n), 0),
    "Plan": (Plan, 1),
    "Vote": (lambda n: Vote(("a", "b"), n), 1),
}

NOBODY = Answers(("a",), np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1, bool))
INNER: dict[str, Make] = {
    "Promise.alpha": lambda p: Promise(p, 0.1),
    "Promise.delta": lambda p: Promise(0.1, p),
    "Rules.q": lambda p: Rules(q=p),
    "Grid.power": lambda p: Grid(power=p),
    "stop": lambda p: stop([Stratum("a", 9, 3, 0)], p),
    "least_probability": lambda p: least_probability([0.5], p),
    "Conformal": lambda p: Conformal((), p),
    "smallest_sample.alpha": lambda p: smallest_sample(p, 0.1),
    "smallest_sample.delta": lambda p: smallest_sample(0.1, p),
    "Terms.target": lambda p: Terms(10, p),
    "commitments": lambda p: commitments(alike(1, 0.9, 0.5), NOBODY, p),
    "of_preferences": lambda p: of_preferences([1.0, 1.0], [True, False], p),
    "of_quality": lambda p: of_quality([1.0], 1.0, p),
    "compare_ranks": lambda p: compare_ranks({"a": [1, 2], "b": [2, 1], "c": [3, 3]}, p),
    "SkillIntervals.level": lambda p: SkillIntervals(level=p),
    "BradleyTerry.level": lambda p: BradleyTerry(level=p),
}

SHARES: dict[str, Make] = {
    "Rules.epsilon": Rules,
    "spotting": spotting,
    "match": lambda p: match([], [], p),
    "p_value.margin": lambda p: p_value(5, 1, 1, p),
    "SpanVote": lambda p: SpanVote(least=p),
    "Loop.random_share": lambda p: Loop(random_share=p),
    "Sequential": lambda p: Sequential("m", "p", control=p),
    "TriageShare": lambda p: TriageShare("m", "p", p),
    "ReviewDisagreements": lambda p: ReviewDisagreements("a", "b", "c", p),
    "Plan.nearest": lambda p: Plan(1, nearest=p),
}

AMOUNTS: dict[str, Make] = {
    "PredictionSet": PredictionSet,
    "Prices.input": lambda x: Prices(input=x),
    "Prices.cached": lambda x: Prices(cached=x),
    "Prices.human_label": lambda x: Prices(human_label=x),
    "DawidSkene.tolerance": lambda x: DawidSkene(tolerance=x),
    "OneCoin.tolerance": lambda x: OneCoin(tolerance=x),
    "Glad.tolerance": lambda x: Glad(tolerance=x),
    "Glad.inner_tolerance": lambda x: Glad(inner_tolerance=x),
    "BradleyTerry.prior": lambda x: BradleyTerry(prior=x),
    "Counts.each": lambda x: Counts(each=x),
    "Counts.own": lambda x: Counts(own=x),
    "CostInputs": lambda x: CostInputs(gpu_hour=x),
    "Stages.replay": lambda x: Stages(replay=x),
    "Settings.seconds": lambda x: Settings(seconds=x),
    "Settings.grace": lambda x: Settings(grace=x),
    "Settings.patience": lambda x: Settings(patience=x),
    "same": lambda x: same(1.0, 2.0, x),
}

NO_NUMBER: dict[str, Make] = {
    "Triage": lambda x: Triage("m", "p", x),
    "ThresholdChain": lambda x: ThresholdChain(("a", "b"), (x,)),
    "Hybrid": lambda x: Hybrid(("a",), "p", x),
    "RandomChain": lambda x: RandomChain(("a", "b"), shares=(x, 1.0)),
    "Scale.low": lambda x: Scale(x, 5),
    "Scale.step": lambda x: Scale(1, 5, x),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_start_where_they_mean_something(name: str) -> None:
    make, least = COUNTS[name]
    make(least)
    for wrong in (least - 1, -7, 1.5 + least, math.nan, math.inf, True):
        with pytest.raises(ValueError, match=r"\w"):
            make(wrong)


@pytest.mark.parametrize("name", INNER)
def test_levels_lie_between_zero_and_one(name: str) -> None:
    INNER[name](0.5)
    for wrong in (0.0, 1.0, -0.1, 1.1, math.nan, math.inf):
        with pytest.raises(ValueError, match="between 0 and 1"):
            INNER[name](wrong)


@pytest.mark.parametrize("name", SHARES)
def test_shares_lie_from_zero_to_one(name: str) -> None:
    for right in (0.0, 0.5, 1.0):
        SHARES[name](right)
    for wrong in (-0.1, 1.1, math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="from 0 to 1"):
            SHARES[name](wrong)


@pytest.mark.parametrize("name", AMOUNTS)
def test_amounts_are_finite_and_not_negative(name: str) -> None:
    for right in (0.0, 0.5, 3.0):
        AMOUNTS[name](right)
    for wrong in (-0.1, math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="from 0 on"):
            AMOUNTS[name](wrong)


@pytest.mark.parametrize("name", NO_NUMBER)
def test_what_is_no_number_is_no_threshold_share_or_end(name: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        NO_NUMBER[name](math.nan)


@pytest.mark.parametrize(("size", "answered", "errors"), [(5, 6, 0), (5, 3, 4), (5, 6, 6)])
def test_a_stratum_holds_its_answers_and_they_their_errors(
    size: int, answered: int, errors: int
) -> None:
    with pytest.raises(ValueError, match="which cannot be"):
        Stratum("a", size, answered, errors)


def test_ends_of_a_scale_are_finite() -> None:
    for low, high in ((-math.inf, 5.0), (1.0, math.inf)):
        with pytest.raises(ValueError, match="a scale runs from low to high"):
            Scale(low, high)


def test_counts_of_numpy_are_counts() -> None:
    within.count("n", np.int64(3))
    assert Drawn("r", "a", 1).of == 1
