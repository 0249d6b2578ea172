"""Sequential cooperation and triage.

What a toy gets wrong (section 8(d)): who decided, what people saw, and thresholds from calibration
gold are here; that dependent answers are not fused is in `test_joint.py`.
"""

import numpy as np
import pytest

from assay.core.annotation import DEFAULT_OPTIONS, Annotation, DecidedBy, Outcome, Request, answer
from assay.core.record import Record, text_record
from assay.core.schema import Choice, Form, MultiChoice, Scale, Schema
from assay.core.task import Example, Task
from assay.core.value import Value
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
    request_options = {record: options for name, record, options in ask.log if name == "panel"}
    for d in decisions:
        suggested = bool(request_options[d.record].saw)
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
    assert all(
        not options.saw and not options.hint for name, _, options in ask.log if name == "panel"
    )
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
    for name, record, options in ask.log:
        if name == "panel":
            chance = np.exp((ask.given["model"][record][1] or {})["a"])
            assert ("a" in options.hint.removeprefix("Suggested: ")) == (chance >= min(least, 0.5))


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


REQUEST = Request(TASK, text_record("r", "x"), "m")


def said(scores: dict[str, float] | None) -> Annotation:
    return answer(REQUEST, Outcome.ANSWERED, value="b", scores=scores)


def test_suggestions_are_the_likeliest_labels_likeliest_first() -> None:
    given = said({"a": -3.0, "b": -0.2, "c": -1.9, "d": -9.0})
    assert Top().labels(given) == ("b",)
    assert Top(3).labels(given) == ("b", "c", "a")
    assert PredictionSet(0.04).labels(given) == ("b", "c", "a")
    assert PredictionSet(0.1).labels(given) == ("b", "c")


def test_a_label_exactly_as_likely_as_the_least_belongs_to_the_set() -> None:
    even = said({"a": -1.0, "b": -1.0, "c": -1.0, "d": -1.0})  # scores need not add up to one
    assert PredictionSet(0.25).labels(even) == ("a", "b", "c", "d")


@pytest.mark.parametrize("suggest", [Top(2), PredictionSet(0.1)])
@pytest.mark.parametrize(
    ("schema", "value", "scores", "words"),
    [
        (Choice(["a", "b"]), "b", None, "b"),
        (Scale(1, 5), 4.0, None, "4"),
        (MultiChoice(["x", "y"]), frozenset("yx"), None, "x, y"),
        (MultiChoice(["x", "y"]), frozenset(), {"x=no": -0.1, "x=yes": -2.3}, "none"),
        (Form({"hue": Choice(["red"])}), {"hue": "red"}, None, "hue: red"),
    ],
)
async def test_an_answer_without_scores_for_whole_answers_is_itself_suggested_in_words(
    suggest: Top | PredictionSet,
    schema: Schema,
    value: Value,
    scores: dict[str, float] | None,
    words: str,
) -> None:
    given: dict[str, Given] = {"model": {"r": (value, scores)}, "panel": {}}
    ask = RecordedAsk(Task("t", "?", schema), given, ["panel"])
    await Sequential("model", "panel", suggest, 0.0).label([text_record("r", "x")], ask)
    assert [options.hint for name, _, options in ask.log if name == "panel"] == [
        f"Suggested: {words}"
    ]


def test_the_share_drawn_is_the_one_asked_for() -> None:
    records = [text_record(f"r{i}", "the same text") for i in range(400)]
    assert not any(drawn(r, 0.0, 1) for r in records)
    assert all(drawn(r, 1.0, 1) for r in records)
    assert 0.2 < np.mean([drawn(r, 0.3, 1) for r in records]) < 0.4
    assert [drawn(r, 0.3, 1) for r in records] != [drawn(r, 0.3, 2) for r in records]


async def test_people_see_the_suggestion_and_the_key_of_what_they_saw() -> None:
    records, ask = world(12)
    decisions = await Sequential("model", "panel", Top(2), control=0.0).label(records, ask)
    own = {r.id: Request(TASK, r, "model").key for r in records}
    shown = {record: options for name, record, options in ask.log if name == "panel"}
    for record in records:
        options, (label, _) = shown[record.id], ask.given["model"][record.id]
        other = "b" if label == "a" else "a"
        assert (options.hint, options.saw) == (f"Suggested: {label}, {other}", (own[record.id],))
    assert {d.route for d in decisions} == {("with suggestion", "panel")}
    assert {d.value for d in decisions} == {"b"}


async def test_the_control_arm_sees_nothing_and_says_so() -> None:
    records, ask = world(12)
    decisions = await Sequential("model", "panel", control=1.0).label(records, ask)
    assert {options for name, _, options in ask.log if name == "panel"} == {DEFAULT_OPTIONS}
    assert {(d.route, d.decided_by) for d in decisions} == {
        (("control, without suggestion", "panel"), DecidedBy.PEOPLE)
    }


async def test_people_answer_unaided_what_the_model_left_open() -> None:
    records, ask = world(2)
    ask.given = {"model": {r.id: (None, None) for r in records}, "panel": ask.given["panel"]}
    decisions = await Sequential("model", "panel", control=0.0).label(records, ask)
    assert {options for name, _, options in ask.log if name == "panel"} == {DEFAULT_OPTIONS}
    assert {d.decided_by for d in decisions} == {DecidedBy.PEOPLE}


async def test_people_who_leave_a_suggestion_unanswered_decide_nothing() -> None:
    records, ask = world(1)
    ask.given = {"model": ask.given["model"], "panel": {"r0": (None, None)}}
    [made] = await Sequential("model", "panel", control=0.0).label(records, ask)
    assert (made.value, made.decided_by) == (None, None)


async def test_nobody_is_shown_a_set_before_all_gold_is_answered() -> None:
    records, ask = world(6)
    ask.given["model"].pop("r5")  # type: ignore[attr-defined]
    sets = Conformal(tuple(Example(r, "a") for r in records[2:]))
    decisions = await Sequential("model", "panel", sets).label(records[:2], ask)
    assert [(d.record, d.waiting_for) for d in decisions] == [("r0", "model"), ("r1", "model")]
    assert ask.asked["panel"] == 0


def even(n: int) -> tuple[list[Record], RecordedAsk]:
    """Records of which the model is 0.1, 0.2, ... sure."""
    records = [text_record(f"r{i}", f"text {i}") for i in range(n)]
    model: Given = {r.id: ("a", {"a": (i + 1) / 10}) for i, r in enumerate(records)}
    people: Given = {r.id: ("b", None) for r in records}
    return records, RecordedAsk(TASK, {"model": model, "panel": people}, ["panel"])


async def test_triage_keeps_what_is_exactly_as_sure_as_the_threshold() -> None:
    records, ask = even(4)
    decisions = await Triage("model", "panel", 0.3).label(records, ask)
    assert [d.value for d in decisions] == ["b", "b", "a", "a"]
    assert [d.route for d in decisions] == [("sent on", "panel")] * 2 + [("kept", "model")] * 2


@pytest.mark.parametrize(("share", "sent"), [(0.0, 0), (0.2, 1), (0.5, 2), (0.75, 3), (1.0, 4)])
async def test_triage_by_share_sends_the_least_sure(share: float, sent: int) -> None:
    records, ask = even(4)
    decisions = await TriageShare("model", "panel", share).label(records, ask)
    assert [d.value for d in decisions] == ["b"] * sent + ["a"] * (4 - sent)


async def test_among_the_equally_sure_triage_draws_by_record_and_silence_is_sent_on() -> None:
    records = [text_record(f"r{i}", f"text {i}") for i in range(40)]
    model: Given = {r.id: ("a", {"a": 0.5}) for r in records}
    model = {**model, "r7": (None, None)}
    people: Given = {r.id: ("b", None) for r in records}

    async def sent(given: list[Record]) -> set[str]:
        ask = RecordedAsk(TASK, {"model": model, "panel": people}, ["panel"])
        made = await TriageShare("model", "panel", 0.25).label(given, ask)
        return {d.record for d in made if d.value == "b"}

    first = await sent(records)
    assert first == await sent(records[::-1])
    assert len(first) == 10
    assert "r7" in first
    assert first != {f"r{i}" for i in range(10)}
    ask = RecordedAsk(TASK, {"model": model, "panel": people}, ["panel"])
    made = await TriageShare("model", "panel", 0.0).label(records, ask)
    assert [d.record for d in made if d.value == "b"] == ["r7"]


async def test_the_model_is_waited_for_before_anything_is_sent_on() -> None:
    records, ask = even(3)
    ask.given["model"].pop("r2")  # type: ignore[attr-defined]
    for triage in (Triage("model", "panel", 0.0), TriageShare("model", "panel", 0.5)):
        made = await triage.label(records, ask)
        assert made[2].waiting_for == "model"
