"""Vectors of many records in a nameless file, of which memory holds a block at a time."""

import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

BLOCK = 2_048  # rows at a time


class Vectors:
    """Rows of one width, kept as encoders give them or exactly; they are read as float64."""

    def __init__(self, blocks: Iterable[NDArray[np.floating]], exact: bool = False) -> None:
        self._kind = np.dtype(np.float64 if exact else np.float32)
        self._length = self.width = 0
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
            weakref.finalize(self, os.close, self._file)
            for block in blocks:
                rows = np.ascontiguousarray(block, self._kind)
                self._length, self.width = self._length + len(rows), rows.shape[1]
                file.write(rows.tobytes())

    def __len__(self) -> int:
        return self._length

    def rows(self, places: Iterable[int]) -> Floats:
        """Some of them, in this order."""
        found = [self._read(place, place + 1) for place in places]
        return np.concatenate(found) if found else np.zeros((0, self.width))

    def blocks(self) -> Iterator[Floats]:
        """All of them, in order."""
        for start in range(0, len(self), BLOCK):
            yield self._read(start, min(start + BLOCK, len(self)))

    def _read(self, start: int, end: int) -> Floats:
        if not self.width:  # none were needed
            return np.zeros((end - start, 0))
        size = self.width * self._kind.itemsize
        content = os.pread(self._file, (end - start) * size, start * size)
        return np.frombuffer(content, self._kind).reshape(-1, self.width).astype(np.float64)


class Some:
    """Those at these places, which ascend."""

    def __init__(self, vectors: Vectors, places: Places) -> None:
        self._vectors = vectors
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def row(self, number: int) -> Floats:
        """One of them, of its width."""
        row: Floats = self._vectors.rows([int(self._places[number])])[0]
        return row

    def each(self, made: Callable[[Floats], Floats]) -> Floats:
        """What `made` makes of a block of rows, one number a row, for all of them."""
        found = [made(rows) for rows in self._blocks() if len(rows)]
        return np.concatenate(found) if found else np.zeros(0)

    def _blocks(self) -> Iterator[Floats]:
        start = 0
        for block in self._vectors.blocks():
            first, last = np.searchsorted(self._places, [start, start + len(block)])
            yield block[self._places[first:last] - start]
            start += len(block)
