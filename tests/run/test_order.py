"""Decisions in the order of the data, held back within bounds."""

import asyncio

from assay.core.annotation import Decision
from assay.run import order
from assay.run.order import InOrder


def decisions(*names: str) -> list[Decision]:
    return [Decision(name, None) for name in names]


def test_what_is_finished_early_waits_for_its_turn() -> None:
    written: list[str] = []
    kept = InOrder(lambda made: written.extend(d.record for d in made))
    first, second, third = (kept.place() for _ in range(3))
    third(decisions("e"))
    second(decisions("c", "d"))
    assert written == []
    first(decisions("a", "b"))
    assert written == ["a", "b", "c", "d", "e"]


def test_what_was_held_back_is_written_at_the_end_of_a_broken_run() -> None:
    written: list[str] = []
    kept = InOrder(lambda made: written.extend(d.record for d in made))
    _, second, third = (kept.place() for _ in range(3))
    third(decisions("c"))
    second(decisions("b"))
    kept.flush_remaining()
    assert written == ["b", "c"]


async def test_no_block_is_begun_while_too_many_are_held_back() -> None:
    kept = InOrder(lambda made: None)
    first = kept.place()
    for _ in range(order.MOST_HELD):
        kept.place()([])
    waiting = asyncio.ensure_future(kept.wait_for_capacity())
    await asyncio.sleep(0)
    assert not waiting.done()
    first([])
    await asyncio.wait_for(waiting, 5)
