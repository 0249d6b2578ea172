"""One annotator labels everything."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.annotation import Decision
from assay.core.record import Record
from assay.strategies.base import Ask
from assay.strategies.decisions import taken


@dataclass(frozen=True, slots=True)
class Single:
    annotator: str

    @property
    def id(self) -> str:
        return f"single({self.annotator})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.annotator,)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        answers = await ask(self.annotator, records)
        return taken(records, answers, self.annotators, ask)
