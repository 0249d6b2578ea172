"""Whether people may stop checking labels: a rule that is valid however often one looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import betaln, gammaln

from assay.core.errors import SpecError
from assay.core.spelling import shortened
from assay.quality.finding import Finding
from assay.quality.inference.audit import LEVEL, Stratum
from assay.quality.inference.stratified import last_possible

PRIOR = (0.5, 4.5)  # of the error rate; it may be wrong, the rule stays valid
MOST_MORE = 10_000_000


class MajorityBaseline(NamedTuple):
    """The most frequent answer, and the share of records that have another."""

    label: str
    error: float


@dataclass(frozen=True, slots=True)
class Stop:
    """What the answers so far allow; valid however often one looks."""

    target: float
    verdict: str  # enough, too many errors, go on
    low: float
    high: float
    more: int | None = None  # answers still needed, should errors go on as so far
    doubts: tuple[str, ...] = ()  # why few errors would show nothing

    @property
    def passed(self) -> bool | None:
        """None if undetermined so far, or if the majority-class baseline would pass too."""
        return None if self.verdict == "go on" else self._finding.passed

    @property
    def _finding(self) -> Finding:
        return Finding(self.verdict == "enough", self.doubts)

    @property
    def statement(self) -> str:
        seen = f"the error rate lies in [{self.low:.2%}, {self.high:.2%}]"
        if self.verdict == "enough":
            so = f"{seen}, which is at most the {self.target:.2%} allowed, but "
            open_ = self._finding.headline("few errors show anything of these labels", so)
            return open_ or f"stop: {seen}, which is at most the {self.target:.2%} allowed"
        if self.verdict == "too many errors":
            return f"stop: {seen}, which is above the {self.target:.2%} allowed; fix the labels"
        needed = f"about {self.more:,} more answers" if self.more else "many more answers"
        return f"go on: {seen}; {needed} will separate it from {self.target:.2%} at this rate"

    def as_json(self) -> dict[str, object]:
        return {
            "target": self.target, "verdict": self.verdict, "passed": self.passed,
            "doubts": list(self.doubts), "interval": [self.low, self.high],
            "more": self.more, "statement": self.statement,
        }  # fmt: skip


def stop(
    strata: Sequence[Stratum],
    target: float,
    baseline: MajorityBaseline | None = None,
    *,
    more: bool = True,
) -> Stop:
    """Whether people may stop answering; strata share the error probability evenly. `more`:
    estimate the answers still needed."""
    if not 0 < target < 1:
        raise SpecError(f"the error rate allowed lies between 0 and 1, not {target:g}")
    low, high = _sequence(strata)
    if high <= target:
        return Stop(target, "enough", low, high, doubts=_as_good(baseline, target))
    if low > target:
        return Stop(target, "too many errors", low, high)
    return Stop(target, "go on", low, high, _more(strata, target) if more else None)


def _as_good(baseline: MajorityBaseline | None, target: float) -> tuple[str, ...]:
    if baseline is None or baseline.error > target:
        return ()
    return (
        f"the majority-class baseline ({shortened(baseline.label)}) "
        f"is wrong in {baseline.error:.2%} of these",
    )


def _sequence(strata: Sequence[Stratum]) -> tuple[float, float]:
    total = sum(s.size for s in strata)
    bounds = [sequence(s.size, s.answered, s.errors, (1 - LEVEL) / len(strata)) for s in strata]
    low = sum(s.size / total * b[0] for s, b in zip(strata, bounds, strict=True))
    return low, sum(s.size / total * b[1] for s, b in zip(strata, bounds, strict=True))


def sequence(size: int, answered: int, errors: int, delta: float) -> tuple[float, float]:
    """Bounds of the error rate that hold after every answer at once, with probability 1 - delta.

    Those numbers of errors among `size` records whose prior is less than 1 / delta times their
    posterior. The ratio has one valley, so both ends are found by bisection.
    """

    def open_(count: int) -> bool:
        return bool(_log_ratio(size, answered, errors, count) < -np.log(delta))

    least, most = errors, size - (answered - errors)
    likely = min(max(round(errors / answered * size), least), most)
    if not open_(likely):  # rounding at tiny sizes
        likely = min(range(least, most + 1), key=lambda c: _log_ratio(size, answered, errors, c))
    return (
        last_possible(open_, likely, least) / size,
        last_possible(open_, likely, most) / size,
    )


def _log_ratio(size: int, answered: int, errors: int, count: int) -> float:
    """log prior over posterior of `count` errors: the sequence's chance on average over given."""
    right = answered - errors
    on_average = betaln(PRIOR[0] + errors, PRIOR[1] + right) - betaln(*PRIOR)
    given = _falling(count, errors) + _falling(size - count, right) - _falling(size, answered)
    return float(on_average - given)


def _falling(n: int, k: int) -> float:
    return float(gammaln(n + 1) - gammaln(n - k + 1))


def _more(strata: Sequence[Stratum], target: float) -> int | None:
    """Further answers, in proportion to those so far, until the rule would stop."""
    now = sum(s.answered for s in strata)
    for times in np.geomspace(1.02, 10_000, 300):
        grown = [_grown(s, float(times)) for s in strata]
        low, high = _sequence(grown)
        if high <= target or low > target:
            return sum(s.answered for s in grown) - now
        if all(s.answered == s.size for s in grown) or now * times > MOST_MORE:
            break
    return None


def _grown(stratum: Stratum, times: float) -> Stratum:
    answered = min(stratum.size, max(stratum.answered, round(stratum.answered * times)))
    return Stratum(stratum.name, stratum.size, answered, round(stratum.rate * answered))
