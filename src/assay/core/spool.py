"""Long rows of objects of which memory holds a few bytes each."""

import os
import pickle
import tempfile
import weakref
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import TypeVar, overload

T = TypeVar("T")

SIZE = 250  # objects written together
LONG = 4_000  # objects up to which a row stays in memory
RECENT = 4  # parts of a longer row that are kept at hand


class _Row(Sequence[T]):
    def _at(self, place: int) -> T:
        raise NotImplementedError

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        if isinstance(place, slice):
            return [self._at(i) for i in range(*place.indices(len(self)))]
        there = place + len(self) if place < 0 else place
        if not 0 <= there < len(self):
            raise IndexError(f"there are {len(self):,} objects, and none at {place}")
        return self._at(there)

    def __iter__(self) -> Iterator[T]:
        return map(self._at, range(len(self)))


class Made(_Row[T]):
    """Each object is made when it is asked for, and again when it is asked for again."""

    def __init__(self, length: int, make: Callable[[int], T]) -> None:
        self._length = length
        self._make = make

    def __len__(self) -> int:
        return self._length

    def _at(self, place: int) -> T:
        return self._make(place)


def is_long(row: Sized) -> bool:
    return len(row) > LONG


def made(length: int, make: Callable[[int], T]) -> Sequence[T]:
    """A list of what `make` makes of 0 to `length`; where that is long, made as it is read."""
    return Made(length, make) if length > LONG else [make(i) for i in range(length)]


class Spool(_Row[T]):
    """Parts of `SIZE` objects that are kept in a nameless temporary file once they are many.

    What is read is equal to what was added; changes made to it later are lost.
    """

    def __init__(self, objects: Iterable[T] = ()) -> None:
        self._length = 0
        self._tail: list[T] = []  # of `append`, not yet a part
        self._held: dict[int, list[T]] = {}  # parts at hand, the last used at the end
        self._starts = array("q")  # places of the parts in the file; -1 where it has none
        self._sizes = array("q")  # bytes
        self._end = 0
        self._file: int | None = None
        self.extend(objects)

    def __len__(self) -> int:
        return self._length

    def append(self, one: T) -> None:
        self._tail.append(one)
        self._length += 1
        if len(self._tail) == SIZE:
            part, self._tail = self._tail, []
            self._length -= SIZE
            self.put(self._length // SIZE, part)

    def extend(self, objects: Iterable[T]) -> None:
        for one in objects:
            self.append(one)

    def put(self, number: int, part: list[T]) -> None:
        """The part of this number, each once and in any order; all but the last are full."""
        missing = number + 1 - len(self._starts)
        self._starts.extend([-1] * missing)
        self._sizes.extend([0] * missing)
        self._length += len(part)
        self._held[number] = part
        self._make_room()

    def row(self) -> Sequence[T]:
        """A plain list where it is short."""
        return self if is_long(self) else list(self)

    def _at(self, place: int) -> T:
        number, there = divmod(place, SIZE)
        part = self._held.get(number)
        if part is None:
            part = self._read(number) if number < len(self._starts) else self._tail
        return part[there]

    def _read(self, number: int) -> list[T]:
        assert self._file is not None
        with open(self._file, "rb", closefd=False) as file:
            file.seek(self._starts[number])
            part: list[T] = pickle.loads(zlib.decompress(file.read(self._sizes[number])))
        self._held[number] = part
        self._make_room()
        return part

    def _make_room(self) -> None:
        if self._file is None and len(self._held) * SIZE <= LONG:
            return
        while len(self._held) > RECENT:
            number = next(iter(self._held))
            part = self._held.pop(number)
            if self._starts[number] < 0:
                self._store(number, part)

    def _store(self, number: int, part: list[T]) -> None:
        if self._file is None:
            with tempfile.TemporaryFile() as opened:
                self._file = os.dup(opened.fileno())
            weakref.finalize(self, os.close, self._file)
        content = zlib.compress(pickle.dumps(part, pickle.HIGHEST_PROTOCOL), 1)
        with open(self._file, "r+b", closefd=False) as file:
            file.seek(self._end)
            file.write(content)
        self._starts[number], self._sizes[number] = self._end, len(content)
        self._end += len(content)


def parts(objects: Iterable[T], size: int | None = None) -> Iterator[list[T]]:
    """Lists of so many objects each (as many as a short row has), the last of what is left."""
    iterator = iter(objects)
    while part := list(islice(iterator, size or LONG)):
        yield part
