import numpy as np
import pytest

from assay.annotators.classifier import TrainableClassifier
from assay.core.errors import InputError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.core.value import Value
from assay.strategies.allocators import ErrorPredictor, Hardness, Uncertainty
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
