"""Decisions beside what their records hold, in a file: of the command and of Python alike."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from assay.core.annotation import Decision
from assay.core.record import Record
from assay.data.write import DECISION_FIELDS, described, meta_columns, write_rows

BATCH = 1_000

Records: TypeAlias = Callable[[Sequence[str]], Iterable[Record]]
"""The records of these ids, in that order."""


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
        from assay.data.coco import coco_of_records, write_coco  # noqa: PLC0415 - picture readers

        values = {d.record: d.value for d in decisions}
        return Exported(write_coco(coco_of_records(records(list(values)), values), out), boxes=True)
    undecided = 0

    def counted() -> Iterator[Decision]:
        nonlocal undecided
        for decision in decisions:
            undecided += decision.value is None
            yield decision

    batches = _batches(counted(), records)
    first = next(batches, ([], {}))
    columns = meta_columns(first[1].values())
    rows = (row for batch in chain([first], batches) for row in described(*batch, columns))
    count = write_rows(rows, (*DECISION_FIELDS, "text", *columns), out)
    return Exported(count, undecided)


def _batches(
    decisions: Iterator[Decision], records: Records
) -> Iterator[tuple[list[Decision], dict[str, Record]]]:
    while batch := list(islice(decisions, BATCH)):
        yield batch, {r.id: r for r in records([d.record for d in batch])}
