"""Which answers a nested strategy drew on, record by record."""

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Annotation
from assay.core.spool import Spool
from assay.strategies.base import Answer


class Source(NamedTuple):
    record: str
    saw: tuple[str, ...]
    made_from: tuple[str, ...]  # the answer's own key first


class Sources:
    """Found again by a hash of the record's id: eight bytes an answer stay in memory."""

    def __init__(self) -> None:
        self._given: Spool[Source] = Spool()
        self._hashes = array("q")
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._sorted: NDArray[np.int64] = np.zeros(0, np.int64)

    def add(self, answers: Iterable[Answer]) -> None:
        for a in answers:
            if isinstance(a, Annotation):
                self._given.append(Source(a.record, a.saw, (a.key, *a.made_from)))
                self._hashes.append(hash(a.record))

    def of(self, record: str) -> Iterator[Source]:
        """In no order."""
        if len(self._order) != len(self._hashes):
            hashes = np.array(self._hashes, np.int64)
            self._order = np.argsort(hashes, kind="stable")
            self._sorted = hashes[self._order]
        wanted = hash(record)
        place = int(np.searchsorted(self._sorted, wanted))
        while place < len(self._sorted) and self._sorted[place] == wanted:
            source = self._given[int(self._order[place])]
            if source.record == record:
                yield source
            place += 1

    def __contains__(self, record: str) -> bool:
        return any(True for _ in self.of(record))
