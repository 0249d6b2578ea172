"""What a run counts while it goes on, and the plain lines that tell it without a terminal."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO

from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.cost import money

EVERY = 5.0  # seconds between two plain lines
KINDS = 200  # different error texts that are told apart
OTHER = "other reasons"


@dataclass(slots=True)
class Tally:
    """Counts of one annotator in one run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    replayed: int = 0
    retries: int = 0
    cost: int = 0

    @property
    def answer_rate(self) -> float | None:
        """Answered of all but the failed; None before anything was tried."""
        tried = self.outcomes.total() - self.outcomes[Outcome.FAILED]
        return self.outcomes[Outcome.ANSWERED] / tried if tried else None

    def count(self, annotation: Annotation) -> None:
        self.outcomes[annotation.outcome] += 1
        self.cost += annotation.cost
        self.retries += max(0, annotation.usage.attempts - 1)
        if annotation.outcome is Outcome.FAILED:
            error = annotation.error or "no reason given"
            # texts may carry addresses or times: memory must not grow with them
            self.errors[error if error in self.errors or len(self.errors) < KINDS else OTHER] += 1

    def as_json(self) -> dict[str, object]:
        return {
            "outcomes": {str(o): self.outcomes[o] for o in Outcome},
            "answer_rate": self.answer_rate,
            "replayed": self.replayed,
            "retries": self.retries,
            "cost_nanos": self.cost,
            "errors": dict(self.errors.most_common(10)),
        }


Show = Callable[["Progress"], None]


class Progress:
    """Counts; give it a `show` to make it visible."""

    def __init__(
        self,
        total: int | None = None,
        show: Show | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self.tallies: dict[str, Tally] = {}
        self.records = 0
        self.decided = 0
        self.waiting = 0
        self.asked = 0
        self.started = clock()
        self._clock = clock
        self._show = show

    def tally(self, annotator: str) -> Tally:
        found = self.tallies.get(annotator)
        if found is None:
            found = self.tallies[annotator] = Tally()
        return found

    def answered(self, annotator: str, annotation: Annotation) -> None:
        self.tally(annotator).count(annotation)
        self.asked += 1
        if self._show:
            self._show(self)

    def replayed(self, annotator: str, annotations: Sequence[Annotation]) -> None:
        tally = self.tally(annotator)
        tally.replayed += len(annotations)
        tally.outcomes.update([a.outcome for a in annotations])

    def block(self, decisions: Sequence[Decision], records: int) -> None:
        """`decisions` are those that stand; of a block that was broken off there are fewer."""
        self.records += records
        self.decided += sum(d.value is not None for d in decisions)
        self.waiting += sum(d.waiting_for is not None for d in decisions)
        if self._show:
            self._show(self)

    @property
    def cost(self) -> int:
        return sum(t.cost for t in self.tallies.values())

    @property
    def seconds(self) -> float:
        return self._clock() - self.started

    @property
    def rate(self) -> float:
        """Answers a second since the start."""
        return self.asked / max(self.seconds, 1e-9)

    @property
    def left(self) -> float | None:
        """Seconds to go, if records come on as they did; None where that cannot be known."""
        if not self.total or not self.records:
            return None
        return self.seconds * max(0, self.total - self.records) / self.records

    def parts(self, currency: str) -> list[str]:
        of = f" of {self.total:,}" if self.total else ""
        told = [f"{self.records:,}{of} records", f"{self.asked:,} answers", f"{self.rate:,.0f}/s"]
        rates = [r for t in self.tallies.values() if (r := t.answer_rate) is not None]
        told += [f"{min(rates):.0%} answered"] if rates else []
        told += [money(self.cost, currency)] if self.cost else []
        told += [] if self.left is None else [f"{self.left:,.0f} s left"]
        return told


def plain(
    currency: str,
    stream: IO[str] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Show:
    """A line on stderr every few seconds, for logs and pipes."""
    last = clock()

    def show(progress: Progress) -> None:
        nonlocal last
        if clock() - last >= EVERY:
            last = clock()
            print(", ".join(progress.parts(currency)), file=stream or sys.stderr, flush=True)

    return show
