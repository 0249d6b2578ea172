"""Delimited text: CSV, and TSV with and without quoting; which of them a file is, it shows."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from assay.core.errors import InputError
from assay.core.spelling import as_number, shortened
from assay.data.base import Row
from assay.data.conll import is_tag, read_conll
from assay.data.form import Form, form_of
from assay.data.guard import GUARD, named, unguarded
from assay.data.layout import ANNOTATOR, LABEL, RECORD, TRUTH
from assay.data.notices import notify

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

csv.field_size_limit(2**27)
QUOTED = re.compile(r'"[^"]*"')
UTF16 = (b"\xff\xfe", b"\xfe\xff")
HEAD = 200  # rows that tell names from values, and tokens from cells
FEWEST = 3  # rows without which a repeated word tells nothing
SENTENCE = 3  # words
NAMES = frozenset((*RECORD, *ANNOTATOR, *LABEL, *TRUTH, "text", "labels", "sentence", "uid"))
IMPORT_ID = '{"ImportId"'  # what Qualtrics writes below its header
MOST_EXTRA = 3
WINDOWS = re.compile(rb"[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")  # signs of cp1252, not of latin1


def read_csv(path: Path) -> Iterator[tuple[int, Row]]:
    return _delimited(path, ",;|\t")


def read_tsv(path: Path) -> Iterator[tuple[int, Row]]:
    if is_columns_of_tokens(path):
        return read_conll(path)
    return _delimited(path, "\t")


def read_txt(path: Path) -> Iterator[tuple[int, Row]]:
    """Tokens with tags, or a table; InputError for running text."""
    if is_columns_of_tokens(path):
        return read_conll(path)
    if form_of(path).delimiter is None and not _are_tabbed(_first_lines(path)):
        raise InputError(
            f"{path}: running text is no table; write one record a line with a header as CSV, or "
            "name the mark between the columns with --delimiter (`data.delimiter`)"
        )
    return _delimited(path, "\t")


def is_columns_of_tokens(path: Path) -> bool:
    """Whether a .tsv or .txt file is CoNLL: each line a token and its tag, some tag not O."""
    if path.suffix.lower() not in (".tsv", ".tab", ".txt") or not path.is_file():
        return False
    lines = [line for line in _first_lines(path) if line.strip()]
    cells = [line.split("\t") if "\t" in line else line.split() for line in lines]
    tags = [row[-1].strip() for row in cells if len(row) > 1 and row[0] != "-DOCSTART-"]
    held = [tag for tag in tags if is_tag(tag)]
    if len(tags) < FEWEST or len(held) < len(tags) or not set(held) - {"O"}:
        return False
    notify(f"{path} is read as CoNLL: a token and its tag on each line")
    return True


def _first_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [line.decode("utf-8", "replace").rstrip("\r\n") for line in islice(file, HEAD)]


def _are_tabbed(lines: Sequence[str]) -> bool:
    counts = {line.count("\t") for line in lines if line.strip()}
    return len(counts) == 1 and min(counts) > 0


@dataclass(frozen=True, slots=True)
class _Dialect:
    delimiter: str
    quoted: bool

    def reader(self, file: TextIO) -> "CsvReader":
        if self.quoted:
            return csv.reader(file, delimiter=self.delimiter, strict=True)
        return csv.reader(file, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, strict=True)


def _delimited(path: Path, marks: str) -> Iterator[tuple[int, Row]]:
    """Blank lines are none, and columns without a name are left out: nothing could name them."""
    form = form_of(path)
    with path.open("r", encoding=form.encoding, newline="") as file:
        begins = 1
        try:
            dialect = _dialect(path, file, marks, form)
            rows = dialect.reader(file)
            header = next(filter(None, rows), None)
            if header is None:
                return
            begins = rows.line_num + 1
            ahead = _ahead(rows)
            names, first = _begun(path, header, ahead, form)
            for line, row in first:
                yield line, _row(row, names, path, line)
            begins = ahead.next_line
            if ahead.broken is not None:
                raise ahead.broken
            for row in rows:
                if row:
                    yield rows.line_num, _row(row, names, path, rows.line_num)
                begins = rows.line_num + 1
        except UnicodeDecodeError as bad:
            raise not_utf8(path, bad) from None
        except csv.Error as bad:
            raise InputError(f"{path}:{begins}: {_broken(bad, dialect)}") from None


def _dialect(path: Path, file: TextIO, marks: str, form: Form) -> _Dialect:
    """Leaves the file at its begin."""
    head = QUOTED.sub("", next((line for line in file if line.strip()), ""))
    file.seek(0)
    mark = form.delimiter or max(marks, key=head.count)
    quoted = form.quoting
    if quoted is None:
        quoted = mark != "\t" or not _without_quoting(path, form.encoding)
    return _Dialect(mark, quoted)


def _without_quoting(path: Path, encoding: str) -> bool:
    """Whether quotation marks in a file with tabs belong to the text: some cell begins with one
    that does not enclose it, and yet each line has as many cells as the first."""
    cells, lone, first = 0, False, 0
    with path.open("r", encoding=encoding, newline="") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            count = line.count("\t")
            if not first:
                cells, first = count, number
            if count != cells:
                return False
            if '"' in line and not lone:
                lone = any(_is_lone(cell) for cell in line.rstrip("\r\n").split("\t"))
    if lone:
        notify(
            f"{path}: quotation marks are read as part of the text, since some enclose no whole "
            "cell (--quoting reads them as quoting)"
        )
    return lone


def _is_lone(cell: str) -> bool:
    """A quotation mark begins the cell, and does not enclose it as CSV would."""
    if not cell.startswith('"'):
        return False
    inner = cell[1:-1] if len(cell) > 1 and cell.endswith('"') else None
    return inner is None or '"' in inner.replace('""', "")


@dataclass(slots=True)
class _Ahead:
    """The first rows below the header with their lines, up to the first that is broken."""

    rows: list[tuple[int, list[str]]]
    header_line: int
    next_line: int
    broken: csv.Error | UnicodeDecodeError | None = None


def _ahead(reader: "CsvReader") -> _Ahead:
    found = _Ahead([], reader.line_num, reader.line_num + 1)
    try:
        for row in islice(reader, HEAD):
            if row:
                found.rows.append((reader.line_num, row))
            found.next_line = reader.line_num + 1
    except (csv.Error, UnicodeDecodeError) as bad:
        found.broken = bad
    return found


def _begun(
    path: Path, header: list[str], ahead: _Ahead, form: Form
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and the rows read ahead to find them, with their lines."""
    if form.header is None and _is_data(header, [row for _, row in ahead.rows]):
        shown = ", ".join(shortened(cell) for cell in header[:3])
        raise InputError(
            f"{path}: the first row ({shown}) looks like a record, not like names of columns; "
            "--no-header (`data.header: false`) reads it as one and calls the columns column1, "
            "column2 …; --header takes it for names"
        )
    if form.header is False:
        return [f"column{i}" for i in range(1, len(header) + 1)], [
            (ahead.header_line, header),
            *ahead.rows,
        ]
    return _names(path, header), _without_extra(path, ahead.rows)


def _without_extra(path: Path, ahead: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Without the rows of question texts and import ids that Qualtrics writes below its header."""
    marked = [i for i, (_, row) in enumerate(ahead[:MOST_EXTRA])
              if any(cell.startswith(IMPORT_ID) for cell in row)]  # fmt: skip
    if not marked:
        return ahead
    skipped = marked[-1] + 1
    notify(f"{path}: the {skipped} rows below the header are Qualtrics' and no answers; left out")
    return ahead[skipped:]


def _is_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row looks like the others: none of its cells is a usual name, and one is a
    word that its column repeats, or one is a sentence and another fits its column too."""
    if len(rows) < 2 or any(len(row) != len(header) for row in rows):
        return False
    if any(name.strip().casefold() in NAMES for name in header):
        return False
    pairs = list(zip(header, zip(*rows, strict=True), strict=True))
    if any(_recurs(name, column) for name, column in pairs):
        return True
    sentence = any(_is_sentence(name, column) for name, column in pairs)
    return sentence and any(name in column or _is_numeric(name, column) for name, column in pairs)


def _recurs(name: str, column: Sequence[str]) -> bool:
    """A word, no number, of a column that has few of them."""
    words = set(column)
    few = 2 * len(words) <= len(column)
    return any(map(str.isalpha, name)) and as_number(name) is None and few and name in words


def _is_numeric(name: str, column: Sequence[str]) -> bool:
    numbers = [as_number(cell.split(",")[0]) for cell in column]
    return as_number(name.split(",", maxsplit=1)[0]) is not None and None not in numbers


def _is_sentence(name: str, column: Sequence[str]) -> bool:
    return len(name.split()) >= SENTENCE and any(" " in cell.strip() for cell in column)


def _row(cells: list[str], names: list[str], path: Path, line: int) -> Row:
    if len(cells) != len(names):
        raise InputError(
            f"{path}:{line}: {len(cells)} cells, the header has {len(names)}; "
            "is a quote or delimiter missing?"
        )
    row = dict(zip(names, cells, strict=True))
    row.pop("", None)
    mark = row.pop(GUARD, None)
    if mark is None:
        return row
    return {named(name): c for name, c in unguarded(row, mark, f"{path}:{line}").items()}


def _broken(bad: csv.Error, dialect: _Dialect) -> str:
    """What the parser of CSV found, and what to do."""
    said = str(bad)
    other = "; --no-quoting (`data.quoting: false`) reads quotes as text"
    if "unexpected end" in said:
        return (
            'a quote (") begins a cell and is never closed; close it, or, if it is '
            f'part of the text, put the whole cell in quotes and write it twice (""){other}'
        )
    if "expected after" in said:
        return (
            f'text after a closing quote; inside a quoted cell a quote is written twice (""){other}'
        )
    return said


def _names(path: Path, header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    twice = next((n for n in names if n and names.count(n) > 1), None)
    if twice is not None:
        raise InputError(f"{path}: duplicate column {twice!r}")
    return names


def not_utf8(path: Path, bad: UnicodeDecodeError) -> InputError:
    """Where the file leaves UTF-8, what it seems to be, and how to read it."""
    encoding = form_of(path).encoding
    if encoding != "utf-8-sig":
        return InputError(f"{path}: not {encoding} ({bad.reason}); name its encoding")
    line, raw = 1, b""
    with path.open("rb") as file:
        if file.read(2) in UTF16:
            return InputError(
                f"{path}: UTF-16, not UTF-8; read it with --encoding utf-16 (`data.encoding`), or "
                "convert it with: iconv -f utf-16 -t utf-8"
            )
        file.seek(0)
        for line, raw in enumerate(file, 1):  # noqa: B007
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                break
    return InputError(
        f"{path}:{line}: not UTF-8 ({bad.reason}); {_windows(path, raw)}: read it with --encoding "
        "cp1252 (`data.encoding`), or convert it with: iconv -f cp1252 -t utf-8"
    )


def _windows(path: Path, raw: bytes) -> str:
    """How sure it is that Windows wrote the line, and how the line would read."""
    try:
        text = raw.decode("cp1252").strip()
    except UnicodeDecodeError:
        return "its encoding is not known, on Windows often cp1252"
    sure = "it looks like" if WINDOWS.search(raw) else "on Windows it often is"
    return f"{sure} cp1252 ({shortened(text)})"
