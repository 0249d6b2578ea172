"""Rows of files, folders and archives by what they are, streamed; memory stays flat."""

import json
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.record import Record
from assay.data.arrow import read_arrow, read_parquet
from assay.data.base import ID, Columns, Findings, Reader, Row, check_columns, record_of
from assay.data.conll import SUFFIXES, read_conll
from assay.data.delimited import not_utf8, read_csv, read_tsv, read_txt
from assay.data.images.layouts import (
    ARCHIVES,
    CELEBA,
    are_films,
    is_coco,
    read_archive,
    read_celeba,
    read_coco,
    read_films,
    read_pictures,
)
from assay.data.images.source import leads_out
from assay.data.inputs import reading
from assay.data.json_shapes import table_in

MOST_OF_NAME = 255  # characters of a file's name
AHEAD = 2**20  # bytes of JSON lines that are read ahead for the names of their keys
SHEETS = (".xlsx", ".xls", ".ods")
TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


class Rows:
    """The rows of a file that is opened once; what its columns are is seen before they are read."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._coming = iter(read_rows(path))
        first = next(self._coming, None)
        self._first = [] if first is None else [first]
        self.columns = None if first is None else list(first[1])  # of the first row

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        first, self._first = self._first, []
        return chain(first, self._coming)


def read_records(
    path: Path | str, columns: Columns, findings: Findings | None = None, rows: Rows | None = None
) -> Iterator[Record]:
    """The records of a file, or of its rows where these are begun already; what is odd about them
    is counted in `findings`."""
    path = Path(path)
    findings = findings or Findings()
    checked = False
    for number, row in read_rows(path) if rows is None else rows:
        if not checked:
            check_columns(path, list(row), columns.named)
            findings.unnamed_id = columns.id is None and ID in row and ID not in columns.named
            checked = True
        record = record_of(row, columns, f"{path}:{number}", findings)
        if record is not None:
            yield record
    if not checked:
        raise InputError(f"{path} holds no records")


def read_rows(path: Path | str) -> Iterator[tuple[int, Row]]:
    """(line or row number, row) by the kind of file, from its name."""
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_dir():
        reading(path)
        return _folder(path)
    if not path.is_file():
        raise InputError(
            f"cannot read data from {path}, a pipe or a device; save them to a file first"
        )
    reading(path)
    if path.name == CELEBA:
        return read_celeba(path)
    ending = path.suffix.lower()
    reader = READERS.get(ending)
    if reader is None:
        if ending in SHEETS:
            raise InputError(f"{path}: cannot read {ending}; save the sheet as CSV in UTF-8")
        kinds = ", ".join(READERS)
        raise InputError(f"{path}: cannot read {ending or 'a file without ending'}; {kinds} can")
    inner = path.with_suffix("").suffix.lower()
    if ending in ARCHIVES and inner in READERS and inner not in ARCHIVES:
        raise InputError(f"{path} is packed; unpack it first, then name the {inner} file")
    return reader(path)


def columns_of(path: Path | str) -> list[str]:
    first = next(iter(read_rows(path)), None)
    if first is None:
        raise InputError(f"{path} holds no records")
    return list(first[1])


def read_jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    """A key that a line lacks is an empty cell; the keys are taken from the first lines."""
    lines = _objects(path)
    first: deque[tuple[int, Row]] = deque()
    size = 0
    for number, length, row in lines:
        first.append((number, row))
        size += length
        if size > AHEAD:
            break
    blank = dict.fromkeys(key for _, row in first for key in row)
    while first:
        number, row = first.popleft()
        yield number, {**blank, **row}
    for number, _, row in lines:
        yield number, {**blank, **row}


def _objects(path: Path) -> Iterator[tuple[int, int, Row]]:
    """(line number, bytes, row)."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            row = _loads(path, raw, f"{path}:{number}")
            if not isinstance(row, dict):
                raise InputError(f"{path}:{number}: a JSON object is needed, not {row!r:.60}")
            yield number, len(raw), row


def _loads(path: Path, raw: bytes, where: str) -> Any:
    try:
        content = loads(raw)
        if b"\\ud" in raw or b"\\uD" in raw:
            json.dumps(content, ensure_ascii=False).encode()
    except UnicodeDecodeError as bad:
        raise not_utf8(path, bad) from None
    except UnicodeEncodeError as bad:  # JSON can spell what no UTF-8 file or database holds
        half = f"\\u{ord(str(bad.object)[bad.start]):04x}"
        raise InputError(f"{where}: {half} is half a character; write both, or none") from None
    except json.JSONDecodeError as bad:
        line = f":{bad.lineno}" if where == str(path) else ""
        raise InputError(f"{where}{line}: broken JSON ({bad.msg}, column {bad.colno})") from None
    except (ValueError, RecursionError) as bad:
        raise InputError(f"{where}: broken JSON ({bad})") from None
    return content


def read_json(path: Path) -> Iterator[tuple[int, Row]]:
    """A JSON list of objects, or COCO, read whole; JSONL is what streams."""
    raw = path.read_bytes()
    if not raw.strip():
        return
    content = _loads(path, raw, str(path))
    if is_coco(content):
        yield from read_coco(path, content)
        return
    if isinstance(content, dict):
        content = table_in(path, content) or content
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise InputError(f"{path}: a JSON list of objects is needed")
    blank = dict.fromkeys(key for row in content for key in row)
    for number, row in enumerate(content, 1):
        yield number, {**blank, **row}


def _folder(path: Path) -> Iterator[tuple[int, Row]]:
    """A data set on disk, recognised by its files: Hugging Face's, a table of pictures, CelebA,
    MM-IMDB, or just pictures.
    """
    files = _dataset_files(path)
    for file in (*files, *(path / name for name in (*TABLES, CELEBA))):
        if leads_out(path, file):
            raise InputError(f"{file} is a link that leads out of its folder; copy the file there")
    if files:
        return _in_turn(files)
    table = next((t for name in TABLES if (t := path / name).is_file()), None)
    if table is not None:
        return _with_pictures(table)
    if (path / CELEBA).is_file():
        return read_celeba(path / CELEBA)
    splits = sorted(p.parent.name for p in path.glob("*/state.json"))
    if splits:
        raise InputError(
            f"{path} holds no dataset; it has the splits {', '.join(splits)}: name one of them"
        )
    return read_films(path) if are_films(path) else _only_pictures(path)


def _dataset_files(path: Path) -> list[Path]:
    """The Arrow files that state.json names, or all there are; or else the Parquet files."""
    state = path / "state.json"
    if not state.exists():
        return sorted(path.glob("*.arrow")) or sorted(path.glob("*.parquet"))
    try:
        named = [file["filename"] for file in loads(state.read_bytes())["_data_files"]]
        return [path / Path(name[:MOST_OF_NAME]).name for name in named]
    except (ValueError, KeyError, TypeError) as bad:
        raise InputError(f"{state}: not the state of a dataset ({bad!s:.100})") from None


def _in_turn(files: list[Path]) -> Iterator[tuple[int, Row]]:
    number = 0
    columns: set[str] | None = None
    for file in files:
        for place, (_, row) in enumerate(_file_rows(file)):
            columns = columns or set(row)
            if place == 0 and row.keys() != columns:
                odd = ", ".join(sorted(columns ^ row.keys()))
                raise InputError(f"{file} has other columns than the files before it: {odd:.200}")
            number += 1
            yield number, row


def _file_rows(file: Path) -> Iterator[tuple[int, Row]]:
    return (read_parquet if file.suffix == ".parquet" else read_arrow)(file)


def _with_pictures(table: Path) -> Iterator[tuple[int, Row]]:
    """A folder of pictures whose metadata stand in a table, by `file_name`."""
    for number, row in read_rows(table):
        yield number, {"image": row.get("file_name"), **row}


def _only_pictures(path: Path) -> Iterator[tuple[int, Row]]:
    number = 0
    for number, row in read_pictures(path):
        yield number, row
    if not number:
        raise InputError(f"{path} holds no dataset and no pictures")


READERS: dict[str, Reader] = (
    {
        ".csv": read_csv,
        ".tsv": read_tsv,
        ".tab": read_tsv,
        ".txt": read_txt,
        ".jsonl": read_jsonl,
        ".ndjson": read_jsonl,
        ".json": read_json,
        ".parquet": read_parquet,
        ".arrow": read_arrow,
    }
    | dict.fromkeys(SUFFIXES, read_conll)
    | dict.fromkeys(ARCHIVES, read_archive)
)


def peek(path: Path | str, count: int = 200) -> list[Row]:
    """The first rows, for guesses about a file."""
    return [row for _, row in islice(read_rows(path), count)]
