"""A classifier fitted on gold: logistic regression over sentence vectors, n-grams or pictures."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from assay.annotators.base import end
from assay.annotators.fitted import in_blocks
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.digest import digest
from assay.core.errors import InputError, SpecError
from assay.core.extras import from_extra
from assay.core.record import Record
from assay.core.schema import Choice, Schema
from assay.core.shown import Shown
from assay.core.task import Example, Task
from assay.core.value import Value
from assay.models.base import Encoder

BLOCK = 64
STRENGTH = 3.0  # inverse regularisation; vectors of length 1 want a weak penalty
ITERATIONS = 1000
LEARN = "learn", "classifiers fitted on your labels"


class Features(Protocol):
    """Records to rows of numbers; fixed or fitted before."""

    @property
    def id(self) -> str: ...

    def rows(self, records: Sequence[Record]) -> Any:
        """A dense or sparse matrix, one row a record; InputError if one cannot be read."""


@dataclass(frozen=True, slots=True)
class Embedded:
    encoder: Encoder

    @property
    def id(self) -> str:
        return self.encoder.id

    async def aclose(self) -> None:
        await end(self.encoder)

    def rows(self, records: Sequence[Record]) -> Any:
        return self.encoder.encode([record.text for record in records])


@dataclass(frozen=True, slots=True)
class CharNgrams:
    """TF-IDF of 2 to 5 characters inside word borders: any script, no model file."""

    vectorizer: Any

    id = "char-ngrams"

    def rows(self, records: Sequence[Record]) -> Any:
        return self.vectorizer.transform([record.text for record in records])


@dataclass(frozen=True, slots=True, repr=False)
class Classifier(Shown):
    """Answers with its most probable label; the id carries the digest of its training set.

    On a record that it was fitted on it abstains: such an answer would only repeat the gold and
    make every figure look better than it is. The seconds of an answer are the machine's; those of
    the fitting are shared out over the first block.
    """

    id: str
    features: Features
    model: Any
    labels: tuple[str, ...]
    fitted_on: frozenset[str]  # digests of records
    pending_cost: list[float] = field(
        default_factory=list, compare=False
    )  # seconds of fitting, untold

    def facts(self) -> Mapping[str, object]:
        return {"id": self.id, "labels": self.labels, "fitted_on": len(self.fitted_on)}

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    async def aclose(self) -> None:
        await end(self.features)

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for abstained, fresh in in_blocks(requests, BLOCK, self.fitted_on):
            for annotation in abstained:
                yield annotation
            if not fresh:
                continue
            started = time.perf_counter()
            rows = self.probabilities(fresh)
            taken = (
                time.perf_counter()
                - started
                + (self.pending_cost.pop() if self.pending_cost else 0.0)
            )
            for request, row in zip(fresh, rows, strict=True):
                yield self.said(request, row, taken / len(fresh))

    def said(self, request: Request, row: Any, seconds: float = 0.0) -> Annotation:
        """The annotation that these label probabilities make."""
        best = int(np.argmax(row))
        return answer(
            request,
            Outcome.ANSWERED,
            value=self.labels[best],
            confidence=float(row[best]),
            confidence_source=Source.PROBABILITY,
            scores={
                label: float(np.log(max(p, 1e-12)))
                for label, p in zip(self.labels, row, strict=True)
            },
            mapping="classifier",
            seconds=seconds,
        )

    def probabilities(self, requests: Sequence[Request]) -> Any:
        """Shape (requests, labels)."""
        return self.model.predict_proba(self.features.rows([r.record for r in requests]))


def fit_classifier(
    encoder: Encoder, examples: Sequence[tuple[Record, Value]], schema: Schema, seed: int = 0
) -> Classifier:
    """Logistic regression over sentence vectors; InputError if there is nothing to learn."""
    return fit(Embedded(encoder), examples, schema, seed)


def fit_ngrams(
    examples: Sequence[tuple[Record, Value]], schema: Schema, seed: int = 0
) -> Classifier:
    """The same over character n-grams, without any model file."""
    if not examples:
        raise InputError("a classifier needs labelled records to learn from; there are none")
    made = from_extra("sklearn.feature_extraction.text", *LEARN).TfidfVectorizer
    vectorizer = made(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    vectorizer.fit([record.text for record, _ in examples])
    return fit(CharNgrams(vectorizer), examples, schema, seed)


def fit(
    features: Features, examples: Sequence[tuple[Record, Value]], schema: Schema, seed: int
) -> Classifier:
    labels = learnable(examples, schema)
    regression = from_extra("sklearn.linear_model", *LEARN).LogisticRegression
    model = regression(C=STRENGTH, max_iter=ITERATIONS, random_state=seed)
    model.fit(features.rows([record for record, _ in examples]), labels)
    digests = [record.digest for record, _ in examples]
    learnt = digest([sorted(zip(digests, labels, strict=True)), seed, STRENGTH], 6)
    return Classifier(
        f"classifier/{features.id}@{learnt}",
        features,
        model,
        tuple(str(label) for label in model.classes_),
        frozenset(digests),
    )


def learnable(examples: Sequence[tuple[Record, Value]], schema: Schema) -> list[str]:
    """The labels to learn; SpecError or InputError if there is nothing to learn."""
    if not isinstance(schema, Choice):
        raise SpecError(f"a classifier answers kind `choice`, not `{schema.kind}`")
    labels = [str(schema.check(value)) for _, value in examples]
    if len(set(labels)) < 2:
        raise InputError(
            f"a classifier needs records of at least two labels; there are {len(examples)} records "
            f"of {', '.join(sorted(set(labels))) or 'none'}"
        )
    return labels


@dataclass(frozen=True, slots=True)
class TrainableClassifier:
    """Implements `Trainable`, for strategies that fit a classifier as they go."""

    encoder: Encoder | None = None  # None: character n-grams

    @property
    def name(self) -> str:
        return f"classifier/{self.encoder.id if self.encoder else CharNgrams.id}"

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Classifier:
        pairs = [(example.record, example.value) for example in examples]
        started = time.perf_counter()
        if self.encoder is None:
            made = fit_ngrams(pairs, task.schema, seed)
        else:
            made = fit_classifier(self.encoder, pairs, task.schema, seed)
        made.pending_cost.append(time.perf_counter() - started)
        return made
