import pytest

from assay.annotators.classifier import Classifier, TrainableClassifier, fit_ngrams
from assay.core.annotation import Annotation, Outcome, Request
from assay.core.errors import InputError, SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice, FreeText
from assay.core.task import Example, Task

SCHEMA = Choice(["animal", "money"])
TEXTS = {
    "the cat sleeps": "animal", "a dog barks": "animal", "cats and dogs": "animal",
    "the bank pays interest": "money", "a loan costs interest": "money", "pay the loan": "money",
}  # fmt: skip
PAIRS = [(text_record(str(i), text), label) for i, (text, label) in enumerate(TEXTS.items())]


async def said(annotator: Classifier, *records: Record) -> list[Annotation]:
    task = Task("t", "?", SCHEMA)
    requests = [Request(task, record, annotator.id) for record in records]
    return [a async for a in annotator.annotate(requests)]


async def test_it_learns_from_the_examples_and_says_how_sure_it_is() -> None:
    new = text_record("x", "two dogs"), text_record("y", "interest on a loan")
    animal, money = await said(fit_ngrams(PAIRS, SCHEMA), *new)
    assert (animal.value, money.value) == ("animal", "money")
    assert 0.5 < (animal.confidence or 0) <= 1
    assert set(animal.scores or {}) == {"animal", "money"}


async def test_it_abstains_on_what_it_was_fitted_on() -> None:
    (made,) = await said(fit_ngrams(PAIRS, SCHEMA), PAIRS[0][0])
    assert made.outcome is Outcome.ABSTAINED


def test_another_training_set_is_another_annotator() -> None:
    ids = {fit_ngrams(PAIRS, SCHEMA).id, fit_ngrams(PAIRS[1:], SCHEMA).id}
    assert len(ids) == 2
    assert fit_ngrams(PAIRS[::-1], SCHEMA).id in ids


def test_one_class_cannot_be_learnt() -> None:
    with pytest.raises(InputError, match="at least two labels"):
        fit_ngrams(PAIRS[:3], SCHEMA)


def test_no_examples_cannot_be_learnt_from() -> None:
    with pytest.raises(InputError, match="none"):
        fit_ngrams([], SCHEMA)


def test_an_open_schema_is_refused() -> None:
    with pytest.raises(SpecError, match="choice"):
        fit_ngrams(PAIRS, FreeText())


async def test_the_seconds_of_fitting_are_told_once_with_the_first_answers() -> None:
    task = Task("t", "?", Choice(["a", "b"]))
    examples = [
        Example(text_record(f"e{i}", f"{'ab'[i % 2] * 4} {i}"), "ab"[i % 2]) for i in range(9)
    ]
    fitted = TrainableClassifier().fitted(task, examples, 0)
    [spent] = fitted.owed
    requests = [Request(task, text_record(f"r{i}", "aaaa"), fitted.id) for i in range(80)]
    first = [a.seconds async for a in fitted.annotate(requests)]
    assert sum(first) > spent > 0
    assert fitted.owed == []
