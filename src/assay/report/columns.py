"""Rows of text in columns, for a terminal."""

from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Text left-aligned, numbers right-aligned; the first row is the header."""
    held = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in held]
    left = [i == 0 or _in_words(column[1:]) for i, column in enumerate(held)]
    return [
        "  ".join(
            cell.ljust(width) if words else cell.rjust(width)
            for cell, width, words in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in rows
    ]


def _in_words(cells: Sequence[str]) -> bool:
    """Whether it has names and no numbers; a dash is neither."""
    described = [cell for cell in cells if cell not in ("", "–")]
    return bool(described) and all(cell[0].isalpha() for cell in described)
