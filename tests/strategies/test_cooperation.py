"""Sequential cooperation and triage.

What a toy gets wrong (section 8(d)): who decided, what people saw, and thresholds from calibration
gold are here; that dependent answers are not fused is in `test_joint.py`.
"""

import numpy as np

from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.cooperation import (
    Conformal,
    PredictionSet,
    Sequential,
    Top,
    Triage,
    TriageShare,
    drawn,
)
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("t", "which?", Choice(["a", "b"]))


def world(n: int = 200) -> tuple[list[Record], RecordedAsk]:
    rng = np.random.default_rng(1)
    records = [text_record(f"r{i}", f"text {i}") for i in range(n)]
    model: Given = {
        r.id: ("a" if p > 0.5 else "b", {"a": float(np.log(p)), "b": float(np.log(1 - p))})
        for r, p in zip(records, rng.uniform(0.01, 0.99, n), strict=True)
    }
    people: Given = {r.id: ("b", None) for r in records}
    return records, RecordedAsk(TASK, {"model": model, "panel": people}, ["panel"])


async def test_a_label_given_after_a_suggestion_is_decided_by_both_and_says_what_it_saw() -> None:
    records, ask = world()
    decisions = await Sequential("model", "panel", control=0.25).label(records, ask)
    ways = {record: way for name, record, way in ask.log if name == "panel"}
    for d in decisions:
        suggested = bool(ways[d.record].saw)
        assert d.decided_by is (DecidedBy.BOTH if suggested else DecidedBy.PEOPLE)
        assert d.route == (
            "with suggestion" if suggested else "control, without suggestion",
            "panel",
        )
    control = sum(d.decided_by is DecidedBy.PEOPLE for d in decisions)
    assert 30 <= control <= 70


async def test_the_control_arm_does_not_depend_on_the_order_of_records() -> None:
    records, _ = world()
    assert [drawn(r, 0.3, 5) for r in records] == [drawn(r, 0.3, 5) for r in records[::-1]][::-1]


async def test_people_in_triage_never_see_the_model_and_get_only_unsure_records() -> None:
    records, ask = world()
    decisions = await Triage("model", "panel", threshold=float(np.log(0.8))).label(records, ask)
    assert all(not way.saw and not way.hint for name, _, way in ask.log if name == "panel")
    by_people = [d for d in decisions if d.decided_by is DecidedBy.PEOPLE]
    assert len(by_people) == ask.asked["panel"]
    assert 0 < len(by_people) < len(records)


async def test_triage_by_share_sends_exactly_that_share() -> None:
    records, ask = world()
    await TriageShare("model", "panel", share=0.1).label(records, ask)
    assert ask.asked["panel"] == 20


async def test_what_the_model_leaves_unanswered_goes_to_people() -> None:
    records, ask = world(4)
    silent: Given = {r.id: (None, None) for r in records}
    decisions = await Triage("model", "panel", threshold=-100).label(
        records, RecordedAsk(TASK, {"model": silent, "panel": ask.given["panel"]}, ["panel"])
    )
    assert all(d.decided_by is DecidedBy.PEOPLE for d in decisions)


async def test_what_the_model_leaves_unanswered_goes_to_people_beyond_their_share() -> None:
    records, ask = world(20)
    model: Given = {**ask.given["model"], **{r.id: (None, None) for r in records[:6]}}
    asked = RecordedAsk(TASK, {"model": model, "panel": ask.given["panel"]}, ["panel"])
    decisions = await TriageShare("model", "panel", share=0.1).label(records, asked)
    assert asked.asked["panel"] == 6
    assert all(d.decided_by is DecidedBy.PEOPLE for d in decisions[:6])


async def test_a_conformal_set_is_fitted_on_gold_that_the_model_is_asked_about() -> None:
    records, ask = world(400)
    gold = tuple(Example(r, "a") for r in records[:200])
    sets = Conformal(gold, alpha=0.2)
    await Sequential("model", "panel", sets, control=0.0).label(records[200:], ask)
    fitted = await sets.fitted("model", ask)
    assert fitted is not None
    least = fitted.least
    for name, record, way in ask.log:
        if name == "panel":
            chance = np.exp((ask.given["model"][record][1] or {})["a"])
            assert ("a" in way.hint.removeprefix("Suggested: ")) == (chance >= min(least, 0.5))


def test_a_prediction_set_grows_with_doubt_and_is_never_empty() -> None:
    request = Request(TASK, text_record("r", "x"), "m")
    doubt = answer(request, Outcome.ANSWERED, value="a", scores={"a": -0.69, "b": -0.7})
    sure = answer(request, Outcome.ANSWERED, value="a", scores={"a": -0.001, "b": -7.0})
    assert PredictionSet(0.2).labels(doubt) == ("a", "b")
    assert PredictionSet(0.2).labels(sure) == ("a",)
    assert PredictionSet(2.0).labels(sure) == ("a",)
    assert Top(2).labels(sure) == ("a", "b")


async def test_a_set_fitted_on_gold_holds_the_truth_as_often_as_it_says() -> None:
    records, ask = world(2_000)
    answers = [a for a in await ask("model", records) if isinstance(a, Annotation)]
    rng = np.random.default_rng(2)
    truth = {
        a.record: "a" if rng.random() < np.exp((a.scores or {})["a"]) else "b" for a in answers
    }
    fitted = PredictionSet.fitted(answers[:1_000], truth, alpha=0.1)
    held = [truth[a.record] in fitted.labels(a) for a in answers[1_000:]]
    assert np.mean(held) >= 0.88
    assert np.mean([len(fitted.labels(a)) for a in answers]) < 1.9
