"""What the engine and a strategy cost where the annotators cost nothing: recorded answers.

    python bench/overhead.py [--records 100000]

Single and votes over recorded annotators, on the ledger in memory and on SQLite: a first run,
and its replay. Beside them the limit: the same answers taken from the annotators in a bare loop,
with nothing looked up, kept or decided. CPU seconds, so that a busy machine does not matter much.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import Request
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import Ledger, MemoryLedger, SqlLedger
from assay.run import Job, label
from assay.strategies.base import Strategy
from assay.strategies.single import Single
from assay.strategies.vote import Vote

TASK = Task("t", "which?", Choice(["a", "b"]))
STRATEGIES: tuple[Strategy, ...] = (
    Single("x"), Vote(("x", "y"), ties="first"), Vote(("x", "y", "z"))
)  # fmt: skip


def records(count: int) -> list[Record]:
    """Fresh ones each time: a record keeps its digest once it is known."""
    return [text_record(f"r{i}", f"text number {i} of some words") for i in range(count)]


def annotators(count: int) -> dict[str, Recorded]:
    given = [{f"r{i}": Given("ab"[i // turn % 2], 0.9) for i in range(count)} for turn in (1, 2, 3)]
    return {name: Recorded(name, said) for name, said in zip("xyz", given, strict=True)}


async def bare(strategy: Strategy, who: dict[str, Recorded], given: Sequence[Record]) -> int:
    taken = 0
    for name in strategy.annotators:
        requests = (Request(TASK, record, name) for record in given)
        async for _ in who[name].annotate(requests):
            taken += 1
    return taken


def timed(work: Callable[[], object], count: int) -> str:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return f"{count / wall:>9,.0f} records/s {1e6 * cpu / count:>6.0f} us CPU a record"


def compare(strategy: Strategy, ledger: Ledger, name: str, count: int) -> None:
    who = annotators(count)
    for what in ("first run", "replay"):
        job, given = Job(TASK, strategy, who, ledger), records(count)
        told = timed(lambda job=job, given=given: asyncio.run(label(job, given)), count)  # type: ignore[misc]
        print(f"{strategy.id:<28} {name:<7} {what:<10} {told}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=100_000)
    count = options.parse_args().records
    for strategy in STRATEGIES:
        who, given = annotators(count), records(count)
        told = timed(lambda s=strategy, w=who, g=given: asyncio.run(bare(s, w, g)), count)  # type: ignore[misc]
        print(f"{strategy.id:<28} {'none':<7} {'bare loop':<10} {told}")
        compare(strategy, MemoryLedger(), "memory", count)
        with tempfile.TemporaryDirectory() as folder:
            ledger = SqlLedger(str(Path(folder) / "ledger.sqlite"))
            compare(strategy, ledger, "SQLite", count)
            ledger.close()


if __name__ == "__main__":
    main()
