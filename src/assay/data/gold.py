"""Trusted labels, each with one purpose; the three sets never overlap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from assay.core.digest import digest
from assay.core.errors import InputError, SpecError
from assay.core.schema.base import Schema
from assay.core.value import Value
from assay.data.base import cell, check_columns
from assay.data.read import read_rows


class Purpose(StrEnum):
    CALIBRATION = "calibration"  # fits classifiers, calibrators, thresholds
    MONITORING = "monitoring"  # watches annotators while they work, and pays people
    EVALUATION = "evaluation"  # scores the result, and is used for nothing else


@dataclass(frozen=True, slots=True)
class Gold:
    """Record id to value, for each purpose."""

    sets: Mapping[Purpose, Mapping[str, Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        owner: dict[str, Purpose] = {}
        for purpose, values in self.sets.items():
            for record in values:
                if owner.setdefault(record, purpose) is not purpose:
                    raise InputError(
                        f"record {record!r} is gold for {owner[record]} and for {purpose}; "
                        "a gold label has one purpose"
                    )

    def of(self, purpose: Purpose) -> Mapping[str, Value]:
        return self.sets.get(purpose, {})


def read_labels(path: Path, record: str, label: str, schema: Schema) -> dict[str, Value]:
    """Labels of a file by record id, checked against the schema; empty cells are no label."""
    values: dict[str, Value] = {}
    checked = False
    for number, row in read_rows(path):
        if not checked:
            check_columns(path, list(row), (record, label))
            checked = True
        content = cell(row[label]).strip()
        if not content:
            continue
        id = cell(row[record]).strip()
        try:
            value = schema.check(content)
        except InputError as bad:
            raise InputError(f"{path}:{number}: record {id!r}: {bad}") from None
        if values.setdefault(id, value) != value:
            raise InputError(f"{path}:{number}: record {id!r} has two different gold labels")
    return values


def read_numbers(path: Path, record: str, column: str) -> dict[str, float]:
    """A column of confidences by record id; empty cells are none."""
    values: dict[str, float] = {}
    for number, row in read_rows(path):
        check_columns(path, list(row), (record, column))
        content, id = cell(row[column]).strip(), cell(row[record]).strip()
        if not content:
            continue
        try:
            values[id] = float(content)
        except ValueError:
            raise InputError(
                f"{path}:{number}: record {id!r}: {column} {content!r} is no number"
            ) from None
        if not 0 <= values[id] <= 1:
            raise InputError(f"{path}:{number}: record {id!r}: {column} lies between 0 and 1")
    return values


def read_purposes(path: Path, record: str, purpose: str, values: Mapping[str, Value]) -> Gold:
    """Gold dealt by a column that names each label's purpose."""
    sets: dict[Purpose, dict[str, Value]] = {p: {} for p in Purpose}
    for number, row in read_rows(path):
        check_columns(path, list(row), (record, purpose))
        id, said = cell(row[record]).strip(), cell(row[purpose]).strip().lower()
        if id not in values:
            continue
        if said not in sets:
            known = ", ".join(Purpose)
            raise InputError(f"{path}:{number}: record {id!r}: purpose {said!r} is none of {known}")
        sets[Purpose(said)][id] = values[id]
    return Gold(sets)


def split(values: Mapping[str, Value], shares: Mapping[Purpose, float], seed: int) -> Gold:
    """Deal gold to purposes by shares; the draw depends on seed and record id alone."""
    total = sum(shares.values())
    if not shares or min(shares.values()) < 0 or not 0 < total <= 1 + 1e-9:
        raise SpecError(f"gold shares are positive and sum to 1 at most, not {total:g}")
    drawn = sorted(values, key=lambda id: digest([id, seed], 8))
    sets: dict[Purpose, Mapping[str, Value]] = {}
    start = 0.0
    for purpose, share in shares.items():
        first, last = round(start * len(drawn)), round((start + share) * len(drawn))
        sets[purpose] = {id: values[id] for id in drawn[first:last]}
        start += share
    return Gold(sets)
