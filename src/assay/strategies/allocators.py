"""Which of a model's answers are safe to keep: the criteria of triage.

The allocators of the survey by Huang et al. (ACL 2025, arXiv 2501.05714; section 8 of our notes):
the model's own uncertainty, a learned predictor of its errors, and how hard another one finds the
record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from assay.annotators.trainable import Trainable
from assay.core.annotation import Annotation, Waiting
from assay.core.digest import digest
from assay.core.errors import InputError
from assay.core.record import Record, TextPart
from assay.core.schema import Choice
from assay.core.spool import made
from assay.core.task import Example, Task
from assay.core.value import encode
from assay.strategies.base import Answer, Ask
from assay.strategies.confidence import Confidence, own
from assay.strategies.decisions import Floats, confidences

RIGHT, WRONG = "right", "wrong"
EASY, HARD = "easy", "hard"


class Allocator(Protocol):
    """How safe it is to keep each answer of `model`: larger is safer, minus infinity where there
    is no answer or nothing is known of it; None while what it learns from is awaited."""

    @property
    def id(self) -> str: ...

    @property
    def annotators(self) -> tuple[str, ...]:
        """Annotators it asks besides the model."""

    async def safety(
        self, model: str, records: Sequence[Record], answers: Sequence[Answer], ask: Ask
    ) -> Floats | None: ...


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The model's own confidence."""

    confidence: Confidence = own

    @property
    def id(self) -> str:
        return self.confidence.__name__

    @property
    def annotators(self) -> tuple[str, ...]:
        return ()

    async def safety(
        self, model: str, records: Sequence[Record], answers: Sequence[Answer], ask: Ask
    ) -> Floats:
        return confidences(answers, self.confidence)


@dataclass(frozen=True, slots=True)
class ErrorPredictor:
    """A learner that separates right answers from wrong ones by record and answer.

    It is fitted on what the model says of calibration gold; the log-odds of "right" are the safety.
    """

    learner: Trainable
    gold: tuple[Example, ...]
    seed: int = 0

    @property
    def id(self) -> str:
        return f"errors:{self.learner.name}@{digest([e.digest for e in self.gold], 4)};{self.seed}"

    @property
    def annotators(self) -> tuple[str, ...]:
        return ()

    async def safety(
        self, model: str, records: Sequence[Record], answers: Sequence[Answer], ask: Ask
    ) -> Floats | None:
        task = Task(
            f"{ask.task.name}-errors", "Is the answer to the record right?", Choice([RIGHT, WRONG])
        )
        tried = await ask(model, [e.record for e in self.gold])
        if any(isinstance(a, Waiting) for a in tried):
            return None
        verdicts = [
            Example(answered(e.record, a), RIGHT if a.value == e.value else WRONG)
            for e, a in zip(self.gold, tried, strict=True)
            if isinstance(a, Annotation) and a.answered
        ]
        if len({v.value for v in verdicts}) < 2:
            only = verdicts[0].value if verdicts else "missing"
            raise InputError(
                f"all {len(verdicts)} answers of {model} on calibration gold are {only}: there are "
                "no errors to learn from; allocate by its confidence"
            )
        predictor = ask.register(self.learner.fitted(task, verdicts, self.seed))
        safe = confidences(answers, lambda _: 0.0)
        (open_,) = np.nonzero(safe == 0)
        asked = made(len(open_), lambda i: answered(records[open_[i]], answers[open_[i]]))
        for i, verdict in zip(open_, await ask(predictor, asked, task=task), strict=True):
            safe[i] = towards(RIGHT, WRONG, verdict)
        return safe


@dataclass(frozen=True, slots=True)
class Hardness:
    """A judge is asked whether the record is easy or hard; it does not see the model's answer."""

    judge: str

    @property
    def id(self) -> str:
        return f"hardness:{self.judge}"

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.judge,)

    async def safety(
        self, model: str, records: Sequence[Record], answers: Sequence[Answer], ask: Ask
    ) -> Floats:
        task = Task(
            f"{ask.task.name}-hardness",
            f"How hard is it to answer this question about the record: {ask.task.question}",
            Choice([EASY, HARD]),
            ask.task.guideline,
        )
        judged = await ask(self.judge, records, task=task)
        safe = np.fromiter((towards(EASY, HARD, j) for j in judged), np.float64, len(judged))
        safe[confidences(answers, lambda _: 0.0) == -np.inf] = -np.inf
        return safe


def answered(record: Record, given: Answer) -> Record:
    """The record with the answer to it as a further part."""
    assert isinstance(given, Annotation)
    assert given.value is not None
    part = TextPart(f"answer: {encode(given.value)}", "answer")
    return replace(record, parts=(*record.parts, part))


def towards(yes: str, no: str, given: Answer) -> float:
    """The score of `yes` less that of `no`, without scores 1 or -1; minus infinity without an
    answer.
    """
    if not isinstance(given, Annotation) or not given.answered:
        return -np.inf
    if given.scores and {yes, no} <= given.scores.keys():
        return given.scores[yes] - given.scores[no]
    return 1.0 if given.value == yes else -1.0
