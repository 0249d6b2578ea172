"""Records that are read once, however often they are gone through."""

from collections.abc import Iterator
from pathlib import Path

from assay.core.record import Record
from assay.core.spool import Spool


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
        self._read: Spool[Record] = Spool()
        self._broken: Exception | None = None

    def __iter__(self) -> Iterator[Record]:
        place = 0
        while place < len(self._read) or self._draw():
            yield self._read[place]
            place += 1

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
        self._read.append(record)
        return True
