"""Records that are read once, however often they are gone through."""

import os
import pickle
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path

from assay.core.record import Record

CHUNK = 512  # records written together


def changed_at(path: Path) -> object:
    """Another one once the file, or what lies in the folder, has changed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class Kept:
    """What has been read lies in a temporary file, so memory stays flat; the source is drawn from
    only as far as somebody goes. What goes wrong in it goes wrong again for whoever comes there."""

    def __init__(self, source: Iterator[Record]) -> None:
        self._source = source
        self._file: int | None = None
        self._chunks: list[tuple[int, int]] = []  # place and size in the file
        self._tail: list[Record] = []  # read and not yet in the file
        self._broken: Exception | None = None

    def __iter__(self) -> Iterator[Record]:
        number = place = 0
        while True:
            if place == CHUNK:
                number, place = number + 1, 0
            if number < len(self._chunks):
                yield from self._chunk(number)[place:]
                place = CHUNK
            elif number == len(self._chunks) and place < len(self._tail):
                place += 1
                yield self._tail[place - 1]
            elif not self._draw():
                return

    def _draw(self) -> bool:
        if self._broken is not None:
            raise self._broken
        try:
            record = next(self._source, None)
        except Exception as bad:
            self._broken = bad
            raise
        if record is None:
            return False
        if len(self._tail) == CHUNK:
            self._store()
        self._tail.append(record)
        return True

    def _store(self) -> None:
        if self._file is None:
            with tempfile.TemporaryFile() as opened:
                self._file = os.dup(opened.fileno())
            weakref.finalize(self, os.close, self._file)
        place = sum(self._chunks[-1]) if self._chunks else 0
        content = zlib.compress(pickle.dumps(self._tail, pickle.HIGHEST_PROTOCOL), 1)
        with open(self._file, "r+b", closefd=False) as file:
            file.seek(place)
            file.write(content)
        self._chunks.append((place, len(content)))
        self._tail = []

    def _chunk(self, number: int) -> list[Record]:
        assert self._file is not None
        place, size = self._chunks[number]
        with open(self._file, "rb", closefd=False) as file:
            file.seek(place)
            found: list[Record] = pickle.loads(zlib.decompress(file.read(size)))
        return found
