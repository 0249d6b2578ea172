"""Strategies that need all records at once: few bytes a record, decisions as in a short run."""

import asyncio
import gc
import os
import tracemalloc
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from assay.annotators.base import HoldsNothing
from assay.core import spool
from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, Source, answer
from assay.core.record import Record, text_record
from assay.ledger import MemoryLedger
from assay.run import Job, label, writer
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, RandomChain
from assay.strategies.cooperation import Sequential, TriageShare
from assay.strategies.hybrid import Hybrid
from assay.strategies.joint import Joint
from assay.strategies.single import Single
from assay.strategies.specialists import Specialists, Stages
from assay.strategies.vote import Vote
from tests.run import mortal
from tests.run.mortal import Life

WHOLE: dict[str, Strategy] = {
    "triage": TriageShare("m", "panel", 0.2),
    "chain by rank": Chain(("m", "n", "o")),
    "chain, forwarded": Chain(("m", "n", "o"), "forward"),
    "chain at random": RandomChain(("m", "n", "o")),
    "hybrid": Hybrid(("m", "n"), "panel", 0.9, capacity=15),
    "joint": Joint("m", "panel"),
    "specialists": Specialists(("m", "n"), "panel", stages=Stages(block=40)),
    "single on a chain": Single("chain"),
    "vote on a chain": Vote(("chain", "n", "o"), ties="first"),
    "vote on a chain, with a referee": Vote(("chain", "n"), referee="o"),
    "sequential on a chain": Sequential("chain", "panel"),
    "chain on a vote": Chain(("voting", "o")),
}
BELOW: dict[str, Askable] = {
    "chain": WHOLE["chain by rank"],
    "voting": Vote(("m", "n"), ties="first"),
}
BYTES = 400  # a record
FEW, MANY = 300, 1_500
SCORES = ({"red": -0.1, "green": -2.4}, {"red": -0.6, "green": -0.8})


@dataclass(frozen=True, slots=True)
class Quick(HoldsNothing):
    """Says what the record's number says."""

    id: str
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            number = int(request.record.id[1:])
            yield answer(
                request, Outcome.ANSWERED, value="red", scores=SCORES[number % 2],
                confidence=number % 97 / 97, confidence_source=Source.PROBABILITY,
            )  # fmt: skip


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    monkeypatch.setattr(mortal, "SLOW", 0)
    log = os.open(os.devnull, os.O_WRONLY)
    yield Life(log, None)
    os.close(log)


def shorten(monkeypatch: pytest.MonkeyPatch, long: int, size: int, recent: int) -> None:
    """Rows of more than so many objects count as long."""
    monkeypatch.setattr(spool, "LONG", long)
    monkeypatch.setattr(spool, "SIZE", size)
    monkeypatch.setattr(spool, "RECENT", recent)


def decided(
    strategy: Strategy, name: str, life: Life
) -> tuple[list[Decision], list[tuple[object, ...]]]:
    """The decisions of a run and of its replay, and all that is kept of the answers."""
    ledger = MemoryLedger()
    who: dict[str, Askable] = {**mortal.annotators(life), **BELOW}
    job = Job(mortal.task_of(name), strategy, who, ledger, mortal.SETTINGS)
    twins = [text_record(f"s{i}", "the same text again") for i in range(9)]
    found: list[Decision] = []
    for _ in range(2):
        summary = asyncio.run(label(job, [*mortal.records(), *twins]))
        found += ledger.decisions(summary.run)
    return found, sorted(map(_kept, ledger.annotations()))


def _kept(a: Annotation) -> tuple[object, ...]:
    return a.key, a.outcome, str(a.value), a.saw, a.made_from


@pytest.mark.parametrize("name", [*mortal.NAMES, *WHOLE])
def test_a_long_run_decides_as_a_short_one(
    name: str, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    strategy = {**mortal.strategies(life), **WHOLE}[name]
    short = decided(strategy, name, life)
    shorten(monkeypatch, long=12, size=5, recent=2)
    assert decided(strategy, name, life) == short


ALIKE = {"chain, forwarded", "chain at random", "vote on a chain, with a referee"}


@pytest.mark.parametrize("name", sorted(WHOLE.keys() - ALIKE))
def test_a_record_takes_few_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, long=50, size=5, recent=2)
    monkeypatch.setattr(writer, "BACKLOG", 50)
    held(WHOLE[name], 150)  # what is made once for all runs
    few, many = (held(WHOLE[name], count) for count in (FEW, MANY))
    assert (many - few) / (MANY - FEW) < BYTES


class Forgetful(MemoryLedger):
    """Keeps nothing, and looks at the memory in use when the first decisions are written."""

    held = 0

    def add_records(self, records: Iterable[Record]) -> int:
        return len(list(records))

    def jot(self, annotation: Annotation) -> None:
        """Nothing is to outlive the test."""

    def add(self, annotations: Sequence[Annotation]) -> int:
        return len(annotations)

    def add_decisions(self, run: str, decisions: Sequence[Decision]) -> None:
        if not self.held:
            gc.collect()
            self.held, _ = tracemalloc.get_traced_memory()


def held(strategy: Strategy, count: int) -> int:
    """Bytes, of a run over fresh records, when all answers are there."""
    ledger = Forgetful()
    who: dict[str, Askable] = {name: Quick(name) for name in ("m", "n", "o", "panel")}
    who |= BELOW
    gc.collect()
    tracemalloc.start()
    asyncio.run(label(Job(mortal.COLOUR, strategy, who, ledger), fresh(count)))
    tracemalloc.stop()
    assert ledger.held
    return ledger.held


def fresh(count: int) -> Iterator[Record]:
    return (text_record(f"r{i}", f"a text with the number {i}") for i in range(count))
