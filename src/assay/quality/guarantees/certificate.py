"""Certificates: how sure a label must be so that accepted labels agree with the reference.

Given a random, human-labelled sample of the same records, find the confidence threshold at which
at least 1 - alpha of the accepted labels agree with the reference, with probability 1 - delta
over the draw of the sample. Each threshold is a hypothesis, "its error rate exceeds alpha", tested
with exact binomial bounds in a way fixed before any verdict is seen, strictest first (Learn Then
Test, Angelopoulos et al. 2021).

One annotator's accepted labels only grow as the threshold falls, so that the tests can be planned
together: see `boundary`. In a chain another link may take over a record, so that errors are no
sums; there the error probability moves along the order by the fallback rule (Wiens 2003): most of
it starts at the strict end and passes from test to test as long as they succeed; a small share
waits at "accept everything". That order holds only the sample sizes at which one more error becomes
permissible: a test between two of them requires more and is less informative. A chain's threshold
is the confidence of one of the records it accepts, and what that record's label is depends on where
the threshold lies, so the record counts as an error if wrong, but not as a draw.

A promise about the whole output is simpler: whether a record is accepted and wrong is one draw for
every record of the sample, accepted or not, so that all of them count and none is chosen by the
threshold. Thresholds are tested from the strictest on, each with all of delta, up to the first that
holds too many such records (a fixed sequence, Maurer et al. 1995). Let T be the laxest place from
which on the true share is still alpha at most: a broken promise means that the test at T, of draws
that are accepted and wrong with probability alpha or more, was passed, and it was made, because
every confidence of the sample, of any link, is a step. This holds for chains too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assay.core.errors import InputError
from assay.quality.guarantees.boundary import limits
from assay.quality.guarantees.bounds import errors_allowed, lower, p_value, smallest_sample, upper
from assay.quality.guarantees.promise import Certificate, Promise

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]

LAST_SHARE = 0.1  # of delta, kept for the test of accepting everything
LEAST_SEEN = 20  # accepted labels from which an error rate is taken to plan with
PEOPLE = -1  # decided by no link of a chain
HOPELESS = (
    "more labels would hardly help, because even the most confident answers are wrong too often"
)
TOO_FEW = "it is too small to tell whether more labels would help"
SILENT = "it holds no answer that could be accepted"


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
    if promise.about == "output":
        return _of_output(path, promise, reference)
    return _stated(path, _by_limits(path, promise), promise, reference)


def not_said(promise: Promise, reference: str) -> Certificate:
    """Of a class that the annotator never decided for."""
    return Certificate(promise, reference, 0, None, why=SILENT)


def certify_each(
    samples: Mapping[str, tuple[ArrayLike, ArrayLike]],
    promise: Promise,
    reference: str = "the reference",
) -> dict[str, Certificate]:
    """A certificate a tag (or field), all of them holding together: delta is shared equally."""
    each = replace(promise, delta=promise.delta / max(len(samples), 1))
    return {name: certify(*pair, each, reference) for name, pair in samples.items()}


def certify_chain(
    confidence: ArrayLike, correct: ArrayLike, promise: Promise, reference: str = "the reference"
) -> Certificate:
    """One threshold for all links of a chain: each record is taken from the first link that is
    sure enough, and goes to people if none is.

    Arrays are (links, records); a confidence of minus infinity is a link that gave no answer. All
    links answered every record of the sample. The chain is tested as a whole, at a common
    threshold, so that delta covers all links together: it need not be divided by their number, and
    the records that reach a later link are the ones it is tested on. Confidences of different
    models must mean the same (calibrate them on other gold).
    """
    sure = np.atleast_2d(np.asarray(confidence, dtype=np.float64))
    right = np.atleast_2d(np.asarray(correct, dtype=bool))
    if sure.shape != right.shape or sure.shape[1] == 0:
        raise InputError(f"confidences {sure.shape} and verdicts {right.shape} do not pair up")
    if np.isnan(sure).any():
        raise InputError("a confidence is missing; a link without an answer has minus infinity")
    path = _chain_path(sure, right, promise)
    if promise.about == "output":
        found = _of_output(path, promise, reference)
    else:
        last = (_by_limits if len(sure) == 1 else _by_fallback)(path, promise)
        found = _stated(path, last, promise, reference)
    if found.threshold is None:
        return found
    takers = first_sure(sure, found.threshold)
    return replace(found, shares=tuple(float((takers == k).mean()) for k in range(len(sure))))


def first_sure(confidence: Floats, threshold: float) -> Counts:
    """(links, records) to the link that decides each record; PEOPLE where none is sure enough."""
    sure = confidence >= threshold
    taker: Counts = np.where(sure.any(axis=0), sure.argmax(axis=0), PEOPLE)
    return taker


def _chain_path(sure: Floats, right: Bools, promise: Promise) -> "_Path":
    """Steps at every confidence of any link where the whole output is promised; else where more
    records are accepted."""
    top = sure.max(axis=0)
    steps = sure if promise.about == "output" else top
    thresholds = np.unique(steps[np.isfinite(steps)])[::-1]
    accepted, wrong = chain_counts(sure, right, thresholds)
    return _Path(sure.shape[1], thresholds, accepted, wrong, chosen=int(len(sure) > 1))


def chain_counts(sure: Floats, right: Bools, thresholds: Floats) -> tuple[Counts, Counts]:
    """How many records a chain accepts at each of the thresholds (falling), and how many of them
    are wrong.

    A link decides a record from its confidence down to that of the most confident link before it.
    """
    accepted, wrong = (np.zeros(len(thresholds) + 1, dtype=np.int64) for _ in range(2))
    before = np.full(sure.shape[1], -np.inf)
    for said, true in zip(sure, right, strict=True):
        most_confident = np.maximum(before, said)
        starts = np.searchsorted(-thresholds, -most_confident)
        ends = np.searchsorted(-thresholds, -before)
        for counts, some in ((accepted, np.ones_like(true)), (wrong, ~true)):
            np.add.at(counts, starts[some], 1)
            np.add.at(counts, ends[some], -1)
        before = most_confident
    return accepted[:-1].cumsum(), wrong[:-1].cumsum()


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


def _of_output(path: _Path, promise: Promise, reference: str) -> Certificate:
    """The last step before the first that holds too many accepted and wrong records."""
    allowed = int(errors_allowed(path.labels, promise.alpha, promise.delta))
    within = path.errors <= allowed
    reached = len(within) if within.all() else int(np.argmin(within))
    if reached == 0:
        more, why = _outlook_of_output(path, promise)
        return Certificate(promise, reference, path.labels, None, more=more, why=why)
    last = reached - 1
    accepted, errors = int(path.accepted[last]), int(path.errors[last])
    bound = float(upper(allowed, path.labels, promise.delta))
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
    """Distinct confidences from the most confident on, with how many are accepted and wrong at
    each.

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


def _outlook_of_output(path: _Path, promise: Promise) -> tuple[int | None, str]:
    """The same for all labels: about the most confident answers, which share a threshold."""
    if len(path.accepted) == 0:
        return None, SILENT
    wrong = int(path.errors[0])
    if lower(wrong, path.labels, promise.delta) > promise.alpha:
        return None, HOPELESS
    least = smallest_sample(promise.alpha, promise.delta)
    rate = (wrong + 0.5) / (path.labels + 1.0)
    if rate >= promise.alpha:
        needed = f"; {least:,} labels are the least, should none of them be wrong"
        return None, TOO_FEW + (needed if path.labels < least else "")
    rate = min(rate, 0.98 * promise.alpha)
    sizes = np.unique(np.geomspace(least, 1e8, 600).astype(int))
    enough = sizes[errors_allowed(sizes, promise.alpha, promise.delta) >= rate * sizes]
    return max(1, int(enough[0]) - path.labels), ""
