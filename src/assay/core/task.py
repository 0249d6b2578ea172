"""What is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from assay.core.digest import digest
from assay.core.record import Record
from assay.core.schema.base import Schema
from assay.core.shown import Shown
from assay.core.value import Value, encode


@dataclass(frozen=True, slots=True)
class Example:
    """A record with its right answer, shown to an annotator; the rationale says why."""

    record: Record
    value: Value
    rationale: str | None = None

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def digest(self) -> str:
        return digest([self.record.digest, encode(self.value), self.rationale])


@dataclass(frozen=True, repr=False)
class Task(Shown):
    """Question, schema and guideline; the id carries a digest of the wording."""

    name: str
    question: str
    schema: Schema
    guideline: str = ""
    examples: tuple[Example, ...] = ()

    def facts(self) -> Mapping[str, object]:
        return {
            "name": self.name,
            "question": self.question,
            "schema": self.schema,
            "guideline": self.guideline,
            "examples": len(self.examples) or None,
        }

    @cached_property
    def id(self) -> str:
        examples = [e.digest for e in self.examples]
        wording = [self.question, self.schema.wording(), self.guideline, examples]
        return f"{self.name}@{digest(wording, 6)}"

    def __hash__(self) -> int:
        return hash(self.id)  # examples hold mappings, which have no hash
