"""Options of quality are refused where they cannot be."""

import numpy as np
import pytest

from assay.core.value import Box
from assay.quality.agreement import Resampling
from assay.quality.golden.choice import rank
from assay.quality.golden.commitment import alike, answers_of, commitments
from assay.quality.golden.contract import Terms
from assay.quality.golden.other import of_preferences, of_quality
from assay.quality.golden.strategic import spotting
from assay.quality.guarantees.boundary import limits
from assay.quality.guarantees.bounds import smallest_sample
from assay.quality.guarantees.promise import Promise
from assay.quality.inference.audit import Stratum, draw, draw_clusters, estimate_clusters
from assay.quality.inference.stratified import Counts as Strata
from assay.quality.inference.stratified import limits as limits_of
from assay.quality.metrics.boxes import match
from assay.quality.metrics.ranks import compare_ranks
from assay.quality.replacement.alt_plan import Grid
from assay.quality.replacement.alt_test import Rules
from assay.quality.replacement.trinomial import p_value
from assay.strategies.conformal import least_probability
from assay.strategies.fusion import Counts, Fusion
from assay.strategies.principles import Limits
from assay.studies.celeba.study import CostInputs
from tests.outside import AMOUNT, COUNT, COUNT_OR_NONE, INNER, SHARE, Row, taken_and_refused

BOX = Box(0.1, 0.1, 0.4, 0.4, "cat")
HALF = np.full((2, 2), 0.5)
ONE = np.array([9]), np.array([3]), np.array([1])
WRONG = {f"r{i}": i > 4 for i in range(9)}
CLUSTER = {r: r for r in WRONG}
SCORES = {"a": [1.0, 2.0, 3.0], "b": [2.0, 1.0, 2.0], "c": [0.0, 0.5, 1.0]}

ROWS: list[Row] = [
    (lambda x: Grid(runs=x), *COUNT, "the number of simulated tests"),
    (lambda x: Grid(power=x), *INNER, "the power"),
    (lambda x: Rules(epsilon=x), *SHARE, "epsilon"),
    (lambda x: Rules(q=x), *INNER, "q lies"),
    (lambda x: Rules(people_a_record=x), *COUNT, "people a record"),
    (lambda x: Rules(records_a_person=x), *COUNT, "records a person"),
    (lambda x: Stratum("a", x, 1, 0), *COUNT, "the size of a stratum"),
    (lambda x: Stratum("a", 9, x, 0), *COUNT_OR_NONE, "answers in a stratum"),
    (lambda x: Stratum("a", 9, 3, x), *COUNT_OR_NONE, "errors in a stratum"),
    (lambda x: draw({"r": "a"}, x), [2], [0, 1.5], "the size of a sample"),
    (lambda x: draw_clusters(CLUSTER, x), *COUNT, "the size of a sample"),
    (lambda x: estimate_clusters(WRONG, CLUSTER, x, "people"), [9], [0, 1.5], "number of records"),
    (lambda x: limits(30, x, 0.1), *INNER, "alpha"),
    (lambda x: limits(30, 0.1, x), *INNER, "delta"),
    (lambda x: smallest_sample(x, 0.1), *INNER, "alpha"),
    (lambda x: smallest_sample(0.1, x), *INNER, "delta"),
    (lambda x: match([BOX], [BOX], x), *SHARE, "the least overlap"),
    (lambda x: least_probability([0.5], x), *INNER, "alpha"),
    (lambda x: Counts(each=x), *AMOUNT, "answers for each label"),
    (lambda x: Counts(own=x), *AMOUNT, "answers for the right label"),
    (lambda x: Fusion(HALF, rounds=x), *COUNT_OR_NONE, "the number of rounds"),
    (lambda x: Limits(least_words=x), *COUNT_OR_NONE, "least words"),
    (lambda x: Limits(most_words=x), *COUNT_OR_NONE, "most words"),
    (lambda x: Limits(longest_sentence=x), *COUNT_OR_NONE, "longest sentence"),
    (lambda x: Limits(most_suggestions=x), *COUNT_OR_NONE, "most suggestions"),
    (lambda x: Promise(x, 0.1), *INNER, "alpha"),
    (lambda x: Promise(0.1, x), *INNER, "delta"),
    (lambda x: compare_ranks(SCORES, x), *INNER, "alpha"),
    (lambda x: limits_of(Strata(*ONE), x), *INNER, "the level"),
    (lambda x: p_value(x, 0, 0, 0.1), *COUNT, "the number of differences"),
    (lambda x: p_value(9, x, 0, 0.1), *COUNT_OR_NONE, "wins"),
    (lambda x: p_value(9, 0, x, 0.1), *COUNT_OR_NONE, "losses"),
    (lambda x: p_value(9, 1, 1, x), *SHARE, "the margin"),
    (Resampling, *COUNT_OR_NONE, "the number of resamples"),
    (lambda x: rank({"r": ["a"]}, {"r": "a"}, x), [0.1, 0.9], [-0.01, 1.01], "the commitment"),
    (lambda x: alike(x, 0.9, 0.5), *COUNT, "the number of golden questions"),
    (
        lambda x: commitments(alike(3, 0.9, 0.5), answers_of([("a", 0, True)]), x),
        *INNER,
        "the level",
    ),
    (lambda x: Terms(10, x), *INNER, "the target commitment"),
    (lambda x: Terms(x, 0.8), [1, 10], [0, -1], "questions is more than 0"),
    (lambda x: Terms(10, 0.8, bonus=x), [0.1, 5.0], [0.0, np.inf], "bonus is more than 0"),
    (lambda x: Terms(10, 0.8, marginal_cost=x), [0.1, 5.0], [0.0, np.nan], "marginal cost is"),
    (lambda x: Terms(10, 0.8, power=x), [1.0, 3.0], [0.99, np.inf], "the power of the cost"),
    (lambda x: of_preferences([1.0, 2.0], [True, False], x), *INNER, "the level"),
    (lambda x: of_quality([1.0], 1.0, x), *INNER, "the level"),
    (spotting, *SHARE, "an AUC"),
    (lambda x: CostInputs(images=x), *COUNT, "the number of images"),
    (lambda x: CostInputs(redundancy=x), *COUNT, "the redundancy"),
    (lambda x: CostInputs(price_per_label=x), *AMOUNT, "price per label"),
    (lambda x: CostInputs(seconds_per_query=x), *AMOUNT, "seconds per query"),
    (lambda x: CostInputs(gpu_hour=x), *AMOUNT, "gpu hour"),
]


@pytest.mark.parametrize("row", ROWS, ids=[str(i) for i in range(len(ROWS))])
def test_numbers_that_can_be_are_taken_and_others_refused(row: Row) -> None:
    taken_and_refused(row)
