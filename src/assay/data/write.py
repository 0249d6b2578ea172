"""Decisions and annotations as CSV, JSONL, Parquet or a Hugging Face folder; all or nothing."""

import csv
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.annotation import Annotation, Decision
from assay.core.cost import NANOS
from assay.core.errors import InputError
from assay.core.value import Box, Value, encode
from assay.data.guard import GUARD, guarded, heading, marked, needs_guard
from assay.data.inputs import current, log
from assay.data.replacing import check_free, note_output
from assay.data.workplace import BEFORE, leave, workplace

csv.field_size_limit(2**27)  # what is written may be read once more
BATCH = 4_096
ARROW = "data-00000-of-00001.arrow"
DATASET = frozenset({ARROW, "dataset_info.json", "state.json"})  # files of a dataset's folder

DECISION_FIELDS = (
    "record", "value", "confidence", "confidence_source", "decided_by", "route", "waiting_for",
    "source",
)  # fmt: skip
ANNOTATION_FIELDS = (
    "record", "annotator", "by", "outcome", "value", "confidence", "confidence_source", "mapping",
    "rationale", "raw", "error", "cost", "seconds", "replica", "focus", "saw", "run", "at", "key",
    "annotator_id",
)  # fmt: skip
HELD = {"cost": "cost_nanos", "annotator_id": "annotator"}  # under another name in an annotation
NUMBERS = frozenset({"confidence", "cost", "seconds", "at"})

Table = dict[str, object]


def decision_rows(
    decisions: Iterable[Decision], sources: Mapping[str, str | None] | None = None
) -> Iterator[Table]:
    """One row a decision; `sources` says where its record is from, as what a model wrote does."""
    for d in decisions:
        yield {
            "record": d.record,
            "value": flat(d.value),
            "confidence": d.confidence,
            "confidence_source": d.confidence_source and str(d.confidence_source),
            "decided_by": d.decided_by and str(d.decided_by),
            "route": " > ".join(d.route),
            "waiting_for": d.waiting_for,
            "source": (sources or {}).get(d.record),
        }


def annotation_rows(
    annotations: Iterable[Annotation], names: Mapping[str, str] | None = None
) -> Iterator[Table]:
    """One row an annotation; cost in currency units. `names`: of annotators, by their id."""
    for a in annotations:
        row: Table = {name: getattr(a, HELD.get(name, name)) for name in ANNOTATION_FIELDS}
        row |= {
            "annotator": (names or {}).get(a.annotator, a.annotator),
            "value": flat(a.value),
            "outcome": str(a.outcome),
            "confidence_source": a.confidence_source and str(a.confidence_source),
            "cost": a.cost_nanos / NANOS,
            "replica": str(a.replica),
            "focus": ";".join(a.focus),
            "saw": ";".join(a.saw),
        }
        yield row


def flat(value: Value | None) -> str | None:
    """A value in one cell: the word itself, labels separated by `;` (none of them is `[]`, since an
    empty cell is no answer), or JSON."""
    if value is None:
        return None
    if isinstance(value, frozenset):
        return ";".join(sorted(value)) or "[]"
    if isinstance(value, float | int):
        return f"{value:.9g}"
    if isinstance(value, tuple) and value and isinstance(value[0], Box):
        return json.dumps([asdict(b) for b in value if isinstance(b, Box)], ensure_ascii=False)
    if isinstance(value, Mapping):
        return json.dumps({name: _bare(part) for name, part in value.items()}, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(encode(value), ensure_ascii=False)


def _bare(part: Value) -> object:
    """A part of a form as its schema reads it back; a whole number loses its `.0`."""
    if isinstance(part, frozenset):
        return sorted(part)
    return int(part) if isinstance(part, float) and part.is_integer() else part


def write_rows(
    rows: Iterable[Mapping[str, object]],
    fields: tuple[str, ...],
    path: Path,
    lists: Collection[str] = (),
) -> int:
    """Write by the ending of the name (none: a Hugging Face folder); how many rows there were."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(
            f"{path}: cannot write {path.suffix}; "
            f"the endings it can write: {', '.join(filter(None, WRITERS))}"
        )
    if writer is _folder:
        _check_folder(path)
    with written_atomically(path) as part:
        if writer is _parquet:
            return _parquet(rows, fields, part, lists)
        return writer(rows, fields, part)


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A name to write to, put in place of `path` at the end; nothing half-written stays, and no
    input or foreign file is replaced (see `replacing`).

    A link stays a link. A device or pipe is written to when all is there, never replaced.
    """
    if str(path) == "-":
        raise InputError("cannot write to stdout; give a file name")
    if current().dry:
        with _thrown_away(path) as part:
            yield part
        return
    special = path.exists() and not path.is_file() and not path.is_dir()
    target = path if special else path.resolve()
    try:
        check_free(path)
        if not special:
            target.parent.mkdir(parents=True, exist_ok=True)
        folder, lock = workplace(None if special else target.parent)
    except OSError as bad:
        raise InputError(f"cannot write to {path.parent}: {reason(bad)}") from None
    part = folder / (target.name or "part")
    try:
        yield part
        if special:
            with part.open("rb") as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        else:
            note_output(target, part)
            _put(part, target)
            log.info("wrote %s", target)
    except OSError as bad:
        raise InputError(f"cannot write {path}: {reason(bad)}; nothing was written") from None
    finally:
        leave(folder, lock)


@contextmanager
def _thrown_away(path: Path) -> Iterator[Path]:
    """A file that is made as if it were to stay."""
    check_free(path)
    folder, lock = workplace(None)
    try:
        yield folder / (path.name or "part")
        log.info("would write %s", path)
    finally:
        leave(folder, lock)


def _put(part: Path, target: Path) -> None:
    if part.is_dir() and target.is_dir():
        os.replace(target, part.parent / BEFORE)
    os.replace(part, target)


def reason(bad: OSError) -> str:
    """What the system said, one line; not every library fills `strerror`."""
    return bad.strerror or (str(bad).splitlines() or [type(bad).__name__])[0]


def _check_folder(path: Path) -> None:
    """InputError unless `path` is free, or holds nothing but a dataset as `_folder` writes it."""
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"{path} is a file; a name without ending makes a folder")
    foreign = [p.name for p in path.iterdir() if p.name not in DATASET]
    if foreign:
        raise InputError(
            f"the folder {path} holds other things ({sorted(foreign)[0]} …) and stays as it is; "
            "give a new name, or one that ends in .csv, .jsonl or .parquet"
        )


def _csv(rows: Iterable[Mapping[str, object]], fields: tuple[str, ...], path: Path) -> int:
    """With a last column that names guarded cells, from the first of them on (see `guard`)."""
    count, names = 0, [heading(name) for name in fields]
    marks = names != list(fields)
    file = path.open("w", encoding="utf-8", newline="")
    try:
        writer = csv.writer(file)
        writer.writerow([*names, GUARD] if marks else names)
        for row in rows:
            cells = [row.get(name) for name in fields]
            mark = marked([n for n, c in zip(names, cells, strict=True) if needs_guard(c)])
            if mark is not None and not marks:
                file.close()
                _add_marks(path)
                marks, file = True, path.open("a", encoding="utf-8", newline="")
                writer = csv.writer(file)
            writer.writerow([*map(guarded, cells), *([mark] if marks else [])])
            count += 1
    finally:
        file.close()
    return count


def _add_marks(path: Path) -> None:
    """The column of marks in what is written already; none of these rows has one."""
    longer = path.with_name(f".{path.name}")
    with (
        path.open(encoding="utf-8", newline="") as source,
        longer.open("w", encoding="utf-8", newline="") as sink,
    ):
        rows, writer = csv.reader(source, strict=True), csv.writer(sink)
        writer.writerow([*next(rows), GUARD])
        writer.writerows([*row, None] for row in rows)
    os.replace(longer, path)


def _jsonl(rows: Iterable[Mapping[str, object]], fields: tuple[str, ...], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _schema(fields: tuple[str, ...]) -> pa.Schema:
    return pa.schema([(f, pa.float64() if f in NUMBERS else pa.string()) for f in fields])


def _tables(rows: Iterable[Mapping[str, object]], schema: pa.Schema) -> Iterator[pa.Table]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield pa.Table.from_pylist(batch, schema=schema)


def _parquet(
    rows: Iterable[Mapping[str, object]],
    fields: tuple[str, ...],
    path: Path,
    lists: Collection[str] = (),
) -> int:
    count, schema = 0, _schema(fields)
    for name in lists:
        schema = schema.set(fields.index(name), pa.field(name, pa.list_(pa.string())))
    with pq.ParquetWriter(path, schema) as writer:
        for table in _tables(rows, schema):
            writer.write_table(table)
            count += table.num_rows
    return count


def _folder(rows: Iterable[Mapping[str, object]], fields: tuple[str, ...], path: Path) -> int:
    """What `datasets.load_from_disk` reads: an Arrow stream, dataset_info.json, state.json."""
    path.mkdir()
    name, count, schema = ARROW, 0, _schema(fields)
    with pa.OSFile(str(path / name), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for table in _tables(rows, schema):
            writer.write_table(table)
            count += table.num_rows
    kinds = {f: "float64" if f in NUMBERS else "string" for f in fields}
    info = {"features": {f: {"dtype": k, "_type": "Value"} for f, k in kinds.items()}}
    state: Mapping[str, object] = {
        "_data_files": [{"filename": name}], "_fingerprint": "0" * 16, "_format_columns": None,
        "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": None,
    }  # fmt: skip
    (path / "dataset_info.json").write_text(json.dumps(info))
    (path / "state.json").write_text(json.dumps(state))
    return count


Writer = Callable[[Iterable[Mapping[str, object]], tuple[str, ...], Path], int]
WRITERS: dict[str, Writer] = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet, "": _folder}
