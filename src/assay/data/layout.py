"""What the columns of a table of answers hold: as options say, or as they are usually called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import InputError
from assay.core.spelling import as_number
from assay.data.base import Row, cell, check_columns

RECORD = ("record", "question", "task", "item", "id")
ANNOTATOR = ("annotator", "worker", "person", "performer", "rater", "coder")
LABEL = ("label", "answer", "response", "rating", "annotation")
TRUTH = ("truth", "gold", "label", "answer")
REFERENCE = ("reference", "truth", "gold")
WEIGHT = "weight"

FIRST_ROWS = 500  # rows used to distinguish counts of votes from other numbers
FEWEST_ROWS = 5  # fewer rows with equal sums may be so by chance
PLAIN = ("", "1", "1.0")  # what a weight may be where none is used


@dataclass(frozen=True, slots=True)
class Names:
    """The columns of a long table (None: as usually called), the annotators of a wide one, or the
    labels of a table of counts."""

    record: str | None = None
    annotator: str | None = None
    label: str | None = None
    wide: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns found. With `counts` nobody has a name, and `annotator` and `label` are ""."""

    record: str
    annotator: str
    label: str
    wide: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    weight: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        return (self.record, *(self.wide or self.counts or (self.annotator, self.label)))


def layout_of(path: Path, head: Sequence[Row], names: Names) -> Layout:
    """InputError if a column is not there, or what it holds would have to be guessed."""
    there = list(head[0])
    if names.wide and names.counts:
        raise InputError("--wide names annotators and --counts labels; a table has one of them")
    record, notes = _found(path, there, names.record, RECORD)
    counts = names.counts or (() if names.wide else _counted(head, names, record))
    said = tuple(notes)
    if counts and not names.counts:
        said = (*said, f"columns {', '.join(counts)} are read as counts of votes, a label each")
    weight = WEIGHT if WEIGHT in there and WEIGHT not in _named(names) else None
    if names.wide or counts:
        found = Layout(_known(record, there, path), "", "", names.wide, counts, weight, said)
        _check(path, there, found)
        return found
    annotator, more = _found(path, there, names.annotator, ANNOTATOR)
    label, most = _found(path, there, names.label, LABEL)
    found = Layout(record or RECORD[0], annotator or ANNOTATOR[0], label or LABEL[0],
                   weight=weight, notes=(*said, *more, *most))  # fmt: skip
    _check(path, there, found)
    return found


def one_of(path: Path, there: Sequence[str], usual: Sequence[str], option: str = "") -> str:
    """The first of the usual names that is there."""
    name = next((name for name in usual if name in there), None)
    if name is None:
        say = f"; say which with {option}" if option else ""
        raise InputError(
            f"{path}: no column is called {' or '.join(usual)} (there: {', '.join(there)}){say}"
        )
    return name


def renamed(
    path: Path, there: Sequence[str], wanted: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """What a column is called by usual names: column there to the name that it is read under.

    A column whose own name is there stays; the others are looked for under the usual ones.
    """
    return {
        other: name
        for name, usual in wanted.items()
        if name not in there and (other := next((u for u in usual if u in there), None))
    }


def check_weight(layout: Layout, row: Row, where: str) -> None:
    """InputError for a weight where none can be used."""
    if layout.weight is None:
        return
    refuse_weight(row, where)


def refuse_weight(row: Row, where: str) -> None:
    """InputError for a weight that would be ignored in the results."""
    said = cell(row.get(WEIGHT)).strip()
    if said not in PLAIN:
        raise InputError(
            f"{where}: {WEIGHT} is {said!r}, and weights are not used here: only `assay aggregate` "
            "weighs votes; if the column means something else, rename it or leave it out"
        )


def weight_of(layout: Layout, row: Row, where: str) -> float:
    """A finite number of at least 0."""
    if layout.weight is None:
        return 1.0
    said = cell(row.get(layout.weight)).strip()
    number = as_number(said)
    if number is None or number < 0:
        raise InputError(f"{where}: {WEIGHT} {said!r} is not a number of at least 0")
    return number


def count_of(row: Row, column: str, where: str) -> int:
    said = cell(row.get(column)).strip()
    number = as_number(said) if said else 0.0
    if number is None or number < 0 or not number.is_integer():
        raise InputError(f"{where}: {column!r} counts votes, and {said!r} is no count")
    return int(number)


def _named(names: Names) -> tuple[str | None, ...]:
    return (names.record, names.annotator, names.label, *names.wide, *names.counts)


def _found(
    path: Path, there: Sequence[str], asked: str | None, usual: Sequence[str]
) -> tuple[str | None, list[str]]:
    """The column, and what to say where several are usual names."""
    if asked is not None:
        check_columns(path, list(there), (asked,))
        return asked, []
    found = [name for name in usual if name in there]
    if len(found) < 2 or found[0] == usual[0]:
        return next(iter(found), None), []
    return found[0], [
        f"{path}: the {usual[0]} is taken from column {found[0]!r}, not {found[1]!r} "
        f"(--{usual[0]} says otherwise)"
    ]


def _known(record: str | None, there: Sequence[str], path: Path) -> str:
    return record if record is not None else one_of(path, there, RECORD, "--record")


def _check(path: Path, there: list[str], found: Layout) -> None:
    try:
        check_columns(path, there, found.wanted)
    except InputError as bad:
        how = "--record, --annotator and --label, with --wide for each annotator's, or with "
        how = "--wide" if found.wide else f"{how}--counts for each label's count of votes"
        raise InputError(f"{bad}; say what the columns are called with {how}") from None


def _counted(head: Sequence[Row], names: Names, record: str | None) -> tuple[str, ...]:
    """All columns but the record's, where each row sums to one number of votes.

    Only then: codes of labels, one column an annotator, are whole numbers too.
    """
    there = list(head[0])
    if record is None or names.annotator or names.label or len(head) < FEWEST_ROWS:
        return ()
    columns = [name for name in there if name != record]
    if len(columns) < 2 or any(name in there for name in (*ANNOTATOR, *LABEL, WEIGHT)):
        return ()
    if len({cell(row.get(record)) for row in head}) < len(head):
        return ()
    sums = set()
    for row in head:
        numbers = [as_number(cell(row.get(name))) for name in columns]
        whole = [n for n in numbers if n is not None and n >= 0 and n.is_integer()]
        if len(whole) < len(columns):
            return ()
        sums.add(sum(whole))
    return tuple(columns) if len(sums) == 1 and min(sums) >= 2 else ()
