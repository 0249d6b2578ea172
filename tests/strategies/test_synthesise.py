import numpy as np
import pytest

from assay.core.errors import SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, FreeText
from assay.core.task import Example, Task
from assay.strategies.synthesise import (
    Plan,
    distinct,
    drift,
    synthesise,
)
from tests.strategies.recorded_ask import RecordedAsk

TASK = Task("t", "good or bad?", Choice(["good", "bad"]))


class Writer(RecordedAsk):
    """Writes a text from the brief's id; the same brief and replica give the same text."""

    def __init__(self) -> None:
        super().__init__(TASK, {})

    def _answer(self, request):  # type: ignore[no-untyped-def]
        if request.annotator == "checker":
            self.given = {"checker": {request.record.id: ("good", None)}}
            return super()._answer(request)
        text = f"a text about {request.record.id} number {request.way.replica}"
        self.given = {request.annotator: {request.record.id: (text, None)}}
        return super()._answer(request)


async def test_texts_are_marked_as_synthetic_and_keep_the_label_they_were_asked_for() -> None:
    made = await synthesise(Writer(), "llm", Plan(4, topics=("food", "sport")))
    assert made.asked == 8
    assert all(e.record.synthetic for e in made.examples)
    assert {e.value for e in made.examples} == {"good", "bad"}


async def test_repeated_briefs_are_other_replicas_and_not_the_same_request() -> None:
    ask = Writer()
    await synthesise(ask, "llm", Plan(3))
    assert len({(record, way.replica) for _, record, way in ask.log}) == 6


async def test_only_one_label_can_be_written_for() -> None:
    with pytest.raises(SpecError, match="kind `choice`"):
        await synthesise(RecordedAsk(Task("t", "?", FreeText()), {}), "llm", Plan(1))


def test_near_duplicates_are_dropped() -> None:
    texts = ["the cat sat on the mat today", "The cat sat on the mat today", "a dog ran far away"]
    examples = [Example(text_record(str(i), t), "good") for i, t in enumerate(texts)]
    assert [e.id for e in distinct(examples, 0.8)] == ["0", "2"]


async def test_a_text_that_the_checker_labels_otherwise_is_dropped() -> None:
    ask = Writer()
    made = await synthesise(ask, "llm", Plan(4), "checker")
    assert all(e.value == "good" for e in made.examples)
    assert (made.asked, made.doubted) == (8, 4)


def test_drift_tells_another_style_from_the_same_style() -> None:
    rng = np.random.default_rng(0)
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

    def texts(name: str, end: str) -> list[object]:
        return [text_record(f"{name}{i}", " ".join(rng.choice(words, 8)) + end) for i in range(60)]

    same = drift(texts("s", ""), texts("r", ""))  # type: ignore[arg-type]
    other = drift(texts("s", " As an assistant, I hope this helps!"), texts("r", ""))  # type: ignore[arg-type]
    assert 0.3 < same.auc < 0.7
    assert other.auc > 0.95
