"""Decisions in the order of the data, in whichever order the blocks of a run are finished."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from assay.core.annotation import Decision

MOST_HELD = 400  # blocks that are finished while an earlier one is not; then no new one is begun

Decide: TypeAlias = Callable[[Sequence[Decision]], None]


class InOrder:
    """Whoever lays decisions beside the data, line by line, must not find them shuffled."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self._given = 0  # places
        self._next = 0
        self._held: dict[int, Sequence[Decision]] = {}
        self._moved = asyncio.Event()

    def place(self) -> Decide:
        """Where the decisions of the next block go, once it is finished."""
        place, self._given = self._given, self._given + 1

        def finished(decisions: Sequence[Decision]) -> None:
            self._held[place] = decisions
            while self._next in self._held:
                self._decide(self._held.pop(self._next))
                self._next += 1
            self._moved.set()

        return finished

    async def wait_for_capacity(self) -> None:
        """Waits while too much is held back by one slow block."""
        while len(self._held) >= MOST_HELD:
            self._moved.clear()
            await self._moved.wait()

    def flush_remaining(self) -> None:
        """At the end of a run that was broken off: a block before these was never finished."""
        for place in sorted(self._held):
            self._decide(self._held.pop(place))
