"""Answers that exist already: long tables, wide tables, and nested JSON, as annotations."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from assay.core.annotation import Annotation, Outcome, Request, answer
from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.record import Record
from assay.core.schema import Choice, Scale, Schema
from assay.core.spelling import as_number, folded, plain_id, shortened
from assay.core.task import Task
from assay.core.value import Value
from assay.data.base import Given, Row, cell, id_cell
from assay.data.guard import bare
from assay.data.inputs import reading
from assay.data.json_shapes import outer_first, table_in, turned
from assay.data.layout import (
    FIRST_ROWS,
    Layout,
    Names,
    check_weight,
    count_of,
    layout_of,
    weight_of,
)
from assay.data.policy import settle
from assay.data.read import read_rows

__all__ = ["Given", "Names", "Origin", "annotations_of", "infer_schema", "labels_in", "read_given",
           "settled"]  # fmt: skip

Numbered: TypeAlias = tuple[int, Row]

MOST_LABELS = 1_000  # more distinct answers than this are no closed set
MOST_STEPS = 20  # whole numbers up to this many stay names of classes unless `ordinal` is asked


def settled(path: Path, names: Names) -> Layout:
    """What the columns of a file are; for JSON of annotator to record to label there are none."""
    if not names.wide and _nested(path) is not None:
        return Layout("", "", "")
    return layout_of(path, _head(path, read_rows(path))[0], names)


def _head(path: Path, rows: Iterator[Numbered]) -> tuple[list[Row], Iterator[Numbered]]:
    """The first rows, and all of them."""
    first = list(islice(rows, FIRST_ROWS))
    if not first:
        raise InputError(f"{path} holds no annotations")
    return [row for _, row in first], chain(first, rows)


def read_given(
    path: Path, names: Names, weights: bool = False, known: Collection[str] | None = None
) -> Iterator[Given]:
    """Wide where `names` lists annotators, nested where JSON holds objects in objects, counts of
    votes where each column is a label's, else long.

    A nested file is read whole, the tables are streamed. A row of neither annotator nor label is
    one that nobody has filled in yet. InputError for a weight that the caller does not use.
    Missing words, spellings and repeats count as the form of the file says; where `known` is
    given, the labels of a task, it says what is one.
    """
    return settle(path, _as_written(path, names, weights), known)


def _as_written(path: Path, names: Names, weights: bool) -> Iterator[Given]:
    nested = None if names.wide else _nested(path)
    if nested is not None:
        yield from _read_nested(path, nested)
        return
    head, rows = _head(path, read_rows(path))
    layout = layout_of(path, head, names)
    if layout.counts:
        yield from _read_counts(path, rows, layout)
        return
    for number, row in rows:
        where = f"{path}:{number}"
        record = _record(row, layout.record, where)
        if layout.wide or not weights:
            check_weight(layout, row, where)
        for who in layout.wide:
            yield Given(record, who, cell(row.get(who)).strip() or None, where)
        if layout.wide:
            continue
        several = _parallel(row, layout)
        if several is not None:
            yield from (Given(record, who, said, where) for who, said in several)
            continue
        label = cell(row.get(layout.label)).strip() or None
        if label is not None or cell(row.get(layout.annotator)).strip():
            who = _name(row.get(layout.annotator), layout.annotator, where)
            weight = weight_of(layout, row, where) if weights and label is not None else 1.0
            yield Given(record, who, label, where, weight)


def _parallel(row: Row, layout: Layout) -> list[tuple[str, str | None]] | None:
    """The annotators and their answers, where a row holds both as lists of one length."""
    who, said = (_listed(row.get(name)) for name in (layout.annotator, layout.label))
    if who is None or said is None or len(who) != len(said):
        return None
    return [
        (cell(name).strip(), cell(label).strip() or None)
        for name, label in zip(who, said, strict=True)
    ]


def _listed(content: object) -> list[object] | None:
    if isinstance(content, str) and content.startswith("["):
        with suppress(ValueError):
            content = loads(content)
    return content if isinstance(content, list) else None


def _read_counts(path: Path, rows: Iterator[Numbered], layout: Layout) -> Iterator[Given]:
    """One answer a vote counted; the votes of a record are numbered, since nobody has a name."""
    seen: set[str] = set()
    for number, row in rows:
        where = f"{path}:{number}"
        check_weight(layout, row, where)
        record = _record(row, layout.record, where)
        if record in seen:
            raise InputError(
                f"{where}: record {record!r} is there twice, and its votes are counted in one row"
            )
        seen.add(record)
        said = [label for label in layout.counts for _ in range(count_of(row, label, where))]
        for i, label in enumerate(said, 1):
            yield Given(record, f"vote {i}", label, where, named=False)


def _record(row: Row, column: str, where: str) -> str:
    name = id_cell(row.get(column), column, where)
    return name or _name("", column, where)


def _name(content: object, column: str, where: str) -> str:
    name = cell(content).strip()
    if not name:
        raise InputError(f"{where}: column {column!r} is empty")
    return name


def _nested(path: Path) -> Mapping[str, object] | None:
    if path.suffix.lower() != ".json" or not path.is_file():
        return None
    reading(path)
    try:
        content = loads(path.read_bytes(), _each_once)
    except ValueError as bad:
        raise InputError(f"{path}: broken JSON ({bad})") from None
    if not isinstance(content, dict) or table_in(path, content) is not None:
        return None
    holds = all(isinstance(answers, dict) for answers in content.values())
    return content if not holds or outer_first(path, content) else turned(content)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON would let the last one stand, and nobody would know of the others."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice in one object")
    return found


def _read_nested(path: Path, content: Mapping[str, object]) -> Iterator[Given]:
    if not content:
        raise InputError(f"{path} holds no annotations")
    for who, answers in content.items():
        if not isinstance(answers, dict):
            raise InputError(f"{path}: {who!r} holds no object of record to label")
        for record, label in answers.items():
            text = json.dumps(label) if isinstance(label, dict | list) else cell(label).strip()
            yield Given(record, who, text or None, f"{path}: {who!r}, record {record!r}")


def infer_schema(labels: Iterable[str], ordinal: bool = False) -> Schema:
    """`Choice` of the labels seen, or `Scale` where they are numbers that no class is named by:
    fractions, more than twenty of them, or `ordinal` says so."""
    seen = set(labels)
    if not seen:
        raise InputError("there is no label to infer the kind of answer from")
    spelt: dict[str, str] = {}
    for label in sorted(seen):
        other = spelt.setdefault(folded(label), label)
        if other != label:
            raise InputError(
                f"labels {shortened(other)} and {shortened(label)} differ in case, spaces or form "
                "of accents alone; spell them alike"
            )
    numbers = _numbers(seen)
    if numbers is None:
        return Choice(sorted(seen))
    whole = all(n.is_integer() for n in numbers)
    if len(numbers) > 1 and (ordinal or not whole or len(numbers) > MOST_STEPS):
        return Scale(min(numbers), max(numbers), 1.0 if whole else None)
    return Choice([*sorted(sorted(seen), key=float)])


def _numbers(labels: set[str]) -> set[float] | None:
    numbers = {as_number(label) for label in labels}
    return None if None in numbers else {n for n in numbers if n is not None}


def labels_in(given: Iterable[Given]) -> set[str]:
    """The distinct labels, for `infer_schema`; InputError if they are no closed set.

    Of labels that a schema takes for one the first spelling counts.
    """
    seen: dict[str, str] = {}
    for one in given:
        if one.label is not None:
            seen.setdefault(folded(one.label), one.label)
        if len(seen) > MOST_LABELS:
            raise InputError(
                f"{one.where}: more than {MOST_LABELS} different labels; "
                "name a task file that says what kind of answer this is"
            )
    return set(seen.values())


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose answers these are: with `panel` they are people's, and the names are kept in `by`."""

    task: Task
    panel: str | None = None
    run: str = ""
    at: float = 0.0
    price: int = 0  # nanos an answer


def _near(record: str, known: Iterable[str]) -> str:
    wanted = plain_id(record)
    near = next((id for id in known if plain_id(id) == wanted), None)
    return "" if near is None else f", which holds {shortened(near)}, spelt almost alike"


def _known(id: str, records: Mapping[str, Record]) -> Record | None:
    return records.get(id) or records.get(bare(id) or id)


def checked(label: str, schema: Schema) -> Value:
    """As the schema reads it; with an apostrophe too many, where a spreadsheet's guard lost its
    mark and the label is known without it."""
    try:
        return schema.check(label)
    except InputError:
        if (plain := bare(label)) is not None:
            with suppress(InputError):
                return schema.check(plain)
        raise


def annotations_of(
    given: Iterable[Given], origin: Origin, records: Mapping[str, Record] | None = None
) -> Iterator[Annotation]:
    """Empty cells are no annotation. InputError for a label outside the schema and, where
    `records` are given, for a record that is not among them."""
    for one in given:
        if one.label is None:
            continue
        if not one.named:
            raise InputError(
                f"{one.where}: counts of votes do not say who voted; an annotation has an author"
            )
        record = Record(one.record, ()) if records is None else _known(one.record, records)
        if record is None:
            said = f"{one.where}: record {one.record!r} is not in the data of the task"
            raise InputError(f"{said}{_near(one.record, records or ())}")
        try:
            value = checked(one.label, origin.task.schema)
        except InputError as bad:
            raise InputError(f"{one.where}: record {one.record!r}: {bad}") from None
        yield answer(
            Request(origin.task, record, origin.panel or one.annotator),
            Outcome.ANSWERED,
            value=value,
            raw=one.label,
            by=one.annotator if origin.panel else None,
            run=origin.run,
            at=origin.at,
            cost_nanos=origin.price,
        )
