"""Answers on disk the moment they come, in files of one process, until its ledger holds them.

A line that `write` has taken is the system's: a kill of the process does not take it back (a power
cut may). The lock on a process's files ends with it, and whoever opens the ledger next adds what
they hold. Two files take turns: while a commit takes what is in one, new answers go to the other.
"""

import errno
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from assay.core.annotation import Annotation
from assay.core.errors import AssayError, LedgerError
from assay.ledger import rows
from assay.ledger.locks import locked

ENDING = ".journal"
LONGEST = 2**28  # bytes of one line
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OPEN = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)

Slot: TypeAlias = tuple[str, str | None, int, float]


def slot(a: Annotation) -> Slot:
    """Distinguishes any two answers, including failed ones to the same request."""
    return (a.key, a.by, a.revision, a.at)


@dataclass(slots=True)
class Part:
    """One of the two files: how long it is, and how many answers in it the ledger lacks."""

    path: Path
    number: int  # of the open file
    size: int = 0
    held: int = 0

    def write(self, line: bytes) -> None:
        """The line whole, or OSError and nothing of it."""
        try:
            written = os.write(self.number, line)
            if written < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.ftruncate(self.number, self.size)
            os.lseek(self.number, self.size, os.SEEK_SET)
            raise
        self.size += len(line)

    def clear(self) -> None:
        if self.size:
            os.ftruncate(self.number, 0)
            os.lseek(self.number, 0, os.SEEK_SET)
            self.size = 0

    def close(self) -> None:
        if not self.held:
            self.path.unlink(missing_ok=True)  # first, else another could lock a file that is gone
        os.close(self.number)


class Journal:
    """Of one process, for the ledger whose files begin with `neighbour`; safe between threads."""

    def __init__(self, neighbour: Path) -> None:
        self.neighbour = neighbour
        self._parts: list[Part] = []  # the one that is written to comes first
        self._where: dict[Slot, tuple[Part, rows.Row]] = {}
        self._lock = threading.Lock()

    def open(self) -> None:
        """OSError where no file can be made here."""
        if not self._parts:
            self.neighbour.parent.mkdir(parents=True, exist_ok=True)
            token = secrets.token_hex(4)
            for number in (1, 2):
                path = self.neighbour.with_name(f"{self.neighbour.name}.{token}-{number}{ENDING}")
                opened = os.open(path, OPEN | os.O_CREAT | os.O_EXCL, 0o600)
                locked(opened, path)
                self._parts.append(Part(path, opened))

    def write(self, a: Annotation) -> None:
        row = rows.annotation_row(a)
        line = rows.dump(row).encode() + b"\n"
        with self._lock:
            if not self._parts:
                self.open()
            if (place := slot(a)) not in self._where:
                part = self._parts[0]
                part.write(line)
                part.held += 1
                self._where[place] = part, row

    def row(self, a: Annotation) -> rows.Row:
        """As the ledger keeps it; made once."""
        known = self._where.get(slot(a)) if self._where else None
        return rows.annotation_row(a) if known is None else known[1]

    def rotate(self) -> None:
        """What is written from now on goes to the other file, if that has been emptied."""
        with self._lock:
            if self._parts and self._parts[0].held and not self._parts[1].held:
                self._parts.reverse()

    def kept(self, annotations: Sequence[Annotation]) -> None:
        """The ledger holds these."""
        if not self._where:
            return
        with self._lock:
            for a in annotations:
                known = self._where.pop(slot(a), None)
                if known is not None:
                    known[0].held -= 1
            for part in self._parts:
                if not part.held:
                    part.clear()

    @property
    def held(self) -> int:
        """Answers that the ledger lacks."""
        return len(self._where)

    def close(self) -> None:
        """Files with answers that the ledger lacks stay."""
        with self._lock:
            while self._parts:
                self._parts.pop().close()
            self._where.clear()


@dataclass(frozen=True, slots=True)
class Left:
    """A file that a process which has ended left behind, locked for us."""

    path: Path
    number: int

    def batches(self, size: int) -> Iterator[list[Annotation]]:
        """Its answers; a last line that was not finished is none. LedgerError for other lines."""
        batch: list[Annotation] = []
        with open(self.number, "rb", closefd=False) as file:
            for place, line in enumerate(iter(lambda: file.readline(LONGEST), b""), 1):
                if not line.endswith(b"\n"):
                    if len(line) == LONGEST:
                        raise _strange(self.path, place, "longer than any answer")
                    break
                batch.append(_annotation(self.path, place, line))
                if len(batch) == size:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def left_behind(neighbour: Path) -> Iterator[Left]:
    """The files of processes that have ended, one after the other."""
    for path in sorted(_named(neighbour)):
        try:
            number = os.open(path, OPEN | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            continue  # another was quicker, or it is another user's: that one's next run adds it
        try:
            if locked(number, path) and os.path.isfile(path):
                yield Left(path, number)
        finally:
            os.close(number)


def _named(neighbour: Path) -> list[Path]:
    try:
        with os.scandir(neighbour.parent) as there:
            names = [entry.name for entry in there if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []
    # not by its beginning alone: next to `l` may lie those of `l.sqlite`
    own = re.compile(rf"{re.escape(neighbour.name)}\.[0-9a-f]+-[12]{re.escape(ENDING)}")
    return [neighbour.with_name(name) for name in names if own.fullmatch(name)]


STRANGE = (ValueError, TypeError, KeyError, AttributeError, RecursionError, AssayError)


def _annotation(path: Path, place: int, line: bytes) -> Annotation:
    try:
        row = json.loads(line)
        found = rows.annotation_of(row)
        rows.dump(rows.annotation_row(found)).encode()  # what could not be written again
    except STRANGE as bad:
        raise _strange(path, place, f"{type(bad).__name__}: {bad}"[:120]) from None
    return found


def _strange(path: Path, place: int, why: str) -> LedgerError:
    return LedgerError(
        f"{path}:{place}: no answer that Assay kept there ({why}); move the file away to open the "
        "ledger without what it holds"
    )
