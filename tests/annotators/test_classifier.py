from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.annotators import classifier
from assay.annotators.classifier import (
    Classifier,
    TrainableClassifier,
    fit_classifier,
    fit_ngrams,
)
from assay.core.annotation import Annotation, Outcome, Request, Source
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
    [spent] = fitted.pending_cost
    requests = [Request(task, text_record(f"r{i}", "aaaa"), fitted.id) for i in range(80)]
    first = [a.seconds async for a in fitted.annotate(requests)]
    assert sum(first) > spent > 0
    assert fitted.pending_cost == []


async def test_an_answer_is_the_likeliest_label_with_the_logarithms_of_all() -> None:
    fitted = fit_ngrams(PAIRS, SCHEMA)
    request = Request(Task("t", "?", SCHEMA), text_record("x", "y"), fitted.id)
    made = fitted.said(request, np.array([0.25, 0.75]), 2.0)
    assert (made.value, made.confidence, made.seconds) == ("money", 0.75, 2.0)
    assert (made.confidence_source, made.mapping) == (Source.PROBABILITY, "classifier")
    assert made.scores == pytest.approx({"animal": np.log(0.25), "money": np.log(0.75)})
    certain = fitted.said(request, np.array([1.0, 0.0]))
    assert (certain.scores or {})["money"] == pytest.approx(np.log(1e-12))
    assert certain.seconds == 0.0


class Lengths:
    """Vectors of the length of a text, counted as they are asked for."""

    id = "lengths"

    def __init__(self) -> None:
        self.blocks: list[int] = []
        self.closed = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.blocks.append(len(texts))
        return np.array([[len(t) / 10, 1.0] for t in texts], np.float32)

    async def aclose(self) -> None:
        self.closed += 1


LONG = [(text_record(f"l{i}", "x" * n), "ab"[n > 10]) for i, n in enumerate((2, 4, 5, 15, 18, 19))]


async def test_sentence_vectors_are_taken_block_by_block_of_what_is_new() -> None:
    encoder = Lengths()
    fitted = fit_classifier(encoder, LONG, Choice(["a", "b"]))
    assert encoder.blocks == [6]
    task = Task("t", "?", Choice(["a", "b"]))
    texts = [text_record(f"r{i}", "x" * (1 + 19 * (i % 2))) for i in range(70)]
    asked = [Request(task, r, fitted.id) for r in (LONG[0][0], *texts, *(r for r, _ in LONG))]
    made = [a async for a in fitted.annotate(asked)]
    assert encoder.blocks[1:] == [63, 7]
    values = {a.record: a.value for a in made}
    assert [values[f"r{i}"] for i in range(4)] == ["a", "b", "a", "b"]
    silent = [a for a in made if a.outcome is Outcome.ABSTAINED]
    assert len(silent) == 7
    assert {a.rationale for a in silent} == {"it was fitted on this"}
    await fitted.aclose()
    assert encoder.closed == 1


def test_the_id_of_a_classifier_is_its_features_its_gold_and_its_seed() -> None:
    ids = {
        fit_classifier(Lengths(), LONG, Choice(["a", "b"])).id,
        fit_classifier(Lengths(), LONG, Choice(["a", "b"]), seed=1).id,
        fit_ngrams(PAIRS, SCHEMA).id,
        fit_ngrams(PAIRS, SCHEMA, seed=1).id,
    }
    assert len(ids) == 4
    assert (
        fit_classifier(Lengths(), LONG, Choice(["a", "b"])).id == "classifier/lengths@c3c1f793f60f"
    )
    assert fit_ngrams(PAIRS, SCHEMA).id == "classifier/char-ngrams@f4491fd4cbb4"
    assert fit_ngrams(PAIRS, SCHEMA).labels == ("animal", "money")
    assert fit_ngrams(PAIRS, SCHEMA).facts()["fitted_on"] == 6


def test_a_fit_is_as_strong_as_it_was() -> None:
    """Inverse regularisation is in the id; what it does to probabilities is not."""
    fitted = fit_classifier(Lengths(), LONG, Choice(["a", "b"]))
    task = Task("t", "?", Choice(["a", "b"]))
    rows = fitted.probabilities([Request(task, text_record("x", "x" * 8), fitted.id)])
    assert rows.tolist()[0] == pytest.approx([0.6309, 0.3691], abs=1e-3)
    ngrams = fit_ngrams(PAIRS, SCHEMA)
    rows = ngrams.probabilities([Request(task, text_record("x", "two cats"), ngrams.id)])
    assert rows.tolist()[0] == pytest.approx([0.6721, 0.3279], abs=1e-3)


def test_which_classifier_it_will_be_is_known_before() -> None:
    examples = [Example(record, value) for record, value in LONG]
    task = Task("t", "?", Choice(["a", "b"]))
    assert TrainableClassifier(Lengths()).name == "classifier/lengths"
    assert TrainableClassifier().name == "classifier/char-ngrams"
    made = TrainableClassifier(Lengths()).fitted(task, examples, 3)
    assert made.id == fit_classifier(Lengths(), LONG, Choice(["a", "b"]), 3).id
    made = TrainableClassifier().fitted(task, examples, 3)
    assert made.id == fit_ngrams(LONG, Choice(["a", "b"]), 3).id
    with pytest.raises(InputError, match=r"there are 3 records of a$"):
        TrainableClassifier().fitted(task, examples[:3], 0)


class Clock:
    """Moves on by two seconds at each look."""

    now = 100.0

    def perf_counter(self) -> float:
        self.now += 2
        return self.now


async def test_seconds_are_shared_out_over_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "time", Clock())
    examples = [Example(record, value) for record, value in PAIRS]
    task = Task("t", "?", SCHEMA)
    fitted = TrainableClassifier().fitted(task, examples, 0)
    assert fitted.pending_cost == [2.0]
    asked = [Request(task, text_record(f"r{i}", f"cat {i}"), fitted.id) for i in range(66)]
    made = [a.seconds async for a in fitted.annotate(asked)]
    assert made == [4.0 / 64] * 64 + [2.0 / 2] * 2
