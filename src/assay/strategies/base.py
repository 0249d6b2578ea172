"""The contract of a strategy: straight-line code over `ask`."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from assay.annotators.base import Annotator
from assay.core.annotation import DEFAULT_OPTIONS, Annotation, Decision, RequestOptions, Waiting
from assay.core.record import Record
from assay.core.task import Task

Answer: TypeAlias = Annotation | Waiting


class Ask(Protocol):
    """Puts records to an annotator; looks up the ledger first and sends only what is open.

    `ways` is one way for all records or one for each. Answers come back in the order of the
    records. An annotator that is itself a strategy is asked in the same words.
    """

    async def __call__(
        self,
        annotator: str,
        records: Sequence[Record],
        request_options: RequestOptions | Sequence[RequestOptions] = DEFAULT_OPTIONS,
        *,
        task: Task | None = None,
    ) -> Sequence[Answer]: ...

    @property
    def task(self) -> Task:
        """The task of the run; `task=` asks another one (an explanation, a sub-question)."""

    def people(self, annotator: str) -> bool:
        """Whether people are behind this name."""

    def register(self, annotator: Annotator) -> str:
        """Makes a fitted or refitted annotator askable under its id; returns the id."""


@runtime_checkable
class Strategy(Protocol):
    """Who is asked what, in which order, and when to stop.

    Returns one decision a record, in order. Those that need all records at once (for ranks, or
    thresholds from the batch) get them so, as a row that may lie in a file: they go through it as
    often as they like and copy nothing of it. The others are given blocks, several in flight.
    """

    @property
    def id(self) -> str: ...

    @property
    def needs_all_records(self) -> bool: ...

    @property
    def annotators(self) -> tuple[str, ...]: ...

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]: ...
