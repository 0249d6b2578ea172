"""Prevalence and group differences from many model labels and few human ones.

Prediction-powered inference: the model's mean over all records, corrected by how far it is off on a
random sample that people labelled (Angelopoulos et al., Science 2023), and PPI++, where the model
counts only as much as it helps (Angelopoulos, Duchi, Zrnic 2023). Valid for any model, good or bad;
a bad one gains nothing.

Two departures, both for small samples. Shares get Wilson's interval at the effective sample size
instead of a normal one, and their moments four half pseudo-records, one in each corner, so that a
rare class met once does not look perfectly predicted. The residual variance pays a degree of
freedom for the tuned weight.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from assay.core.errors import InputError

Floats = NDArray[np.float64]

Answer: TypeAlias = str | frozenset[str]
"""One label, or the set of tags."""

LEVEL = 0.95
LEAST = 10  # human labels below which nothing is told
NO_WIDER = 1.05  # a PPI++ interval wider than this many human-only ones is not worth its risk
PSEUDO = 0.5


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"

    @property
    def width(self) -> float:
        return self.high - self.low

    def as_json(self) -> dict[str, object]:
        return {"value": self.value, "interval": [self.low, self.high]}


@dataclass(frozen=True, slots=True)
class Ppi:
    """Four answers to one question; `tuned` (PPI++) is the one to use.

    The population is what the records were drawn from; the human-labelled ones must be a random
    sample of the records.
    """

    human: int  # records that people labelled
    model: int  # records that only the model labelled
    human_only: Interval
    naive: Interval  # of model labels alone: its interval leaves the model's errors out
    classical: Interval
    tuned: Interval
    weight: float  # of the model in `tuned`, 0 to 1
    gain: float  # how many times more human labels would be needed without the model

    @property
    def bias(self) -> float:
        """How far the model labels are off, as far as can be told."""
        return self.naive.value - self.tuned.value

    @property
    def warning(self) -> str | None:
        if self.tuned.low <= self.naive.value <= self.tuned.high:
            return None
        return (
            f"model labels alone say {self.naive.value:.4f}, which the human labels rule out "
            f"({self.tuned})"
        )

    def as_json(self) -> dict[str, object]:
        return {
            "human_labels": self.human, "model_labels": self.model,
            "human_only": self.human_only.as_json(), "naive": self.naive.as_json(),
            "classical": self.classical.as_json(), "ppi++": self.tuned.as_json(),
            "weight": self.weight, "gain": self.gain, "bias_of_naive": self.bias,
            "warning": self.warning,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Moments:
    """Of human labels y and model labels f."""

    n: int
    rest: int
    y: float
    f: float  # mean on the human-labelled
    f_rest: float
    var_y: float
    var_f: float
    cov: float
    var_rest: float

    def value(self, weight: float) -> float:
        return self.y + weight * (self.f_rest - self.f)

    def variance(self, weight: float, tuned: bool = False) -> float:
        residual = self.var_y - 2 * weight * self.cov + weight**2 * self.var_f
        freedom = (self.n - 1) / (self.n - 2) if tuned and weight else 1.0
        return freedom * max(residual, 0.0) / self.n + weight**2 * self.var_rest / self.rest

    @property
    def best_weight(self) -> float:
        """The weight of the least variance, kept between 0 and 1."""
        below = self.var_f + self.n / self.rest * self.var_rest
        return min(1.0, max(0.0, self.cov / below)) if below > 0 else 0.0


def share(human: Floats, model: Floats, rest: Floats) -> Ppi:
    """Of a label: `human` is 0 or 1 a record, `model` the model's label (or its probability) on the
    same records, `rest` on all others."""
    _check(human, model, rest)
    if not np.isin(human, (0.0, 1.0)).all() or not _inside(model) or not _inside(rest):
        raise InputError("for a share people say 0 or 1, and the model 0 to 1")
    m = _moments(human, model, rest, smooth=True)
    naive = _wilson(_naive(m), m.n + m.rest)
    return _answers(m, naive, lambda value, ratio: _wilson(value, m.n / ratio))


def mean(human: Floats, model: Floats, rest: Floats) -> Ppi:
    """Of a number, as of a scale."""
    _check(human, model, rest)
    m = _moments(human, model, rest, smooth=False)
    spread = float(t.ppf((1 + LEVEL) / 2, m.n - 1)) * m.variance(0.0) ** 0.5

    def around(value: float, half: float) -> Interval:
        return Interval(value, value - half, value + half)

    half = float(norm.ppf((1 + LEVEL) / 2)) * (m.var_rest / (m.n + m.rest)) ** 0.5
    naive = around(_naive(m), half)
    return _answers(m, naive, lambda value, ratio: around(value, spread * ratio**0.5))


def _check(human: Floats, model: Floats, rest: Floats) -> None:
    if human.shape != model.shape or human.ndim != 1:
        raise InputError(f"{len(human)} human labels and {len(model)} model labels do not pair up")
    if len(human) < LEAST:
        raise InputError(f"{LEAST} human labels or more are needed, there are {len(human)}")
    if not len(rest):
        raise InputError("people labelled every record, so there is nothing to infer: count them")
    for name, values in (("human", human), ("model", model), ("model", rest)):
        if not np.isfinite(values).all():
            raise InputError(f"a {name} label is missing or no finite number")


def _inside(values: Floats) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())


def _moments(human: Floats, model: Floats, rest: Floats, *, smooth: bool) -> _Moments:
    y, f, weight = human, model, np.ones(len(human))
    if smooth:
        low, high = float(rest.min()), float(rest.max())
        y = np.concatenate([y, [0.0, 0.0, 1.0, 1.0]])
        f = np.concatenate([f, [low, high, low, high]])
        weight = np.concatenate([weight, np.full(4, PSEUDO)])
    n = weight.sum()
    dy, df = y - weight @ y / n, f - weight @ f / n
    free = n - 1
    return _Moments(
        len(human), len(rest), float(human.mean()), float(model.mean()), float(rest.mean()),
        float(weight @ dy**2 / free), float(weight @ df**2 / free),
        float(weight @ (dy * df) / free), float(rest.var(ddof=1)) if len(rest) > 1 else 0.0,
    )  # fmt: skip


def _answers(m: _Moments, naive: Interval, interval: Callable[[float, float], Interval]) -> Ppi:
    """`interval` takes a value and how its variance compares with that of human labels alone."""
    alone = m.variance(0.0)

    def at(weight: float, tuned: bool = False) -> Interval:
        ratio = m.variance(weight, tuned) / alone if alone > 0 else 1.0
        return interval(m.value(weight), max(ratio, 1e-9))

    human_only, weight = at(0.0), m.best_weight
    found = at(weight, tuned=True)
    if found.width > NO_WIDER * human_only.width:
        weight, found = 0.0, human_only
    gain = alone / m.variance(weight, True) if weight and alone > 0 else 1.0
    return Ppi(m.n, m.rest, human_only, naive, at(1.0), found, weight, gain)


def _naive(m: _Moments) -> float:
    return (m.n * m.f + m.rest * m.f_rest) / (m.n + m.rest)


def _wilson(value: float, n: float) -> Interval:
    """Wilson's interval of a share that `n` records, not always a whole number, are worth."""
    p = min(1.0, max(0.0, value))
    z = float(norm.ppf((1 + LEVEL) / 2))
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Interval(p, min(low, p), max(high, p))  # rounding must not put p outside


def prevalence(
    human: Mapping[str, Answer],
    model: Mapping[str, Answer | None],
    labels: Sequence[str] | None = None,
) -> dict[str, Ppi]:
    """The share of each label (or tag) among all records that the model was asked about.

    A record on which the model was silent (None) counts as none of the labels for the model; that
    costs width, not validity. InputError where a human label is of a record unknown to the model.
    """
    _known(human, model)
    names = labels or sorted(_names([*human.values(), *model.values()]))
    return {name: _of_label(human, model, name) for name in names}


def _names(answers: Iterable[Answer | None]) -> set[str]:
    found: set[str] = set()
    for answer in answers:
        if answer is not None:
            found |= {answer} if isinstance(answer, str) else answer
    return found


def _has(answer: Answer | None, label: str) -> bool:
    return answer == label or (isinstance(answer, frozenset) and label in answer)


def _of_label(human: Mapping[str, Answer], model: Mapping[str, Answer | None], label: str) -> Ppi:
    y = np.array([_has(human[r], label) for r in human], dtype=np.float64)
    f = np.array([_has(model[r], label) for r in human], dtype=np.float64)
    rest = np.array([_has(v, label) for r, v in model.items() if r not in human], dtype=np.float64)
    return share(y, f, rest)


def mean_of(human: Mapping[str, float], model: Mapping[str, float]) -> Ppi:
    """The mean number of all records, as on a scale."""
    _known(human, model)
    y = np.array([human[r] for r in human], dtype=np.float64)
    f = np.array([model[r] for r in human], dtype=np.float64)
    return mean(y, f, np.array([v for r, v in model.items() if r not in human], dtype=np.float64))


def _known(human: Mapping[str, object], model: Mapping[str, object]) -> None:
    strange = next((r for r in human if r not in model), None)
    if strange is not None:
        raise InputError(
            f"record {strange!r} has a human label but the model was not asked about it: "
            "do both use the same record ids?"
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """Of the share of a label: the first group less the second."""

    first: str
    second: str
    human_only: Interval
    naive: Interval
    classical: Interval
    tuned: Interval

    def as_json(self) -> dict[str, object]:
        return {
            "first": self.first, "second": self.second, "human_only": self.human_only.as_json(),
            "naive": self.naive.as_json(), "classical": self.classical.as_json(),
            "ppi++": self.tuned.as_json(),
        }  # fmt: skip


def difference(first: tuple[str, Ppi], second: tuple[str, Ppi]) -> Difference:
    """Of two groups with records of their own (Newcombe 1998: from the limits of both)."""
    (name, a), (other, b) = first, second
    return Difference(
        name,
        other,
        _less(a.human_only, b.human_only),
        _less(a.naive, b.naive),
        _less(a.classical, b.classical),
        _less(a.tuned, b.tuned),
    )


def _less(a: Interval, b: Interval) -> Interval:
    value = a.value - b.value
    below = ((a.value - a.low) ** 2 + (b.high - b.value) ** 2) ** 0.5
    above = ((a.high - a.value) ** 2 + (b.value - b.low) ** 2) ** 0.5
    return Interval(value, value - below, value + above)


def by_group(
    human: Mapping[str, Answer],
    model: Mapping[str, Answer | None],
    group: Mapping[str, str],
    label: str,
) -> dict[str, Ppi]:
    """The share of one label in each group of records; `difference` compares two of them.

    InputError names a group with too few human labels.
    """
    _known(human, model)
    homeless = next((r for r in model if r not in group), None)
    if homeless is not None:
        raise InputError(f"record {homeless!r} is in no group")
    found: dict[str, Ppi] = {}
    for name in sorted({group[r] for r in model}):
        own = {r: v for r, v in model.items() if group[r] == name}
        said = {r: v for r, v in human.items() if group[r] == name}
        try:
            found[name] = _of_label(said, own, label)
        except InputError as bad:
            raise InputError(f"group {name!r}: {bad}") from None
    return found
