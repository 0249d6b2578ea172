"""Rows of text in columns, for a terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text; the first is the header."""

    rows: Sequence[Sequence[str]]

    @property
    def left(self) -> list[bool]:
        """Which columns hold words, and so begin at the left."""
        held = zip(*self.rows, strict=True)
        return [i == 0 or _in_words(column[1:]) for i, column in enumerate(held)]


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Text left-aligned, numbers right-aligned; the first row is the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = Table(rows).left
    return [
        "  ".join(
            cell.ljust(width) if words else cell.rjust(width)
            for cell, width, words in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in rows
    ]


def flattened(parts: Iterable[str | Table]) -> list[str]:
    """Lines, with tables in columns among them."""
    return [
        line
        for part in parts
        for line in (columns(part.rows) if isinstance(part, Table) else [part])
    ]


def _in_words(cells: Sequence[str]) -> bool:
    """Whether it has names and no numbers; a dash is neither."""
    described = [cell for cell in cells if cell not in ("", "–")]
    return bool(described) and all(cell[0].isalpha() for cell in described)
