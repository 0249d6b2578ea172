"""Options of strategies are refused where they cannot be."""

import math

import pytest

from assay.core.record import text_record
from assay.core.task import Example
from assay.strategies.active import Loop
from assay.strategies.attributes import Attributes
from assay.strategies.chain import ThresholdChain
from assay.strategies.controlled import Controlled
from assay.strategies.cooperation import (
    Conformal,
    PredictionSet,
    Sequential,
    Top,
    Triage,
    TriageShare,
)
from assay.strategies.hybrid import Hybrid
from assay.strategies.nearest import ByWords
from assay.strategies.retrieval import Retrieved
from assay.strategies.review import ReviewDisagreements
from assay.strategies.specialists import Stages
from assay.strategies.synthesise import Plan
from assay.strategies.vote import Vote
from tests.outside import AMOUNT, COUNT, COUNT_OR_NONE, INNER, SHARE, Row, taken_and_refused

POOL = (Example(text_record("r", "x"), "a"),)
PART = [1, 2], [1.5]  # less than one is refused in words of its own
KNOWN = [0.0, -5.0, math.inf, -math.inf], [math.nan]

ROWS: list[Row] = [
    (lambda x: Loop(first=x), *COUNT, "the first sample"),
    (lambda x: Loop(batch=x), *COUNT, "a batch"),
    (lambda x: Loop(rounds=x), *COUNT_OR_NONE, "the number of rounds"),
    (lambda x: Loop(random_share=x), *SHARE, "the random share"),
    (lambda x: Attributes("m", x), *PART, "attributes that a call asks about"),
    (lambda x: ThresholdChain(("a", "b"), (x,)), *KNOWN, "a threshold of a chain"),
    (lambda x: Controlled("c", "r", (), x), *COUNT, "the number of specialists"),
    (Top, *COUNT, "the number of labels shown"),
    (PredictionSet, *AMOUNT, "the least probability"),
    (lambda x: Conformal(POOL, x), *INNER, "alpha"),
    (lambda x: Sequential("m", "p", control=x), *SHARE, "the control share"),
    (lambda x: Triage("m", "p", x), *KNOWN, "the threshold of triage"),
    (lambda x: TriageShare("m", "p", x), *SHARE, "the share of people"),
    (lambda x: Hybrid(("m",), "p", x), *KNOWN, "the threshold"),
    (
        lambda x: Hybrid(("m",), "p", 0.5, capacity=x),
        [0, 1],
        [0.5],
        "records that people can label",
    ),
    (lambda x: Retrieved("m", POOL, ByWords(), x), *PART, "examples shown"),
    (lambda x: ReviewDisagreements("a", "b", "p", x), *SHARE, "the audited share"),
    (lambda x: Stages(beta=x), *COUNT, "beta"),
    (lambda x: Stages(replay=x), *AMOUNT, "replay"),
    (lambda x: Stages(block=x), *COUNT, "a block"),
    (lambda x: Stages(most=x), *COUNT_OR_NONE, "the number of stages"),
    (Plan, *COUNT, "texts for each label"),
    (lambda x: Plan(1, nearest=x), *SHARE, "the similarity of duplicates"),
    (lambda x: Vote(("a", "b"), x), *PART, "the number of replicas"),
]


@pytest.mark.parametrize("row", ROWS, ids=[str(i) for i in range(len(ROWS))])
def test_numbers_that_can_be_are_taken_and_others_refused(row: Row) -> None:
    taken_and_refused(row)


def test_strategies_do_as_their_papers_unless_told() -> None:
    assert Loop() == Loop(50, 25, 8, 0.1, 0)
    assert Stages() == Stages(200, 0.5, 100, 42, 10)
    assert Stages().settings == (200, 0.5, 100, 42, 10)
    assert ReviewDisagreements("a", "b", "p").id == "review(a&b>p;audit=0.05;0)"
    assert Sequential("m", "p").id == "sequential(m>p;top1;control=0.1;0)"
    assert Attributes("m").id == "attributes(m;1)"
    assert Plan(3) == Plan(3, ("",), ("",), 0.8, 0)
    assert Retrieved("m", POOL, ByWords()).count == 5
    assert Conformal(POOL).alpha == 0.1
    assert Controlled("c", "r", ()).n_specialists == 3
