"""One annotator labels everything."""

from assay.core.annotation import DecidedBy, Source
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.single import Single
from tests.strategies.recorded_ask import RecordedAsk

TASK = Task("t", "which?", Choice(["a", "b"]))
RECORDS = [text_record(f"r{i}", f"text {i}") for i in range(3)]


async def test_the_answer_is_the_decision_with_its_confidence() -> None:
    ask = RecordedAsk(TASK, {"m": {r.id: ("a", {"a": -0.5, "b": -1.0}) for r in RECORDS}})
    for made in await Single("m").label(RECORDS, ask):
        assert (made.value, made.confidence) == ("a", -0.5)
        assert made.confidence_source is Source.LIKELIHOOD
        assert (made.decided_by, made.route) == (DecidedBy.MODEL, ("m",))


async def test_silence_stays_undecided_and_says_why() -> None:
    ask = RecordedAsk(TASK, {"m": {r.id: (None, None) for r in RECORDS}})
    made = await Single("m").label(RECORDS, ask)
    assert {(d.value, d.decided_by, d.route) for d in made} == {(None, None, ("m", "unparsed"))}


async def test_people_are_waited_for_and_named() -> None:
    ask = RecordedAsk(TASK, {"panel": {"r0": ("b", None)}}, panels=["panel"])
    first, second, _ = await Single("panel").label(RECORDS, ask)
    assert (first.value, first.decided_by) == ("b", DecidedBy.PEOPLE)
    assert (second.value, second.waiting_for) == (None, "panel")
