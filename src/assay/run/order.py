"""Decisions in the order of the data, whatever the order in which blocks finish."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from assay.core.annotation import Decision

MOST_HELD = 400  # blocks that are finished while an earlier one is not; then no new one is begun

Decide: TypeAlias = Callable[[Sequence[Decision]], None]


class InOrder:
    """Decisions must line up with the data, row by row."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self._given = 0  # places
        self._next = 0
        self._held: dict[int, Sequence[Decision]] = {}
        self._moved = asyncio.Event()

    def place(self) -> Decide:
        """The slot for the decisions of the next block."""
        place, self._given = self._given, self._given + 1

        def finished(decisions: Sequence[Decision]) -> None:
            self._held[place] = decisions
            while self._next in self._held:
                self._decide(self._held.pop(self._next))
                self._next += 1
            self._moved.set()

        return finished

    async def wait_for_capacity(self) -> None:
        """Waits while one slow block holds back too many decisions."""
        while len(self._held) >= MOST_HELD:
            self._moved.clear()
            await self._moved.wait()

    def flush_remaining(self) -> None:
        """At the end of an interrupted run: a block before these was never finished."""
        for place in sorted(self._held):
            self._decide(self._held.pop(place))
