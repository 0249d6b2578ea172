"""The public checks pass what keeps its contract and name what does not."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from assay.aggregation.base import Consensus
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, answer
from assay.core.record import Record, text_record
from assay.core.votes import Votes
from assay.ledger import MemoryLedger
from assay.strategies.base import Ask
from assay.testing import (
    TASK,
    check_aggregator,
    check_annotator,
    check_ledger,
    check_strategy,
)

RECORDS = [text_record(f"r{i}", f"text {i}") for i in range(4)]


@dataclass(frozen=True, slots=True)
class Bent:
    """Says one thing wrong."""

    fault: str
    id: str = "bent"
    ended: list[int] = field(default_factory=list)
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            if self.fault == "once" and len(self.ended) > 1:
                return
            good = answer(request, Outcome.ANSWERED, value="a")
            if self.fault == "twice":
                yield good
            if self.fault == "outside":
                good = replace(good, value="c")
            if self.fault == "mute" and request.record.id == "r2":
                continue
            if self.fault == "no reason":
                good = answer(request, Outcome.FAILED)
            yield good

    async def aclose(self) -> None:
        self.ended.append(1)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("once", "on another event loop, it answers otherwise"),
        ("twice", "answered a request twice"),
        ("outside", "'c' is not a label"),
        ("mute", "no answer on records .'r2'"),
        ("no reason", "does not say why"),
    ],
)
def test_a_bent_annotator_is_named(fault: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_annotator(Bent(fault), [Request(TASK, r, "bent") for r in RECORDS])


@dataclass(slots=True)
class Fickle:
    """Decides otherwise each time."""

    turn: int = 0
    id: str = "fickle"
    whole: bool = False
    annotators: tuple[str, ...] = ("m",)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        await ask("m", records)
        self.turn += 1
        value = "ab"[self.turn % 2]
        return [Decision(r.id, value, decided_by=DecidedBy.MODEL) for r in records]


def test_a_fickle_strategy_is_named() -> None:
    said = Recorded("m", {r.id: Given("a") for r in RECORDS})
    with pytest.raises(AssertionError, match="decides otherwise"):
        check_strategy(Fickle(), {"m": said}, RECORDS)


@dataclass(frozen=True, slots=True)
class Shares:
    """Vote shares, or something that is not."""

    good: bool
    id: str = "shares"

    def aggregate(self, votes: Votes) -> Consensus:
        rows, row = np.unique(np.stack([votes.record, votes.unit]), axis=1, return_inverse=True)
        counts = np.zeros((rows.shape[1], len(votes.labels)))
        np.add.at(counts, (row.reshape(-1), votes.label), 1.0)
        probs = counts / counts.sum(axis=1, keepdims=True) if self.good else counts
        return Consensus(rows[0], rows[1], probs)


def test_an_aggregator_gives_probabilities() -> None:
    check_aggregator(Shares(good=True))
    with pytest.raises(AssertionError, match="does not sum to 1"):
        check_aggregator(Shares(good=False))


class Forgetful(MemoryLedger):
    def spent(self, task: str | None = None) -> int:
        return 0


def test_a_ledger_keeps_its_promises() -> None:
    check_ledger(MemoryLedger)
    with pytest.raises(AssertionError, match="failed answers cost too"):
        check_ledger(Forgetful)
