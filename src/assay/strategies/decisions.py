"""What answers mean for a decision: taken as they are, still to come, and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Annotation, DecidedBy, Decision, Waiting
from assay.core.record import Record
from assay.core.spool import made
from assay.strategies.base import Answer, Ask
from assay.strategies.confidence import Confidence, or_least

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]


def decision(record: Record, answer: Answer, route: tuple[str, ...], ask: Ask) -> Decision:
    """One answer as it is: decided, waited for, or undecided with the outcome as reason."""
    if isinstance(answer, Waiting):
        return Decision(record.id, None, route=route, waiting_for=answer.annotator)
    if not answer.answered:
        return Decision(record.id, None, route=(*route, answer.outcome))
    who = DecidedBy.PEOPLE if ask.people(answer.annotator) else DecidedBy.MODEL
    source = answer.confidence_source
    return Decision(record.id, answer.value, answer.confidence, source, who, route, answer.scores)


def taken(
    records: Sequence[Record], answers: Sequence[Answer], route: tuple[str, ...], ask: Ask
) -> Sequence[Decision]:
    """Every answer as it is, each decision made when it is looked at."""
    return made(len(records), lambda i: decision(records[i], answers[i], route, ask))


def first_waiting(answers: Sequence[Answer]) -> Waiting | None:
    """The first answer that is still to come, where one of them is."""
    return next((a for a in answers if isinstance(a, Waiting)), None)


def confidences(answers: Sequence[Answer], read: Confidence) -> Floats:
    """One number an answer; minus infinity where there is no answer or it does not say."""
    return np.fromiter(
        (
            or_least(read(a)) if isinstance(a, Annotation) and a.answered else -np.inf
            for a in answers
        ),
        np.float64,
        len(answers),
    )


def waiting(answers: Sequence[Answer]) -> Bools:
    """Which are still to come: meanwhile nobody further on is asked about those records."""
    return np.fromiter((isinstance(a, Waiting) for a in answers), bool, len(answers))


def awaited(records: Sequence[Record], annotator: str) -> Sequence[Decision]:
    return made(len(records), lambda i: Decision(records[i].id, None, waiting_for=annotator))


def picked(records: Sequence[Record], places: Places) -> Sequence[Record]:
    return made(len(places), lambda i: records[int(places[i])])


def least_sure_first(sure: Floats, records: Sequence[Record]) -> Places:
    """Places of the records; ties by what the record is, not by where it stands."""
    begins = np.fromiter((int(r.digest[:16], 16) for r in records), np.uint64, len(records))
    order = np.lexsort((begins, sure))
    begins, sure = begins[order], sure[order]
    same = (begins[1:] == begins[:-1]) & (sure[1:] == sure[:-1])
    ends = np.flatnonzero(~np.concatenate([[False], same, [False]]))
    for start, end in pairwise(ends.tolist()):
        if end - start > 1:
            tied: list[int] = order[start:end].tolist()
            order[start:end] = sorted(tied, key=lambda i: (records[i].digest, records[i].id))
    return order


@dataclass(frozen=True, slots=True)
class Step:
    """What one link saw: places of the records, its answers, how sure it was, what it kept."""

    link: str
    seen: Places
    answers: Sequence[Answer]
    confidence: Floats
    kept: Bools


def routed(
    records: Sequence[Record], steps: Sequence[Step], ask: Ask, otherwise: str = "no link kept it"
) -> Sequence[Decision]:
    """The answer of the last link that kept the record; the others stay open."""
    depths = np.full(len(records), -1, np.int16)
    places = np.zeros(len(records), np.int64)
    for depth, step in enumerate(steps):
        depths[step.seen[step.kept]] = depth
        places[step.seen[step.kept]] = np.flatnonzero(step.kept)
    routes = [tuple(s.link for s in steps[: depth + 1]) for depth in range(len(steps))]

    def decide(i: int) -> Decision:
        depth = int(depths[i])
        if depth < 0:
            return Decision(records[i].id, None, route=(otherwise,))
        return decision(records[i], steps[depth].answers[int(places[i])], routes[depth], ask)

    return made(len(records), decide)
