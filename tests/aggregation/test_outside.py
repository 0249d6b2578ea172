"""Options of aggregators are refused where they cannot be."""

import pytest

from assay.aggregation.correlated import Correlated
from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from assay.aggregation.glad import Glad
from assay.aggregation.intervals import SkillIntervals
from assay.aggregation.mace import Mace
from assay.aggregation.pairs import BradleyTerry
from assay.aggregation.spans import SpanVote
from tests.outside import AMOUNT, COUNT, COUNT_OR_NONE, INNER, Row, taken_and_refused

ROWS: list[Row] = [
    (lambda x: Correlated(least=x), *COUNT, "records that a pair must share"),
    (lambda x: Correlated(rounds=x), *COUNT, "the number of rounds"),
    (lambda x: DawidSkene(iterations=x), *COUNT, "the number of iterations"),
    (lambda x: DawidSkene(tolerance=x), *AMOUNT, "the tolerance"),
    (lambda x: OneCoin(iterations=x), *COUNT, "the number of iterations"),
    (lambda x: OneCoin(tolerance=x), *AMOUNT, "the tolerance"),
    (lambda x: Glad(iterations=x), *COUNT, "the number of iterations"),
    (lambda x: Glad(tolerance=x), *AMOUNT, "the tolerance"),
    (lambda x: Glad(inner_iterations=x), *COUNT, "the number of inner iterations"),
    (lambda x: Glad(inner_tolerance=x), *AMOUNT, "the inner tolerance"),
    (lambda x: SkillIntervals(draws=x), [20, 21], [19, 20.5], "the number of draws"),
    (lambda x: SkillIntervals(burn_in=x), *COUNT_OR_NONE, "draws left out at first"),
    (lambda x: Mace(iterations=x), *COUNT, "the number of iterations"),
    (lambda x: Mace(restarts=x), *COUNT_OR_NONE, "the number of restarts"),
    (lambda x: BradleyTerry(prior=x), *AMOUNT, "the prior"),
    (lambda x: BradleyTerry(level=x), *INNER, "the level"),
    (lambda x: SpanVote(least=x), [0.0, 0.5], [-0.01, 1.01], "the share that must agree"),
]


@pytest.mark.parametrize("row", ROWS, ids=[str(i) for i in range(len(ROWS))])
def test_numbers_that_can_be_are_taken_and_others_refused(row: Row) -> None:
    taken_and_refused(row)
