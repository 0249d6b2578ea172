"""Confidences turned into probabilities, fitted on calibration gold alone, and how good they are.

Temperature (Guo et al. 2017), Platt's logistic curve with his smoothed targets (1999), isotonic
regression, and histogram bins of equal numbers (Zadrozny and Elkan 2001, 2002). What a calibrator
was fitted on it remembers, and refuses to be judged on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize, minimize_scalar
from scipy.special import expit, log_softmax, logit

from assay.core.annotation import Decision, Source
from assay.core.errors import InputError, SpecError
from assay.core.value import Value
from assay.data.gold import Gold, Purpose
from assay.quality.verdicts import Verdict

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Curve = Callable[[Floats], Floats]

LEAST = 10  # labels below which nothing is fitted
EDGE = 1e-6  # probabilities are kept this far from 0 and 1 before a logit is taken
BIN = 30  # labels a histogram bin should have at least
MOST_BINS = 15
SUM_SLACK = 1e-3


@dataclass(frozen=True)
class Calibrator:
    """`source` is the only kind of confidence it may be given."""

    method: str
    source: Source
    curve: Curve
    records: frozenset[str]  # calibration gold that it was fitted on
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, confidence: Sequence[float] | Floats) -> Floats:
        """Probabilities that the answers are right."""
        return np.clip(self.curve(checked(confidence, self.source)), 0.0, 1.0)

    def decision(self, decided: Decision) -> Decision:
        """The decision with a calibrated confidence; one without confidence stays as it is."""
        if decided.confidence is None:
            return decided
        if decided.confidence_source is not self.source:
            raise InputError(
                f"record {decided.record!r}: a calibrator of confidences ({self.source.words}) "
                f"was given another kind ({_words(decided.confidence_source)}); fit one for each"
            )
        sure = float(self([decided.confidence])[0])
        return replace(decided, confidence=sure, confidence_source=Source.CALIBRATED)

    def judged_on(self, records: Sequence[str]) -> None:
        """InputError if one of the records was used to fit this calibrator."""
        shared = next((r for r in records if r in self.records), None)
        if shared is not None:
            raise InputError(
                f"record {shared!r} was used to fit the calibrator; judge it on evaluation gold"
            )


def fit(decisions: Sequence[Decision], gold: Gold, method: str = "platt") -> Calibrator:
    """Fit on the decisions that have calibration gold, and on no other gold.

    InputError if they are too few, of several sources, or all right or all wrong.
    """
    trusted = gold.of(Purpose.CALIBRATION)
    used = [d for d in decisions if d.record in trusted and d.confidence is not None]
    if not used:
        raise InputError("no decision with a confidence has calibration gold")
    sure = [d.confidence for d in used if d.confidence is not None]
    right = [d.value == trusted[d.record] for d in used]
    source = _only(d.confidence_source for d in used)
    fitted = fit_arrays(sure, right, method, source)
    return replace(fitted, records=frozenset(d.record for d in used))


def fit_verdicts(verdicts: Sequence[Verdict], method: str = "platt") -> Calibrator:
    """The same from judged answers, on those whose purpose is calibration alone."""
    used = [
        v for v in verdicts
        if v.purpose is Purpose.CALIBRATION and v.confidence is not None and v.right is not None
    ]  # fmt: skip
    if not used:
        raise InputError("no answer with a confidence has calibration gold")
    source = _only(v.source for v in used)
    sure = [v.confidence for v in used if v.confidence is not None]
    fitted = fit_arrays(sure, [bool(v.right) for v in used], method, source)
    return replace(fitted, records=frozenset(v.record for v in used))


def _only(sources: Iterable[Source | None]) -> Source:
    """InputError if there are several; the default is that of numbers that say nothing."""
    found = set(sources)
    if len(found) > 1:
        described = ", ".join(sorted(_words(s) for s in found))
        raise InputError(f"confidences of several kinds ({described}); fit a calibrator for each")
    return next(iter(found)) or Source.STATED


def _words(source: Source | None) -> str:
    return "of no kind" if source is None else source.words


def fit_arrays(
    confidence: Sequence[float] | Floats,
    correct: Sequence[bool] | Bools,
    method: str = "platt",
    source: Source = Source.STATED,
) -> Calibrator:
    """The same from columns; margins (nats) are taken as they are, all else is a probability."""
    if method not in METHODS:
        raise SpecError(f"unknown calibration {method!r}; there are {', '.join(METHODS)}")
    sure, right = checked(confidence, source), np.asarray(correct, dtype=bool)
    if sure.shape != right.shape:
        raise InputError(f"{len(sure)} confidences and {len(right)} verdicts do not pair up")
    if len(sure) < LEAST:
        raise InputError(f"calibration needs {LEAST} labels or more, there are {len(sure)}")
    if method in ("temperature", "platt") and right.all() | ~right.any():
        raise InputError(
            f"all {len(right)} calibration answers are {'right' if right[0] else 'wrong'}: "
            f"{method} has nothing to tell apart; take `histogram`, or more labels"
        )
    if method == "temperature" and source is Source.MARGIN:
        raise SpecError("temperature needs probabilities, a margin is none; take platt")
    curve, parameters = METHODS[method](sure, right, source)
    return Calibrator(method, source, curve, frozenset(), parameters)


def checked(confidence: Sequence[float] | Floats, source: Source) -> Floats:
    sure = np.asarray(confidence, dtype=np.float64)
    if np.isnan(sure).any():
        raise InputError("a confidence is missing; leave out answers without one")
    if source is Source.MARGIN:
        return sure
    outside = (sure < 0) | (sure > 1)
    if outside.any():
        raise InputError(
            f"a confidence ({source.words}) is {sure[outside][0]:g}; it lies between 0 and 1"
        )
    return sure


def _axis(sure: Floats, source: Source, most: float) -> Floats:
    """The real line that a logistic curve is fitted on; endless margins end at `most`."""
    if source is Source.MARGIN:
        return np.clip(sure, -most, most)
    return np.asarray(logit(np.clip(sure, EDGE, 1 - EDGE)), dtype=np.float64)


Fitted = tuple[Curve, dict[str, float]]


def _temperature(sure: Floats, right: Bools, source: Source) -> Fitted:
    x = _axis(sure, source, 1.0)

    def loss(log_t: float) -> float:
        signed = np.where(right, x, -x) / np.exp(log_t)
        return float(np.logaddexp(0, -signed).mean())

    t = float(np.exp(minimize_scalar(loss, bounds=(-6, 6), method="bounded").x))
    return lambda s: np.asarray(expit(_axis(s, source, 1.0) / t)), {"temperature": t}


def _platt(sure: Floats, right: Bools, source: Source) -> Fitted:
    finite = np.abs(sure[np.isfinite(sure)])
    most = float(finite.max()) if len(finite) else 1.0
    x = _axis(sure, source, most)
    yes, no = int(right.sum()), int((~right).sum())
    target = np.where(right, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(ab: Floats) -> tuple[float, Floats]:
        z = ab[0] * x + ab[1]
        off = expit(z) - target
        value = float((np.logaddexp(0, z) - target * z).sum())
        return value, np.array([(off * x).sum(), off.sum()])

    a, b = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    described = {"slope": float(a), "intercept": float(b)}
    return lambda s: np.asarray(expit(a * _axis(s, source, most) + b)), described


def _isotonic(sure: Floats, right: Bools, source: Source) -> Fitted:
    places, where = np.unique(sure, return_inverse=True)
    n = np.bincount(where)
    share = np.bincount(where, right) / n
    height = isotonic_regression(share, weights=n).x
    inside = places[np.isfinite(places)]
    low, high = (inside[0] - 1, inside[-1] + 1) if len(inside) else (0.0, 1.0)  # endless margins
    at = np.clip(places, low, high)
    return lambda s: np.interp(np.clip(s, low, high), at, height), {}


def _histogram(sure: Floats, right: Bools, source: Source) -> Fitted:
    bins = equal_bins(sure, min(MOST_BINS, max(1, len(sure) // BIN)))
    edges = np.array([sure[b].min() for b in bins[1:]])
    height = np.array([(right[b].sum() + 1) / (len(b) + 2) for b in bins])
    return lambda s: height[np.searchsorted(edges, s, side="right")], {"bins": float(len(bins))}


METHODS: dict[str, Callable[[Floats, Bools, Source], Fitted]] = {
    "temperature": _temperature,
    "platt": _platt,
    "isotonic": _isotonic,
    "histogram": _histogram,
}


def equal_bins(sure: Floats, count: int) -> list[NDArray[np.int64]]:
    """Positions in about equal numbers, most confident last; equal confidences share a bin."""
    order = np.argsort(sure, kind="stable")
    ordered = sure[order]
    cuts = np.linspace(0, len(sure), count + 1).astype(np.int64)[1:-1]
    starts = np.unique(np.searchsorted(ordered, ordered[cuts], side="left"))
    return [part for part in np.split(order, starts) if len(part)]


def temperature_of_classes(probabilities: Floats, truth: Sequence[int]) -> float:
    """The temperature T at which softmax(log p / T) is likeliest; rows are records.

    InputError for a row that is no distribution.
    """
    log_p = np.log(np.maximum(check_distributions(probabilities), 1e-12))
    right = np.asarray(truth, dtype=np.int64)
    if len(right) != len(log_p) or len(right) < LEAST:
        raise InputError(f"{len(log_p)} rows and {len(right)} labels; {LEAST} or more are needed")
    if ((right < 0) | (right >= log_p.shape[1])).any():
        raise InputError(f"a label is outside the {log_p.shape[1]} classes")

    def loss(log_t: float) -> float:
        scaled = log_softmax(log_p / np.exp(log_t), axis=1)
        return -float(scaled[np.arange(len(right)), right].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-6, 6), method="bounded").x))


def check_distributions(probabilities: Floats) -> Floats:
    """The rows as given; InputError names the first that does not sum to 1 (to 0.001)."""
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or not len(p):
        raise InputError("probabilities are a table: a row a record, a column a class")
    off = ~(np.isfinite(p).all(axis=1) & (p >= 0).all(axis=1))
    if off.any():
        raise InputError(f"row {int(np.argmax(off)) + 1}: a probability is negative or missing")
    total = p.sum(axis=1)
    bad = np.flatnonzero(np.abs(total - 1) > SUM_SLACK)
    if len(bad):
        raise InputError(
            f"row {bad[0] + 1}: the probabilities sum to {total[bad[0]]:.4g}, not to 1 "
            f"({len(bad)} such rows)"
        )
    return p


def agreed_with(
    decisions: Sequence[Decision], reference: Mapping[str, Value]
) -> tuple[list[str], Floats, Bools]:
    """Records, confidences and verdicts of the decisions that have both; for `reliability`."""
    used = [d for d in decisions if d.record in reference and d.confidence is not None]
    sure = np.array([d.confidence for d in used], dtype=np.float64)
    right = np.array([d.value == reference[d.record] for d in used], dtype=bool)
    return [d.record for d in used], sure, right
