"""Summary of a run, and how to resume."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from assay.core.annotation import Outcome
from assay.core.cost import NANOS, stated
from assay.core.cut import cut_at
from assay.core.shown import Shown
from assay.run.progress import Progress, Tally
from assay.run.stop import Reason, Stop

TOP = 3  # failure reasons that are reported
GO_ON = "run again to resume: no finished answer is requested or paid for again"


@dataclass(frozen=True, slots=True, repr=False)
class Summary(Shown):
    """`reason` is None if the run processed all records; `cost` and `spent` are amounts of
    `currency`."""

    run: str
    records: int  # that the run got to
    decided: int
    waiting: int  # for people
    tallies: Mapping[str, Tally]
    cost_nanos: int  # of this run
    spent_nanos: int  # on the task, in all runs
    seconds: float
    reason: Reason | None = None
    message: str = ""
    currency: str = "USD"
    unpriced: tuple[str, ...] = ()  # annotators whose answers cost what nobody knows

    @classmethod
    def of(
        cls,
        run: str,
        progress: Progress,
        spent: int,
        stop: Stop,
        currency: str = "USD",
    ) -> "Summary":
        return cls(
            run,
            progress.records,
            progress.decided,
            progress.waiting,
            dict(progress.tallies),
            progress.cost,
            spent,
            progress.seconds,
            stop.reason,
            stop.message,
            currency,
        )

    def without_prices(self, names: Iterable[str]) -> "Summary":
        """The same, where these annotators have no prices; only those that answered matter."""
        answered = (n for n in names if n in self.tallies and self.tallies[n].outcomes)
        return replace(self, unpriced=tuple(answered))

    def facts(self) -> Mapping[str, object]:
        return {
            "run": self.run,
            "records": self.records,
            "decided": self.decided,
            "waiting": self.waiting,
            "undecided": self.undecided,
            "cost": stated(self.cost_nanos, self.currency, self.unpriced),
            "stopped": self.reason and str(self.reason),
        }

    @property
    def cost(self) -> float | None:
        """Of this run, in `currency`; None if not known, because an annotator has no prices."""
        return None if self.unpriced else self.cost_nanos / NANOS

    @property
    def spent(self) -> float | None:
        """On the task in all runs, in `currency`; None if not known."""
        return None if self.unpriced else self.spent_nanos / NANOS

    @property
    def undecided(self) -> int:
        return self.records - self.decided - self.waiting

    @property
    def retries(self) -> int:
        return sum(t.retries for t in self.tallies.values())

    @property
    def failures(self) -> Counter[str]:
        return sum((t.errors for t in self.tallies.values()), Counter())

    @property
    def cuts(self) -> Counter[int]:
        """How many answers ended at the number of tokens allowed, by that number."""
        return sum((t.cuts for t in self.tallies.values()), Counter())

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, as in shells; 3 if budget, time or a model stopped it, or
        if nothing was decided because answers failed."""
        if self.reason is None:
            return 3 if self.failures and not self.decided else 0
        return 130 if self.reason is Reason.INTERRUPTED else 3

    def lines(self, currency: str | None = None) -> list[str]:
        """Text lines: results, cost, failures, next step."""
        currency = currency or self.currency
        described = [
            f"{_count(self.records, 'record', 'records')}: {self.decided:,} decided, "
            f"{self.waiting:,} waiting for people, {self.undecided:,} unresolved"
        ]
        described += [_tally_line(name, tally) for name, tally in self.tallies.items()]
        retries = f"; {_count(self.retries, 'retry', 'retries')}" if self.retries else ""
        described.append(f"cost {self._paid(currency)}; {self.seconds:,.1f} s{retries}")
        if self.failures:
            reasons = "; ".join(f"{why} ({n:,})" for why, n in self.failures.most_common(TOP))
            described.append(f"failed, to be retried in the next run: {reasons}")
        described += [
            f"{_count(n, 'answer was', 'answers were')} {cut_at(tokens)}: raise `max_tokens`"
            for tokens, n in sorted(self.cuts.items())
        ]
        if self.reason is not None:
            described.append(f"stopped: {self.reason}" + (f": {self.message}" * bool(self.message)))
            described.append(GO_ON)
        return described

    def _paid(self, currency: str) -> str:
        cost = stated(self.cost_nanos, currency, self.unpriced)
        if self.unpriced and not self.spent_nanos:
            return cost
        return f"{cost} in this run, {stated(self.spent_nanos, currency, self.unpriced)} in total"

    def as_json(self) -> dict[str, object]:
        return {
            "run": self.run,
            "records": self.records,
            "decided": self.decided,
            "waiting": self.waiting,
            "undecided": self.undecided,
            "annotators": {
                name: tally.as_json() | ({"cost": None} if name in self.unpriced else {})
                for name, tally in self.tallies.items()
            },
            "unpriced": list(self.unpriced),
            "cost": self.cost,
            "spent": self.spent,
            "seconds": self.seconds,
            "retries": self.retries,
            "reason": None if self.reason is None else self.reason.name.lower(),
            "message": self.message,
        }


def _tally_line(name: str, tally: Tally) -> str:
    rate = "" if tally.answer_rate is None else f" ({tally.answer_rate:.1%} of requests)"
    outcomes = ", ".join(
        f"{tally.outcomes[o]:,} {o}{rate * (o == 'answered')}"
        for o in Outcome
        if tally.outcomes[o] or o == "answered"
    )
    kept = f"; {tally.replayed:,} from cache" if tally.replayed else ""
    changed = (
        f"; {tally.outdated:,} of these differ from its current file, which was changed: the old "
        "answers are kept; rename the annotator to use the new ones"
    ) * bool(tally.outdated)
    uncounted = (
        f"; the server gave no token counts for {tally.uncounted:,}, which are billed at the most "
        "they can have cost"
    ) * bool(tally.uncounted)
    return f"{name}: {outcomes}{kept}{changed}{uncounted}"


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
