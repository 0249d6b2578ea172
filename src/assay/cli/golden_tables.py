"""Tables of golden questions, and of answers to them."""

from pathlib import Path

import click
import numpy as np

from assay.core.errors import InputError
from assay.core.spelling import as_number, oddities
from assay.data.annotations import Given, read_given, settled
from assay.data.base import cell, check_columns
from assay.data.layout import ANNOTATOR, LABEL, RECORD, TRUTH, Names, refuse_weight, renamed
from assay.data.read import columns_of, read_rows
from assay.quality.golden.commitment import Answers, Questions, answers_of


def gold_questions(
    path: Path, certainty: float, guess: float | None
) -> tuple[dict[str, int], dict[str, str], Questions]:
    """Question numbers and labels by record id, with certainty and guess rate."""
    rows = rows_of(path, ("record", "label"))
    truth = truth_of(path, rows)
    luck = 1 / max(len(set(truth.values())), 2) if guess is None else guess
    known = [
        (_number(path, row, "certainty", certainty), _number(path, row, "guess", luck))
        for row in rows
    ]
    table = np.array(known).reshape(-1, 2)
    order = {record: i for i, record in enumerate(truth)}
    return order, truth, Questions(table[:, 0], table[:, 1])


def truth_of(path: Path, rows: list[dict[str, str]]) -> dict[str, str]:
    truth = {row["record"]: row["label"] for row in rows}
    if len(truth) < len(rows):
        raise InputError(f"{path}: a record is listed twice; a golden question has one gold label")
    return truth


def _number(path: Path, row: dict[str, str], name: str, default: float) -> float:
    if not row.get(name):
        return default
    number = as_number(row[name])
    if number is None or not 0 <= number <= 1:
        raise InputError(
            f"{path}: record {row['record']!r}: {name} {row[name]!r} is not a number from 0 to 1"
        )
    return number


def rows_of(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows with all of `columns` filled, found by their usual names; other rows are not answers."""
    rows: list[dict[str, str]] = []
    called: dict[str, str] = {}
    usual = {"record": RECORD, "label": (*TRUTH, *LABEL)}
    for number, row in read_rows(path):
        if not rows:
            called = renamed(path, list(row), {c: usual[c] for c in columns})
        refuse_weight(row, f"{path}:{number}")
        rows.append({called.get(name, name): cell(value).strip() for name, value in row.items()})
    if not rows:
        raise InputError(f"{path} holds no rows")
    check_columns(path, list(rows[0]), columns)
    return [row for row in rows if all(row[c] for c in columns)]


def _given(path: Path, names: Names) -> list[Given]:
    """Annotator, record and label of each answer, whatever the column names."""
    for note in settled(path, names).notes:
        click.echo(f"note: {note}", err=True)
    return [one for one in read_given(path, names) if one.label is not None]


def golden_answers(
    path: Path, names: Names, order: dict[str, int], truth: dict[str, str]
) -> tuple[Answers, list[str]]:
    """The answers to golden questions, and similar names: pay may depend on a spelling."""
    given = _given(path, names)
    if not all(one.named for one in given):
        raise InputError(f"{path} has vote counts without annotators, so nobody can be monitored")
    golden = [one for one in given if one.record in order]
    _once(path, golden)
    labels = {*truth.values(), *(str(one.label) for one in golden)}
    ids = {*truth, *(one.record for one in given)}
    notes = oddities(labels, {one.annotator for one in given}, ids)
    if not golden:
        described = notes[-1] if notes else "do both use the same record ids?"
        raise InputError(f"{path} answers none of the {len(order):,} golden questions: {described}")
    right = [(one.annotator, order[one.record], one.label == truth[one.record]) for one in golden]
    return answers_of(right), notes


def _once(path: Path, given: list[Given]) -> None:
    """Each question counts once, so that repeated answers add no weight."""
    seen: set[tuple[str, str]] = set()
    for one in given:
        if (one.annotator, one.record) in seen:
            raise InputError(
                f"{path}: {one.annotator!r} answers record {one.record!r} twice; leave one out"
            )
        seen.add((one.annotator, one.record))


def candidates(path: Path) -> list[tuple[str, str]]:
    """Record and label of each answer; a table may name the annotators, or count votes."""
    there = [] if path.suffix.lower() == ".json" else columns_of(path)
    alone = not any(name in there for name in ANNOTATOR)
    if alone and any(n in there for n in RECORD) and any(n in there for n in LABEL):
        return [(row["record"], row["label"]) for row in rows_of(path, ("record", "label"))]
    found = _given(path, Names())
    _once(path, found)
    return [(one.record, str(one.label)) for one in found]
