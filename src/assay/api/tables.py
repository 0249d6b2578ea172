"""Rows in any form, and the same form with columns added: data frames, lists, dicts of columns."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import narwhals as nw

from assay.core.errors import InputError
from assay.core.extras import from_extra
from assay.core.record import Record

if TYPE_CHECKING:
    import polars as pl

Kind: TypeAlias = Literal["text", "number", "list", "object"]

DTYPES: dict[Kind, Any] = {"text": nw.String, "number": nw.Float64, "list": nw.List(nw.String)}
NESTED: tuple[Kind, ...] = ("list", "object")
MISSING = ("NAType", "NaTType")  # of pandas, which is not imported for this


@dataclass(frozen=True, slots=True)
class Column:
    """One value a row; None is missing. Lists hold texts."""

    name: str
    values: Sequence[object]
    kind: Kind = "text"


class Table(Protocol):
    """The user's rows: read from here, written back with new columns."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def height(self) -> int: ...

    def column(self, name: str) -> list[object]:
        """Its values as Python has them; None if one is missing."""

    def extended(self, added: Sequence[Column]) -> Any:
        """The rows with these columns appended, in their original form."""


@dataclass(frozen=True, slots=True)
class FrameTable:
    """A pandas, polars, PyArrow, … frame; the index of pandas stays."""

    frame: nw.DataFrame[Any]
    names: Mapping[str, Any]  # as text to as they are: pandas may call a column 0

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.names)

    @property
    def height(self) -> int:
        return len(self.frame)

    def column(self, name: str) -> list[object]:
        return known(self.frame.get_column(self.names[name]).to_list())

    def extended(self, added: Sequence[Column]) -> Any:
        return self.frame.with_columns(*map(self._series, added)).to_native()

    def _series(self, column: Column) -> "nw.Series[Any]":
        where = self.frame.implementation
        own = column.kind in NESTED and where.is_pandas_like()  # there a list is an object
        dtype = None if own else DTYPES.get(column.kind)
        return nw.new_series(column.name, column.values, dtype, backend=where)


@dataclass(frozen=True, slots=True)
class RowTable:
    """A list of dicts."""

    rows: Sequence[Mapping[str, object]]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    @property
    def height(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[object]:
        return known([row.get(name) for row in self.rows])

    def extended(self, added: Sequence[Column]) -> list[dict[str, object]]:
        return [
            {**row, **{column.name: column.values[i] for column in added}}
            for i, row in enumerate(self.rows)
        ]


@dataclass(frozen=True, slots=True)
class ColumnTable:
    """A dict of columns."""

    content: Mapping[str, list[object]]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.content)

    @property
    def height(self) -> int:
        return max(map(len, self.content.values()), default=0)

    def column(self, name: str) -> list[object]:
        return known(self.content[name])

    def extended(self, added: Sequence[Column]) -> dict[str, list[object]]:
        return {**self.content, **{column.name: list(column.values) for column in added}}


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Records, which are self-describing; they are returned as dicts."""

    records: Sequence[Record]
    rows: RowTable = field(init=False)

    def __post_init__(self) -> None:
        rows = [{"record": r.id, **{p.name: p.text for p in r.texts}} for r in self.records]
        object.__setattr__(self, "rows", RowTable(rows))

    @property
    def columns(self) -> tuple[str, ...]:
        return self.rows.columns

    @property
    def height(self) -> int:
        return len(self.records)

    def column(self, name: str) -> list[object]:
        return self.rows.column(name)

    def extended(self, added: Sequence[Column]) -> list[dict[str, object]]:
        return self.rows.extended(added)


def table_of(data: object, text: str = "text") -> Table:
    """InputError if `data` is not a table or has no rows; `text` names the column of bare texts."""
    made = _table(data, text)
    if not made.height:
        raise InputError("there are no records to label: the data have no rows")
    return made


def _table(data: object, text: str) -> Table:
    if isinstance(data, Mapping):
        return _columns(data)
    if isinstance(data, str | bytes):
        raise _no_table(data)
    found = _frame(data)
    if found is not None:
        return found
    if not isinstance(data, Iterable):
        raise _no_table(data)
    return _listed(list(data), text)


def _no_table(data: object) -> InputError:
    return InputError(
        f"cannot label data of type {type(data).__name__}: give a data frame, a list of texts, "
        "or a list of dicts"
    )


def _frame(data: object) -> FrameTable | None:
    """Also of a series, which is one column; None if it is neither."""
    try:
        native = nw.from_native(data, pass_through=True, allow_series=True)
    except Exception as bad:  # such as two columns of one name
        raise InputError(f"this frame cannot be read: {' '.join(str(bad).split())}") from None
    if isinstance(native, nw.LazyFrame):
        raise InputError("this frame is lazy: give what its `.collect()` returns")
    if isinstance(native, nw.Series):
        native = (native if native.name else native.alias("text")).to_frame()
    if not isinstance(native, nw.DataFrame):
        return None
    return FrameTable(native, {str(name): name for name in native.columns})


def _columns(data: Mapping[Any, Any]) -> ColumnTable:
    content: dict[str, list[object]] = {}
    for name, values in data.items():
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise InputError(
                f"column {name!r} is of type {type(values).__name__}: give a list for each column"
            )
        content[str(name)] = list(values)
    lengths = {name: len(values) for name, values in content.items()}
    if len(set(lengths.values())) > 1:
        each = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise InputError(f"these columns do not form a table: their lengths differ ({each})")
    return ColumnTable(content)


def _listed(rows: list[Any], text: str) -> Table:
    rows = known(rows)
    first = next((row for row in rows if row is not None), None)
    kind = next((k for k in (Record, str, Mapping) if isinstance(first, k)), Mapping)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, kind) and (kind is not str or row is not None):
            raise InputError(
                f"row {number} is of type {type(row).__name__}: give texts, dicts with a column "
                f"{text!r}, or records, and only one of these"
            )
    if kind is Record:
        return RecordTable(rows)
    return RowTable([{text: row} for row in rows] if kind is str else rows)


def known(values: Iterable[Any]) -> list[Any]:
    """Missing values as None, not NaN or the marker of pandas."""
    return [None if _missing(value) else value for value in values]


def _missing(value: object) -> bool:
    is_nan = isinstance(value, float) and math.isnan(value)
    return is_nan or type(value).__name__ in MISSING


def polars_frame(
    content: Mapping[str, list[object]] | list[dict[str, object]], columns: Sequence[str] = ()
) -> "pl.DataFrame":
    """Of columns or rows; `columns` are those of a frame without rows. SpecError without polars."""
    polars = from_extra("polars", "frames", "frames of a task file's records and answers")
    made: pl.DataFrame = polars.DataFrame(
        content, None if content else tuple(columns) or None, infer_schema_length=None
    )
    return made
