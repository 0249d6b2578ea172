"""Votes from files of answers: Parquet by the column, the other kinds row by row."""

from array import array
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from assay.aggregation.pairs import TIE, Comparisons, compared
from assay.core.errors import InputError
from assay.core.votes import Codes, Ints, Votes
from assay.data.annotations import Given, Names, read_given, settled
from assay.data.arrow import HUGGING_FACE
from assay.data.base import cell, check_columns, id_cell, many
from assay.data.form import form_of
from assay.data.inputs import reading
from assay.data.layout import RECORD, TRUTH, Layout, one_of
from assay.data.notices import notify
from assay.data.policy import Labels
from assay.data.read import columns_of, read_rows

USUAL = Names()
LEFT, RIGHT = ("left", "first"), ("right", "second")
WINNER = ("winner", "label", "answer")
BATCH = 1 << 20  # rows of a Parquet column held as text at once


def read_votes(path: Path, names: Names = USUAL, weights: bool = True) -> Votes:
    """The votes of a table or of JSON of annotator to record to label; an empty answer is no vote,
    and who is silent throughout has a name and no votes.

    A column `weight` says how much each vote counts; without `weights` it is refused. A boolean
    column `saw` in a Parquet file marks votes whose author was shown another annotation.
    """
    if path.suffix.lower() == ".parquet" and path.is_file() and not (names.wide or names.counts):
        layout = settled(path, names)
        if not (layout.counts or layout.weight or _holds_lists(path, layout)):
            return in_label_order(from_parquet(path, layout))
    return in_label_order(_collected(read_given(path, names, weights), path))


def _holds_lists(path: Path, layout: Layout) -> bool:
    """Columns of lists, or of Hugging Face's class numbers, are read row by row."""
    schema = pq.read_schema(path)
    kinds = [schema.field(name).type for name in layout.wanted if name in schema.names]
    return HUGGING_FACE in (schema.metadata or {}) or any(map(pa.types.is_nested, kinds))


def _collected(given: Iterable[Given], path: Path) -> Votes:
    records, annotators, labels = Codes(), Codes(), Codes()
    columns, weight = tuple(array("i") for _ in range(3)), array("d")
    named = True
    for one in given:
        who = annotators[one.annotator]
        if one.label is None:
            continue
        for column, code in zip(
            columns, (records[one.record], who, labels[one.label]), strict=True
        ):
            column.append(code)
        weight.append(one.weight)
        named = named and one.named
    codes = [np.frombuffer(column, np.int32) for column in columns]
    votes = _votes((records, annotators, labels), codes, path)
    weights = np.frombuffer(weight, np.float64)
    return replace(votes, weight=None if (weights == 1).all() else weights, named=named)


def answered_votes(votes: Votes) -> Votes:
    """The same votes without the names of those who cast none."""
    there = np.bincount(votes.annotator, minlength=len(votes.annotators)) > 0
    number = (np.cumsum(there) - 1).astype(np.int32)
    names = tuple(name for name, cast in zip(votes.annotators, there, strict=True) if cast)
    return replace(votes, annotators=names, annotator=number[votes.annotator])


def read_labels(path: Path, record: str | None = None, label: str | None = None) -> dict[str, str]:
    """One trusted label a record; InputError if a record has two that differ."""
    there = columns_of(path)
    of_record = record or one_of(path, there, RECORD, "--record")
    of_label = label or one_of(path, there, TRUTH, "--label")
    check_columns(path, there, (of_record, of_label))
    found: dict[str, str] = {}
    labels = Labels(path, form_of(path))
    for number, row in read_rows(path):
        name, said = cell(row[of_record]).strip(), labels.read(cell(row[of_label]).strip() or None)
        if said and found.setdefault(name, said) != said:
            raise InputError(
                f"{path}:{number}: record {name!r} is {said!r} here and {found[name]!r} above"
            )
    labels.close()
    if not found:
        raise InputError(f"{path} holds no labels")
    return found


def read_comparisons(path: Path) -> Comparisons:
    """A table of left, right and who won: a rival's name, `tie`, or `left` or `right`."""
    there = columns_of(path)
    left, right = (one_of(path, there, usual) for usual in (LEFT, RIGHT))
    won = one_of(path, there, WINNER)
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
    label, so the result must not depend on the order of rows."""
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


def from_parquet(path: Path, names: Layout) -> Votes:
    """Column by column, without a Python object a row; who is silent throughout has a name."""
    reading(path)
    try:
        file = pq.ParquetFile(path)
        saw = None
        if "saw" in file.schema_arrow.names:
            saw = file.read(["saw"])["saw"].to_numpy().astype(bool)
        _check_exact(path, file, names.record)
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
    return _settled(path, replace(votes, saw=saw))


def _settled(path: Path, votes: Votes) -> Votes:
    """As `settle` does row by row: missing words, spellings, and repeats."""
    labels, codes = Labels(path, form_of(path)), Codes()
    given = np.bincount(votes.label, minlength=len(votes.labels))
    place = np.full(len(votes.labels), -1, np.int32)
    for i, name in enumerate(votes.labels):
        found = labels.read(name)
        if found is None:
            labels.missing[name] = int(given[i])
        else:
            place[i] = codes[found]
    labels.answers = len(votes)
    labels.close()
    votes = replace(votes, labels=tuple(codes), label=place[votes.label])
    votes = votes if (place >= 0).all() else _only(votes, votes.label >= 0)
    if form_of(path).repeats == "all":
        return votes
    return _without_repeats(path, votes)


def _without_repeats(path: Path, votes: Votes) -> Votes:
    pair = votes.record.astype(np.int64) * len(votes.annotators) + votes.annotator
    _, first = np.unique(pair, return_index=True)
    if len(first) == len(pair):
        return votes
    kept = np.zeros(len(pair), bool)
    kept[first] = True
    again = int(np.argmin(kept))
    who, record = votes.annotators[votes.annotator[again]], votes.records[votes.record[again]]
    said = f"{path}: {who!r} answers record {record!r} again"
    if form_of(path).repeats == "refuse":
        raise InputError(f"{said}; leave one out, or let --repeats first take the first")
    left = many(len(pair) - len(first), "repeated answer is", "repeated answers are")
    notify(f"{said}; the first counts, {left} left out (--repeats says otherwise)")
    return _only(votes, kept)


def _only(votes: Votes, kept: NDArray[np.bool_]) -> Votes:
    return replace(
        votes, record=votes.record[kept], unit=votes.unit[kept], annotator=votes.annotator[kept],
        label=votes.label[kept], saw=None if votes.saw is None else votes.saw[kept],
    )  # fmt: skip


def _check_exact(path: Path, file: Any, name: str) -> None:
    """InputError for ids that are floats and rounded."""
    if pa.types.is_floating(file.schema_arrow.field(name).type):
        largest = pc.max(pc.abs(file.read([name])[name])).as_py()
        id_cell(largest, name, str(path))


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
