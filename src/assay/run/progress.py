"""Counters of a run, and plain progress lines without a terminal."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO

from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.cost import NANOS, money
from assay.core.cut import tokens_of
from assay.run.eta import Eta

EVERY = 5.0  # seconds between two plain lines
KINDS = 200  # different error texts that are counted separately
OTHER = "other reasons"
LEAST = 10  # answers, and
SOON = 5.0  # seconds of asking, before which no figure of the time left means anything


@dataclass(slots=True)
class Tally:
    """Counts of one annotator in one run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    cuts: Counter[int] = field(default_factory=Counter)  # by the tokens at which they were cut
    replayed: int = 0
    outdated: int = 0  # of those: what its file says otherwise by now
    retries: int = 0
    uncounted: int = 0  # calls that were paid for without a count of tokens
    cost: int = 0

    @property
    def answer_rate(self) -> float | None:
        """Share answered, without the failed; None before the first request."""
        tried = self.outcomes.total() - self.outcomes[Outcome.FAILED]
        return self.outcomes[Outcome.ANSWERED] / tried if tried else None

    def count(self, annotation: Annotation) -> None:
        self.outcomes[annotation.outcome] += 1
        self.cost += annotation.cost_nanos
        self.retries += max(0, annotation.usage.attempts - 1)
        self.uncounted += _is_uncounted(annotation)
        self.note_cut(annotation)
        if annotation.outcome is Outcome.FAILED:
            error = annotation.error or "no reason given"
            # texts may carry addresses or times: memory must not grow with them
            self.errors[error if error in self.errors or len(self.errors) < KINDS else OTHER] += 1

    def note_cut(self, annotation: Annotation) -> None:
        if annotation.outcome is Outcome.UNPARSED:
            tokens = tokens_of(annotation.error)
            self.cuts.update([] if tokens is None else [tokens])

    def as_json(self) -> dict[str, object]:
        return {
            "outcomes": {str(o): self.outcomes[o] for o in Outcome},
            "answer_rate": self.answer_rate,
            "replayed": self.replayed,
            "outdated": self.outdated,
            "retries": self.retries,
            "uncounted": self.uncounted,
            "cost": self.cost / NANOS,
            "cut": self.cuts.total(),
            "errors": dict(self.errors.most_common(10)),
        }


def _is_uncounted(annotation: Annotation) -> bool:
    usage = annotation.usage
    if annotation.outcome is Outcome.FAILED or usage.input_tokens or usage.output_tokens:
        return False
    return bool(annotation.cost_nanos and usage.attempts)


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
        self.decided = 0
        self.waiting = 0
        self.asked = 0
        self.behind = False  # another run over the same records
        self.paused: str | None = None  # why nothing is asked
        self.eta = Eta()
        self.started = clock()
        self._asking = self.started  # when the first request was sent that had to be
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
        self.eta.came((annotation,))
        if self._show:
            self._show(self)

    def replayed(self, annotator: str, annotations: Sequence[Annotation]) -> None:
        tally = self.tally(annotator)
        tally.replayed += len(annotations)
        tally.outcomes.update([a.outcome for a in annotations])
        for annotation in annotations:
            tally.note_cut(annotation)
        self.eta.came(annotations)
        if not self.asked:
            self._asking = self._clock()

    def wait(self, behind: bool) -> None:
        self.behind = behind
        if behind and self._show:
            self._show(self)

    def trouble(self, why: str | None) -> None:
        self.paused = why
        if self._show:
            self._show(self)

    def block(self, decisions: Sequence[Decision], records: Iterable[str]) -> None:
        """`decisions` are the final ones; an interrupted block has fewer."""
        self.eta.end(records)
        self.decided += sum(d.value is not None for d in decisions)
        self.waiting += sum(d.waiting_for is not None for d in decisions)
        if self._show:
            self._show(self)

    @property
    def records(self) -> int:
        """Of the blocks that have ended."""
        return self.eta.ended

    @property
    def cost(self) -> int:
        return sum(t.cost for t in self.tallies.values())

    @property
    def seconds(self) -> float:
        return self._clock() - self.started

    @property
    def rate(self) -> float:
        """Answers per second since the first request; replays are not counted."""
        return self.asked / max(self._clock() - self._asking, 1e-9)

    @property
    def finished(self) -> int:
        """Records decided, and those of unfinished blocks that have all their answers."""
        found = self.records + self.eta.early
        return min(found, self.total) if self.total else found

    @property
    def left(self) -> float | None:
        """Seconds remaining at the current rate; None if not known yet."""
        soon = self.asked < LEAST or self._clock() - self._asking < SOON
        open_ = self.eta.open(self.total) if self.total and not soon else None
        return None if open_ is None else open_ / self.rate

    def parts(self, currency: str) -> list[str]:
        if self.paused:
            return [self.paused]
        if self.behind:
            return ["waiting for another run over these records"]
        of = f" of {self.total:,}" if self.total else ""
        described = [
            f"{self.finished:,}{of} records",
            f"{self.asked:,} answers",
            f"{self.rate:,.0f}/s",
        ]
        rates = [r for t in self.tallies.values() if (r := t.answer_rate) is not None]
        described += [f"{min(rates):.0%} answered"] if rates else []
        described += [money(self.cost, currency)] if self.cost else []
        left = self.left
        return described if left is None else [*described, f"about {span(left)} left"]


def span(seconds: float) -> str:
    """Seconds, for people."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            number = seconds / size
            return f"{number:.1f} {unit}" if number < 10 else f"{number:,.0f} {unit}"
    return f"{seconds:.0f} s"


def plain(
    currency: str,
    stream: IO[str] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Show:
    """A line on stderr every few seconds, for logs and pipes; a pause is reported immediately."""
    last, paused = clock(), False

    def show(progress: Progress) -> None:
        nonlocal last, paused
        changed = paused != bool(progress.paused)
        if clock() - last >= EVERY or changed:
            last, paused = clock(), bool(progress.paused)
            print(", ".join(progress.parts(currency)), file=stream or sys.stderr, flush=True)

    return show
