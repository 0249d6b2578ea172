"""The contract of a reader, and what a file's columns mean."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol, TypeAlias

from assay.core.errors import InputError
from assay.core.record import Part, Record, TextPart

Row: TypeAlias = Mapping[str, object]


class Reader(Protocol):
    """Rows of a file, streamed; InputError names file, line and what to do."""

    def __call__(self, path: Path) -> Iterator[tuple[int, Row]]:
        """(line or row number, row)."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what; several text columns are parts of one record, by name."""

    text: tuple[str, ...] = ("text",)
    id: str | None = None
    language: str | None = None
    source: str | None = None
    meta: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        single = (self.id, self.language, self.source)
        return (*self.text, *(c for c in single if c is not None), *self.meta)


@dataclass(slots=True)
class Findings:
    """What is odd about the records read; reported, never dropped silently."""

    records: int = 0
    empty: int = 0
    duplicates: int = 0
    first: dict[str, str] = field(default_factory=dict)  # kind to the first place it was seen
    _seen: dict[str, str] = field(default_factory=dict)  # id to digest prefix
    _texts: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, where: str) -> None:
        self.first.setdefault(kind, where)

    def lines(self) -> list[str]:
        lines = []
        if self.empty:
            lines.append(f"{self.empty} records are empty, the first at {self.first['empty']}")
        if self.duplicates:
            first = self.first["duplicates"]
            lines.append(f"{self.duplicates} records repeat an earlier text, the first at {first}")
        return lines


def check_columns(path: Path, there: list[str], wanted: tuple[str, ...]) -> None:
    for name in wanted:
        if name not in there:
            near = get_close_matches(name, there, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"{path} has no column {name!r}; it has {', '.join(there)}{meant}")


def record_of(row: Row, columns: Columns, where: str, findings: Findings) -> Record:
    """The record in a row. Without an id column the id is a digest of the content, with the
    number of its occurrence, so that it stays the same when rows are added or reordered."""
    several = len(columns.text) > 1
    parts: tuple[Part, ...] = tuple(
        TextPart(cell(row.get(name)), name if several else "text") for name in columns.text
    )
    language = cell(row.get(columns.language)) or None if columns.language else None
    source = cell(row.get(columns.source)) or None if columns.source else None
    meta = {name: cell(row.get(name)) for name in columns.meta}
    record = Record("", parts, language, source, meta)
    short = record.digest[:20]
    findings.records += 1
    if not record.text.strip():
        findings.empty += 1
        findings.note("empty", where)
    findings._texts[short] += 1
    if findings._texts[short] > 1:
        findings.duplicates += 1
        findings.note("duplicates", where)
    id = _id(row, columns, where, short, findings)
    return Record(id, parts, language, source, meta)


def _id(row: Row, columns: Columns, where: str, short: str, findings: Findings) -> str:
    if columns.id is None:
        count = findings._texts[short]
        return short if count == 1 else f"{short}-{count}"
    id = cell(row.get(columns.id)).strip()
    if not id:
        raise InputError(f"{where}: column {columns.id!r} is empty, and it should hold the id")
    if id in findings._seen:
        other = "with other text" if findings._seen[id] != short else "twice"
        raise InputError(f"{where}: id {id!r} is there {other}; ids must be unique")
    findings._seen[id] = short
    return id


def cell(content: object) -> str:
    """A cell as text; a missing one is empty, a whole float loses its `.0`."""
    if content is None:
        return ""
    if isinstance(content, float) and content.is_integer():
        return str(int(content))
    return content if isinstance(content, str) else str(content)
