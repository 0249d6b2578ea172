"""A model's contributions, let through only where they keep the four principles of cooperation.

A strategy, so that it stands wherever a model can: in front of people (`Sequential`), in `Triage`
or in a vote. What breaks a principle is left undecided with the reason as its route. Sincerity
wants a calibrated confidence: with `gold` the model's own is calibrated on it first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from assay.core.annotation import Annotation, Decision, Source, Waiting
from assay.core.digest import digest
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.spool import made
from assay.core.task import Example
from assay.quality.calibration.calibrators import Calibrator, fit_arrays
from assay.strategies.base import Answer, Ask
from assay.strategies.decisions import awaited, decision
from assay.strategies.principles import USUAL, Limits, breaches


@dataclass(frozen=True, slots=True)
class Principled:
    model: str
    limits: Limits = USUAL
    gold: tuple[Example, ...] = ()

    @property
    def id(self) -> str:
        rules = [
            getattr(self.limits, f.name) for f in fields(self.limits) if f.name != "confidence"
        ]
        gold = [e.digest for e in self.gold]
        made = digest([*rules, sorted(self.limits.confidence), *gold], 4)
        return f"principled({self.model};{made})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.model,)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        answers = await ask(self.model, records)
        if self.gold:
            tried = await ask(self.model, [e.record for e in self.gold])
            if any(isinstance(a, Waiting) for a in tried):
                return awaited(records, self.model)
            answers = self._sincere(answers, tried)
        given = answers
        return made(len(records), lambda i: self._decide(records[i], given[i], ask))

    def _sincere(self, answers: Sequence[Answer], tried: Sequence[Answer]) -> Sequence[Answer]:
        """InputError if gold cannot calibrate: too little of it, or all right."""
        known = [
            (a, a.value == e.value)
            for e, a in zip(self.gold, tried, strict=True)
            if isinstance(a, Annotation) and a.confidence is not None
        ]
        if not known:
            raise InputError(f"{self.model} gives no confidence on calibration gold to calibrate")
        sure = [a.confidence for a, _ in known if a.confidence is not None]
        source = known[0][0].confidence_source or Source.STATED
        calibrator = fit_arrays(sure, [right for _, right in known], source=source)
        return made(len(answers), lambda i: _calibrated(calibrator, answers[i]))

    def _decide(self, record: Record, answer: Answer, ask: Ask) -> Decision:
        if isinstance(answer, Annotation) and answer.answered:
            broken = breaches(answer, record, ask.task.schema, self.limits)
            if broken:
                return Decision(record.id, None, route=tuple(map(str, broken)))
        return decision(record, answer, (self.model,), ask)


def _calibrated(calibrator: Calibrator, given: Answer) -> Answer:
    """A confidence of another kind, or none, stays as it is."""
    if not isinstance(given, Annotation) or given.confidence_source is not calibrator.source:
        return given
    sure = float(calibrator([given.confidence or 0.0])[0])
    return replace(given, confidence=sure, confidence_source=Source.CALIBRATED)
