"""While an answer is awaited, nobody who comes after it is asked about that record.

What people say may settle it: whoever was asked before would be paid for nothing, or, in
sequential cooperation, be asked the same again with a suggestion.
"""

import pytest

from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, ThresholdChain
from assay.strategies.confidence import own
from assay.strategies.cooperation import Sequential, Triage, TriageShare
from assay.strategies.hybrid import Hybrid
from assay.strategies.review import ReviewDisagreements
from assay.strategies.vote import Vote
from tests.strategies.recorded_ask import Given, RecordedAsk

RECORDS = [text_record(f"r{i}", f"text {i}") for i in range(6)]
TASK = Task("t", "which?", Choice(["a", "b"]))
SURE, UNSURE = {"a": 0.9, "b": 0.1}, {"a": 0.6, "b": 0.4}
ANSWERED: Given = {"r0": ("a", SURE), "r1": ("a", UNSURE), "r2": (None, None)}
ALL: Given = {r.id: ("b", UNSURE) for r in RECORDS}

# the people first, `later` after them; who of r0, r1 and r2 reaches `later`
CASES: list[tuple[Strategy, set[str]]] = [
    (ThresholdChain(("people", "later"), (0.8,), own), {"r1", "r2"}),
    (Hybrid(("people",), "later", 0.8, own), {"r1", "r2"}),
    (Triage("people", "later", 0.8), {"r1", "r2"}),
    (Sequential("people", "later"), {"r0", "r1", "r2"}),
    (ReviewDisagreements("people", "other", "later", audit=0), {"r0", "r1", "r2"}),
    (Vote(("people", "other"), referee="later"), {"r0", "r1"}),
    # these compare the answers to all records, so that all are needed first
    (Chain(("people", "later")), set()),
    (Chain(("people", "later"), answer="forward"), set()),
    (TriageShare("people", "later", 0.5), set()),
]


@pytest.mark.parametrize(("strategy", "reached"), CASES, ids=lambda c: getattr(c, "id", None))
async def test_nobody_is_asked_beyond_an_answer_that_is_awaited(
    strategy: Strategy, reached: set[str]
) -> None:
    ask = RecordedAsk(TASK, {"people": ANSWERED, "other": ALL, "later": ALL}, ["people"])
    made = await strategy.label(RECORDS, ask)
    assert {record for name, record, _ in ask.log if name == "later"} == reached
    assert [d.record for d in made] == [r.id for r in RECORDS]
    assert {d.waiting_for for d in made[3:]} == {"people"}


@pytest.mark.parametrize("strategy", [s for s, _ in CASES], ids=lambda s: s.id)
async def test_once_all_is_answered_all_is_decided(strategy: Strategy) -> None:
    ask = RecordedAsk(TASK, {"people": ALL, "other": ALL, "later": ALL}, ["people"])
    made = await strategy.label(RECORDS, ask)
    assert not [d for d in made if d.waiting_for or d.value is None]
