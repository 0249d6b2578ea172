"""What a run tells while it goes on: a live line on a terminal, plain lines elsewhere."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.cost import money

EVERY = 5.0  # seconds between two plain lines


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


class Progress:
    """Counts; subclasses of nobody: give it a `show` to make it visible."""

    def __init__(
        self,
        total: int | None = None,
        show: Callable[["Progress"], None] | None = None,
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
        return self.tallies.setdefault(annotator, Tally())

    def answered(self, annotator: str, annotation: Annotation) -> None:
        tally = self.tally(annotator)
        tally.outcomes[annotation.outcome] += 1
        tally.cost += annotation.cost
        tally.retries += max(0, annotation.usage.attempts - 1)
        if annotation.error:
            tally.errors[annotation.error] += 1
        self.asked += 1
        if self._show:
            self._show(self)

    def replayed(self, annotator: str, annotations: Sequence[Annotation]) -> None:
        tally = self.tally(annotator)
        tally.replayed += len(annotations)
        tally.outcomes.update(a.outcome for a in annotations)

    def block(self, decisions: Sequence[Decision]) -> None:
        self.records += len(decisions)
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

    def line(self, currency: str) -> str:
        of = f" of {self.total:,}" if self.total else ""
        rate = self.asked / max(self.seconds, 1e-9)
        parts = [f"{self.records:,}{of} records", f"{self.asked:,} answers", f"{rate:,.0f}/s"]
        rates = [r for t in self.tallies.values() if (r := t.answer_rate) is not None]
        parts += [f"{min(rates):.0%} answered"] if rates else []
        parts += [money(self.cost, currency)] if self.cost else []
        if self.total and self.records:
            left = self.seconds * (self.total - self.records) / self.records
            parts.append(f"{left:,.0f} s left")
        return ", ".join(parts)


def plain(currency: str, stream: TextIO | None = None) -> Callable[[Progress], None]:
    """A line on stderr every few seconds, for logs and pipes."""
    last = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            print(progress.line(currency), file=stream or sys.stderr, flush=True)

    return show


def live(currency: str, stream: TextIO | None = None) -> Callable[[Progress], None]:
    """One line that rewrites itself, for a terminal."""
    last = 0.0
    out = stream or sys.stderr

    def show(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= 0.1:
            last = time.monotonic()
            print(f"\r\033[K{progress.line(currency)}", end="", file=out, flush=True)

    return show
