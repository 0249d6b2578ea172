import numpy as np
import pytest

from assay.annotators.classifier import TrainableClassifier
from assay.core.annotation import Annotation, Outcome, Request, Waiting, answer
from assay.core.errors import InputError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.core.value import Value
from assay.strategies.allocators import ErrorPredictor, Hardness, Uncertainty, answered, towards
from assay.strategies.cooperation import Triage, TriageShare
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("t", "which?", Choice(["a", "b"]))


def world(n: int = 400) -> tuple[list[Record], RecordedAsk, dict[str, Value]]:
    """A model that is wrong about sarcasm, and about nothing else, and always equally sure."""
    rng = np.random.default_rng(1)
    truth, sarcastic = rng.choice(["a", "b"], n), rng.random(n) < 0.3
    records = [
        text_record(f"r{i}", f"{'oh sure, wonderful' if s else 'I mean it'}, number {i}")
        for i, s in enumerate(sarcastic)
    ]
    other = {"a": "b", "b": "a"}
    model: Given = {
        r.id: (other[t] if s else t, {"a": -0.7, "b": -0.7})
        for r, t, s in zip(records, truth, sarcastic, strict=True)
    }
    judge: Given = {
        r.id: ("hard" if s else "easy", None) for r, s in zip(records, sarcastic, strict=True)
    }
    gold: dict[str, Value] = {r.id: str(t) for r, t in zip(records, truth, strict=True)}
    people: Given = {r: (v, None) for r, v in gold.items()}
    given = {"model": model, "panel": people, "judge": judge}
    return records, RecordedAsk(TASK, given, ["panel"]), gold


async def accuracy(triage: Triage | TriageShare, n: int = 200) -> tuple[float, float]:
    """On the last records; and the share that went to people."""
    records, ask, gold = world()
    decisions = await triage.label(records[-n:], ask)
    right = [d.value == gold[d.record] for d in decisions]
    return float(np.mean(right)), sum(d.route[0] == "sent on" for d in decisions) / n


def predictor(n: int = 200) -> ErrorPredictor:
    records, _, gold = world()
    return ErrorPredictor(TrainableClassifier(), tuple(Example(r, gold[r.id]) for r in records[:n]))


async def test_a_learned_error_predictor_finds_what_confidence_does_not() -> None:
    by_confidence, sent = await accuracy(TriageShare("model", "panel", 0.3, Uncertainty()))
    assert sent == 0.3
    learned, sent = await accuracy(TriageShare("model", "panel", 0.3, predictor()))
    assert sent == 0.3
    assert learned > 0.95
    assert by_confidence < 0.85


async def test_a_fixed_threshold_on_predicted_errors_sends_what_is_likely_wrong() -> None:
    right, sent = await accuracy(Triage("model", "panel", 0.0, predictor()))
    assert right > 0.95
    assert 0.2 < sent < 0.4


async def test_what_a_judge_finds_hard_goes_to_people() -> None:
    right, sent = await accuracy(Triage("model", "panel", 0.0, Hardness("judge")))
    assert (right, 0.2 < sent < 0.4) == (1.0, True)


async def test_the_judge_is_asked_about_the_question_and_told_no_answer() -> None:
    records, ask, _ = world()
    strategy = Triage("model", "panel", 0.0, Hardness("judge"))
    assert strategy.annotators == ("model", "panel", "judge")
    await strategy.label(records[:5], ask)
    assert all(not way.hint and not way.saw for _, _, way in ask.log)


async def test_a_model_without_errors_on_gold_teaches_nothing() -> None:
    records, ask, gold = world()
    right: Given = {r: (v, None) for r, v in gold.items()}
    sure = RecordedAsk(TASK, {**ask.given, "model": right}, ["panel"])
    with pytest.raises(InputError, match="are right: there are no errors to learn from"):
        await Triage("model", "panel", 0.0, predictor()).label(records, sure)


async def test_silence_of_model_or_judge_goes_to_people() -> None:
    records, ask, _ = world()
    silent: Given = {r.id: (None, None) for r in records[:3]}
    for name, by in (("model", predictor()), ("judge", Hardness("judge"))):
        quiet = RecordedAsk(TASK, {**ask.given, name: {**ask.given[name], **silent}}, ["panel"])
        decisions = await Triage("model", "panel", -1e9, by).label(records[:3], quiet)
        assert [d.route[0] for d in decisions] == ["sent on"] * 3


def test_the_allocator_is_part_of_the_id() -> None:
    ids = {Triage("m", "p", 0.5, by).id for by in (Uncertainty(), Hardness("j"), predictor())}
    assert len(ids) == 3


def test_safety_is_the_difference_of_scores_or_the_answer_itself() -> None:
    request = Request(TASK, text_record("r", "x"), "j")

    def judged(value: str | None, scores: dict[str, float] | None = None) -> float:
        outcome = Outcome.UNPARSED if value is None else Outcome.ANSWERED
        return towards("yes", "no", answer(request, outcome, value=value, scores=scores))

    assert judged("yes", {"yes": -0.5, "no": -2.0}) == 1.5
    assert judged("yes", {"yes": -3.0, "no": -2.0}) == -1.0
    assert judged("yes", {"yes": -0.5}) == judged("yes") == 1.0
    assert judged("no") == judged("no", {"no": -0.5, "maybe": -9.0}) == -1.0
    assert judged(None) == -np.inf
    assert towards("yes", "no", Waiting("k", "r", "j")) == -np.inf


def test_the_answer_is_a_part_of_the_record_beside_what_it_has() -> None:
    record = text_record("r", "a text")
    given = answer(Request(TASK, record, "m"), Outcome.ANSWERED, value="b")
    assert [(p.name, p.text) for p in answered(record, given).texts] == [
        ("text", "a text"),
        ("answer", "answer: b"),
    ]


async def test_nothing_is_learnt_before_all_gold_is_answered() -> None:
    records, ask, gold = world(20)
    ask.given["model"].pop("r3")  # type: ignore[attr-defined]
    by = ErrorPredictor(TrainableClassifier(), tuple(Example(r, gold[r.id]) for r in records[:10]))
    made = await Triage("model", "panel", 0.0, by).label(records[10:], ask)
    assert {d.waiting_for for d in made} == {"model"}
    assert (ask.asked["panel"], ask.registered) == (0, {})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "all 0 answers of model on calibration gold are missing"),
        ("a", "all 2 answers of model on calibration gold are right"),
        ("b", "all 2 answers of model on calibration gold are wrong"),
    ],
)
async def test_errors_cannot_be_learnt_where_all_answers_are_alike(
    said: str | None, why: str
) -> None:
    records = [text_record(f"r{i}", f"text {i}") for i in range(2)]
    ask = RecordedAsk(TASK, {"model": {r.id: (said, None) for r in records}})
    by = ErrorPredictor(TrainableClassifier(), tuple(Example(r, "a") for r in records))
    with pytest.raises(InputError, match=f"{why}: .*allocate by its confidence"):
        await by.safety("model", records, [], ask)


async def test_a_judge_is_asked_by_the_tasks_question_and_guideline() -> None:
    class Watching(RecordedAsk):
        def _answer(self, request: Request) -> Annotation | Waiting:
            asked[request.annotator] = request.task
            return super()._answer(request)

    asked: dict[str, Task] = {}
    task = Task("t", "which?", Choice(["a", "b"]), "be strict")
    records = [text_record("r", "x")]
    given: dict[str, Given] = {"model": {"r": ("a", None)}, "judge": {"r": ("hard", None)}}
    ask = Watching(task, given)
    answers = await ask("model", records)
    safe = await Hardness("judge").safety("model", records, answers, ask)
    assert safe.tolist() == [-1.0]
    judged = asked["judge"]
    assert (judged.name, judged.guideline) == ("t-hardness", "be strict")
    assert judged.question.endswith(": which?")
    assert asked["model"] is task
