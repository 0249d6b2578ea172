"""Votes from columns of stored answers, without building annotations."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assay.core.schema.base import Schema
from assay.core.value import decode
from assay.core.votes import Codes, Votes

Ints = NDArray[np.int32]
ONE_UNIT = ("record", "who", "value", "saw")
MANY_UNITS = (*ONE_UNIT, "focus")


def columns_for(schema: Schema) -> tuple[str, ...]:
    return ONE_UNIT if _one_unit(schema) else MANY_UNITS


def votes_from_columns(schema: Schema, table: pa.Table) -> Votes:
    """`table` holds `columns_for(schema)`; no row is touched in Python where there is one unit."""
    return _single(table) if _one_unit(schema) else _by_unit(schema, table)


def chosen(table: pa.Table, name: str, names: Sequence[str]) -> pa.Table:
    """The rows whose column holds one of the names."""
    return table.filter(pc.is_in(table[name], value_set=pa.array(names, pa.string())))


def without(table: pa.Table, rows: Collection[int]) -> pa.Table:
    """All but the rows of these numbers."""
    return table.filter(
        pc.invert(pc.is_in(table["row"], value_set=pa.array(sorted(rows), pa.int64())))
    )


def _one_unit(schema: Schema) -> bool:
    return schema.units([]) == [""]


def _single(table: pa.Table) -> Votes:
    records, record = _codes(table["record"])
    annotators, annotator = _codes(table["who"])
    values, value = _codes(table["value"])
    labels = Codes()
    label = np.array([labels[_label(v)] for v in values], np.int32)[value]
    unit = np.zeros(len(record), np.int32)
    saw = _saw(table)
    return Votes(
        records, ("",), annotators, tuple(labels), record, unit, annotator, label, None, saw
    )


def _label(stored: str) -> str:
    value = decode(json.loads(stored))
    return value if isinstance(value, str) else f"{value:.9g}"


def _by_unit(schema: Schema, table: pa.Table) -> Votes:
    """The units of a record follow from all its answers, so these are looked at side by side."""
    names, record = _codes(table["record"])
    annotators, annotator = _codes(table["who"])
    stored, value_of = _codes(table["value"])
    asked, focus_of = _codes(table["focus"])
    values = [decode(json.loads(text)) for text in stored]
    focuses = [tuple(json.loads(text)) for text in asked]
    saw = _saw(table)
    units, labels = Codes(), Codes()
    rows: list[tuple[int, int, int, int, bool]] = []
    for group in _groups(record):
        for unit in schema.units([values[value_of[i]] for i in group]):
            for i in group:
                label = schema.label(values[value_of[i]], unit)
                focus = focuses[focus_of[i]]
                if label is None or (focus and not schema.in_focus(unit, focus)):
                    continue
                rows.append((record[i], units[unit], annotator[i], labels[label], saw[i]))
    columns = np.array(rows, dtype=np.int32).reshape(-1, 5)
    return Votes(
        names, tuple(units), annotators, tuple(labels),
        columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3],
        None, columns[:, 4].astype(bool),
    )  # fmt: skip


def _groups(record: Ints) -> list[NDArray[np.intp]]:
    """Positions of each record's rows, in their order."""
    order = np.argsort(record, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(record[order])) + 1) if len(order) else []


def _codes(column: Any) -> tuple[tuple[str, ...], Ints]:
    """The names that occur, and for each row the place of its own among them."""
    chunks = column.unify_dictionaries().chunks
    if not chunks:
        return (), np.zeros(0, np.int32)
    codes = np.concatenate([c.indices.to_numpy(zero_copy_only=False) for c in chunks])
    names = chunks[0].dictionary
    used = np.zeros(len(names), bool)
    used[codes] = True
    place = np.cumsum(used, dtype=np.int32) - 1
    return tuple(names.filter(pa.array(used)).to_pylist()), place[codes]


def _saw(table: pa.Table) -> NDArray[np.bool_]:
    saw: NDArray[np.bool_] = table["saw"].to_numpy().astype(bool)
    return saw
