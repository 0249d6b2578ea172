"""The search for rings of objects, which a run seldom needs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 10_000  # new objects between two searches; Python begins one for each 700 or 2,000


@contextmanager
def seldom_searching() -> Iterator[None]:
    """Almost all that a run makes is freed when nothing holds it. To look for rings among the many
    records and calls under way again and again took a fifth of its processor time.
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
