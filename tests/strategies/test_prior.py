import pytest

from assay.core.annotation import DecidedBy, Source
from assay.core.errors import SpecError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.prior import PriorCorrected, prior_corrected
from tests.strategies.recorded_ask import RecordedAsk

TASK = Task("t", "?", Choice(["good", "bad"]))
RECORDS = [text_record(str(i), f"text {i}") for i in range(4)]
# the model prefers "good" by 2 nats whatever it reads; what is left tells the texts apart
SCORES = {
    "0": {"good": -1.0, "bad": -2.0},
    "1": {"good": -1.0, "bad": -4.0},
    "2": {"good": -1.0, "bad": -2.5},
    "3": {"good": -1.0, "bad": -3.5},
}
GIVEN = {"llm": {id: ("good", scores) for id, scores in SCORES.items()}}


async def test_the_models_liking_for_a_label_is_taken_off() -> None:
    made = await prior_corrected("llm", RECORDS).label(RECORDS, RecordedAsk(TASK, GIVEN))
    assert [d.value for d in made] == ["bad", "good", "bad", "good"]
    assert made[0].scores == {"good": 0.0, "bad": 1.0}
    assert made[0].confidence == pytest.approx(0.7311, abs=1e-4)


async def test_an_open_fit_record_leaves_everything_open() -> None:
    given = {"llm": {id: said for id, said in GIVEN["llm"].items() if id != "3"}}
    made = await prior_corrected("llm", RECORDS).label(RECORDS[:1], RecordedAsk(TASK, given))
    assert made[0].waiting_for == "llm"


async def test_silence_stays_silent() -> None:
    given = {"llm": {**GIVEN["llm"], "0": (None, None)}}
    made = await prior_corrected("llm", RECORDS).label(RECORDS, RecordedAsk(TASK, given))
    assert made[0].value is None
    assert made[1].value == "good"


def test_another_fit_is_another_strategy() -> None:
    assert prior_corrected("llm", RECORDS).id != prior_corrected("llm", RECORDS, 3).id


async def test_an_annotator_without_scores_is_refused() -> None:
    given = {"llm": {r.id: ("good", None) for r in RECORDS}}
    with pytest.raises(SpecError, match="label scores"):
        await prior_corrected("llm", RECORDS).label(RECORDS, RecordedAsk(TASK, given))


def test_one_record_is_no_prior() -> None:
    with pytest.raises(SpecError, match="at least two"):
        PriorCorrected("llm", (RECORDS[0],))


async def test_a_corrected_answer_says_how_it_came_about() -> None:
    made = await prior_corrected("llm", RECORDS).label(RECORDS, RecordedAsk(TASK, GIVEN))
    assert {d.route for d in made} == {("llm", "minus the mean score")}
    assert {(d.decided_by, d.confidence_source) for d in made} == {
        (DecidedBy.MODEL, Source.LIKELIHOOD)
    }
    assert [d.record for d in made] == ["0", "1", "2", "3"]


async def test_silence_and_open_answers_say_so_and_do_not_move_the_mean() -> None:
    given = {"llm": {**GIVEN["llm"], "x": (None, None)}}
    records = [*RECORDS[:1], text_record("x", "silent"), text_record("y", "open")]
    made = await PriorCorrected("llm", (*RECORDS, records[1])).label(
        records, RecordedAsk(TASK, given)
    )
    assert made[0].scores == {"good": 0.0, "bad": 1.0}
    assert (made[1].value, made[1].route) == (None, ("llm", "unparsed"))
    assert (made[2].value, made[2].waiting_for) == (None, "llm")


async def test_a_label_that_was_never_scored_before_is_named() -> None:
    new = text_record("new", "text")
    given = {"llm": {**GIVEN["llm"], "new": ("odd", {"good": -1.0, "odd": -0.2, "ugly": -3.0})}}
    with pytest.raises(SpecError, match="record 'new': label 'odd' was not scored"):
        await prior_corrected("llm", RECORDS).label([new], RecordedAsk(TASK, given))


def test_the_fit_is_on_the_first_records() -> None:
    many = [text_record(str(i), str(i)) for i in range(250)]
    assert prior_corrected("llm", many).fit == tuple(many[:200])
    assert PriorCorrected("llm", tuple(many[:2])).fit == tuple(many[:2])
