"""Each strategy, out of money in its middle: it stops, and goes on as if it had not been."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace

import pytest

from assay.annotators.base import Annotator, HoldsNothing
from assay.core.annotation import Annotation, DecidedBy, Decision, Request
from assay.core.cost import Budget
from assay.ledger import MemoryLedger
from assay.run import Job, Summary, label
from assay.run.ask import Askable
from assay.run.stop import Reason
from tests.run import mortal

PRICE = 5  # nanos an answer


@dataclass(frozen=True, slots=True)
class Paid(HoldsNothing):
    """Each answer costs, and is asked for within the budget alone."""

    who: Annotator
    budget: Budget
    asked: Counter[str]

    @property
    def id(self) -> str:
        return self.who.id

    @property
    def decided_by(self) -> DecidedBy:
        return self.who.decided_by

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            self.budget.reserve(PRICE)
            async for given in self.who.annotate([request]):
                self.budget.settle(PRICE, PRICE)
                self.asked[given.key] += 1
                yield replace(given, cost_nanos=PRICE)


def go(
    name: str, ledger: MemoryLedger, cap: int | None, asked: Counter[str]
) -> tuple[Summary, dict[str, Decision]]:
    life = mortal.Life(os.open(os.devnull, os.O_WRONLY), None)
    every, budget = mortal.strategies(life), Budget.of_nanos(cap)
    who: dict[str, Askable] = {
        id: Paid(a, budget, asked) for id, a in mortal.annotators(life).items()
    }
    who["chain"] = every["chain"]
    settings = replace(mortal.SETTINGS, budget=budget)
    job = Job(mortal.task_of(name), every[name], who, ledger, settings)
    summary = asyncio.run(label(job, mortal.records()))
    os.close(life.log)
    return summary, {d.record: d for d in ledger.decisions(summary.run)}


@pytest.mark.parametrize("name", mortal.NAMES)
def test_a_money_cap_stops_it_and_nothing_is_lost(name: str) -> None:
    asked: Counter[str] = Counter()
    needs_all_records, unbroken = go(name, MemoryLedger(), None, asked)
    assert needs_all_records.exit_code == 0
    bill, requests = needs_all_records.spent_nanos, asked.total()
    asked.clear()

    ledger = MemoryLedger()
    for share in (0.3, 0.6):
        cap = int(bill * share)
        stopped, early = go(name, ledger, cap, asked)
        assert (stopped.reason, stopped.exit_code) == (Reason.BUDGET, 3)
        assert cap - PRICE < ledger_bill(ledger) <= cap
        assert all(unbroken[r] == d for r, d in early.items() if d.value is not None)
    done, decisions = go(name, ledger, bill, asked)
    assert done.exit_code == 0
    assert decisions == unbroken
    assert asked.total() == requests
    assert max(asked.values()) == 1


def ledger_bill(ledger: MemoryLedger) -> int:
    return sum(a.cost_nanos for a in ledger.annotations())
