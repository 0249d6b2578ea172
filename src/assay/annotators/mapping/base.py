"""The contract of a mapping: what a model said becomes a value, or stays unparsed."""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Protocol

from assay.annotators.prompt import AnswerForm
from assay.core.annotation import Outcome, Request, Source
from assay.core.value import Value
from assay.models.base import Completion

LONGEST = 2**16  # characters of an answer that are read


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood; a value if and only if the outcome is `answered`."""

    outcome: Outcome
    value: Value | None = None
    confidence: float | None = None
    source: Source | None = None
    scores: Table[str, float] | None = None
    rationale: str | None = None
    error: str | None = None  # why nothing was understood, where there is more to say


UNPARSED = Reading(Outcome.UNPARSED)


class Mapping(Protocol):
    """A named policy; the name is stored with every answer and is part of the annotator's id."""

    @property
    def name(self) -> str: ...

    @property
    def form(self) -> AnswerForm:
        """The form of answer the prompt must ask for."""

    @property
    def top_logprobs(self) -> int:
        """How many alternatives a token this mapping needs; 0 for none."""

    def read(self, request: Request, completion: Completion) -> Reading:
        """Never raises for what a model said."""


def reading(value: Value | None) -> Reading:
    return UNPARSED if value is None else Reading(Outcome.ANSWERED, value)


def too_long(text: str) -> Reading | None:
    """What becomes of an answer that is not read, since its reading would hold up all others."""
    if len(text) <= LONGEST:
        return None
    return Reading(
        Outcome.UNPARSED,
        error=f"an answer of {len(text):,} characters, of which the first {LONGEST:,} are kept "
        "and none is read",
    )
