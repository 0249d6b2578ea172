"""Rows with the same votes, kept once.

A handful of models that answer every record give few distinct patterns of votes, and no model of
annotators can tell two rows of one pattern apart; a million records may come down to a thousand.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assay.aggregation.table import Table
from assay.core.votes import Floats

LEAST_GAIN = 4  # rows for each possible pattern; below, grouping costs more than it saves


@dataclass(frozen=True, slots=True)
class Patterns:
    table: Table  # one row a pattern
    many: Floats  # rows with the pattern
    of: NDArray[np.intp]  # the pattern of each row


def patterns(table: Table) -> Patterns | None:
    """None where grouping would not pay, or where votes have weights or are given twice."""
    digit = len(table.labels) + 1
    kinds = table.units * (1 if table.fixed is None else digit)
    most = float(kinds) * float(digit) ** min(table.annotators, 60)
    if table.weight is not None or most * LEAST_GAIN > table.rows:
        return None
    row = table.row
    twice = np.bincount(row.astype(np.int64) * table.annotators + table.annotator)
    if twice.max() > 1:
        return None
    value = (table.label + 1.0) * float(digit) ** table.annotator
    code = np.bincount(row, value, minlength=table.rows).astype(np.int64)
    step = digit**table.annotators
    code += table.place.astype(np.int64) * step
    if table.fixed is not None:
        code += (table.fixed.astype(np.int64) + 1) * step * table.units
    _, first, of, many = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return Patterns(_rows(table, first), many.astype(float), of)


def _rows(table: Table, rows: NDArray[np.intp]) -> Table:
    """The table of these rows, in this order; units keep their numbers."""
    sizes = np.diff(table.start)[rows]
    start = np.append(0, np.cumsum(sizes))
    votes = np.arange(start[-1]) + np.repeat(table.start[rows] - start[:-1], sizes)
    return replace(
        table,
        record=table.record[rows],
        unit=table.unit[rows],
        place=table.place[rows],
        start=start,
        annotator=table.annotator[votes],
        label=table.label[votes],
        fixed=None if table.fixed is None else table.fixed[rows],
    )
