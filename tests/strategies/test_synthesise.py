from collections.abc import Sequence

import numpy as np
import pytest

from assay.core.annotation import Annotation, Request, Waiting
from assay.core.errors import InputError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, FreeText, Label
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
        text = f"a text about {request.record.id} number {request.options.replica}"
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
    assert len({(record, options.replica) for _, record, options in ask.log}) == 6


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


class Parrot(RecordedAsk):
    """Keeps what it was asked; says what it is told to, in turn; the rest is silence."""

    def __init__(self, said: Sequence[str], checked: Sequence[str | None] = ()) -> None:
        schema = Choice([Label("good", "of good quality"), Label("bad")])
        super().__init__(Task("t", "good or bad?", schema, "be fair"), {})
        self.said: dict[str, list[str | None]] = {"llm": [*said], "checker": [*checked]}
        self.briefs: list[str] = []
        self.tasks: list[Task] = []

    def _answer(self, request: Request) -> Annotation | Waiting:
        if request.annotator == "llm":
            self.briefs.append(request.record.text)
            self.tasks.append(request.task)
        left = self.said[request.annotator]
        value = left.pop(0) if left else None
        self.given = {request.annotator: {request.record.id: (value, None)}}
        return super()._answer(request)


async def test_a_brief_names_label_meaning_topic_and_persona_and_all_take_turns() -> None:
    ask = Parrot([])
    plan = Plan(3, topics=("food", "sport"), personas=("a cook",))
    await synthesise(ask, "llm", plan)
    good = [
        f"Label: good\nIt means: of good quality\nTopic: {topic}\nWritten by: a cook"
        for topic in ("food", "sport", "food")
    ]
    assert ask.briefs[:3] == good
    assert ask.briefs[3] == "Label: bad\nTopic: food\nWritten by: a cook"
    assert [options.replica for _, _, options in ask.log] == [0, 0, 1, 0, 0, 1]
    assert len({id_ for _, id_, _ in ask.log}) == 4
    [task] = set(ask.tasks)
    assert (task.name, task.guideline) == ("t-generate", "good or bad?\nbe fair")
    assert "Written" not in (await briefs_of(Plan(1)))[0]


async def briefs_of(plan: Plan) -> list[str]:
    ask = Parrot([])
    await synthesise(ask, "llm", plan)
    assert ask.briefs[1] == "Label: bad"
    return ask.briefs


async def test_what_was_silent_doubled_or_doubted_is_counted_apart() -> None:
    texts = ["one two three four", "One two  three four", " five six seven eight ", "nine"]
    plain = await synthesise(Parrot(texts), "llm", Plan(3))
    assert (plain.asked, plain.silent, plain.duplicates, plain.doubted) == (6, 2, 1, 0)
    assert [(e.record.text, e.value) for e in plain.examples] == [
        ("one two three four", "good"),
        ("five six seven eight", "good"),
        ("nine", "bad"),
    ]
    assert {e.record.source for e in plain.examples} == {"synthetic:llm"}
    assert all(e.record.id.startswith("synthetic:") for e in plain.examples)
    checked = await synthesise(Parrot(texts, ["good", "bad", None]), "llm", Plan(3), "checker")
    assert (checked.asked, checked.silent, checked.duplicates) == (6, 2, 1)
    assert (checked.doubted, [e.record.text for e in checked.examples]) == (
        2,
        ["one two three four"],
    )


@pytest.mark.parametrize(
    ("nearest", "kept"),
    [(0.5, "02"), (0.51, "012"), (0.01, "0"), (1.0, "012")],
)
def test_a_text_as_near_as_the_limit_is_a_duplicate(nearest: float, kept: str) -> None:
    # word 3-grams shared with the first: 2 of 4 in all, 1 of 5
    texts = ["a b c d e", "a b c d X", "Y b c d Z"]
    examples = [Example(text_record(str(i), t), "good") for i, t in enumerate(texts)]
    assert "".join(e.id for e in distinct(examples, nearest)) == kept


def test_words_in_between_make_another_gram() -> None:
    texts = ["a b c d e", "a x c y e", "b a c e d"]
    examples = [Example(text_record(t, t), "good") for t in texts]
    assert [e.id for e in distinct(examples, 0.1)] == texts


def test_texts_of_one_or_two_words_are_compared_whole() -> None:
    examples = [
        Example(text_record(str(i), t), "good")
        for i, t in enumerate(["fine", "Fine", "so fine", "so fine!", "so  FINE"])
    ]
    assert [e.id for e in distinct(examples, 0.8)] == ["0", "2", "3"]


def test_drift_needs_ten_of_each() -> None:
    texts = [text_record(str(i), f"text {i}") for i in range(10)]
    for one, other in ((texts[:9], texts), (texts, texts[:9])):
        with pytest.raises(InputError, match="at least ten synthetic and ten real"):
            drift(one, other)
    found = drift(texts, [text_record(f"r{i}", f"quite another {i}") for i in range(12)])
    assert (found.synthetic, found.real) == (10, 12)


def test_drift_does_not_depend_on_which_came_first_and_can_be_repeated() -> None:
    texts = [text_record(str(i), f"number {i}") for i in range(12)]
    others = [text_record(f"o{i}", f"figure {i} of {i * i}") for i in range(12)]
    assert drift(texts, others, 3) == drift(texts, others, 3)
    assert drift(texts, others).auc > 0.8
