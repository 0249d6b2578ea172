"""Certified labels are taken from models, the rest from people, within their time."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, Source, answer
from assay.core.errors import SpecError
from assay.core.record import Record, TextPart
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.confidence import Calibrated
from assay.strategies.hybrid import BEYOND, Hybrid
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("t", "?", Choice(["a", "b"]))
RECORDS = [Record(str(i), (TextPart(f"text {i}"),)) for i in range(6)]
SURE = (0.9, 0.4, 0.8, 0.2, 0.6, 0.7)
CHEAP: Given = {str(i): ("a", {"a": s, "b": 0.0}) for i, s in enumerate(SURE)}
DEAR: Given = {str(i): ("b", {"a": 0.0, "b": 0.75}) for i in range(3)} | {
    str(i): (None, None) for i in range(3, 6)
}
PEOPLE: Given = {str(i): ("b", None) for i in range(6)}


def run(strategy: Hybrid, people: Given = PEOPLE) -> tuple[Sequence[Decision], RecordedAsk]:
    ask = RecordedAsk(TASK, {"cheap": CHEAP, "dear": DEAR, "crowd": people}, ["crowd"])
    return asyncio.run(strategy.label(RECORDS, ask)), ask


def test_the_first_link_that_is_sure_decides_and_people_take_the_rest() -> None:
    found, ask = run(Hybrid(("cheap", "dear"), "crowd", 0.75))
    assert [d.value for d in found] == ["a", "b", "a", "b", "b", "b"]
    assert [d.route[-1] for d in found] == ["cheap", "dear", "cheap", "crowd", "crowd", "crowd"]
    assert [d.decided_by for d in found[2:4]] == [DecidedBy.MODEL, DecidedBy.PEOPLE]
    assert dict(ask.asked) == {"cheap": 6, "dear": 4, "crowd": 3}


def test_without_a_certificate_people_label_everything_and_no_model_is_paid() -> None:
    found, ask = run(Hybrid(("cheap",), "crowd", None))
    assert {d.decided_by for d in found} == {DecidedBy.PEOPLE}
    assert dict(ask.asked) == {"crowd": 6}


def test_within_a_budget_people_see_the_least_sure() -> None:
    found, ask = run(Hybrid(("cheap",), "crowd", 0.75, capacity=2))
    assert ask.asked["crowd"] == 2
    assert [d.record for d in found if d.decided_by is DecidedBy.PEOPLE] == ["1", "3"]
    left = [d for d in found if d.value is None]
    assert [(d.record, d.route) for d in left] == [("4", (BEYOND,)), ("5", (BEYOND,))]


def test_what_people_have_not_answered_is_waited_for() -> None:
    found, _ = run(Hybrid(("cheap",), "crowd", 0.75), {"1": ("b", None)})
    assert [d.waiting_for for d in found] == [None, None, None, "crowd", "crowd", "crowd"]


def test_a_budget_needs_all_records_at_once_and_a_certificate_alone_does_not() -> None:
    assert Hybrid(("cheap",), "crowd", 0.5, capacity=3).needs_all_records
    assert not Hybrid(("cheap",), "crowd", 0.5).needs_all_records


def test_ids_differ_where_decisions_can_differ() -> None:
    plain = Hybrid(("cheap",), "crowd", 0.5)
    others = [
        replace(plain, threshold=0.50000001),
        replace(plain, threshold=None),
        replace(plain, capacity=3),
        replace(plain, confidence=Calibrated((("m", 1.0, 0.0),))),
        replace(plain, confidence=Calibrated((("m", 1.0, 0.1),))),
    ]
    assert len({s.id for s in (plain, *others)}) == 6


def test_calibrated_confidences_are_of_the_annotator_they_were_fitted_on() -> None:
    sure = Calibrated((("m", 2.0, 0.0), ("n", 1.0, 0.0)))
    request = Request(TASK, RECORDS[0], "m")
    said = answer(
        request, Outcome.ANSWERED, value="a", confidence=0.8, confidence_source=Source.LIKELIHOOD
    )
    assert sure(said) == pytest.approx(16 / 17)
    assert sure(replace(said, annotator="n")) == pytest.approx(0.8)
    assert sure(replace(said, annotator="x")) is None
    silent = replace(said, confidence=None, confidence_source=None)
    assert sure(silent) is None
    flat = Calibrated((("m", 0.0, 1.0),))
    assert flat(silent) == flat(said) == pytest.approx(1 / (1 + math.exp(-1)))


def test_people_are_not_a_link() -> None:
    with pytest.raises(SpecError, match="name two"):
        Hybrid(("crowd",), "crowd", 0.5)


def test_an_answer_exactly_as_sure_as_the_certificate_is_kept() -> None:
    found, ask = run(Hybrid(("cheap",), "crowd", 0.7))
    assert [d.value for d in found] == ["a", "b", "a", "b", "b", "a"]
    assert ask.asked["crowd"] == 3


def test_routes_name_every_link_that_saw_the_record() -> None:
    found, _ = run(Hybrid(("cheap", "dear"), "crowd", 0.75))
    assert [d.route for d in found[:4]] == [
        ("cheap",),
        ("cheap", "dear"),
        ("cheap",),
        ("cheap", "dear", "crowd"),
    ]
    alone, _ = run(Hybrid(("cheap", "dear"), "crowd", None))
    assert {d.route for d in alone} == {("crowd",)}


@pytest.mark.parametrize(
    ("most", "people"),
    [(0, []), (1, ["3"]), (3, ["1", "3", "4"]), (4, ["1", "3", "4", "5"]), (9, list("1345"))],
)
def test_people_get_no_more_than_they_have_time_for(most: int, people: list[str]) -> None:
    found, ask = run(Hybrid(("cheap",), "crowd", 0.75, capacity=most))
    assert [d.record for d in found if d.decided_by is DecidedBy.PEOPLE] == people
    assert ask.asked["crowd"] == len(people)
    assert sum(d.route == (BEYOND,) for d in found) == 4 - len(people)


def test_the_surest_of_all_links_counts_and_ties_do_not_go_by_place() -> None:
    """0.75 at the second link puts record 1 behind 3, 4 and 5, of which that link said nothing."""
    found, _ = run(Hybrid(("cheap", "dear"), "crowd", 0.95, capacity=3))
    assert [d.record for d in found if d.decided_by is DecidedBy.PEOPLE] == ["3", "4", "5"]
    ask = RecordedAsk(TASK, {"cheap": dict.fromkeys("012345", ("a", {"a": 0.5})), "crowd": PEOPLE})
    strategy = Hybrid(("cheap",), "crowd", 0.75, capacity=3)
    straight = asyncio.run(strategy.label(RECORDS, ask))
    turned = asyncio.run(strategy.label(RECORDS[::-1], ask))
    assert straight == turned[::-1]
    assert [d.record for d in straight if d.value] != ["0", "1", "2"]


def test_people_cannot_label_fewer_than_none() -> None:
    assert Hybrid(("cheap",), "crowd", 0.5, capacity=0).capacity == 0
    with pytest.raises(SpecError, match="no fewer than 0 records, not -1"):
        Hybrid(("cheap",), "crowd", 0.5, capacity=-1)
