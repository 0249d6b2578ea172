"""A model's contributions, let through only where they keep the four principles of cooperation.

A strategy, so that it stands wherever a model can: in front of people (`Sequential`), in `Triage`
or in a vote. What breaks a principle is left open with the reason as its route.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from assay.core.annotation import Annotation, Decision
from assay.core.digest import digest
from assay.core.record import Record
from assay.quality.principles import USUAL, Limits, breaches
from assay.strategies.base import Answer, Ask
from assay.strategies.chain import decision


@dataclass(frozen=True, slots=True)
class Principled:
    model: str
    limits: Limits = USUAL

    @property
    def id(self) -> str:
        rules = [
            getattr(self.limits, f.name) for f in fields(self.limits) if f.name != "confidence"
        ]
        return f"principled({self.model};{digest([*rules, sorted(self.limits.confidence)], 4)})"

    @property
    def whole(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.model,)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        answers = await ask(self.model, records)
        return [self._decide(r, a, ask) for r, a in zip(records, answers, strict=True)]

    def _decide(self, record: Record, answer: Answer, ask: Ask) -> Decision:
        if isinstance(answer, Annotation) and answer.answered:
            broken = breaches(answer, record, ask.task.schema, self.limits)
            if broken:
                return Decision(record.id, None, route=tuple(map(str, broken)))
        return decision(record, answer, (self.model,), ask)
