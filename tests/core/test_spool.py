"""Long rows read as lists do, and memory holds a few bytes of each object."""

import gc
import tempfile
import tracemalloc
from pathlib import Path

import pytest

from assay.core.record import text_record
from assay.core.spool import LONG, SIZE, Spool, made, parts


@pytest.mark.parametrize("count", [0, 1, SIZE, SIZE + 1, LONG, LONG + 1, LONG + 2 * SIZE + 7])
def test_it_reads_as_a_list_does(count: int) -> None:
    objects = [f"object {i}" for i in range(count)]
    found = Spool(objects)
    assert len(found) == count
    assert list(found) == objects
    assert found[: SIZE + 3] == objects[: SIZE + 3]
    assert found[::-1] == objects[::-1]
    assert all(found[i] == objects[i] for i in range(-count, count, 97))
    with pytest.raises(IndexError, match=f"there are {count:,} objects"):
        found[count]
    with pytest.raises(IndexError):
        found[-count - 1]


def test_parts_come_in_any_order() -> None:
    objects = list(range(LONG + 3 * SIZE + 1))
    found: Spool[int] = Spool()
    for number, part in reversed(list(enumerate(parts(objects, SIZE)))):
        found.put(number, part)
    assert list(found) == objects


def test_two_readers_at_different_places() -> None:
    found = Spool(range(LONG + 4 * SIZE))
    there = [(found[i], found[-1 - i]) for i in range(len(found))]
    assert there == [(i, len(found) - 1 - i) for i in range(len(found))]


def test_a_short_row_is_a_list_and_a_long_one_is_not() -> None:
    assert Spool(range(LONG)).row() == list(range(LONG))
    long = Spool(range(LONG + 1))
    assert long.row() is long


def test_a_long_row_is_made_as_it_is_read() -> None:
    calls: list[int] = []

    def make(i: int) -> int:
        calls.append(i)
        return 2 * i

    assert made(3, make) == [0, 2, 4]
    assert calls == [0, 1, 2]
    long = made(LONG + 1, make)
    assert (long[5], long[-1], calls[3:]) == (10, 2 * LONG, [5, LONG])
    assert sum(long) == LONG * (LONG + 1)


def test_no_name_of_the_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = Spool(range(2 * LONG))
    assert not list(tmp_path.iterdir()), "a kill would leave it"
    assert found[0] == 0


def test_memory_holds_a_few_bytes_of_each() -> None:
    def held(count: int) -> int:
        gc.collect()
        tracemalloc.start()
        found = Spool(text_record(f"r{i}", f"text {i}, of some words") for i in range(count))
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(found) == count
        return size

    assert (held(5 * LONG) - held(2 * LONG)) / (3 * LONG) < 10
