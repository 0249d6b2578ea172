"""The contract of the ledger: an append-only store of records, annotations, decisions and runs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assay.core.annotation import Annotation, Decision
from assay.core.record import Record
from assay.core.schema.base import Schema
from assay.core.task import Task
from assay.core.votes import Votes


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a strategy; `settings` say all that is needed to read its results."""

    id: str
    task: str
    strategy: str
    started: float  # Unix seconds
    ended: float | None = None
    settings: Mapping[str, object] | None = None
    version: str = ""  # of Assay


class Ledger(Protocol):
    """Safe for several processes at once; a write is durable when the call returns.

    LedgerError if the store cannot be read or written, or was written by a newer version.
    """

    def add_task(self, task: Task) -> None: ...

    def schemas(self) -> dict[str, Schema]:
        """Task id to schema, of the tasks added: enough to read votes without a task file."""

    def add_records(self, records: Iterable[Record]) -> int:
        """How many were new; InputError if an id is there with another digest."""

    def records(self, ids: Sequence[str] | None = None) -> Iterator[Record]:
        """All records in order of arrival, or those of `ids` in that order."""

    def count_records(self) -> int: ...

    def add(self, annotations: Sequence[Annotation]) -> int:
        """Insert; how many were new. A second final answer to one key and person is ignored."""

    def jot(self, annotation: Annotation) -> None:
        """Keeps it, at little cost, where no kill of the process takes it away, until `add` has
        it; if that never comes, whoever opens the ledger next adds it."""

    def add_again(self, annotations: Sequence[Annotation]) -> int:
        """As `add`, where an earlier try may have kept some: failed answers are not kept twice."""

    def answers(self, keys: Sequence[str]) -> dict[str, Annotation]:
        """The final answer to each key that has one (last revision); failed ones are not final.

        Of several people's answers to a key, the one that came last.
        """

    def answers_by_person(self, keys: Sequence[str]) -> dict[str, list[Annotation]]:
        """What each person said last, in order of the people's first answers; final ones only."""

    def annotations(
        self,
        task: str | None = None,
        annotators: Sequence[str] | None = None,
        records: Collection[str] | None = None,
    ) -> Iterator[Annotation]:
        """Streams annotations in order of arrival, superseded revisions left out; of these
        records alone, where they are given."""

    def votes(
        self, task: str, schema: Schema, annotators: Sequence[str] | None = None
    ) -> Votes: ...

    def spent_nanos(self, task: str | None = None) -> int:
        """Nanos over all annotations, failed ones too."""

    def start_run(self, run: Run) -> None: ...

    def end_run(self, id: str, ended: float) -> None: ...

    def runs(self, task: str | None = None) -> list[Run]: ...

    def add_decisions(self, run: str, decisions: Sequence[Decision]) -> None:
        """The last decision of a run on a record counts."""

    def decisions(self, run: str, records: Collection[str] | None = None) -> Iterator[Decision]:
        """In order of arrival; of these records alone, where they are given."""

    def lock(self, name: str) -> Callable[[], None] | None:
        """Takes the name; what is returned gives it back, as does the end of the process. None
        where another has it."""

    def close(self) -> None: ...
