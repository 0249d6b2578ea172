"""The ledger in memory: for tests, replays and short studies."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from assay.core.annotation import Annotation, Decision, Outcome, latest
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.schema.base import Schema
from assay.core.task import Task
from assay.core.votes import Votes, votes_of
from assay.ledger.base import Run


class MemoryLedger:
    """Keeps the contract of the durable ledgers, save that it ends with the process."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._records: dict[str, tuple[str, Record]] = {}
        self._annotations: list[Annotation] = []
        self._final: dict[str, Annotation] = {}
        self._said: dict[str, dict[str, Annotation]] = {}  # by people: key, person
        self._slots: set[tuple[str, str | None, int]] = set()
        self._taken: set[str] = set()
        self._runs: dict[str, Run] = {}
        self._decisions: dict[str, dict[str, Decision]] = {}

    def add_task(self, task: Task) -> None:
        self._tasks.setdefault(task.id, task)

    def schemas(self) -> dict[str, Schema]:
        return {id: task.schema for id, task in self._tasks.items()}

    def add_records(self, records: Iterable[Record]) -> int:
        before = len(self._records)
        for record in records:
            digest = record.digest
            if self._records.setdefault(record.id, (digest, record))[0] != digest:
                raise InputError(
                    f"record {record.id!r} is in the ledger with other content; give the changed "
                    "record another id, or use another ledger"
                )
        return len(self._records) - before

    def records(self, ids: Sequence[str] | None = None) -> Iterator[Record]:
        if ids is None:
            yield from (record for _, record in self._records.values())
        else:
            yield from (self._records[id][1] for id in ids if id in self._records)

    def count_records(self) -> int:
        return len(self._records)

    def add(self, annotations: Sequence[Annotation]) -> int:
        new = 0
        for a in annotations:
            slot = (a.key, a.by, a.revision)
            if a.outcome is not Outcome.FAILED:
                if slot in self._slots:
                    continue
                self._slots.add(slot)
                held = self._final.get(a.key)
                if held is None or a.revision >= held.revision:
                    self._final[a.key] = a
                if a.by is not None:
                    said = self._said.setdefault(a.key, {})
                    if a.by not in said or a.revision > said[a.by].revision:
                        said[a.by] = a
            self._annotations.append(a)
            new += 1
        return new

    def jot(self, annotation: Annotation) -> None:
        pass

    def add_again(self, annotations: Sequence[Annotation]) -> int:
        there = {(a.key, a.by, a.revision, a.at) for a in self._annotations}
        return self.add([a for a in annotations if (a.key, a.by, a.revision, a.at) not in there])

    def answers(self, keys: Sequence[str]) -> dict[str, Annotation]:
        return {key: self._final[key] for key in keys if key in self._final}

    def answers_by_person(self, keys: Sequence[str]) -> dict[str, list[Annotation]]:
        said = {key: list(self._said.get(key, {}).values()) for key in keys if key in self._final}
        return {key: people or [self._final[key]] for key, people in said.items()}

    def annotations(
        self,
        task: str | None = None,
        annotators: Sequence[str] | None = None,
        records: Collection[str] | None = None,
    ) -> Iterator[Annotation]:
        final = [a for a in self._annotations if a.outcome is not Outcome.FAILED]
        current = {id(a) for a in latest(final)}
        for a in self._annotations:
            wanted = (
                (task is None or a.task == task)
                and (annotators is None or a.annotator in annotators)
                and (records is None or a.record in records)
            )
            if wanted and (a.outcome is Outcome.FAILED or id(a) in current):
                yield a

    def votes(self, task: str, schema: Schema, annotators: Sequence[str] | None = None) -> Votes:
        return votes_of(schema, self.annotations(task, annotators))

    def spent_nanos(self, task: str | None = None) -> int:
        return sum(a.cost_nanos for a in self._annotations if task is None or a.task == task)

    def start_run(self, run: Run) -> None:
        self._runs.setdefault(run.id, run)

    def end_run(self, id: str, ended: float) -> None:
        self._runs[id] = replace(self._runs[id], ended=ended)

    def runs(self, task: str | None = None) -> list[Run]:
        found = [r for r in self._runs.values() if task is None or r.task == task]
        return sorted(found, key=lambda r: r.started)

    def add_decisions(self, run: str, decisions: Sequence[Decision]) -> None:
        self._decisions.setdefault(run, {}).update({d.record: d for d in decisions})

    def decisions(self, run: str, records: Collection[str] | None = None) -> Iterator[Decision]:
        for decision in self._decisions.get(run, {}).values():
            if records is None or decision.record in records:
                yield decision

    def lock(self, name: str) -> Callable[[], None] | None:
        if name in self._taken:
            return None
        self._taken.add(name)
        return lambda: self._taken.discard(name)

    def close(self) -> None:
        pass
