"""Records that are gone through several times are read once."""

from collections.abc import Iterator

import pytest

from assay.core.errors import InputError
from assay.core.record import Record, text_record
from assay.core.spool import LONG, SIZE
from assay.data.kept import Kept


class Source:
    def __init__(self, count: int, broken: bool = False) -> None:
        self.drawn = 0
        self._count = count
        self._broken = broken

    def __iter__(self) -> Iterator[Record]:
        for i in range(self._count):
            self.drawn += 1
            yield text_record(f"r{i}", f"text {i}")
        if self._broken:
            raise InputError("line 9: no")


@pytest.mark.parametrize("count", [0, 1, SIZE - 1, SIZE, SIZE + 1, LONG + SIZE + 7])
def test_every_pass_gives_all_and_the_source_is_drawn_once(count: int) -> None:
    source = Source(count)
    kept = Kept(iter(source))
    for _ in range(3):
        assert list(kept) == list(Source(count))
    assert source.drawn == count


def test_no_more_is_drawn_than_is_wanted() -> None:
    source = Source(LONG + 3 * SIZE)
    kept = Kept(iter(source))
    for wanted in (20, 5, LONG + SIZE + 3):
        passing = iter(kept)
        assert [next(passing).id for _ in range(wanted)] == [f"r{i}" for i in range(wanted)]
    assert source.drawn == LONG + SIZE + 3


def test_two_passes_side_by_side() -> None:
    kept = Kept(iter(Source(LONG + 2 * SIZE + 5)))
    assert all(a == b for a, b in zip(kept, kept, strict=True))


def test_what_goes_wrong_goes_wrong_in_each_pass() -> None:
    kept = Kept(iter(Source(3, broken=True)))
    for _ in range(2):
        passing = iter(kept)
        assert [next(passing).id for _ in range(3)] == ["r0", "r1", "r2"]
        with pytest.raises(InputError, match="line 9"):
            next(passing)
