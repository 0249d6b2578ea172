"""Decisions next to what their records hold, in a file: of the command and of Python alike."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from assay.core.annotation import Decision
from assay.core.record import Record
from assay.data.guard import GUARD
from assay.data.write import DECISION_FIELDS, Table, decision_rows, write_rows

BATCH = 1_000
SHEET_FIELDS = ("record", "annotator", "label", "waiting_for")

Records: TypeAlias = Callable[[Sequence[str]], Iterable[Record]]
"""The records of these ids, in that order."""
Batch: TypeAlias = list[Decision]
Found: TypeAlias = Mapping[str, Record]
Rows: TypeAlias = Callable[[Batch, Found], Iterator[Table]]


@dataclass(frozen=True, slots=True)
class Exported:
    """How many rows (boxes, where `boxes`) were written, and how many records are undecided."""

    count: int
    undecided: int = 0
    boxes: bool = False


def export(decisions: Iterable[Decision], records: Records, out: Path) -> Exported:
    """Write by the ending of `out`, whole or not at all: a row a decision with its record's text
    and metadata; `.json`: boxes as COCO instances, for which all values are held at once."""
    if out.suffix.lower() == ".json":
        from assay.data.coco_write import coco_of_records, write_coco  # noqa: PLC0415 - picture readers

        values = {d.record: d.value for d in decisions}
        return Exported(write_coco(coco_of_records(records(list(values)), values), out), boxes=True)
    undecided = 0

    def rows(batch: Batch, found: Found) -> Iterator[Table]:
        nonlocal undecided
        undecided += sum(d.value is None for d in batch)
        return decision_rows(batch, {id: record.source for id, record in found.items()})

    count = _write(decisions, records, rows, DECISION_FIELDS, out)
    return Exported(count, undecided)


def sheet(
    decisions: Iterable[Decision], records: Records, out: Path, panel: str | None = None
) -> Counter[str]:
    """Write the records that wait for people (of this panel), with cells for who answers and the
    label. Filled in, it is what `assay import` reads; returns how many records wait for each.
    """
    waiting = Counter[str]()

    def rows(batch: Batch, found: Found) -> Iterator[Table]:
        empty = dict.fromkeys(SHEET_FIELDS)
        return (empty | {"record": d.record, "waiting_for": d.waiting_for} for d in batch)

    def waiting_decisions() -> Iterator[Decision]:
        for d in decisions:
            if d.waiting_for is not None and panel in (None, d.waiting_for):
                waiting[d.waiting_for] += 1
                yield d

    _write(waiting_decisions(), records, rows, SHEET_FIELDS, out)
    return waiting


def _write(
    decisions: Iterable[Decision], records: Records, rows: Rows, fields: tuple[str, ...], out: Path
) -> int:
    """The rows of decisions, each with its record's text and metadata."""
    batches = _batches(iter(decisions), records)
    first = next(batches, ([], {}))
    own = (*fields, "text", GUARD)
    columns = meta_columns(first[1].values(), own)
    table = (
        row | _content(found.get(str(row["record"])), columns)
        for batch, found in chain([first], batches)
        for row in rows(batch, found)
    )
    return write_rows(table, (*fields, "text", *columns), out)


def meta_columns(records: Iterable[Record], own: Collection[str]) -> dict[str, str]:
    """The column of each name in `meta`: the name itself, where it is not among `own`."""
    names = dict.fromkeys(name for record in records for name in record.meta)
    return {f"meta.{name}" if name in own else name: name for name in names}


def _content(record: Record | None, columns: Mapping[str, str]) -> Table:
    if record is None:
        return dict.fromkeys(("text", *columns))
    meta = {column: record.meta.get(name) for column, name in columns.items()}
    return {"text": record.text or None, **meta}


def _batches(decisions: Iterator[Decision], records: Records) -> Iterator[tuple[Batch, Found]]:
    while batch := list(islice(decisions, BATCH)):
        yield batch, {r.id: r for r in records([d.record for d in batch])}
