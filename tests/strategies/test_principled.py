from dataclasses import replace
from typing import Any

import pytest

from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Source
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.principled import Principled
from assay.strategies.principles import Limits
from assay.testing import check_strategy
from tests.strategies.recorded_ask import RecordedAsk

RECORDS = [text_record(f"r{i}", "a text") for i in range(4)]
LIMITS = Limits(rationale=False)


def test_only_what_keeps_the_principles_is_let_through() -> None:
    given = {
        "r0": Given("a", 0.9, source=Source.CALIBRATED),
        "r1": Given("a", 0.9, source=Source.STATED),
        "r2": Given(None),
        "r3": Given("b"),
    }
    decisions = check_strategy(Principled("m", LIMITS), {"m": Recorded("m", given)}, RECORDS)
    assert [d.value for d in decisions] == ["a", None, None, None]
    assert decisions[0].decided_by is DecidedBy.MODEL
    assert decisions[1].route == (
        "sincerity: the confidence is not calibrated but stated by the annotator",
    )
    assert decisions[3].route == ("sincerity: no confidence is given",)


def test_limits_are_part_of_the_id() -> None:
    assert Principled("m").id != Principled("m", LIMITS).id


def test_a_confidence_is_calibrated_on_gold_where_there_is_some() -> None:
    gold = [text_record(f"g{i}", "a text") for i in range(40)]
    given = {r.id: Given("a", 0.9) for r in (*gold, *RECORDS)}
    examples = tuple(Example(r, "a" if i % 4 else "b") for i, r in enumerate(gold))
    strategy = Principled("m", LIMITS, examples)
    decisions = check_strategy(strategy, {"m": Recorded("m", given)}, RECORDS)
    assert {d.confidence_source for d in decisions} == {Source.CALIBRATED}
    assert all(0.65 < (d.confidence or 0) < 0.85 for d in decisions)


TASK = Task("t", "which?", Choice(["a", "b"]))


def gold(n: int) -> tuple[Example, ...]:
    """Every fourth answer is wrong."""
    return tuple(Example(text_record(f"g{i}", "a text"), "a" if i % 4 else "b") for i in range(n))


def said(*examples: Example, sure: float | None = 0.9) -> dict[str, Any]:
    scores = None if sure is None else {"a": sure}
    return {e.id: ("a", scores) for e in examples} | {r.id: ("a", scores) for r in RECORDS}


async def test_open_gold_keeps_every_record_waiting() -> None:
    examples = gold(12)
    ask = RecordedAsk(TASK, {"m": said(*examples[1:])})
    made = await Principled("m", LIMITS, examples).label(RECORDS, ask)
    assert [(d.record, d.value, d.waiting_for) for d in made] == [
        (r.id, None, "m") for r in RECORDS
    ]


async def test_gold_without_confidences_calibrates_nothing() -> None:
    examples = gold(12)
    ask = RecordedAsk(TASK, {"m": said(*examples, sure=None)})
    with pytest.raises(InputError, match="m gives no confidence on calibration gold"):
        await Principled("m", LIMITS, examples).label(RECORDS, ask)


async def test_silent_gold_is_passed_over_and_silent_records_stay_open() -> None:
    examples = gold(40)
    given = said(*examples) | {"g1": (None, None), "r1": (None, None)}
    given["r2"] = ("a", None)  # no confidence: nothing to calibrate, and so not sincere
    made = await Principled("m", LIMITS, examples).label(RECORDS, RecordedAsk(TASK, {"m": given}))
    assert [d.value for d in made] == ["a", None, None, "a"]
    assert made[1].route == ("m", "unparsed")
    assert made[2].route == ("sincerity: no confidence is given",)
    assert made[0].route == ("m",)
    assert made[0].confidence_source is Source.CALIBRATED
    assert made[0].confidence == pytest.approx(29 / 39, abs=0.06)


async def test_what_is_right_calibrates_and_what_is_wrong_pulls_down() -> None:
    examples = gold(40)
    turned = tuple(replace(e, value="b" if i % 4 else "a") for i, e in enumerate(examples))
    ask = RecordedAsk(TASK, {"m": said(*examples)})
    high, low = [
        (await Principled("m", LIMITS, given).label(RECORDS[:1], ask))[0].confidence
        for given in (examples, turned)
    ]
    assert high == pytest.approx(0.75, abs=0.06)
    assert low == pytest.approx(0.25, abs=0.06)
