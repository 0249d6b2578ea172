"""Contextual calibration: what a model says of every text is taken off what it says of this one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.annotation import Annotation, DecidedBy, Decision, Source, Waiting
from assay.core.digest import digest
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.spool import made
from assay.strategies.base import Answer, Ask
from assay.strategies.decisions import awaited, first_waiting

Scores = dict[str, float]

FIT = 200  # records whose mean scores stand for what the model says of any text


@dataclass(frozen=True, slots=True)
class PriorCorrected:
    """Subtracts from each label's score its mean over the fit records, then takes the largest.

    A small model prefers some label words whatever it reads (Zhao et al., 2021, calibrate before
    use; here the mean over real records stands for their content-free input). No gold is used.
    It assumes that the labels are not very unequally frequent: the correction pulls the answers
    towards equal shares. The fit records belong to the id, so that another fit never mixes.
    """

    annotator: str
    fit: tuple[Record, ...]

    def __post_init__(self) -> None:
        if len(self.fit) < 2:
            raise SpecError("the label priors need at least two records to be fitted on")

    @property
    def id(self) -> str:
        return f"prior({self.annotator};{len(self.fit)}@{digest([r.digest for r in self.fit], 6)})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.annotator,)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        fitted = await ask(self.annotator, self.fit)
        waiting = first_waiting(fitted)
        if waiting is not None:  # a prior of half the records would be another one
            return awaited(records, waiting.annotator)
        means = mean_scores(fitted)
        answers = await ask(self.annotator, records)
        return made(len(records), lambda i: self._decide(records[i], answers[i], means))

    def _decide(self, record: Record, given: Answer, means: Scores) -> Decision:
        if isinstance(given, Waiting):
            return Decision(record.id, None, waiting_for=given.annotator)
        if not given.scores:
            return Decision(record.id, None, route=(self.annotator, str(given.outcome)))
        unknown = given.scores.keys() - means.keys()
        if unknown:
            raise SpecError(
                f"record {record.id!r}: label {min(unknown)!r} was not scored on the fit records"
            )
        scores = {label: s - means[label] for label, s in given.scores.items()}
        best = max(scores, key=scores.__getitem__)
        sure = 1 / sum(math.exp(s - scores[best]) for s in scores.values())
        return Decision(
            record.id, best, sure, Source.LIKELIHOOD, DecidedBy.MODEL,
            (self.annotator, "minus the mean score"), scores,
        )  # fmt: skip


def prior_corrected(annotator: str, records: Sequence[Record], fit: int = FIT) -> PriorCorrected:
    """Fitted on the first `fit` records of the data."""
    return PriorCorrected(annotator, tuple(records[:fit]))


def mean_scores(answers: Sequence[Answer]) -> Scores:
    """The mean score of each label over the answers that have scores."""
    rows = [a.scores for a in answers if isinstance(a, Annotation) and a.scores]
    if not rows:
        raise SpecError(
            "no fit record has label scores: contextual calibration needs mapping `likelihood`"
        )
    return {label: math.fsum(row[label] for row in rows) / len(rows) for label in rows[0]}
