"""One annotator labels everything."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.annotation import Decision
from assay.core.record import Record
from assay.core.spool import made
from assay.strategies.base import Ask
from assay.strategies.decisions import decision


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
        route = (self.annotator,)
        return made(len(records), lambda i: decision(records[i], answers[i], route, ask))
