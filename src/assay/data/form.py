"""How the tables of a command are written and what their cells mean, where it is not the usual.

A command's options and a task file's `data` set a form; readers ask `form_of` for that of a path.
"""

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from assay.core.errors import SpecError

Repeats: TypeAlias = Literal["first", "refuse", "all"]
Outer: TypeAlias = Literal["annotator", "record"]
REPEATS: tuple[Repeats, ...] = ("first", "refuse", "all")
OUTER: tuple[Outer, ...] = ("annotator", "record")
MISSING = (
    "NA", "N/A", "n/a", "NaN", "nan", "<NA>", "#N/A", "NULL", "null", "None", "#NULL!", "NaT",
)  # fmt: skip
"""Words that programs write for a cell without a value."""
MARKS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


@dataclass(frozen=True, slots=True)
class Form:
    """None: as the file shows by itself."""

    encoding: str = "utf-8-sig"
    delimiter: str | None = None
    quoting: bool | None = None
    header: bool | None = None
    missing: tuple[str, ...] | None = None  # words for an answer that is not there
    repeats: Repeats = "first"  # which answer of an annotator who gives several to a record
    exact: bool = False  # labels that differ in case or spaces stay apart
    outer: Outer | None = None  # what the outer keys of nested JSON are

    @property
    def words(self) -> frozenset[str]:
        return frozenset(MISSING if self.missing is None else self.missing)


@dataclass(slots=True)
class Forms:
    """Of one command: the form of all its tables, and those of single files."""

    usual: Form = field(default_factory=Form)
    of: dict[str, Form] = field(default_factory=dict)


_current: ContextVar[Forms] = ContextVar("forms", default=Forms())  # noqa: B039 - of a process


def form_of(path: Path | str) -> Form:
    forms = _current.get()
    return forms.of.get(os.path.realpath(path), forms.usual) if forms.of else forms.usual


def declare(path: Path | str, form: Form) -> None:
    """The form of one file, as a task file says it."""
    _current.get().of[os.path.realpath(path)] = form


@contextmanager
def forms() -> Iterator[None]:
    """A block in which tables are read by the forms set here."""
    before = _current.set(Forms())
    try:
        yield
    finally:
        _current.reset(before)


def set_usual(**changed: object) -> None:
    """Change the form of all tables of this block."""
    known = _current.get()
    known.usual = replace(known.usual, **changed)  # type: ignore[arg-type]


def encoding_named(name: str) -> str:
    """SpecError if there is no such encoding; UTF-8 is read with or without a byte order mark."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        raise SpecError(
            f"there is no encoding {name!r}; common ones are utf-8, cp1252, utf-16, shift_jis"
        ) from None
    return "utf-8-sig" if found == "utf-8" else found


def delimiter_named(name: str) -> str:
    """A character, or its name: tab, comma, semicolon, pipe."""
    mark = MARKS.get(name.casefold(), name).replace("\\t", "\t")
    if len(mark) != 1:
        raise SpecError(f"a delimiter is one character or one of {', '.join(MARKS)}, not {name!r}")
    return mark
