"""The columns that aggregators and agreement see: record x unit x annotator x label."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Annotation
from assay.core.schema.base import Schema
from assay.core.spelling import numbers_alike

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Votes:
    """One row a vote; the four int32 columns index the name tables. A missing answer has no row."""

    records: tuple[str, ...]
    units: tuple[str, ...]
    annotators: tuple[str, ...]
    labels: tuple[str, ...]
    record: Ints
    unit: Ints
    annotator: Ints
    label: Ints
    weight: Floats | None = None  # None: each vote counts 1
    saw: NDArray[np.bool_] | None = None  # True where the author was shown another annotation
    named: bool = True  # False: counted votes; an annotator is only a place among a record's votes

    def __len__(self) -> int:
        return len(self.record)


class Codes(dict[str, int]):
    """Numbers names in order of first use."""

    def __missing__(self, name: str) -> int:
        code = self[name] = len(self)
        return code


def with_numbers_alike(votes: Votes) -> Votes:
    """Labels that are the same number, as 1, 1.0 and 01 are, become one; where all are numbers."""
    spelt = numbers_alike(votes.labels)
    if not spelt:
        return votes
    codes = Codes()
    place = np.array([codes[spelt[label]] for label in votes.labels], np.int32)
    return replace(votes, labels=tuple(codes), label=place[votes.label])


def votes_of(schema: Schema, annotations: Iterable[Annotation]) -> Votes:
    """The votes in answered annotations; a panel's votes are those of its people."""
    records, units, annotators, labels = Codes(), Codes(), Codes(), Codes()
    by_record: dict[str, list[Annotation]] = {}
    for a in annotations:
        if a.answered:
            by_record.setdefault(a.record, []).append(a)
    rows: list[tuple[int, int, int, int, bool]] = []
    for record, group in by_record.items():
        keys = {a.key for a in group}
        values = [a.value for a in group if a.value is not None]
        for unit in schema.units(values):
            for a, value in zip(group, values, strict=True):
                label = schema.label(value, unit)
                if label is None or (a.focus and not schema.in_focus(unit, a.focus)):
                    continue
                who = annotators[a.by or a.annotator]
                saw = bool(a.saw) or not keys.isdisjoint(a.made_from)
                rows.append((records[record], units[unit], who, labels[label], saw))
    columns = np.array(rows, dtype=np.int32).reshape(-1, 5)
    return Votes(
        tuple(records), tuple(units), tuple(annotators), tuple(labels),
        columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3],
        None, columns[:, 4].astype(bool),
    )  # fmt: skip
