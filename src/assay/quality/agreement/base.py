"""What a measured number says of itself, and which distance lies between two labels."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from assay.core import within
from assay.core.distributions import normal_cdf, normal_quantile, t_quantile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.95
ALIKE = 1e-12
MOST_UNDEFINED = 0.05  # share of resamples without a value above which there is no interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value over `n` records (or pairs, as stated with it); None if undefined: see `why`."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    why: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return f"not defined ({self.why})"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def as_json(self) -> dict[str, object]:
        described: dict[str, object] = {"value": self.value, "n": self.n}
        described["interval"] = None if self.low is None else [self.low, self.high]
        return described | ({"why": self.why} if self.why else {})


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made: `resamples` 0 leaves them out."""

    resamples: int = 1_000
    seed: int = 0
    over: str = "records"  # or annotators

    def __post_init__(self) -> None:
        within.count("the number of resamples", self.resamples, 0)


class Distance(Protocol):
    """How far labels are apart; 0 between a label and itself."""

    def sums(
        self, counts: sparse.csr_array, share: Floats, pooled: Floats
    ) -> tuple[Floats, Floats]:
        """Within rows and over all pairs of votes.

        With counts P x V, `share` B x P (what a pair of votes of a row weighs) and `pooled` B x V
        (votes a label): sum over rows of share * c' D c, and n' D n, both of length B.
        """


def estimate(
    value: float,
    n: int,
    drawn: Floats | None = None,
    why: str = "",
    *,
    size: int | None = None,
) -> Estimate:
    """`value` and resampled values may be NaN for undefined; the result never is.

    Percentile intervals are too narrow when few things are resampled (`size` of them; default n),
    so their tails are those of Student's t (the expanded percentile interval of Hesterberg 2015).
    """
    if not np.isfinite(value):
        return Estimate(None, n, why=why or "no two answers to compare")
    things = n if size is None else size
    if drawn is None or not len(drawn) or things < 2:
        return Estimate(float(value), n)
    known = drawn[np.isfinite(drawn)]
    if len(known) < (1 - MOST_UNDEFINED) * len(drawn):
        return Estimate(float(value), n, why="no interval: undefined in too many resamples")
    if np.ptp(known) < ALIKE:  # as where all agree: the resamples say nothing of what was not seen
        return Estimate(float(value), n, why="no interval: all resamples are alike")
    low, high = np.quantile(known, _tails(things))
    return Estimate(float(value), n, float(low), float(high))


def _tails(things: int) -> tuple[float, float]:
    reach = (things / (things - 1)) ** 0.5 * float(t_quantile((1 + LEVEL) / 2, things - 1))
    tail = float(normal_cdf(-reach))
    return tail, 1 - tail


def smooth_estimate(value: float, n: int, drawn: Floats | None, why: str = "") -> Estimate:
    """Quantiles of a posterior, as far out as those of `estimate`; they hold the value itself."""
    if not np.isfinite(value):
        return Estimate(None, n, why=why or "no two answers to compare")
    if drawn is None or not len(drawn) or n < 2:
        return Estimate(float(value), n)
    known = drawn[np.isfinite(drawn)]
    if len(known) < (1 - MOST_UNDEFINED) * len(drawn):
        return Estimate(float(value), n, why="no interval: undefined in too many draws")
    low, high = np.quantile(known, _tails(n))
    return Estimate(float(value), n, min(float(low), float(value)), max(float(high), float(value)))


def mean_estimate(mean: float, variance: float, n: int) -> Estimate:
    """A mean of `n` things between 0 and 1 by Student's t; `variance` is theirs (over n)."""
    if n < 2:
        return Estimate(mean, n)
    if variance < ALIKE:
        return Estimate(mean, n, why="no interval: all of them are alike")
    half = float(t_quantile((1 + LEVEL) / 2, n - 1)) * (variance / (n - 1)) ** 0.5
    return Estimate(mean, n, max(0.0, mean - half), min(1.0, mean + half))


def wilson(share: float, n: float) -> tuple[float, float]:
    """Limits of a share of `n` independent things (Wilson's score interval)."""
    z = float(normal_quantile((1 + LEVEL) / 2))
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def share_estimate(share: float, variance: float, n: int) -> Estimate:
    """A mean of `n` records' shares, whose `variance` (over n) is at most that of yes and no.

    Wilson's interval for as many yes or no records as would be as sure: n where there are two
    annotators, more where there are several, and never more than twice n.
    """
    if n < 2:
        return Estimate(share, n)
    most = share * (1 - share)
    sure = n if variance < ALIKE or most < ALIKE else n * min(max(most / variance, 1.0), 2.0)
    return Estimate(share, n, *wilson(share, sure))


def ratio(above: Floats, below: Floats) -> Floats:
    """above / below, NaN where below is 0 (up to rounding)."""
    fine = np.abs(below) > 1e-12
    result: Floats = np.where(fine, above / np.where(fine, below, 1.0), np.nan)
    return result
