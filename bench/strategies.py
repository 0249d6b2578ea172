"""What a strategy costs where its annotators cost nothing: recorded answers, 100,000 records.

    python bench/strategies.py [--records 100000] [--ledger memory sqlite postgresql://...]

One line for each strategy and ledger, a first run and its replay: records a second by the clock,
and by the processor's time alone, which other work on the machine disturbs less. `bare loop` is the
limit: the same answers drawn from the annotators with nothing looked up, kept or decided. Then the
peak memory of runs of 20,000 and 100,000 records on SQLite, each in a process of its own, with
annotators that hold nothing: a strategy that works in blocks needs the same for both, one that
needs all records at once some bytes for each (`--memory`: this part alone).
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.annotators.base import HoldsNothing
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.ledger import Ledger, open_ledger
from assay.run import Job, label
from assay.run.ask import Askable
from assay.strategies.active import Active, Loop
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, RandomChain, ThresholdChain
from assay.strategies.cooperation import Sequential, TriageShare
from assay.strategies.hybrid import Hybrid
from assay.strategies.joint import Joint
from assay.strategies.single import Single
from assay.strategies.specialists import Specialists
from assay.strategies.vote import Vote

TASK = Task("t", "which?", Choice(["a", "b"]))
LETTERS = Task("letters", "which?", Choice(list("abcdefghijklmnopqrstuvwxyz")))
SHORT = Loop(rounds=2)
SURE = {"a": -0.1, "b": -2.4}
UNSURE = {"a": -0.6, "b": -0.8}


class Width:
    """An encoder of the usual width."""

    id = "width"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        numbers = np.array([int(text.split()[2]) for text in texts])
        return np.sin(np.outer(numbers + 1.0, np.arange(1.0, 385.0))).astype(np.float32)


class Learnt:
    """A learner that learns nothing, but says of each record how sure it is."""

    name = "learnt"

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> "Computed":
        return Computed(f"learnt#{len(examples)}.{seed}")


STRATEGIES: Mapping[str, Strategy] = {
    "single": Single("x"),
    "vote of 2": Vote(("x", "y"), ties="first"),
    "vote of 3": Vote(("x", "y", "z")),
    "chain": Chain(("x", "y", "z")),
    "chain with thresholds": ThresholdChain(("x", "y", "z"), (1.0, 1.0)),
}
WHOLE: Mapping[str, Strategy] = {
    "triage by share": TriageShare("x", "y", 0.2),
    "chain by rank": Chain(("x", "y", "z")),
    "chain, forwarded": Chain(("x", "y", "z"), "forward"),
    "chain at random": RandomChain(("x", "y", "z")),
    "hybrid with capacity": Hybrid(("x", "y"), "z", 0.95, capacity=5_000),
    "joint of 2 labels": Joint("x", "y"),
    "specialists": Specialists(("x", "y"), "z"),
    "sequential on a chain": Sequential("chain", "z"),
    "single on a chain": Single("chain"),
    "vote on a chain": Vote(("chain", "x", "y")),
    "joint of 26 labels": Joint("x", "y"),
    "active by margin": Active("x", (Learnt(),), Width(), "margin", SHORT),
    "active by badge": Active("x", (Learnt(), Learnt()), Width(), "badge", SHORT),
}
IN_BLOCKS = ("single", "vote of 2", "chain with thresholds")
FEW, MANY = 20_000, 100_000


def records(count: int) -> Iterator[Record]:
    """Fresh ones each time: a record keeps its digest once it is known."""
    return (text_record(f"r{i}", f"text number {i} of some words") for i in range(count))


def recorded(count: int) -> dict[str, Recorded]:
    """Three annotators that agree on most records; each is unsure of every second one."""
    given = [
        {
            f"r{i}": Given("ab"[i // turn % 2], 0.9, UNSURE if i // turn % 2 else SURE)
            for i in range(count)
        }
        for turn in (1, 2, 3)
    ]
    return {name: Recorded(name, said) for name, said in zip("xyz", given, strict=True)}


@dataclass(frozen=True, slots=True)
class Computed(HoldsNothing):
    """Says what the record's number says, so that memory holds no table of answers."""

    id: str
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            odd = int(request.record.id[1:]) % 2
            yield answer(
                request, Outcome.ANSWERED, value="ab"[odd], scores=UNSURE if odd else SURE,
                confidence=0.9, confidence_source=Source.PROBABILITY,
            )  # fmt: skip


async def bare(strategy: Strategy, who: Mapping[str, Recorded], given: Iterable[Record]) -> None:
    asked = list(given)
    for name in strategy.annotators:
        async for _ in who[name].annotate(Request(TASK, record, name) for record in asked):
            pass


def timed(work: Callable[[], object], count: int) -> str:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return f"{count / wall:>10,.0f} {count / cpu:>12,.0f} {1e6 * cpu / count:>8.0f}"


def compare(name: str, ledger: Ledger, place: str, count: int) -> None:
    who = recorded(count)
    for what in ("first run", "replay"):
        job, given = Job(TASK, STRATEGIES[name], who, ledger), list(records(count))
        described = timed(lambda job=job, given=given: asyncio.run(label(job, given)), count)  # type: ignore[misc]
        print(f"{name:<22} {place:<11} {what:<10} {described}", flush=True)


def speed(count: int, places: list[str]) -> None:
    heads = f"{'records/s':>10} {'per CPU s':>12} {'us CPU':>8}"
    print(f"{'strategy':<22} {'ledger':<11} {'':<10} {heads}")
    for name, strategy in STRATEGIES.items():
        who, given = recorded(count), list(records(count))
        described = timed(lambda s=strategy, w=who, g=given: asyncio.run(bare(s, w, g)), count)  # type: ignore[misc]
        print(f"{name:<22} {'none':<11} {'bare loop':<10} {described}")
        for place in places:
            with tempfile.TemporaryDirectory() as folder:
                at = {"memory": ":memory:", "sqlite": str(Path(folder, "ledger.sqlite"))}
                ledger = open_ledger(at.get(place, place))
                compare(name, ledger, place.split(":")[0], count)
                ledger.close()


def peak(name: str, count: int) -> float:
    """MB, of a process that does this run alone."""
    command = [sys.executable, __file__, "--alone", name, "--records", str(count)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def alone(name: str, count: int) -> None:
    who: dict[str, Askable] = {name: Computed(name) for name in "xyz"}
    who["chain"] = WHOLE["chain by rank"]
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(str(Path(folder, "ledger.sqlite")))
        task = LETTERS if "26" in name else TASK
        asyncio.run(label(Job(task, {**STRATEGIES, **WHOLE}[name], who, ledger), records(count)))
        ledger.close()
    # not getrusage, whose peak counts the process that started this one
    [line] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
    print(int(line.split()[1]) / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--ledger", nargs="*", default=["memory", "sqlite"])
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--alone", choices=[*STRATEGIES, *WHOLE], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(options.alone, options.records)
        return
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if not options.memory:
        speed(options.records, options.ledger)
    memory()


def memory() -> None:
    for name in IN_BLOCKS:
        few, many = peak(name, FEW), peak(name, MANY)
        described = f"peak memory {few:.0f} MB for {FEW:,} records, {many:.0f} MB for {MANY:,}"
        print(f"{name:<22} {described}: {many / few:.2f} times")
    for name in WHOLE:
        few, many = peak(name, FEW), peak(name, MANY)
        each = (many - few) * 2**20 / (MANY - FEW)
        print(f"{name:<22} {few:.0f} and {many:.0f} MB: {each:,.0f} bytes a record", flush=True)


if __name__ == "__main__":
    main()
