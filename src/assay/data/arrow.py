"""Parquet and Arrow files, which may be damaged: each batch is checked whole before it is read.

Arrow takes the numbers in a file for places in memory, so that a damaged one ends the process
where a value is fetched. `validate(full=True)` looks at all of them. Files are read and not mapped
into memory: a mapped file that another program cuts short ends the process as well.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.data.base import Row

BATCH = 4_096
MAGIC = b"ARROW1"  # of a file of random access; others are streams
UNREADABLE = (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, KeyError)
HUGGING_FACE = b"huggingface"
LISTS = ("Sequence", "List", "LargeList")  # types of features that hold others


def read_parquet(path: Path) -> Iterator[tuple[int, Row]]:
    with _readable(path, "Parquet"), _parquet(path) as file:
        yield from _rows(path, file.schema_arrow, file.iter_batches(BATCH))


def _parquet(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, page_checksum_verification=True)


def read_arrow(path: Path) -> Iterator[tuple[int, Row]]:
    """Arrow files as Hugging Face `datasets` keeps them: streams, at times random access."""
    with _readable(path, "Arrow"), pa.OSFile(str(path)) as source:
        begin = source.read(len(MAGIC))
        source.seek(0)
        if begin == MAGIC:
            file = pa.ipc.open_file(source)
            found = (file.get_batch(i) for i in range(file.num_record_batches))
            yield from _rows(path, file.schema, found)
        else:
            stream = pa.ipc.open_stream(source)
            yield from _rows(path, stream.schema, iter(stream))


@contextmanager
def _readable(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except UNREADABLE as bad:
        said = (str(bad).splitlines() or [type(bad).__name__])[0]
        raise InputError(f"{path}: not a readable {what} file ({said:.200})") from None


def _rows(
    path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> Iterator[tuple[int, Row]]:
    twice = next((name for name in schema.names if schema.names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path}: duplicate column {twice!r}")
    classes = _class_names(path, schema.metadata or {})
    number = 0
    for batch in batches:
        batch.validate(full=True)
        columns = {name: _cells(path, name, batch.column(name)) for name in batch.schema.names}
        for name in classes.keys() & columns.keys():
            columns[name] = [_named(cell, classes[name]) for cell in columns[name]]
        for cells in zip(*columns.values(), strict=True):
            number += 1
            yield number, dict(zip(columns, cells, strict=True))


def _cells(path: Path, name: str, column: pa.Array) -> list[Any]:
    """The values for Python; nanoseconds without pandas as microseconds, or as text."""
    try:
        cells: list[Any] = column.to_pylist()
    except Exception as bad:  # pyarrow names no one kind: a date of no calendar, a zone of no place
        cells = _as_text(column) if _is_time(column.type) else []
        if len(cells) != len(column):
            said = (str(bad).splitlines() or [type(bad).__name__])[0]
            raise InputError(
                f"{path}: column {name!r} ({column.type}) holds a value that cannot be read "
                f"({said:.200})"
            ) from None
    return cells


def _is_time(kind: pa.DataType) -> bool:
    return (pa.types.is_timestamp(kind) or pa.types.is_time64(kind)) and bool(kind.unit == "ns")


def _as_text(column: pa.Array) -> list[Any]:
    zone = getattr(column.type, "tz", None)
    coarse = pa.time64("us") if zone is None and pa.types.is_time64(column.type) else None
    try:
        return list(column.cast(coarse or pa.timestamp("us", zone)).to_pylist())
    except Exception:  # there are nanoseconds, or the moment is beyond Python's calendar
        return list(column.cast(pa.string()).to_pylist())


def _class_names(path: Path, metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Of columns that Hugging Face `datasets` keeps as numbers of classes; InputError if they
    cannot be read, since labels would be taken for numbers."""
    if HUGGING_FACE not in metadata:
        return {}
    try:
        info = loads(metadata[HUGGING_FACE])
        features = (info.get("info") or {}).get("features") or {}
        return {
            str(column): _names_of(classes)
            for column, feature in features.items()
            if (classes := _classes(feature)) is not None
        }
    except (ValueError, TypeError, AttributeError, KeyError) as bad:
        raise InputError(
            f"{path}: its Hugging Face metadata, which name the classes, are damaged ({bad!s:.100})"
        ) from None


def _names_of(feature: Mapping[str, Any]) -> list[str]:
    names = feature["names"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"the names of the classes are {names!r:.60}")
    return names


def _classes(feature: object) -> Mapping[str, Any] | None:
    """The class labels of a column, or of the entries of its lists."""
    if isinstance(feature, list) and len(feature) == 1:
        return _classes(feature[0])
    if not isinstance(feature, dict):
        return None
    if feature.get("_type") == "ClassLabel":
        return feature
    return _classes(feature["feature"]) if feature.get("_type") in LISTS else None


def _named(content: object, names: list[str]) -> object:
    if isinstance(content, list):
        return [_named(entry, names) for entry in content]
    return _class_name(content, names)


def _class_name(number: object, names: list[str]) -> object:
    """Minus one, or nothing, is a class that is not known."""
    if not isinstance(number, int):
        return number
    return names[number] if 0 <= number < len(names) else None
