"""Every strategy keeps the same contract; a new one is a row here."""

import numpy as np
import pytest

from assay.annotators.people import Panel
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Source
from assay.core.record import text_record
from assay.core.task import Example
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, RandomChain, ThresholdChain
from assay.strategies.confidence import own
from assay.strategies.cooperation import Sequential, Triage, TriageShare
from assay.strategies.fusion import Fusion
from assay.strategies.hybrid import Hybrid
from assay.strategies.joint import FittedJoint, Joint
from assay.strategies.nearest import ByWords, Fixed
from assay.strategies.principled import Principled
from assay.strategies.retrieval import Retrieved
from assay.strategies.review import ReviewDisagreements
from assay.strategies.single import Single
from assay.strategies.vote import Vote
from assay.testing import check_strategy

RECORDS = [text_record(f"r{i}", f"text number {i}") for i in range(60)]


def scored(name: str, turn: int) -> Recorded:
    """Says a and b in turn, surer on some records, silent on every eleventh."""
    given = {}
    for i, record in enumerate(RECORDS):
        label, p = "ab"[(i // turn) % 2], 0.5 + (i * 7 % 50) / 100
        scores = {label: p, "ba"[(i // turn) % 2]: 1 - p}
        given[record.id] = Given(None if i % 11 == turn else label, p, scores)
    return Recorded(name, given, source=Source.CALIBRATED)


PEOPLE = Recorded("people@1", {r.id: Given("a") for r in RECORDS[:40]}, DecidedBy.PEOPLE)
ANNOTATORS: dict[str, Askable] = {
    "x": scored("x@1", 1),
    "y": scored("y@1", 2),
    "z": scored("z@1", 3),
    "people": PEOPLE,
    "panel": Panel("panel@1"),
    "inner": Vote(("x", "y", "z")),
}

POOL = tuple(Example(r, "ab"[i % 2]) for i, r in enumerate(RECORDS[:9]))

STRATEGIES: list[Strategy] = [
    Single("x"),
    Single("people"),
    Single("panel"),
    Single("inner"),
    Vote(("x", "y", "z")),
    Vote(("x", "y"), ties="first"),
    Vote(("x", "y"), ties="confidence"),
    Vote(("x", "y"), referee="people"),
    Vote(("x",), replicas=3),
    Vote(("x", "inner", "people"), ties="first"),
    Chain(("x", "y", "z")),
    ThresholdChain(("x", "y"), (0.8,), own),
    RandomChain(("x", "y", "z")),
    Triage("x", "people", 0.7),
    TriageShare("x", "people", 0.3),
    Hybrid(("x", "y"), "people", 0.8, own),
    Sequential("x", "people"),
    Joint("x", "people"),
    Joint("x", "panel", {"r0": "a"}),
    FittedJoint("x", "people", {"": Fusion(np.array([[0.9, 0.2], [0.1, 0.8]]))}),
    Principled("x"),
    ReviewDisagreements("x", "y", "people"),
    Retrieved("x", POOL, ByWords(), count=2),
    Retrieved("people", POOL, Fixed(1), count=2, balanced=True),
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.id)
def test_a_strategy_keeps_its_contract(strategy: Strategy) -> None:
    check_strategy(strategy, ANNOTATORS, RECORDS)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.id)
def test_a_decision_calls_annotators_by_their_names_not_their_ids(strategy: Strategy) -> None:
    ids = {who.id for who in ANNOTATORS.values()}
    for d in check_strategy(strategy, ANNOTATORS, RECORDS):
        assert not ids & {*d.route, d.waiting_for}
