"""How far confidences can be believed: reliability table, calibration error, Brier, AUROC."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Decision, Source
from assay.core.distributions import average_ranks, t_quantile
from assay.core.errors import InputError
from assay.data.gold import Gold, Purpose
from assay.quality.agreement.base import LEVEL, Estimate, mean_estimate
from assay.quality.calibration.calibrators import (
    BIN,
    MOST_BINS,
    Calibrator,
    agreed_with,
    checked,
    equal_bins,
)
from assay.quality.doubt import of_interval
from assay.quality.finding import Finding
from assay.quality.metrics.accuracy import Share

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SIMULATIONS = 1_000
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence."""

    low: float
    high: float
    confidence: float  # their mean
    correct: Share

    def as_json(self) -> dict[str, object]:
        described = {"low": self.low, "high": self.high, "confidence": self.confidence}
        return described | self.correct.as_json()


@dataclass(frozen=True, slots=True)
class Reliability:
    """`ece` is never 0 by chance: `ece_by_chance` is its mean for perfectly calibrated ones."""

    reference: str
    correct: Share
    bins: tuple[Bin, ...]
    ece: float
    ece_by_chance: float
    ece_limit: float  # 95% of perfectly calibrated sets of this size lie below
    brier: Estimate
    brier_constant: float  # of always stating the share that is right
    gain: Estimate  # by which the constant's score is larger, answer by answer
    auroc: Estimate  # of confidence against correctness; 0.5 is a coin

    @property
    def finding(self) -> Finding:
        """Whether stated and right are alike as far as chance allows, and whether that says
        anything: a constant is as well calibrated, and tells no answer from another."""
        doubts = of_interval("AUROC of confidence", self.auroc, 0.5)
        if self.auroc.value is not None and self.auroc.low is None:
            doubts = (f"AUROC of confidence is {self.auroc}, without an interval",)
        if self.gain.low is None or self.gain.low <= 0:
            doubts = (*doubts, f"always stating {self.correct.value:.1%} may score as well")
        return Finding(bool(self.ece <= self.ece_limit), doubts)

    @property
    def verdict(self) -> str:
        open_ = self.finding.headline("these confidences can be believed")
        off = f"off by {self.ece:.1%} on average, {self.ece_limit:.1%} would be chance"
        described = {
            True: "these confidences can be believed, as far as these labels show",
            False: f"these confidences cannot be believed as they are: {off}",
        }
        return open_ or described[self.finding.won]

    @property
    def warnings(self) -> list[str]:
        found = []
        if self.ece > self.ece_limit:
            found.append(
                f"confidences are off by {self.ece:.1%} on average; up to {self.ece_limit:.1%} "
                f"would be chance with {self.correct.n:,} labels"
            )
        if self.brier.value is not None and self.brier.value > self.brier_constant:
            found.append(
                "always stating the share that is right would do better than these confidences"
            )
        if self.auroc.low is not None and self.auroc.low <= 0.5:
            found.append("confidence is not shown to tell right from wrong answers")
        return found

    def lines(self) -> list[str]:
        table = [
            f"  {b.low:.3f} to {b.high:.3f}: stated {b.confidence:.1%}, right {b.correct}"
            for b in self.bins
        ]
        return [
            f"against {self.reference}: {self.correct} right",
            self.verdict,
            *table,
            f"calibration error {self.ece:.4f} ({self.ece_by_chance:.4f} is expected of a "
            "perfectly calibrated set of this size)",
            f"Brier score {self.brier} (constant confidence: {self.brier_constant:.4f})",
            f"AUROC of confidence against correctness {self.auroc}",
            *(f"warning: {line}" for line in self.warnings),
        ]

    def as_json(self) -> dict[str, object]:
        return {
            "reference": self.reference, **self.finding.as_json(), "verdict": self.verdict,
            "correct": self.correct.as_json(),
            "bins": [b.as_json() for b in self.bins], "ece": self.ece,
            "ece_by_chance": self.ece_by_chance, "ece_limit": self.ece_limit,
            "brier": self.brier.as_json(), "brier_constant": self.brier_constant,
            "brier_gain": self.gain.as_json(),
            "auroc": self.auroc.as_json(), "warnings": self.warnings,
        }  # fmt: skip


def reliability(
    confidence: Sequence[float] | Floats,
    correct: Sequence[bool] | Bools,
    reference: str = "the reference",
    *,
    seed: int = 0,
) -> Reliability:
    """Of probabilities that answers are right, on labels that fitted nothing.

    Bins hold equal numbers (ties together). ECE is biased upwards, the more so the fewer labels;
    the bias is measured by simulating answers that are right just as often as stated.
    """
    sure, right = checked(confidence, Source.CALIBRATED), np.asarray(correct, dtype=bool)
    if sure.shape != right.shape:
        raise InputError(f"{len(sure)} confidences and {len(right)} verdicts do not pair up")
    if not len(sure):
        raise InputError("there are no labelled answers to judge confidences by")
    members = equal_bins(sure, min(MOST_BINS, max(1, len(sure) // BIN)))
    bins = tuple(
        Bin(float(sure[m].min()), float(sure[m].max()), float(sure[m].mean()), _share(right[m]))
        for m in members
    )
    place = np.empty(len(sure), np.int64)
    for k, m in enumerate(members):
        place[m] = k
    by_chance = _simulated(sure, place, len(members), seed)
    share = float(right.mean())
    return Reliability(
        reference,
        _share(right),
        bins,
        _ece(sure, right[None, :], place, len(members))[0],
        float(by_chance.mean()),
        float(np.quantile(by_chance, 0.95)),
        _brier(sure, right),
        share * (1 - share),
        _gain(sure, right),
        auroc(sure, right),
    )


def judge(
    decisions: Sequence[Decision], gold: Gold, calibrator: Calibrator | None = None
) -> Reliability:
    """Of the decisions that have evaluation gold, after the calibrator where there is one.

    InputError if the calibrator was fitted on one of the records, or a confidence is a margin.
    """
    records, sure, right = agreed_with(decisions, gold.of(Purpose.EVALUATION))
    if not records:
        raise InputError("no decision with a confidence has evaluation gold")
    margins = any(d.confidence_source is Source.MARGIN for d in decisions)
    if calibrator is not None:
        calibrator.judged_on(records)
        sure = calibrator(sure)
    elif margins:
        raise InputError("a margin is no probability; fit a calibrator first")
    return reliability(sure, right, "evaluation gold")


def _share(right: Bools) -> Share:
    return Share(int(right.sum()), len(right))


def _ece(sure: Floats, right: Bools, place: NDArray[np.int64], bins: int) -> Floats:
    """Mean over answers of the gap between stated and right in their bin; one a line of `right`."""
    gaps = np.array([np.bincount(place, sure - line, minlength=bins) for line in right])
    found: Floats = np.abs(gaps).sum(axis=1) / len(sure)
    return found


def _simulated(sure: Floats, place: NDArray[np.int64], bins: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    found = [
        _ece(sure, (rng.random(len(sure)) < sure)[None, :], place, bins)[0]
        for _ in range(SIMULATIONS if len(sure) <= 100_000 else SIMULATIONS // 10)
    ]
    return np.array(found)


def _brier(sure: Floats, right: Bools) -> Estimate:
    off = (sure - right) ** 2
    return mean_estimate(float(off.mean()), float(off.var()), len(off))


def _gain(sure: Floats, right: Bools) -> Estimate:
    """By Student's t; no interval where all answers are alike."""
    more = (right.mean() - right) ** 2 - (sure - right) ** 2
    n, mean = len(more), float(more.mean())
    if n < 2 or np.ptp(more) == 0:
        return Estimate(mean, n)
    half = float(t_quantile((1 + LEVEL) / 2, n - 1)) * float(more.std(ddof=1)) / n**0.5
    return Estimate(mean, n, mean - half, mean + half)


def auroc(confidence: Floats, correct: Bools) -> Estimate:
    """How often a right answer is more confident than a wrong one, ties half; interval after DeLong
    (1988).

    Confidences of any source may be given: only their order counts.
    """
    yes, no = int(correct.sum()), int((~correct).sum())
    if not yes or not no:
        why = f"all {len(correct)} answers are {'right' if yes else 'wrong'}"
        return Estimate(None, len(correct), why=why)
    ranks = average_ranks(confidence)
    above = (
        ranks[correct] - average_ranks(confidence[correct])
    ) / no  # share of wrong ones below each
    below = (ranks[~correct] - average_ranks(confidence[~correct])) / yes
    value = float(above.mean())
    if yes < 2 or no < 2:
        return Estimate(value, len(correct))
    if value in (0.0, 1.0):  # no spread to go by: the chance of no inversion among the fewer
        room = 1 - (1 - LEVEL) ** (1 / min(yes, no))
        return Estimate(value, len(correct), max(0.0, value - room), min(1.0, value + room))
    half = Z * float(above.var(ddof=1) / yes + below.var(ddof=1) / no) ** 0.5
    return Estimate(value, len(correct), max(0.0, value - half), min(1.0, value + half))
