"""What answers mean for a decision: taken as they are, still to come, and how sure they are."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Annotation, DecidedBy, Decision, Waiting
from assay.core.record import Record
from assay.strategies.base import Answer, Ask
from assay.strategies.confidence import Confidence, or_least

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]


def decision(record: Record, answer: Answer, route: tuple[str, ...], ask: Ask) -> Decision:
    """One answer taken as it is: decided, waited for, or left open with the outcome as reason."""
    if isinstance(answer, Waiting):
        return Decision(record.id, None, route=route, waiting_for=answer.annotator)
    if not answer.answered:
        return Decision(record.id, None, route=(*route, answer.outcome))
    who = DecidedBy.PEOPLE if ask.people(answer.annotator) else DecidedBy.MODEL
    source = answer.confidence_source
    return Decision(record.id, answer.value, answer.confidence, source, who, route, answer.scores)


def confidences(answers: Sequence[Answer], read: Confidence) -> Floats:
    """One number an answer; minus infinity where there is no answer or it does not say."""
    return np.array(
        [
            or_least(read(a)) if isinstance(a, Annotation) and a.answered else -np.inf
            for a in answers
        ],
        dtype=np.float64,
    )


def waiting(answers: Sequence[Answer]) -> Bools:
    """Which are still to come: meanwhile nobody further on is asked about those records."""
    return np.array([isinstance(a, Waiting) for a in answers], dtype=bool)


def awaited(records: Sequence[Record], annotator: str) -> list[Decision]:
    return [Decision(record.id, None, waiting_for=annotator) for record in records]
