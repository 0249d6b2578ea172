"""Cells that a spreadsheet would run as a formula: guarded when written, read as they were.

A guarded cell has an apostrophe in front, and the row says so in a last column, `assay_guard`: the
names of its guarded cells. So what others wrote is read letter by letter, apostrophes included, and
of our own sheets, filled in and saved again, just those apostrophes are taken off that were put on.
Where any cell needs it the file has that column, else not.
"""

import json
import re
from collections.abc import Mapping, Sequence

from assay.core.errors import InputError

GUARD = "assay_guard"
# the signs are those of OWASP's page on CSV injection, their full-width forms too
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.A)


class Exact(str):
    """A cell that was guarded: it is known letter by letter, and what stands at its ends too."""

    __slots__ = ()

    def strip(self, chars: str | None = None, /) -> str:
        return self


def needs_guard(content: object) -> bool:
    """Whether a spreadsheet would run it; numbers it only reads."""
    return (
        isinstance(content, str) and content.startswith(FORMULA) and not NUMBER.fullmatch(content)
    )


def guarded(content: object) -> object:
    return f"'{content}" if needs_guard(content) else content


def heading(name: str) -> str:
    """A column's name as it stands in a file; apostrophes before a sign are counted up, so that
    `named` can count them down."""
    return f"'{name}" if needs_guard(name.lstrip("'")) else name


def named(heading: str) -> str:
    """The column's name, of a file with a column `assay_guard`."""
    return heading[1:] if heading[:1] == "'" and needs_guard(heading.lstrip("'")) else heading


def marked(names: Sequence[str]) -> str | None:
    """What the column `assay_guard` says of a row whose cells of these names are guarded."""
    return json.dumps(list(names), ensure_ascii=False) if names else None


def unguarded(row: Mapping[str, str], mark: str, where: str) -> dict[str, object]:
    """The row, by the names in the file, without the apostrophes that were put on.

    A cell that somebody has written over since, and that has no apostrophe, stays.
    """
    try:
        names = json.loads(mark) if mark.strip() else []
    except ValueError:
        names = None
    if not isinstance(names, list):
        raise InputError(
            f"{where}: column {GUARD!r} says {mark!r:.60}; it is Assay's own and names the cells "
            "that got an apostrophe, as a JSON list: give a column of yours another name"
        )
    described: dict[str, object] = dict(row)
    for name in names:
        content = row.get(name, "") if isinstance(name, str) else ""
        if content.startswith("'"):
            described[name] = Exact(content[1:])
    return described


def bare(text: str) -> str | None:
    """Without the apostrophe of a guard whose mark was lost, for who knows what may stand there."""
    return text[1:] if text[:1] == "'" and needs_guard(text[1:]) else None
