"""Certificates: how sure a label must be so that accepted labels agree with the reference.

Given a random, human-labelled sample of the same records, find the confidence threshold at which
at least 1 - alpha of the accepted labels agree with the reference, with probability 1 - delta
over the draw of the sample. Each threshold is a hypothesis, "its error rate exceeds alpha", tested
with exact binomial bounds in a way fixed before any verdict is seen, strictest first (Learn Then
Test, Angelopoulos et al. 2021).

One annotator's accepted labels only grow as the threshold falls, so that the tests can be planned
together: see `boundary`. In a chain another link may take over a record, so that
errors are no sums; there the error probability moves along the order by the fallback rule (Wiens
2003): most of it starts at the strict end and passes from test to test as long as they succeed; a
small share waits at "accept everything". That order holds only the sample sizes at which one more
error becomes permissible: a test between two of them asks for more and tells less. A chain's
threshold is the confidence of one of the records it accepts, and what that record's label is
depends on where the threshold lies, so the record counts as an error if wrong, but not as a draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assay.core.errors import InputError
from assay.quality.boundary import limits
from assay.quality.bounds import errors_allowed, lower, p_value, smallest_sample, upper

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]

LAST_SHARE = 0.1  # of delta, kept for the test of accepting everything
LEAST_SEEN = 20  # accepted labels from which an error rate is taken to plan with
PEOPLE = -1  # decided by no link of a chain
HOPELESS = "more labels would hardly help, since even the surest answers are wrong too often"
TOO_FEW = "it is too small to tell whether more labels would help"
SILENT = "it holds no answer that could be accepted"


@dataclass(frozen=True, slots=True)
class Promise:
    """At least 1 - alpha agree, with probability 1 - delta."""

    alpha: float
    delta: float

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("delta", self.delta)):
            if not 0 < value < 1:
                raise InputError(f"{name} lies between 0 and 1, not {value:g}")


@dataclass(frozen=True, slots=True)
class Certificate:
    """`threshold` None: not possible with this sample; `more` labels would be needed then, or
    `why` says what stands in the way.

    `bound` is the upper bound of the error rate of accepted labels at the level of the test that
    passed. `shares` is, for a chain, the share of the sample that each link decides.
    """

    promise: Promise
    reference: str
    labels: int
    threshold: float | None
    accepted: int = 0
    errors: int = 0
    bound: float = 1.0
    more: int | None = None
    shares: tuple[float, ...] = ()
    why: str = ""

    @property
    def coverage(self) -> float:
        """Share of the sample that is accepted."""
        return self.accepted / self.labels

    @property
    def statement(self) -> str:
        p = self.promise
        wanted = f"at least {1 - p.alpha:.1%} agree with {self.reference}"
        if self.threshold is None:
            more = self.why
            if self.more is not None:
                more = "one more label is needed"
                if self.more > 1:
                    more = f"about {self.more:,} more labels are needed"
            return (
                f"not possible with this sample of {self.labels:,} labels: no threshold can "
                f"promise that {wanted}; {more}"
            )
        return (
            f"of the labels accepted at confidence {self.threshold:.4g} or more, {wanted}, with "
            f"probability {1 - p.delta:.1%}; {self.accepted:,} of {self.labels:,} sampled records "
            f"are accepted ({self.coverage:.1%}), {self.errors:,} of them wrong (error at most "
            f"{self.bound:.1%})"
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        return (
            "the sample was drawn at random from the same records as those to be labelled",
            "its reference labels were given without regard to the model's answer or confidence",
            "nothing was fitted on the sample, and annotator, prompt and options stay as they were",
            "the promise is for the accepted records together, not for each subgroup of them",
        )

    def as_json(self) -> dict[str, object]:
        return {
            "alpha": self.promise.alpha, "delta": self.promise.delta, "reference": self.reference,
            "labels": self.labels, "threshold": self.threshold, "accepted": self.accepted,
            "errors": self.errors, "bound": self.bound, "coverage": self.coverage,
            "more": self.more, "why": self.why, "shares": list(self.shares),
            "statement": self.statement, "assumptions": list(self.assumptions),
        }  # fmt: skip


def certify(
    confidence: ArrayLike, correct: ArrayLike, promise: Promise, reference: str = "the reference"
) -> Certificate:
    """One row a sampled record: how sure the label was, and whether it agrees with the reference.

    For several labels a record, spans or scales, `correct` is whether the record (or the unit)
    is right as the task defines it; the statement is then about records (or units).
    """
    sure, right = _columns(confidence, correct)
    thresholds, accepted, errors = _steps(sure, right)
    path = _Path(len(sure), thresholds, accepted, errors)
    return _stated(path, _by_limits(path, promise), promise, reference)


def certify_each(
    samples: Mapping[str, tuple[ArrayLike, ArrayLike]],
    promise: Promise,
    reference: str = "the reference",
) -> dict[str, Certificate]:
    """A certificate a tag (or field), all of them holding together: delta is shared equally."""
    each = Promise(promise.alpha, promise.delta / max(len(samples), 1))
    return {name: certify(*pair, each, reference) for name, pair in samples.items()}


def certify_chain(
    confidence: ArrayLike, correct: ArrayLike, promise: Promise, reference: str = "the reference"
) -> Certificate:
    """One threshold for all links of a chain: each record is taken from the first link that is
    sure enough, and goes to people if none is.

    Arrays are (links, records); a confidence of minus infinity is a link that gave no answer. All
    links answered every record of the sample. The chain is tested whole, at a common threshold,
    so that delta covers all links together: it need not be divided by their number, and the
    records that reach a later link are the ones it is tested on. Confidences of different models
    must mean the same (calibrate them on other gold).
    """
    sure = np.atleast_2d(np.asarray(confidence, dtype=np.float64))
    right = np.atleast_2d(np.asarray(correct, dtype=bool))
    if sure.shape != right.shape or sure.shape[1] == 0:
        raise InputError(f"confidences {sure.shape} and verdicts {right.shape} do not pair up")
    if np.isnan(sure).any():
        raise InputError("a confidence is missing; a link without an answer has minus infinity")
    top = sure.max(axis=0)
    thresholds = np.unique(top[np.isfinite(top)])[::-1]
    counts = [_chain_counts(sure, right, t) for t in thresholds]
    accepted, wrong = np.array(counts, dtype=np.int64).reshape(-1, 2).T
    path = _Path(sure.shape[1], thresholds, accepted, wrong, chosen=int(len(sure) > 1))
    last = (_by_limits if len(sure) == 1 else _by_fallback)(path, promise)
    found = _stated(path, last, promise, reference)
    if found.threshold is None:
        return found
    takers = first_sure(sure, found.threshold)
    shares = tuple(float((takers == k).mean()) for k in range(len(sure)))
    return Certificate(
        promise, reference, found.labels, found.threshold, found.accepted, found.errors,
        found.bound, None, shares,
    )  # fmt: skip


def first_sure(confidence: Floats, threshold: float) -> Counts:
    """(links, records) to the link that decides each record; PEOPLE where none is sure enough."""
    sure = confidence >= threshold
    taker: Counts = np.where(sure.any(axis=0), sure.argmax(axis=0), PEOPLE)
    return taker


def _chain_counts(sure: Floats, right: Bools, threshold: float) -> tuple[int, int]:
    """How many records the chain accepts at a threshold, and how many of them are wrong."""
    takers = first_sure(sure, threshold)
    taken = np.flatnonzero(takers != PEOPLE)
    return len(taken), int((~right[takers[taken], taken]).sum())


@dataclass(frozen=True, slots=True)
class _Path:
    """Thresholds from the strictest on, with what each accepts of `labels` records."""

    labels: int
    thresholds: Floats
    accepted: Counts
    errors: Counts
    chosen: int = 0  # accepted records that the threshold was chosen by, which are no draws

    @property
    def draws(self) -> Counts:
        return self.accepted - self.chosen


Passed: TypeAlias = tuple[int, float] | None
"""The place on a path of the laxest threshold that passed, and the level of its test."""


def _stated(path: _Path, passed: Passed, promise: Promise, reference: str) -> Certificate:
    if passed is None:
        more, why = _outlook(path, promise)
        return Certificate(promise, reference, path.labels, None, more=more, why=why)
    last, level = passed
    accepted, errors = int(path.accepted[last]), int(path.errors[last])
    draws = int(path.draws[last])
    bound = float(upper(min(errors, draws), draws, level))
    threshold = float(path.thresholds[last])
    return Certificate(promise, reference, path.labels, threshold, accepted, errors, bound)


def _by_limits(path: _Path, promise: Promise) -> Passed:
    """The last of the steps that are within their limits in turn, or of those that need no other.

    Where several labels share a confidence, a step is at the first size that can be had.
    """
    if len(path.accepted) == 0:
        return None
    planned = limits(int(path.accepted[-1]), promise.alpha, promise.delta)
    places = np.unique(np.searchsorted(path.accepted, planned.steps))
    in_turn, alone = planned.at(path.accepted[places])
    within = path.errors[places] <= in_turn
    reached = len(within) if within.all() else int(np.argmin(within))
    last = max([reached - 1, *np.flatnonzero(path.errors[places] <= alone)[-1:]])
    if last < 0:
        return None
    allowed = in_turn[last] if last < reached else alone[last]
    place = places[last]
    return int(place), float(p_value(allowed, path.accepted[place], promise.alpha))


def _by_fallback(path: _Path, promise: Promise) -> Passed:
    steps, weights = _order(path, promise)
    p_values = p_value(path.errors[steps], path.draws[steps], promise.alpha)
    level, found, passed = 0.0, None, False
    for step, weight, p in zip(steps, weights, p_values, strict=True):
        level = (level if passed else 0.0) + weight * promise.delta
        passed = bool(p <= level)
        if passed:
            found = int(step), level
    return found


def _order(path: _Path, promise: Promise) -> tuple[Counts, Floats]:
    """Positions of the thresholds to test, and the share of delta that each brings."""
    if len(path.accepted) == 0:
        return np.zeros(0, np.int64), np.zeros(0)
    sizes = sizes_to_test(int(path.draws[-1]), promise) + path.chosen
    places = np.searchsorted(path.accepted, sizes)
    steps = np.unique(np.append(places, len(path.accepted) - 1))
    weights = np.zeros(len(steps))
    weights[0] += 1 - LAST_SHARE
    weights[-1] += LAST_SHARE
    return steps, weights


def sizes_to_test(most: int, promise: Promise) -> Counts:
    """How many accepted labels to test at: where one more error becomes permissible.

    The first sizes are left out, since one unlucky label would end the order there.
    """
    level = promise.delta * (1 - LAST_SHARE)
    sizes = np.arange(1, most + 1)
    allowed = errors_allowed(sizes, promise.alpha, level)
    gains: Counts = sizes[np.flatnonzero(np.diff(allowed, prepend=-1) > 0)]
    return gains[max(min(2, len(gains) // 2), round(len(gains) / 8)) :]


def _columns(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, Bools]:
    sure, right = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=bool)
    if sure.shape != right.shape or sure.ndim != 1:
        raise InputError(f"{sure.size} confidences and {right.size} verdicts do not pair up")
    if len(sure) == 0:
        raise InputError("a certificate needs labelled records; the sample is empty")
    if np.isnan(sure).any():
        raise InputError("a confidence is missing; a record without an answer has minus infinity")
    return sure, right


def _steps(sure: Floats, right: Bools) -> tuple[Floats, Counts, Counts]:
    """Distinct confidences from the surest on, with how many are accepted and wrong at each.

    Minus infinity is no answer: it counts among the labels and is never accepted.
    """
    order = np.argsort(-sure, kind="stable")
    order = order[: int(np.isfinite(sure).sum())]
    ordered, wrong = sure[order], np.cumsum(~right[order])
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(order) else order
    return ordered[last], (last + 1).astype(np.int64), wrong[last].astype(np.int64)


def _outlook(path: _Path, promise: Promise) -> tuple[int | None, str]:
    """Labels to add so that the part with the lowest error rate so far would pass, or why that
    cannot be said."""
    if len(path.accepted) == 0:
        return None, SILENT
    rates = (path.errors + 0.5) / (path.accepted + 1.0)
    large = path.accepted >= min(LEAST_SEEN, int(path.accepted[-1]))
    best = int(np.argmin(np.where(large, rates, np.inf)))
    accepted, errors = int(path.accepted[best]), int(path.errors[best])
    if errors / accepted >= promise.alpha:
        too_many = lower(errors, accepted, promise.delta) > promise.alpha
        return None, HOPELESS if too_many else TOO_FEW
    level = promise.delta * (1 - LAST_SHARE)
    if rates[best] >= promise.alpha:
        least = smallest_sample(promise.alpha, promise.delta)
        return None, f"{TOO_FEW}; {least:,} labels are the least, should none of them be wrong"
    rate = min(float(rates[best]), 0.98 * promise.alpha)
    sizes = np.unique(np.geomspace(smallest_sample(promise.alpha, level), 1e8, 600).astype(int))
    enough = sizes[errors_allowed(sizes, promise.alpha, level) >= rate * sizes]
    if len(enough) == 0:
        return None, TOO_FEW
    return max(1, int(np.ceil(enough[0] * path.labels / accepted)) - path.labels), ""
