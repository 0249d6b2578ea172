"""Existing annotations of people or models: long tables, wide tables, nested JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from assay.core.annotation import Annotation, Outcome, Request, answer
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.task import Task
from assay.data.base import cell, check_columns
from assay.data.read import read_rows


class Answered(NamedTuple):
    """One cell: where it stands, whose it is, and what it says (raw)."""

    where: str
    annotator: str
    record: str
    label: object


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table is laid out: column names, and whether each annotator has a column."""

    record: str = "record"
    annotator: str = "annotator"
    label: str = "label"
    wide: bool = False


LONG = Shape()


def read_answers(path: Path, shape: Shape = LONG) -> Iterator[Answered]:
    """The answers of a file; empty cells are no answer."""
    if path.suffix.lower() == ".json":
        yield from _nested(path)
        return
    checked = False
    for number, row in read_rows(path):
        if not checked:
            wanted = (shape.record,) if shape.wide else (shape.record, shape.annotator, shape.label)
            check_columns(path, list(row), wanted)
            checked = True
        record, where = cell(row[shape.record]).strip(), f"{path}:{number}"
        if not shape.wide:
            yield Answered(where, cell(row[shape.annotator]).strip(), record, row[shape.label])
            continue
        for name, content in row.items():
            if name != shape.record and cell(content).strip():
                yield Answered(where, name, record, content)
    if not checked:
        raise InputError(f"{path} holds no annotations")


def _nested(path: Path) -> Iterator[Answered]:
    """JSON of annotator → record → label, as nitaytech/AltTest publishes it."""
    if not path.exists():
        raise InputError(f"{path} does not exist")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as bad:
        raise InputError(f"{path}: broken JSON ({bad})") from None
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise InputError(f"{path}: JSON of annotator → record → label is needed")
    for annotator, labels in content.items():
        for record, label in labels.items():
            if label is not None and cell(label).strip():
                yield Answered(f"{path}: {annotator}", annotator, record, label)


def read_annotations(
    path: Path,
    shape: Shape,
    task: Task,
    records: Mapping[str, Record],
    panel: str | None = None,
) -> list[Annotation]:
    """Answers as annotations of the task; InputError names file, line and record of a bad one."""
    found: list[Annotation] = []
    for given in read_answers(path, shape):
        record = records.get(given.record)
        if record is None:
            raise InputError(f"{given.where}: no record {given.record!r} in the data of the task")
        try:
            value = task.schema.check(given.label)
        except InputError as bad:
            raise InputError(f"{given.where}: record {given.record!r}: {bad}") from None
        request = Request(task, record, panel or given.annotator)
        by = given.annotator if panel else None
        found.append(answer(request, Outcome.ANSWERED, value=value, mapping="import", by=by))
    return found
