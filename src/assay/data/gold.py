"""Trusted labels, each with one purpose; the three sets never overlap."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from sys import intern

from assay.core.digest import digest
from assay.core.errors import InputError, SpecError
from assay.core.record import Record
from assay.core.schema import Form
from assay.core.schema.base import Schema
from assay.core.value import Value
from assay.data.annotations import checked
from assay.data.base import Row, cell, check_columns
from assay.data.form import form_of
from assay.data.policy import Labels
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

    def trusted(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records as they come; InputError at one that a model wrote and that has gold."""
        owner = {record: purpose for purpose, values in self.sets.items() for record in values}
        for record in records:
            if record.synthetic and record.id in owner:
                raise InputError(
                    f"record {record.id!r} is synthetic ({record.source}) and in the "
                    f"{owner[record.id]} gold: what a model wrote is no gold, leave it out"
                )
            yield record

    def of(self, purpose: Purpose) -> Mapping[str, Value]:
        return self.sets.get(purpose, {})


def read_labels(
    path: Path,
    record: str,
    label: str | Mapping[str, str],
    schema: Schema,
    rows: Iterable[tuple[int, Row]] | None = None,
) -> dict[str, Value]:
    """Labels of a file, or of its rows where these are begun already, by record id, checked against
    the schema; empty cells are no label.

    `label` is a column. Of a form it may be the column of each attribute; where there is no such
    column, attributes that all have columns of their own name are read from these.
    """
    values: dict[str, Value] = {}
    columns: str | Mapping[str, str] | None = None
    labels = Labels(path, form_of(path))
    for number, row in read_rows(path) if rows is None else rows:
        if columns is None:
            columns = _columns(list(row), label, schema)
            named = (columns,) if isinstance(columns, str) else tuple(columns.values())
            check_columns(path, list(row), (record, *named))
        id = cell(row.get(record)).strip()
        try:
            value = _value(row, columns, schema, labels)
        except InputError as bad:
            raise InputError(f"{path}:{number}: record {id!r}: {bad}") from None
        if value is None:
            continue
        if values.setdefault(id, value) != value:
            raise InputError(f"{path}:{number}: record {id!r} has two different gold labels")
    labels.answers += len(values)
    labels.close()
    return values


def _columns(
    there: Sequence[str], label: str | Mapping[str, str], schema: Schema
) -> str | Mapping[str, str]:
    if isinstance(label, str):
        own = isinstance(schema, Form) and label not in there and set(schema.fields) <= set(there)
        return {name: name for name in schema.fields} if own and isinstance(schema, Form) else label
    if not isinstance(schema, Form):
        raise SpecError(f"`label` is one column for answers of kind `{schema.kind}`")
    unknown = [name for name in label if name not in schema.fields]
    if unknown:
        raise SpecError(
            f"`label`: no attribute {unknown[0]!r}; there are {', '.join(schema.fields)}"
        )
    return label


def _value(
    row: Row, columns: str | Mapping[str, str], schema: Schema, labels: Labels
) -> Value | None:
    if isinstance(columns, str):
        return _checked(cell(row.get(columns)).strip(), schema, labels)
    assert isinstance(schema, Form)
    parts = {
        name: _checked(cell(row.get(column)).strip(), schema.fields[name], labels)
        for name, column in columns.items()
    }
    return {name: part for name, part in parts.items() if part is not None} or None


def _checked(content: str, schema: Schema, labels: Labels) -> Value | None:
    """None for an empty cell, and for a word of a missing value that is no label of the schema."""
    if not content:
        return None
    if content not in labels.form.words:
        return checked(content, schema)
    if labels.form.missing is None:
        with suppress(InputError):
            return checked(content, schema)
    labels.read(content)
    return None


def read_numbers(
    path: Path, record: str, column: str, rows: Iterable[tuple[int, Row]] | None = None
) -> dict[str, float]:
    """A column of confidences by record id; empty cells are none."""
    values: dict[str, float] = {}
    for number, row in read_rows(path) if rows is None else rows:
        check_columns(path, list(row), (record, column))
        content, id = cell(row.get(column)).strip(), cell(row.get(record)).strip()
        if not content:
            continue
        try:
            values[id] = float(content)
        except ValueError:
            raise InputError(
                f"{path}:{number}: record {id!r}: {column} {content!r} is no number"
            ) from None
        if not 0 <= values[id] <= 1:
            raise InputError(
                f"{path}:{number}: record {id!r}: {column} is {content}; it lies between 0 and 1"
            )
    return values


@dataclass(slots=True)
class Purposes:
    """Rows on their way to others; what a column says of each record's purpose is kept."""

    path: Path
    rows: Iterable[tuple[int, Row]]
    record: str
    purpose: str
    _said: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        for number, row in self.rows:
            id, said = cell(row.get(self.record)).strip(), cell(row.get(self.purpose))
            self._said.setdefault(id, []).append((intern(said.strip().lower()), number))
            yield number, row

    def gold(self, values: Mapping[str, Value]) -> Gold:
        """The labels, once all rows have passed, each with its purpose."""
        sets: dict[Purpose, dict[str, Value]] = {p: {} for p in Purpose}
        for id, value in values.items():
            for said, number in self._said[id]:
                if said not in sets:
                    known = ", ".join(Purpose)
                    raise InputError(
                        f"{self.path}:{number}: record {id!r}: purpose {said!r} is none of {known}"
                    )
                sets[Purpose(said)][id] = value
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
