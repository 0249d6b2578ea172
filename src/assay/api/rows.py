"""The records of a table, and its gold labels, row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import narwhals as nw

from assay.api.tables import RecordTable, Table, known
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.schema import Form, Schema
from assay.core.value import Value
from assay.data.base import Columns, Findings, cell, check_columns, record_of

GoldLabels: TypeAlias = Any
"""A column's name, one label a row (list, array or series), or record id to label."""

EMPTY = "the text is missing"


@dataclass(frozen=True, slots=True)
class Rows:
    """The records to label; `ids` holds the id of each row's record, None where it has no text."""

    records: tuple[Record, ...]
    ids: tuple[str | None, ...]
    findings: Findings = field(default_factory=Findings)


def columns_of(
    table: Table, text: str | Sequence[str], id: str | None, given: Columns | None
) -> Columns:
    """InputError for a missing column; `id` and `language` are used if they exist."""
    if isinstance(table, RecordTable):  # its records say themselves what is what
        return Columns(())
    there = table.columns
    if not isinstance(text, str | list | tuple):
        raise InputError(f"a column is named by a text, not by {text!r:.40}")
    if given is not None:
        if id is not None or text != "text":
            raise InputError("give text and id, or columns, not both: Columns(text=…, id=…)")
        found = given
    else:
        own = "id" if "id" in there else None
        language = "language" if "language" in there else None
        found = Columns(text, id or own, language)
    if not found.texts and found.pictures is None:
        raise InputError("text names no column")
    for name in found.named:
        if not isinstance(name, str):
            raise InputError(f"a column is named by a text, not by {name!r}")
    check_columns(Path("the data"), list(there), found.named)
    return found


def rows_of(table: Table, columns: Columns) -> Rows:
    """InputError names the row that cannot be a record; `findings` lists problems."""
    if isinstance(table, RecordTable):
        return Rows(tuple(table.records), tuple(record.id for record in table.records))
    findings = Findings()
    named = {name: table.column(name) for name in dict.fromkeys(columns.named)}
    records: list[Record] = []
    ids: list[str | None] = []
    for i in range(table.height):
        row = {name: values[i] for name, values in named.items()}
        record = _record(row, columns, f"row {i + 1}", findings)
        ids.append(None if record is None else record.id)
        records += [] if record is None else [record]
    return Rows(tuple(records), tuple(ids), findings)


def _record(
    row: Mapping[str, object], columns: Columns, where: str, findings: Findings
) -> Record | None:
    """None if there is nothing to label."""
    if columns.pictures is None and not any(cell(row[name]).strip() for name in columns.texts):
        findings.empty += 1
        findings.note("empty", where)
        return None
    return record_of(row, columns, where, findings)


def gold_cells(gold: GoldLabels, table: Table, rows: Rows) -> list[object]:
    """One per row, as the user wrote it; None if there is none."""
    if isinstance(gold, str):
        check_columns(Path("the data"), list(table.columns), (gold,))
        return table.column(gold)
    if isinstance(gold, Mapping):
        return _by_id(gold, table, rows)
    aligned = _by_index(gold, table)
    if aligned is not None:
        return aligned
    if isinstance(gold, bytes) or not hasattr(gold, "__len__") or not hasattr(gold, "__iter__"):
        raise InputError(
            f"gold is of type {type(gold).__name__}: give a column's name, a label a row, or a "
            "dict of record id to label"
        )
    values = known(gold)
    if len(values) != table.height:
        raise InputError(
            f"gold has {len(values):,} labels for {table.height:,} rows: give one a row, None "
            "where there is none"
        )
    return values


def _by_id(gold: Mapping[Any, object], table: Table, rows: Rows) -> list[object]:
    """For a form it may be the column of each question."""
    names = [name for name in gold.values() if isinstance(name, str)]
    if names and len(names) == len(gold) and set(names) <= set(table.columns):
        columns = {field: table.column(name) for field, name in zip(gold, names, strict=True)}
        several = [{f: values[i] for f, values in columns.items()} for i in range(table.height)]
        return [{f: v for f, v in row.items() if v is not None} or None for row in several]
    by_id = {cell(id): label for id, label in gold.items()}
    if not any(id in by_id for id in rows.ids if id is not None):
        raise InputError(
            "no id in gold is the id of a row: name the column of ids (id='…'), or give gold as "
            "one label a row"
        )
    return known(None if id is None else by_id.get(id) for id in rows.ids)


def _by_index(gold: object, table: Table) -> list[object] | None:
    """A pandas series follows the index of a pandas frame; None if these are not two such."""
    frame = getattr(table, "frame", None)
    if frame is None or not frame.implementation.is_pandas_like():
        return None
    series = nw.from_native(gold, pass_through=True, allow_series=True)
    if not isinstance(series, nw.Series) or not series.implementation.is_pandas_like():
        return None
    native, index = series.to_native(), frame.to_native().index
    if native.index.equals(index):
        return known(native.tolist())
    if not (native.index.is_unique and index.is_unique):
        raise InputError("gold and data have different indexes, and labels repeat in one of them")
    if not native.index.isin(index).any():
        raise InputError("the index of gold has no value in common with that of the data")
    return known(native.reindex(index).tolist())


def gold_of(cells: Sequence[object], rows: Rows, schema: Schema) -> dict[str, Value]:
    """By record id, checked against the schema: InputError names the first row that is wrong."""
    found: dict[str, Value] = {}
    for number, (id, said) in enumerate(zip(rows.ids, cells, strict=True), 1):
        if id is None or said is None or (isinstance(said, str) and not said.strip()):
            continue
        try:
            found[id] = schema.check(_plain(said, schema))
        except InputError as bad:
            raise InputError(f"gold of row {number}: {bad}") from None
    if not found:
        raise InputError("gold holds no label")
    return found


def _plain(said: object, schema: Schema) -> object:
    """A float with an integer value becomes an int, as a label may be; lists stay lists."""
    if isinstance(said, Mapping) and isinstance(schema, Form):
        return {n: _plain(v, schema.fields.get(str(n), schema)) for n, v in said.items()}
    if hasattr(said, "tolist"):  # an array, as Parquet files hold
        said = said.tolist()
    return said if isinstance(said, list | tuple | set | frozenset) else cell(said)
