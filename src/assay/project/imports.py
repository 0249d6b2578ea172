"""Existing annotations, imported into a ledger without any request."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from assay.core.annotation import Annotation
from assay.core.cost import to_nanos
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema.base import Labelled, Schema
from assay.core.spelling import folded, oddities, shortened
from assay.core.task import Task
from assay.data.annotations import (
    Given,
    Names,
    Origin,
    annotations_of,
    infer_schema,
    labels_in,
    read_given,
)
from assay.data.base import many
from assay.data.guard import bare
from assay.ledger import Ledger, Run
from assay.project.project import open_project
from assay.taskfile.annotators import PanelSpec

BATCH = 1_000
SHOWN = 5  # spellings that are reported
PEOPLE = "people"  # the panel of people that no task file names


@dataclass(frozen=True, slots=True)
class Target:
    """The task of the annotations; `panel` and `price` (nanos per answer) are only for people."""

    task: Task
    records: Mapping[str, Record] | None = None
    ledger: str | None = None
    panel: str = PEOPLE
    price: int = 0
    currency: str | None = None

    @property
    def labels(self) -> frozenset[str] | None:
        """Those of a task file; None where the task is made of the answers."""
        if self.records is None:
            return None
        schema = self.task.schema
        if isinstance(schema, Labelled):
            return frozenset(schema.names)
        of_units = (schema.unit_labels(unit) or () for unit in schema.units([]))
        return frozenset(label for names in of_units for label in names)


@dataclass(frozen=True, slots=True)
class Imported:
    """`known`: they were in the ledger, or repeated by one annotator; the first is kept."""

    run: str
    added: int = 0
    known: int = 0
    empty: int = 0
    notes: tuple[str, ...] = ()


def target_of(task_file: Path | str, people: bool = False, panel: str | None = None) -> Target:
    """A task file's question, records and ledger, and the panel of its people."""
    project = open_project(task_file)
    records = {record.id: record for record in project.all_records()}
    currency = project.file.currency
    found = Target(project.task, records, project.ledger_place, currency=currency)
    if not people:
        return found
    panels = {n: a.prices for n, a in project.file.annotators.items() if isinstance(a, PanelSpec)}
    names = [panel] if panel is not None else list(panels) or [PEOPLE]
    if len(names) > 1:
        raise SpecError(f"{task_file} has several panels; use --panel {' or --panel '.join(names)}")
    [name] = names
    if panels and name not in panels:
        raise SpecError(f"{task_file} has no panel {name!r}; there are {', '.join(panels)}")
    price = to_nanos(panels[name].human_label) if name in panels else 0
    return replace(found, panel=name, price=price)


def inferred(
    paths: Sequence[Path], names: Names, name: str | None = None, ordinal: bool = False
) -> Target:
    """A task made of the labels in the files, for annotations without a task file."""
    labels = set().union(*(labels_in(read_given(path, names)) for path in paths))
    name = name or paths[0].stem
    return Target(Task(name, f"Imported: {name}", infer_schema(labels, ordinal)))


def check(path: Path, names: Names, target: Target) -> None:
    """Reads all of it, so that a mistake in the last line leaves nothing half-written."""
    given = read_given(path, names, known=target.labels)
    for _ in annotations_of(given, Origin(target.task), target.records):
        pass


def import_annotations(
    ledger: Ledger, path: Path, names: Names, target: Target, people: bool = False
) -> Imported:
    """Importing the same file again adds nothing."""
    now, task = time.time(), target.task
    note = {"currency": target.currency} if target.currency else {}
    id = f"import-{time.time_ns():x}"
    run = Run(id, task.id, "import", now, settings=note, version=version("assay"))
    ledger.add_task(task)
    ledger.start_run(run)
    if target.records is not None:
        ledger.add_records(target.records.values())
    empty = 0

    def counted() -> Iterator[Given]:
        nonlocal empty
        for one in read_given(path, names, known=target.labels):
            empty += one.label is None
            yield one

    panel, price = (target.panel, target.price) if people else (None, 0)
    coming = annotations_of(counted(), Origin(task, panel, run.id, now, price), target.records)
    added = known = 0
    spelt: Counter[tuple[str, str]] = Counter()
    while batch := list(islice(coming, BATCH)):
        new = ledger.add(batch)
        added += new
        known += len(batch) - new
        spelt.update(_respelt(batch))
    ledger.end_run(run.id, time.time())
    return Imported(run.id, added, known, empty, tuple(_spelling(task.schema, spelt)))


def _respelt(batch: Iterable[Annotation]) -> Iterator[tuple[str, str]]:
    """Answers that are another spelling of a label, with that label."""
    for a in batch:
        said = a.raw or ""
        alike = {folded(said), folded(bare(said) or said)}
        if isinstance(a.value, str) and said != a.value and folded(a.value) in alike:
            yield said, a.value


def _spelling(schema: Schema, spelt: Counter[tuple[str, str]]) -> Iterator[str]:
    if spelt:
        described = [
            f"{shortened(said)} for {shortened(label)} ({count:,})"
            for (said, label), count in spelt.most_common(SHOWN)
        ]
        more = f", … and {len(spelt) - SHOWN:,} more spellings" if len(spelt) > SHOWN else ""
        yield (
            f"{many(spelt.total(), 'label is', 'labels are')} treated as another spelling of a "
            f"label: "
            f"{', '.join(described)}{more}"
        )
    if isinstance(schema, Labelled):
        yield from oddities(schema.names)
