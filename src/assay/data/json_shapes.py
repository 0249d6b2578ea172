"""JSON that holds a table in another shape than a list of objects."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.core.errors import InputError
from assay.data.base import Row
from assay.data.form import form_of
from assay.data.layout import ANNOTATOR, LABEL, RECORD
from assay.data.notices import notify

RECORD_ID = re.compile(r"(?:r|q|t|rec|record|item|doc|text|tweet|id|task)?[-_ ]?\d+", re.I)
USUAL = frozenset((*RECORD, *ANNOTATOR, *LABEL, "text", "labels", "gold"))


def table_in(path: Path, content: Mapping[str, Any]) -> list[Row] | None:
    """The rows of a table as pandas writes it (split, table, index or columns), or of the data of
    LeWiDi; None if the objects say nothing of the kind."""
    for read, what in READS:
        found = read(content)
        if found is not None:
            notify(f"{path} is read as {what}")
            return found
    return None


def outer_first(path: Path, content: Mapping[str, Any]) -> bool:
    """Whether the outer keys of nested answers are annotators; InputError where they may as well
    be records, since the one would be taken for the other."""
    outer = form_of(path).outer
    if outer is not None:
        return outer == "annotator"
    inner = {key for answers in content.values() if isinstance(answers, dict) for key in answers}
    if len(content) > len(inner) and _are_records(content) and not _are_records(inner):
        raise InputError(
            f"{path}: {len(content):,} objects hold {len(inner):,} different keys: are these "
            "records and their annotators, or annotators and their records? Say what the outer "
            "keys are with --outer record or --outer annotator"
        )
    return True


def _are_records(keys: Iterable[str]) -> bool:
    return all(map(RECORD_ID.fullmatch, keys))


def turned(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Annotator to record to label, of record to annotator to label."""
    found: dict[str, dict[str, Any]] = {}
    for record, answers in content.items():
        for who, label in answers.items():
            found.setdefault(who, {})[record] = label
    return found


def _split(content: Mapping[str, Any]) -> list[Row] | None:
    columns, rows = content.get("columns"), content.get("data")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return None
    if not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        return None
    return [dict(zip(map(str, columns), row, strict=True)) for row in rows]


def _table(content: Mapping[str, Any]) -> list[Row] | None:
    rows = content.get("data")
    if "schema" not in content or not isinstance(rows, list):
        return None
    return _without_index(rows) if all(isinstance(row, dict) for row in rows) else None


def _without_index(rows: Sequence[Row]) -> list[Row]:
    return [{key: value for key, value in row.items() if key != "index"} for row in rows]


def _indexed(content: Mapping[str, Any]) -> list[Row] | None:
    rows = list(content.values())
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    names = list(rows[0])
    same = all(row.keys() == rows[0].keys() for row in rows)
    return rows if same and _are_columns(names) else None


def _columns(content: Mapping[str, Any]) -> list[Row] | None:
    columns = list(content.values())
    if not columns or not all(isinstance(column, dict) for column in columns):
        return None
    if not _are_columns(list(content)) or any(c.keys() != columns[0].keys() for c in columns):
        return None
    return [{name: column[row] for name, column in content.items()} for row in columns[0]]


def _are_columns(names: Sequence[str]) -> bool:
    return len([name for name in names if name.casefold() in USUAL]) >= 2


def _lewidi(content: Mapping[str, Any]) -> list[Row] | None:
    """Each record with its answers; who annotated is one text or list, what they said another."""
    entries = list(content.items())
    if not entries or not all(
        isinstance(entry, dict) and {"annotations", "annotators"} <= entry.keys()
        for _, entry in entries
    ):
        return None
    rows: list[Row] = []
    for record, entry in entries:
        who, said = _listed(entry["annotators"]), _listed(entry["annotations"])
        if len(who) != len(said):
            raise InputError(
                f"record {record!r} has {len(who)} annotators and {len(said)} annotations"
            )
        text = entry.get("text")
        rows += [
            {"record": record, "annotator": name, "label": label, "text": text}
            for name, label in zip(who, said, strict=True)
        ]
    return rows


def _listed(content: Any) -> list[Any]:
    if isinstance(content, dict):
        return list(content.values())
    return content if isinstance(content, list) else [p.strip() for p in str(content).split(",")]


READS: tuple[tuple[Callable[[Mapping[str, Any]], list[Row] | None], str], ...] = (
    (_split, "columns and rows"),
    (_table, "a table with its schema"),
    (_lewidi, "records with lists of annotators and annotations"),
    (_indexed, "a table, row by row"),
    (_columns, "a table, by column"),
)
