"""The files that a task file names: its records, its gold, recorded answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assay.core.document_path import Key, as_written, at_document_path, at_path
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema import Form, Schema
from assay.core.value import Value
from assay.data.base import Columns, Findings, Row, check_columns
from assay.data.gold import Gold, Purpose, Purposes, read_labels, read_numbers, split
from assay.data.images.column import pictures
from assay.data.images.fetch import Fetch
from assay.data.read import Rows, read_records
from assay.taskfile.annotators import TeamSpec
from assay.taskfile.specs import DataSpec, GoldSpec, TaskFile
from assay.taskfile.strategies import StrategySpec

RECORD = "record"  # what a column of record ids is called where nobody says
CONFIDENCE = "confidence"  # and one of how sure an answer was


def columns(file: TaskFile, folder: Path) -> Columns:
    """Meaning of the columns; pictures are searched below the task file's folder."""
    d = file.data
    found = None
    if d.pictures:
        images = None if d.images is None else folder / d.images
        with at_document_path("data", "images"), as_written():
            found = pictures(d.pictures, folder / d.path, images)
        if d.urls:
            hosts = () if d.urls is True else tuple(d.urls or ())
            found = replace(found, fetch=Fetch(found.store, hosts))
    return Columns(d.texts, d.id, d.language, d.source, tuple(d.meta), found)


def records_of(file: TaskFile, folder: Path, findings: Findings | None = None) -> Iterator[Record]:
    path = folder / file.data.path
    with at_document_path("data"):
        rows = begun(path)
        for keys, column in _named(file.data):
            _check(rows, column, *keys)
    return read_records(path, columns(file, folder), findings, rows)


def _named(data: DataSpec) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Each column with the keys that name it."""
    text = data.text or (None if data.pictures else data.texts[0])
    single = {"id": data.id, "language": data.language, "source": data.source}
    for key, named in {"text": text, "image": data.image, "meta": data.meta, **single}.items():
        if isinstance(named, str):
            yield (key,), named
        else:
            yield from (((key, i), column) for i, column in enumerate(named or ()))


def begun(path: Path) -> Rows:
    """The rows of a file, and its column names."""
    with at_path("path"), as_written():
        return Rows(path)


def _check(rows: Rows, column: str, *keys: Key) -> None:
    if rows.columns is not None:  # whoever reads a file without rows says that it has none
        with at_path(*keys), as_written():
            check_columns(rows.path, rows.columns, (column,))


def ids_in(rows: Rows, given: str | None, data: DataSpec, whose: str) -> str:
    """The column of record ids: the one given, or `record`, or the name used in the data."""
    there = rows.columns
    if given is not None or there is None:
        return given or RECORD
    found = next((name for name in (RECORD, data.id) if name in there), None)
    if found is None:
        own = "" if data.id is None else f" and none {data.id!r}, as the data have"
        with at_path("record"):
            raise SpecError(
                f"{rows.path} has no column {RECORD!r}{own}; it has {', '.join(there)}: name the "
                f"one that holds the ids of records with `{whose}`"
            )
    return found


def labels_of(
    rows: Rows,
    record: str,
    label: str | Mapping[str, str],
    schema: Schema,
    through: Iterable[tuple[int, Row]] | None = None,
) -> dict[str, Value]:
    """Labels by record id, of the rows, or of those that come `through` something else;
    column names are checked first."""
    _check(rows, record, "record")
    own = isinstance(schema, Form) and set(schema.fields) <= set(rows.columns or ())
    if isinstance(label, str) and not own:
        _check(rows, label, "label")
    elif isinstance(label, Mapping) and isinstance(schema, Form):
        for name, column in label.items():
            _check_attribute(name, tuple(schema.fields))
            _check(rows, column, "label", name)
    with at_path("label"):
        return read_labels(rows.path, record, label, schema, rows if through is None else through)


def confidences_of(path: Path, record: str, given: str | None) -> dict[str, float]:
    """By record id: from the given column, or from `confidence` if there is one."""
    rows = begun(path)
    if given is None and CONFIDENCE not in (rows.columns or ()):
        return {}
    column = given or CONFIDENCE
    _check(rows, column, "confidence")
    return read_numbers(path, record, column, rows)


def _check_attribute(name: str, known: Sequence[str]) -> None:
    if name not in known:
        with at_path("label", name):
            raise SpecError(f"no attribute {name!r}; there are {', '.join(known)}")


def learns(file: TaskFile) -> bool:
    """Whether anything here learns from calibration gold, so that it must not be labelled."""
    specs = file.annotators.values()
    teams: list[StrategySpec] = [s.strategy for s in specs if isinstance(s, TeamSpec)]
    return any(spec.learns for spec in (file.strategy, *teams, *specs))


def all_evaluates(file: TaskFile) -> bool:
    """Whether all gold is for evaluation because nothing learns from it and no share is given."""
    spec = file.gold
    return spec is not None and spec.purpose is None and not (_given_shares(spec) or learns(file))


def gold_of(file: TaskFile, folder: Path, schema: Schema) -> Gold:
    """Split by shares, or by the file's own purpose column."""
    spec = file.gold
    if spec is None:
        return Gold()
    with at_path("gold"):
        rows, record = gold_rows(spec, file, folder)
        if spec.purpose is None:
            shares = _shares(spec, learns(file))
            return split(labels_of(rows, record, spec.label, schema), shares, file.seed)
        for purpose in _given_shares(spec):
            with at_path(purpose):
                raise SpecError(f"`purpose: {spec.purpose}` splits the gold; leave the shares out")
        _check(rows, spec.purpose, "purpose")
        purposes = Purposes(rows.path, rows, record, spec.purpose)
        return purposes.gold(labels_of(rows, record, spec.label, schema, purposes))


def gold_rows(spec: GoldSpec, file: TaskFile, folder: Path) -> tuple[Rows, str]:
    """The file of the gold, and its column of ids."""
    if spec.path is not None:
        rows = begun(folder / spec.path)
        return rows, ids_in(rows, spec.record, file.data, "gold.record")
    if file.data.id is None:
        raise SpecError("gold from a column of the data file needs `data.id`")
    with at_document_path("data"):
        rows = begun(folder / file.data.path)
        _check(rows, file.data.id, "id")
    return rows, file.data.id


def _given_shares(spec: GoldSpec) -> dict[Purpose, float]:
    found = {purpose: getattr(spec, purpose) for purpose in Purpose}
    return {purpose: share for purpose, share in found.items() if share is not None}


def _shares(spec: GoldSpec, learns: bool) -> dict[Purpose, float]:
    """The remainder is split between calibration and evaluation, if these are not given; where
    nothing learns from calibration gold, evaluation has it all."""
    given = _given_shares(spec)
    total = sum(given.values())
    open_ = [p for p in (Purpose.CALIBRATION, Purpose.EVALUATION) if p not in given]
    open_ = open_ if learns else open_[-1:]
    if total > 1 + 1e-9 or (total == 0 and not open_):
        described = " + ".join(f"{purpose} {share:g}" for purpose, share in given.items())
        with at_path(next(reversed(given))):
            raise SpecError(
                f"the shares of gold are {described} = {total:g}; make them sum to 1, or leave "
                "one out: it gets the remainder"
            )
    left = max(0.0, 1 - total)
    return {p: given.get(p, left / len(open_) if p in open_ else 0.0) for p in Purpose}
