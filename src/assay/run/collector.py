"""The search for reference cycles, which a run rarely needs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 10_000  # new objects between two searches; Python begins one for each 700 or 2,000


@contextmanager
def seldom_searching() -> Iterator[None]:
    """Almost all objects of a run are freed by reference counting. Searching for cycles among the
    many records and calls in flight took a fifth of the processor time.
    """
    first, *others = gc.get_threshold()
    if not 0 < first < SELDOM:  # off, or another run has seen to it
        yield
        return
    gc.set_threshold(SELDOM, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
