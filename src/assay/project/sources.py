"""The files that a task file names: its records, its gold, recorded answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema import Form, Schema
from assay.core.value import Value
from assay.data.base import Columns, Findings, check_columns
from assay.data.document import Key, as_written, at, from_top
from assay.data.gold import Gold, Purpose, read_labels, read_numbers, read_purposes, split
from assay.data.images.column import pictures
from assay.data.images.fetch import Fetch
from assay.data.read import read_records, read_rows
from assay.data.specs import DataSpec, GoldSpec, TaskFile

RECORD = "record"  # what a column of record ids is called where nobody says
CONFIDENCE = "confidence"  # and one of how sure an answer was


def columns(file: TaskFile, folder: Path) -> Columns:
    """What the columns mean; pictures are looked for below the task file's folder."""
    d = file.data
    found = None
    if d.pictures:
        images = None if d.images is None else folder / d.images
        with from_top("data", "images"), as_written():
            found = pictures(d.pictures, folder / d.path, images)
        if d.urls:
            hosts = () if d.urls is True else tuple(d.urls or ())
            found = replace(found, fetch=Fetch(found.store, hosts))
    return Columns(d.texts, d.id, d.language, d.source, tuple(d.meta), found)


def records_of(file: TaskFile, folder: Path, findings: Findings | None = None) -> Iterator[Record]:
    path = folder / file.data.path
    with from_top("data"):
        there = columns_in(path)
        for keys, column in _named(file.data):
            _check(path, there, column, *keys)
    return read_records(path, columns(file, folder), findings)


def _named(data: DataSpec) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Each column with the keys that name it."""
    text = data.text or (None if data.pictures else data.texts[0])
    single = {"id": data.id, "language": data.language, "source": data.source}
    for key, named in {"text": text, "image": data.image, "meta": data.meta, **single}.items():
        if isinstance(named, str):
            yield (key,), named
        else:
            yield from (((key, i), column) for i, column in enumerate(named or ()))


def columns_in(path: Path) -> list[str] | None:
    """Of the first row; None where there is no row."""
    with at("path"), as_written():
        rows = read_rows(path)
    first = next(iter(rows), None)
    return None if first is None else list(first[1])


def _check(path: Path, there: list[str] | None, column: str, *keys: Key) -> None:
    if there is not None:  # whoever reads a file without rows says that it has none
        with at(*keys), as_written():
            check_columns(path, there, (column,))


def ids_in(path: Path, given: str | None, data: DataSpec, whose: str) -> str:
    """The column of record ids: the one given, or `record`, or one called as in the data."""
    there = columns_in(path)
    if given is not None or there is None:
        return given or RECORD
    found = next((name for name in (RECORD, data.id) if name in there), None)
    if found is None:
        own = "" if data.id is None else f" and none {data.id!r}, as the data have"
        with at("record"):
            raise SpecError(
                f"{path} has no column {RECORD!r}{own}; it has {', '.join(there)}: name the one "
                f"that holds the ids of records with `{whose}`"
            )
    return found


def labels_of(
    path: Path, record: str, label: str | Mapping[str, str], schema: Schema
) -> dict[str, Value]:
    """Labels by record id; what the columns are called is checked first."""
    there = columns_in(path)
    _check(path, there, record, "record")
    own = isinstance(schema, Form) and set(schema.fields) <= set(there or ())
    if isinstance(label, str) and not own:
        _check(path, there, label, "label")
    elif isinstance(label, Mapping) and isinstance(schema, Form):
        for name, column in label.items():
            _check_attribute(name, tuple(schema.fields))
            _check(path, there, column, "label", name)
    with at("label"):
        return read_labels(path, record, label, schema)


def confidences_of(path: Path, record: str, given: str | None) -> dict[str, float]:
    """By record id: of the column given, or of one called `confidence` where there is one."""
    there = columns_in(path)
    if given is None and CONFIDENCE not in (there or ()):
        return {}
    column = given or CONFIDENCE
    _check(path, there, column, "confidence")
    return read_numbers(path, record, column)


def _check_attribute(name: str, known: Sequence[str]) -> None:
    if name not in known:
        with at("label", name):
            raise SpecError(f"no attribute {name!r}; there are {', '.join(known)}")


def gold_of(file: TaskFile, folder: Path, schema: Schema) -> Gold:
    """Dealt by shares, or by the file's own purpose column."""
    spec = file.gold
    if spec is None:
        return Gold()
    with at("gold"):
        path, record = gold_file(spec, file, folder)
        values = labels_of(path, record, spec.label, schema)
        if spec.purpose is None:
            return split(values, _shares(spec), file.seed)
        for purpose in _given_shares(spec):
            with at(purpose):
                raise SpecError(f"`purpose: {spec.purpose}` deals the gold; leave the shares out")
        _check(path, columns_in(path), spec.purpose, "purpose")
        return read_purposes(path, record, spec.purpose, values)


def gold_file(spec: GoldSpec, file: TaskFile, folder: Path) -> tuple[Path, str]:
    """Where the gold stands, and the column of its ids."""
    if spec.path is not None:
        path = folder / spec.path
        return path, ids_in(path, spec.record, file.data, "gold.record")
    if file.data.id is None:
        raise SpecError("gold from a column of the data file needs `data.id`")
    path = folder / file.data.path
    with from_top("data"):
        _check(path, columns_in(path), file.data.id, "id")
    return path, file.data.id


def _given_shares(spec: GoldSpec) -> dict[Purpose, float]:
    found = {purpose: getattr(spec, purpose) for purpose in Purpose}
    return {purpose: share for purpose, share in found.items() if share is not None}


def _shares(spec: GoldSpec) -> dict[Purpose, float]:
    """What those given leave is dealt to calibration and evaluation, where these are not given."""
    given = _given_shares(spec)
    total = sum(given.values())
    open_ = [p for p in (Purpose.CALIBRATION, Purpose.EVALUATION) if p not in given]
    if total > 1 + 1e-9 or (total == 0 and not open_):
        told = " + ".join(f"{purpose} {share:g}" for purpose, share in given.items())
        with at(next(reversed(given))):
            raise SpecError(
                f"the shares of gold are {told} = {total:g}; let them sum to 1, or leave one out: "
                "it gets what the others leave"
            )
    left = max(0.0, 1 - total)
    return {p: given.get(p, left / len(open_) if p in open_ else 0.0) for p in Purpose}
