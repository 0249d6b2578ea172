"""Votes from files of answers: Parquet by the column, the other kinds row by row."""

from array import array
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.aggregation.pairs import TIE, Comparisons, compared
from assay.core.errors import InputError
from assay.core.votes import Codes, Ints, Votes
from assay.data.annotations import Names, read_given
from assay.data.base import cell, check_columns
from assay.data.read import columns_of, read_rows

RECORD = ("record", "question", "task", "item", "id")
ANNOTATOR = ("annotator", "worker", "person", "performer")
LABEL = ("label", "answer", "response")
TRUTH = ("truth", "gold", "label", "answer")
LEFT, RIGHT = ("left", "first"), ("right", "second")
WINNER = ("winner", "label", "answer")
BATCH = 1 << 20  # rows of a Parquet column held as text at once


Called: TypeAlias = tuple[str | None, str | None, str | None]
"""The columns of record, annotator and label; None: found by what they are usually called."""


def read_votes(path: Path, called: Called = (None, None, None)) -> Votes:
    """The votes of a long table, or of JSON of annotator to record to label; an empty answer is
    no vote, labels come in order.

    A boolean column `saw`
    in a Parquet file marks votes whose author was shown another annotation.
    """
    if path.suffix.lower() == ".parquet":
        return in_label_order(from_parquet(path, called))
    names = Names() if _nested(path) else _names(path, columns_of(path), called)
    records, annotators, labels = Codes(), Codes(), Codes()
    record, annotator, label = array("i"), array("i"), array("i")
    for given in read_given(path, names):
        if given.label is not None:
            record.append(records[given.record])
            annotator.append(annotators[given.annotator])
            label.append(labels[given.label])
    codes = [np.frombuffer(column, np.int32) for column in (record, annotator, label)]
    return in_label_order(_votes((records, annotators, labels), codes, path))


def read_labels(path: Path, record: str | None = None, label: str | None = None) -> dict[str, str]:
    """One trusted label a record; InputError where a record has two that differ."""
    there = columns_of(path)
    of_record = record or _one_of(path, there, RECORD, "--record")
    of_label = label or _one_of(path, there, TRUTH, "--label")
    found: dict[str, str] = {}
    for number, row in read_rows(path):
        name, said = cell(row[of_record]).strip(), cell(row[of_label]).strip()
        if said and found.setdefault(name, said) != said:
            raise InputError(
                f"{path}:{number}: record {name!r} is {said!r} here and {found[name]!r} above"
            )
    if not found:
        raise InputError(f"{path} holds no labels")
    return found


def read_comparisons(path: Path) -> Comparisons:
    """A table of left, right and who won: a rival's name, `tie`, or `left` or `right`."""
    there = columns_of(path)
    left, right = (_one_of(path, there, usual) for usual in (LEFT, RIGHT))
    won = _one_of(path, there, WINNER)
    rows: list[tuple[str, str, str]] = []
    for number, row in read_rows(path):
        one, other, said = (cell(row[name]).strip() for name in (left, right, won))
        winner = {"left": one, "right": other}.get(said.casefold(), said)
        if winner not in (one, other, TIE) or one == other or not one or not other:
            raise InputError(
                f"{path}:{number}: {said!r} is not the winner of {one!r} against {other!r}"
            )
        rows.append((one, other, winner))
    return compared(rows)


def in_label_order(votes: Votes) -> Votes:
    """The same votes with labels in order (of number where all are numbers): ties go to the first
    label, so which one that is must not hang on the order of rows."""
    order = sorted(range(len(votes.labels)), key=_sorter(votes.labels))
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    label = place[votes.label] if len(votes) else votes.label
    return replace(votes, labels=tuple(votes.labels[i] for i in order), label=label)


def _sorter(labels: tuple[str, ...]) -> Any:
    try:
        numbers = [float(name) for name in labels]
    except ValueError:
        return labels.__getitem__
    return numbers.__getitem__


def _nested(path: Path) -> bool:
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(b"{")


def _names(path: Path, there: list[str], called: Called) -> Names:
    return Names(
        called[0] or _one_of(path, there, RECORD, "--record"),
        called[1] or _one_of(path, there, ANNOTATOR, "--annotator"),
        called[2] or _one_of(path, there, LABEL, "--label"),
    )


def _one_of(path: Path, there: list[str], usual: tuple[str, ...], option: str = "") -> str:
    name = next((name for name in usual if name in there), None)
    if name is None:
        say = f"; say which with {option}" if option else ""
        raise InputError(
            f"{path}: no column is called {' or '.join(usual)} (there: {', '.join(there)}){say}"
        )
    return name


def from_parquet(path: Path, called: Called) -> Votes:
    """Column by column, without a Python object a row; who is silent throughout has a name."""
    try:
        file = pq.ParquetFile(path)
        names = _names(path, file.schema_arrow.names, called)
        check_columns(path, file.schema_arrow.names, names.wanted)
        saw = None
        if "saw" in file.schema_arrow.names:
            saw = file.read(["saw"])["saw"].to_numpy().astype(bool)
        columns = [_coded(file, name) for name in names.wanted]
    except (pa.ArrowException, OSError) as bad:
        raise InputError(f"{path} is no Parquet file ({str(bad).splitlines()[0]})") from None
    for name, (_, codes) in zip(names.wanted[:2], columns, strict=False):
        if (codes < 0).any():
            raise InputError(f"{path}: column {name!r} is empty in row {int(np.argmin(codes)) + 1}")
    said = columns[2][1] >= 0
    if not said.all():
        columns = [(known, codes[said]) for known, codes in columns]
        saw = None if saw is None else saw[said]
    votes = _votes(tuple(known for known, _ in columns), [codes for _, codes in columns], path)
    return replace(votes, saw=saw)


def _coded(file: Any, name: str) -> tuple[tuple[str, ...], Ints]:
    """Distinct names and codes of one column, -1 for an empty cell."""
    parts = []
    for batch in file.iter_batches(BATCH, columns=[name]):
        column = batch.column(0)
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        parts.append(_as_text(column))
    whole = pa.chunked_array(parts, parts[0].type if parts else pa.dictionary(*TEXT))
    whole = whole.unify_dictionaries()
    codes = [part.indices.fill_null(-1).to_numpy(zero_copy_only=False) for part in whole.chunks]
    known = tuple(whole.chunk(0).dictionary.to_pylist()) if whole.num_chunks else ()
    code = np.concatenate([*codes, np.empty(0, np.int32)]).astype(np.int32, copy=False)
    return _without_empty(known, code)


TEXT = (pa.int32(), pa.string())


def _as_text(column: Any) -> Any:
    names = column.dictionary
    if pa.types.is_floating(names.type):
        names = pa.array([cell(value).strip() for value in names.to_pylist()], pa.string())
    else:
        names = pc.utf8_trim_whitespace(pc.cast(names, pa.string()))
    return pa.DictionaryArray.from_arrays(pc.cast(column.indices, pa.int32()), names)


def _without_empty(names: tuple[str, ...], codes: Ints) -> tuple[tuple[str, ...], Ints]:
    """Names that are empty are no names; names that are the same once trimmed become one."""
    if "" not in names and len(set(names)) == len(names):
        return names, codes
    known = Codes()
    place = [known[name] if name else -1 for name in names]
    return tuple(known), np.array([*place, -1], np.int32)[codes]


def _votes(names: Iterable[Iterable[str]], codes: list[Ints], path: Path) -> Votes:
    if not len(codes[0]):
        raise InputError(f"{path} holds no answers")
    records, annotators, labels = (tuple(known) for known in names)
    unit = np.zeros(len(codes[0]), np.int32)
    return Votes(records, ("",), annotators, labels, codes[0], unit, codes[1], codes[2])
