"""Votes straight from stored rows, without building annotations."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from assay.core.schema.base import Schema
from assay.core.value import decode
from assay.core.votes import Codes, Votes

PLAIN = "{}"


def votes_from_rows(schema: Schema, rows: Iterable[Any]) -> Votes:
    """One pass for schemas with one unit; spans need all answers of a record side by side."""
    if schema.units([]) == [""]:
        return _single(rows)
    return _by_unit(schema, rows)


def _single(rows: Iterable[Any]) -> Votes:
    records, annotators, values = Codes(), Codes(), Codes()
    columns: list[tuple[int, int, int, bool]] = []
    for row in rows:
        saw = row.rest != PLAIN and "saw" in json.loads(row.rest)
        who = annotators[row.person or row.annotator]
        columns.append((records[row.record], who, values[row.value], saw))
    table = np.array(columns, dtype=np.int32).reshape(-1, 4)
    labels = tuple(_label(v) for v in values)
    return Votes(
        tuple(records), ("",), tuple(annotators), labels,
        table[:, 0], np.zeros(len(table), np.int32), table[:, 1], table[:, 2],
        None, table[:, 3].astype(bool),
    )  # fmt: skip


def _label(stored: str) -> str:
    value = json.loads(stored)
    return value if isinstance(value, str) else f"{value:.9g}"


def _by_unit(schema: Schema, rows: Iterable[Any]) -> Votes:
    records, units, annotators, labels = Codes(), Codes(), Codes(), Codes()
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.record, []).append(row)
    table: list[tuple[int, int, int, int, bool]] = []
    for record, group in groups.items():
        values = [decode(json.loads(row.value)) for row in group]
        rests = [json.loads(row.rest) for row in group]
        for unit in schema.units(values):
            for row, value, rest in zip(group, values, rests, strict=True):
                focus = rest.get("focus", ())
                label = schema.label(value, unit)
                if label is None or (focus and not schema.in_focus(unit, focus)):
                    continue
                who = annotators[row.person or row.annotator]
                table.append((records[record], units[unit], who, labels[label], "saw" in rest))
    columns = np.array(table, dtype=np.int32).reshape(-1, 5)
    return Votes(
        tuple(records), tuple(units), tuple(annotators), tuple(labels),
        columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3],
        None, columns[:, 4].astype(bool),
    )  # fmt: skip
