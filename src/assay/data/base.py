"""The contract of a reader, and what a file's columns mean."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol, TypeAlias

from assay.core.errors import InputError
from assay.core.record import SYNTHETIC, ImagePart, Part, Record, TextPart
from assay.data.seen import Seen, key_of

Row: TypeAlias = Mapping[str, object]

MOST_NAMED = 100
EXACT = 2.0**53  # whole numbers from here on are rounded where they are floats
ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")
ID = "id"  # what a column of ids is likely called


class Reader(Protocol):
    """Rows of a file, streamed; InputError names file, line and what to do."""

    def __call__(self, path: Path) -> Iterator[tuple[int, Row]]:
        """(line or row number, row)."""


class Pictures(Protocol):
    """Finds the pictures that the cells of a row name."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def parts(self, row: Row, where: str, findings: "Findings") -> tuple[ImagePart, ...] | None:
        """None where a picture cannot be used; `findings` then names it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what; several text columns are parts of one record, by name.

    `text` and `meta` are one column each, or several.
    """

    text: str | Sequence[str] = ("text",)
    id: str | None = None
    language: str | None = None
    source: str | None = None
    meta: str | Sequence[str] = ()
    pictures: Pictures | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.text,) if isinstance(self.text, str) else tuple(self.text)

    @property
    def metas(self) -> tuple[str, ...]:
        return (self.meta,) if isinstance(self.meta, str) else tuple(self.meta)

    @property
    def named(self) -> tuple[str, ...]:
        single = (self.id, self.language, self.source)
        pictures = self.pictures.columns if self.pictures else ()
        return (*self.texts, *pictures, *(c for c in single if c is not None), *self.metas)


@dataclass(slots=True)
class Findings:
    """What is odd about the records read; reported, never dropped silently."""

    records: int = 0
    empty: int = 0
    duplicates: int = 0
    left_out: int = 0  # records whose pictures cannot be used
    named: list[str] = field(default_factory=list)  # the first pictures that are broken or odd
    unnamed: int = 0  # and how many more there were
    unnamed_id: bool = False  # a column is called `id`, and nobody says that it holds the ids
    first: dict[str, str] = field(default_factory=dict)  # kind to the first place it was seen
    _ids: Seen = field(default_factory=Seen)
    _contents: Seen = field(default_factory=Seen)

    def note(self, kind: str, where: str) -> None:
        self.first.setdefault(kind, where)

    def name(self, line: str) -> None:
        """Keep a line on one picture; memory stays flat however many there are."""
        if len(self.named) < MOST_NAMED:
            self.named.append(line)
        else:
            self.unnamed += 1

    def lines(self) -> list[str]:
        lines = []
        if self.unnamed_id:
            lines.append(
                f"the data have a column {ID!r} that `data.id` does not name: ids are digests of "
                "the content, and gold or recorded answers by that column are not found"
            )
        if self.empty:
            said = many(self.empty, "record is", "records are")
            lines.append(f"{said} empty, the first at {self.first['empty']}")
        if self.duplicates:
            said = many(self.duplicates, "record repeats", "records repeat")
            lines.append(f"{said} an earlier one, the first at {self.first['duplicates']}")
        if self.left_out:
            said = many(self.left_out, "record is left out: its", "records are left out: their")
            lines.append(f"{said} pictures cannot be used")
        lines += self.named
        if self.unnamed:
            lines.append(f"… and {self.unnamed} more pictures with trouble")
        return lines


def many(count: int, one: str, more: str) -> str:
    """A count with its words, as English has them for one and for more."""
    return f"{count:,} {one if count == 1 else more}"


@dataclass(frozen=True, slots=True)
class Given:
    """One cell of a file: what an annotator said of a record; None if the cell is empty."""

    record: str
    annotator: str
    label: str | None
    where: str
    weight: float = 1.0
    named: bool = True  # False: a vote that was counted, and nobody says whose it is


def check_columns(path: Path, there: list[str], wanted: tuple[str, ...]) -> None:
    for name in wanted:
        if name not in there:
            near = get_close_matches(name, there, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"{path} has no column {name!r}; it has {', '.join(there)}{meant}")


def record_of(row: Row, columns: Columns, where: str, findings: Findings) -> Record | None:
    """The record in a row; None if its pictures cannot be used, as `findings` then says.

    Without an id column the id is a digest of the content, with the number of its occurrence, so
    that it stays the same when rows are added or reordered.
    """
    pictures = columns.pictures.parts(row, where, findings) if columns.pictures else ()
    if pictures is None:
        findings.left_out += 1
        return None
    several = len(columns.texts) > 1
    parts: tuple[Part, ...] = (
        *pictures,
        *(TextPart(cell(row.get(name)), name if several else "text") for name in columns.texts),
    )
    language = cell(row.get(columns.language)) or None if columns.language else None
    source = _source(row, columns)
    meta = {name: cell(row.get(name)) for name in columns.metas}
    record = Record("", parts, language, source, meta)
    short = record.digest[:20]
    findings.records += 1
    if not pictures and not record.text.strip():
        findings.empty += 1
        findings.note("empty", where)
    count = findings._contents.add(int(short[:16], 16))
    if count > 1:
        findings.duplicates += 1
        findings.note("duplicates", where)
    if columns.id is None:
        id = short if count == 1 else f"{short}-{count}"
    else:
        id = _given_id(row, columns.id, where, findings, count)
    return Record(id, parts, language, source, meta)


def _source(row: Row, columns: Columns) -> str | None:
    """What a model wrote stays marked, also where nobody says which column holds the source."""
    own = cell(row.get("source"))
    if own.startswith(SYNTHETIC):
        return own
    return cell(row.get(columns.source)) or None if columns.source else None


def id_cell(content: object, column: str, where: str) -> str:
    """An id as text; InputError if it was rounded on its way into the file."""
    if isinstance(content, float) and abs(content) >= EXACT:
        raise InputError(
            f"{where}: column {column!r} holds the id {content:.0f} as a float, and floats of this "
            "size are rounded, so that ids may be wrong or fall together; make the file again with "
            "ids as text or whole numbers"
        )
    id = cell(content).strip()
    if "E+" in id.upper() and ROUNDED.fullmatch(id):
        raise InputError(
            f"{where}: column {column!r} holds {id!r}, an id that a spreadsheet has rounded; make "
            "the file again, with the column as text"
        )
    return id


def _given_id(row: Row, column: str, where: str, findings: Findings, count: int) -> str:
    id = id_cell(row.get(column), column, where)
    if not id:
        raise InputError(f"{where}: column {column!r} is empty, and it should hold the id")
    if "\0" in id:
        raise InputError(f"{where}: the id {id!r} holds a NUL, which not every ledger can keep")
    if findings._ids.add(key_of(id)) > 1:
        other = "with other content" if count == 1 else "twice"
        raise InputError(f"{where}: id {id!r} is there {other}; ids must be unique")
    return id


def cell(content: object) -> str:
    """A cell as text: missing or NaN is empty, a whole float loses its `.0`, a list is JSON."""
    if content is None or (isinstance(content, float) and math.isnan(content)):
        return ""
    if isinstance(content, list | dict):
        return json.dumps(content, ensure_ascii=False, default=str)
    if isinstance(content, float) and content.is_integer():
        return str(int(content))
    return content if isinstance(content, str) else str(content)
