"""Decisions in a file that looks like the one that was labelled: its rows, in its order, with its
id column and all other columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.core.annotation import Decision
from assay.core.value import Value
from assay.data.base import Row, cell
from assay.data.export import Exported
from assay.data.guard import GUARD
from assay.data.write import DECISION_FIELDS, Table, decision_rows, flat, write_rows

ANSWERED = tuple(name for name in DECISION_FIELDS if name not in ("record", "value", "source"))
COPIED = "made_from"  # a column where records follow others of equal content
LISTS = (".jsonl", ".parquet")  # files that can hold a set as a list


@dataclass(frozen=True, slots=True)
class Yours:
    """The id column's name (`record` where ids are made), that of the answer, the attributes of a
    form, and each row with its record's id, again with every call."""

    id: str
    answer: str
    fields: tuple[str, ...]
    rows: Callable[[], Iterable[tuple[str, Row]]]

    @property
    def answers(self) -> tuple[str, ...]:
        return self.fields or (self.answer,)


def export_yours(
    decisions: Iterable[Decision], yours: Yours, out: Path, only_answers: bool = False
) -> Exported:
    """A row for each decision; those on records that the file no longer has come last. A column of
    yours that is called as one of ours is `data.NAME`."""
    made = {d.record: d for d in decisions}
    own = (yours.id, *yours.answers, *ANSWERED)
    own += (COPIED,) if any(d.made_from for d in made.values()) else ()
    names = {} if only_answers else _names(yours, own)
    rows = _rows(made, yours, names, out.suffix.lower())
    sets = {yours.answer: made.values()} if not yours.fields else {}
    lists = [name for name, ds in sets.items() if any(isinstance(d.value, frozenset) for d in ds)]
    count = write_rows(rows, (*own, *names.values()), out, lists)
    return Exported(count, sum(d.value is None for d in made.values()))


def _names(yours: Yours, own: tuple[str, ...]) -> dict[str, str]:
    """Your columns, and what they are called next to ours."""
    first = next(iter(yours.rows()), None)
    taken = (*own, GUARD)
    others = [name for name in (first[1] if first else ()) if name not in (yours.id, GUARD)]
    return {name: f"data.{name}" if name in taken else name for name in others}


def _rows(
    made: Mapping[str, Decision], yours: Yours, names: Mapping[str, str], ending: str
) -> Iterator[Table]:
    left = dict(made)
    for id, row in yours.rows():
        if (decision := left.pop(id, None)) is not None:
            theirs = {new: _theirs(row.get(name), ending) for name, new in names.items()}
            yield _answer(decision, yours, ending) | theirs
    for decision in left.values():
        yield _answer(decision, yours, ending) | dict.fromkeys(names.values())


def _answer(decision: Decision, yours: Yours, ending: str) -> Table:
    (row,) = decision_rows([decision])
    value = decision.value
    if yours.fields:
        said = value if isinstance(value, Mapping) else {}
        answers = {name: _shaped(said.get(name), ending) for name in yours.fields}
    else:
        answers = {yours.answer: _shaped(value, ending)}
    return {yours.id: decision.record, **answers, **{name: row[name] for name in ANSWERED},
            COPIED: decision.made_from}  # fmt: skip


def _shaped(value: Value | None, ending: str) -> object:
    if isinstance(value, frozenset) and ending in LISTS:
        return sorted(value)
    return flat(value)


def _theirs(content: object, ending: str) -> object:
    """A cell of yours as it was, where the file can hold it, or else as text; no picture."""
    if isinstance(content, bytes) or (
        isinstance(content, dict) and any(isinstance(part, bytes) for part in content.values())
    ):
        return None
    if ending == ".jsonl" and isinstance(content, str | int | float | list | dict | None):
        return content
    return cell(content) or None
