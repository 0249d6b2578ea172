"""A mirror of the votes in columns next to a ledger, so that ten million are read in seconds.

A row of the ledger never changes, so each full range of `PART` row numbers is written once, as a
Parquet file, and never again; what has come since the last full range is read from the ledger each
time. A file names the last row it was made from, and ends in a digest of itself: one that another
ledger left there, or in which a byte is another, is rebuilt.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.data.workplace import working
from assay.ledger.forms import check_rest

DIGEST = 16  # bytes
PART = 250_000  # row numbers in one file
NAMES = ("task", "annotator", "who", "record", "value", "focus")
COLUMNS = pa.schema(
    [("row", pa.int64()), ("saw", pa.bool_())]
    + [(name, pa.dictionary(pa.int32(), pa.string())) for name in NAMES]
)
MARK = b"assay-last-row"
DEFAULT_OPTIONS = False, "[]"

Stored = tuple[int, str, str, str, str, str, str]
"""Row number, task, annotator, the person or else the annotator, record, value, rest (as far as it
says what was shown or asked about)."""


@dataclass(frozen=True, slots=True)
class Source:
    """How the mirror reads its ledger: pages of answered rows after a number and up to one, and a
    mark of the last row up to a number."""

    pages: Callable[[int, int], Iterable[Sequence[Stored]]]
    mark: Callable[[int], str]


def mirrored(source: Source, folder: Path | None, end: int, columns: Sequence[str]) -> pa.Table:
    """These columns of all answered rows up to number `end`, in order; full parts are written to
    `folder` where it can be written to. Without one nothing is mirrored, only read."""
    parts = end // PART if folder is not None else 0
    tables = [_part(source, folder, i, columns) for i in range(parts) if folder is not None]
    tables.append(_read(source, parts * PART, end).select(columns))
    return pa.concat_tables(tables)


def _part(source: Source, folder: Path, number: int, columns: Sequence[str]) -> pa.Table:
    start, end = number * PART, (number + 1) * PART
    path, mark = folder / f"{number:06d}.votes", source.mark(end)
    try:
        content = _undamaged(path.read_bytes())
        with pq.ParquetFile(pa.BufferReader(content), read_dictionary=list(NAMES)) as file:
            if (file.schema_arrow.metadata or {}).get(MARK) == mark.encode():
                return file.read(list(columns)).select(columns)
    except (OSError, ValueError, pa.ArrowException):
        pass  # not there yet, or damaged: it is made from the ledger
    table = _read(source, start, end)
    _write(table.replace_schema_metadata({MARK: mark}), path)
    return table.select(columns)


def _undamaged(content: bytes) -> memoryview:
    """The Parquet file; ValueError where it is not what was written."""
    body = memoryview(content)[:-DIGEST]
    if content[-DIGEST:] != _digest(body):
        raise ValueError("not as it was written")
    return body


def _digest(content: memoryview) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()


def _write(table: pa.Table, path: Path) -> None:
    """Whole or not at all; a folder that cannot be written to costs time, not the answer."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        content = pa.BufferOutputStream()
        pq.write_table(table, content)
        written = content.getvalue()
        with working(path.parent) as place:
            fresh = place / path.name
            fresh.write_bytes(written.to_pybytes() + _digest(memoryview(written)))
            os.replace(fresh, path)


def _read(source: Source, start: int, end: int) -> pa.Table:
    batches = [_batch(page) for page in source.pages(start, end) if page]
    # one dictionary a file, whatever the number of pages it was read in
    return pa.Table.from_batches(batches, COLUMNS).unify_dictionaries().combine_chunks()


def _batch(page: Sequence[Stored]) -> pa.RecordBatch:
    number, task, annotator, who, record, value, rest = zip(*page, strict=True)
    asked = [DEFAULT_OPTIONS if r == "{}" else _asked(r) for r in rest]
    columns = {
        "row": number,
        "saw": [saw for saw, _ in asked],
        "task": task,
        "annotator": annotator,
        "who": who,
        "record": record,
        "value": value,
        "focus": [focus for _, focus in asked],
    }
    return pa.record_batch(
        [pa.array(columns[field.name], field.type) for field in COLUMNS], schema=COLUMNS
    )


def _asked(rest: str) -> tuple[bool, str]:
    """Whether another answer was shown, and the JSON of the focus."""
    more: dict[str, Any] = json.loads(rest)
    check_rest(more)
    return bool(more.get("saw")), json.dumps(more.get("focus", []))
