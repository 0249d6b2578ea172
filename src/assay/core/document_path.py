"""What a mistake in a task is about, as keys of the document it was written in.

Whoever finds a mistake says what is wrong, as SpecError; `at_path` adds where, in keys; the task
file adds the line, where there is a file. So a strategy need not know that its options were read
from a file, and a message always has one form:
`task.yaml:12: `strategy.thresholds`: a chain of 3 links needs 2 thresholds`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from assay.core.errors import InputError, SpecError

Key: TypeAlias = str | int


class PathError(SpecError):
    """`keys` lead to the mistake, from the top of the document where `absolute`."""

    def __init__(self, said: str, keys: tuple[Key, ...], absolute: bool) -> None:
        super().__init__(said)
        self.keys = keys
        self.absolute = absolute


class LocatedError(SpecError):
    """The message names file and line already."""


@contextmanager
def at_path(*keys: Key) -> Iterator[None]:
    """What goes wrong inside is a mistake below these keys; blocks nest."""
    try:
        yield
    except SpecError as bad:
        raise _below(keys, bad, False) from bad


@contextmanager
def at_document_path(*keys: Key) -> Iterator[None]:
    """As `at_path`, with keys from the top of the document, whatever block is around it."""
    try:
        yield
    except SpecError as bad:
        raise _below(keys, bad, True) from bad


def _below(keys: tuple[Key, ...], bad: SpecError, top: bool) -> SpecError:
    if isinstance(bad, LocatedError):
        return bad
    if isinstance(bad, PathError):
        return bad if bad.absolute else PathError(str(bad), (*keys, *bad.keys), top)
    return PathError(str(bad), keys, top)


@contextmanager
def as_written() -> Iterator[None]:
    """What does not fit here is a value of the document, and no record or label of a data file."""
    try:
        yield
    except InputError as bad:
        raise SpecError(str(bad)) from None


def dotted(keys: Sequence[Key]) -> str:
    return ".".join(str(key) for key in keys)
