import gc
from collections.abc import Iterator
from contextlib import suppress

import pytest

from assay.run.collector import SELDOM, seldom_searching


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_rings_are_searched_for_seldom_and_then_as_before() -> None:
    gc.set_threshold(700, 10, 7)
    with suppress(ValueError), seldom_searching():
        assert gc.get_threshold() == (SELDOM, 10, 7)
        raise ValueError
    assert gc.get_threshold() == (700, 10, 7)


@pytest.mark.parametrize("first", [0, SELDOM, 2 * SELDOM])
def test_who_searches_no_more_often_is_left_alone(first: int) -> None:
    gc.set_threshold(first, 10, 10)
    with seldom_searching():
        assert gc.get_threshold() == (first, 10, 10)
    assert gc.get_threshold() == (first, 10, 10)


def test_runs_that_overlap_leave_what_was_there() -> None:
    gc.set_threshold(700, 10, 10)
    outer, inner = seldom_searching(), seldom_searching()
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 10)
