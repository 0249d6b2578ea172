"""A mirror of the votes in columns: ten million are read in about the time of opening a file.

The ledger stays the truth; the mirror is made from it, in Parquet files that are only added to.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from assay.core.annotation import Annotation
from assay.core.errors import LedgerError
from assay.core.schema.base import Schema
from assay.core.votes import Votes

BATCH = 100_000
NAMES = ("record", "annotator", "label")
SCHEMA = pa.schema(
    [(name, pa.dictionary(pa.int32(), pa.string())) for name in NAMES] + [("saw", pa.bool_())]
)


def write_columns(schema: Schema, annotations: Iterable[Annotation], path: Path) -> int:
    """Mirror the answered annotations to one Parquet file; how many votes it holds.

    For schemas with one unit (Choice, Scale, FreeText); the others split by record.
    """
    if schema.units([]) != [""]:
        raise LedgerError(f"only one-unit schemas have a mirror, not {schema.kind!r}")
    part, count = path.with_name(f".{path.name}.{os.getpid()}"), 0
    try:
        with pq.ParquetWriter(part, SCHEMA) as writer:
            for table in _tables(schema, annotations):
                writer.write_table(table)
                count += table.num_rows
        os.replace(part, path)
    except OSError as bad:
        raise LedgerError(f"cannot write {path}: {bad.strerror}; nothing was written") from None
    finally:
        part.unlink(missing_ok=True)
    return count


def _tables(schema: Schema, annotations: Iterable[Annotation]) -> Iterator[pa.Table]:
    rows = (
        (a.record, a.by or a.annotator, schema.label(a.value, ""), bool(a.saw))
        for a in annotations
        if a.value is not None
    )
    while batch := list(islice(rows, BATCH)):
        columns = [
            pa.array(column, field.type)
            for column, field in zip(zip(*batch, strict=True), SCHEMA, strict=True)
        ]
        yield pa.Table.from_arrays(columns, schema=SCHEMA)


def read_columns(path: Path) -> Votes:
    """The mirrored votes; their columns are codes from the file, no row is touched in Python."""
    try:
        table = pq.read_table(path, read_dictionary=list(NAMES))
    except (pa.ArrowException, OSError) as bad:
        reason = str(bad).splitlines()[0]
        raise LedgerError(f"{path} is no mirror of votes ({reason}); write it again") from None
    records, record = _codes(table["record"])
    annotators, annotator = _codes(table["annotator"])
    labels, label = _codes(table["label"])
    saw = table["saw"].to_numpy()
    unit = np.zeros(len(record), np.int32)
    return Votes(records, ("",), annotators, labels, record, unit, annotator, label, None, saw)


def _codes(column: Any) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], SCHEMA.field(0).type)
    codes = pc.cast(whole.indices, pa.int32()).to_numpy(zero_copy_only=False)
    return tuple(whole.dictionary.to_pylist()), codes
