"""Answers of a file or a ledger as votes; long Parquet tables without a Python object a row."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.core.annotation import Annotation
from assay.core.errors import InputError
from assay.core.spelling import folded
from assay.core.votes import Codes, Votes
from assay.data.annotations import Names, infer_schema, read_given
from assay.data.base import check_columns
from assay.data.write import flat

TEXT = pa.dictionary(pa.int32(), pa.string())
EMPTY_SET = "[]"


def read_votes(path: Path, names: Names) -> Votes:
    """Votes with one unit whose labels are the cells' text; empty cells are silence."""
    if path.suffix.lower() == ".parquet" and not names.wide and path.is_file():
        return _parquet(path, names)
    return _collected((g.record, g.annotator, g.label, False) for g in read_given(path, names))


def kind_of(labels: Iterable[str]) -> str:
    """Interval where the labels are numbers that no class is named by, else nominal.

    However they are spelt: labels that differ in case alone are two here, as in no schema.
    """
    seen = {folded(label) for label in labels}
    return "interval" if infer_schema(seen or {"none"}).kind == "scale" else "nominal"


def votes_of_annotations(annotations: Iterable[Annotation]) -> Votes:
    """Votes on whole answers; sets and spans keep their form in a cell."""
    return _collected(
        (a.record, a.by or a.annotator, _text(a), bool(a.saw)) for a in annotations if a.answered
    )


def _text(annotation: Annotation) -> str | None:
    told = flat(annotation.value)
    return EMPTY_SET if told == "" and isinstance(annotation.value, frozenset) else told


def _collected(given: Iterator[tuple[str, str, str | None, bool]]) -> Votes:
    records, annotators, labels = Codes(), Codes(), Codes()
    columns = tuple(array("i") for _ in range(3))
    saw = bytearray()
    for record, annotator, label, shown in given:
        who = annotators[annotator]  # who is silent throughout has a name and no votes
        if label is None:
            continue
        columns[0].append(records[record])
        columns[1].append(who)
        columns[2].append(labels[label])
        saw.append(shown)
    record_code, annotator_code, label_code = (np.array(c, dtype=np.int32) for c in columns)
    return Votes(
        tuple(records), ("",), tuple(annotators), tuple(labels),
        record_code, np.zeros(len(record_code), np.int32), annotator_code, label_code,
        None, np.frombuffer(bytes(saw), dtype=bool),
    )  # fmt: skip


def _parquet(path: Path, names: Names) -> Votes:
    try:
        check_columns(path, pq.read_schema(path).names, names.wanted)
        table = pq.read_table(path, columns=list(names.wanted))
    except (pa.ArrowException, OSError) as bad:
        reason = str(bad).splitlines()[0]
        raise InputError(f"{path}: not a readable Parquet file ({reason})") from None
    kept = pc.is_valid(table[names.label])
    for name in (names.record, names.annotator):
        if table[name].null_count:
            raise InputError(f"{path}: column {name!r} is empty in {table[name].null_count:,} rows")
    annotators, annotator = _codes(table[names.annotator])
    if not pc.all(kept).as_py():
        annotator = annotator[kept.to_numpy()]
        table = table.filter(kept)
    records, record = _codes(table[names.record])
    labels, label = _codes(table[names.label])
    unit = np.zeros(len(record), np.int32)
    return Votes(records, ("",), annotators, labels, record, unit, annotator, label)


def _codes(column: Any) -> tuple[tuple[str, ...], np.ndarray[tuple[int], np.dtype[np.int32]]]:
    """Names and codes; numbers are named as a cell of text would be."""
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    else:
        column = column.dictionary_encode()
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        if not whole.num_chunks:
            return (), np.zeros(0, np.int32)
        whole = whole.chunk(0)
    codes = pc.cast(whole.indices, pa.int32()).to_numpy(zero_copy_only=False)
    return tuple(_named(name) for name in whole.dictionary.to_pylist()), codes


def _named(content: object) -> str:
    if isinstance(content, float) and content.is_integer():
        return str(int(content))
    return str(content)


def without_seen(votes: Votes) -> Votes:
    """Only the answers whose authors were shown no other answer."""
    if votes.saw is None:
        return votes
    own = ~votes.saw
    return replace(
        votes, record=votes.record[own], unit=votes.unit[own], annotator=votes.annotator[own],
        label=votes.label[own], weight=None if votes.weight is None else votes.weight[own],
        saw=None,
    )  # fmt: skip
