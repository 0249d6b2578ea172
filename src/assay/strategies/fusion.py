"""A model's probabilities and one person's label, merged into one distribution.

Kerrigan, Smyth and Steyvers (NeurIPS 2021): given the true label the two are independent, so
p(y = j | h = i, m) is proportional to P(h = i | y = j) calibrated(m)_j. The person's confusion
matrix is estimated from labelled records, with pseudo-counts, or by expectation-maximisation from
records without labels; the model is calibrated by a temperature, with a prior that keeps it near 1
where labels are few.

A person who saw the model's answer is not independent of it: fusing would count the model twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from assay.core import within
from assay.core.annotation import Annotation
from assay.core.distributions import normal_cdf
from assay.core.errors import InputError
from assay.core.votes import Floats

Labels = NDArray[np.int64]
"""One number a record; -1 where nobody said, or nobody knows."""

LOG_SPREAD = 0.5  # of the prior of log temperature
FAR = 3.0  # log temperatures lie within this of 0
LEAST_LOG = -700.0  # log probability of a label that the model rules out
STEPS = 2  # of Newton for the temperature in each round of EM
START = 0.9  # on the diagonal, before EM has seen anything
SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Counts:
    """Answers assumed before any is seen, for each true label: for each label, more for its own."""

    each: float = 0.1
    own: float = 2.0

    def __post_init__(self) -> None:
        within.amount("answers for each label", self.each)
        within.amount("answers for the right label", self.own)

    def table(self, classes: int) -> Floats:
        return np.full((classes, classes), self.each) + self.own * np.eye(classes)


FEW = Counts()


@dataclass(frozen=True, slots=True)
class Fusion:
    """`confusion[i, j]` is P(person says i | truth is j); columns sum to 1."""

    confusion: Floats
    temperature: float = 1.0
    rounds: int = 0  # of EM; 0: fitted on labelled records alone

    def __post_init__(self) -> None:
        within.count("the number of rounds", self.rounds, 0)
        phi = self.confusion
        if phi.ndim != 2 or phi.shape[0] != phi.shape[1] or len(phi) < 2:
            raise InputError(f"a confusion matrix is square, of 2 labels or more, not {phi.shape}")
        if not (np.isfinite(phi).all() and (phi >= 0).all()):
            raise InputError("a confusion matrix holds probabilities; one is negative or missing")
        off = np.abs(phi.sum(axis=0) - 1) > SLACK
        if off.any():
            raise InputError(
                f"column {int(np.argmax(off)) + 1} of the confusion matrix sums to "
                f"{phi.sum(axis=0)[off][0]:.4g}, not to 1"
            )
        if not (np.isfinite(self.temperature) and self.temperature > 0):
            raise InputError(f"a temperature is above 0, not {self.temperature:g}")

    def calibrated(self, log_probs: Floats) -> Floats:
        """Log probabilities, records x labels."""
        return _cooled(_finite(log_probs).T, self.temperature).T

    def fuse(self, said: Labels, log_probs: Floats) -> Floats:
        """Posterior, records x labels; the model alone where the person said nothing."""
        log_probs = _finite(log_probs)
        _check(said, log_probs, len(self.confusion))
        return _posterior(said, _cooled(log_probs.T, self.temperature), self.confusion).T


def fit(said: Labels, log_probs: Floats, truth: Labels, prior: Counts = FEW) -> Fusion:
    """From labelled records, as few as ten."""
    log_probs = _finite(log_probs)
    classes = log_probs.shape[1]
    _check(said, log_probs, classes)
    known = truth >= 0
    if not known.any():
        raise InputError("no record has a trusted label to fit on; fit without labels by `learn`")
    soft = np.eye(classes)[:, truth[known]]
    phi = _confusion(said[known], soft, prior)
    return Fusion(phi, _temperature(log_probs[known].T, soft))


def learn(
    said: Labels, log_probs: Floats, truth: Labels, prior: Counts = FEW, rounds: int = 100
) -> Fusion:
    """By expectation-maximisation from records of which few or none are labelled.

    Labelled records keep their label. Without any label the matrix starts at 0.9 on the diagonal:
    people are taken to be mostly right, which anchors the meaning of the labels.
    """
    log_probs = _finite(log_probs)
    classes = log_probs.shape[1]
    _check(said, log_probs, classes)
    (known,), (open_,) = np.nonzero(truth >= 0), np.nonzero(truth < 0)
    scores = np.ascontiguousarray(log_probs.T)
    soft = np.zeros_like(scores)
    soft[truth[known], known] = 1.0
    found = _start(classes)
    for turn in range(1, rounds + 1):
        posterior = _posterior(said, _cooled(scores, found.temperature), found.confusion)
        soft[:, open_] = posterior[:, open_]
        phi, last = _confusion(said, soft, prior), found.confusion
        found = Fusion(phi, _temperature(scores, soft, found.temperature, STEPS), turn)
        if np.abs(phi - last).max() < 1e-5:
            break
    return found


def _start(classes: int) -> Fusion:
    off = (1 - START) / (classes - 1)
    return Fusion(np.full((classes, classes), off) + (START - off) * np.eye(classes))


def _check(said: Labels, log_probs: Floats, classes: int) -> None:
    if log_probs.shape != (len(said), classes):
        raise InputError(
            f"{len(said)} labels of people, scores of shape {log_probs.shape}, {classes} labels: "
            "these do not fit together"
        )
    if len(said) and (said.min() < -1 or said.max() >= classes):
        raise InputError(f"a person's label is outside the {classes} labels")


def _finite(log_probs: Floats) -> Floats:
    """A label of probability 0 becomes very unlikely, so that one certain mistake is no proof."""
    if np.isnan(log_probs).any() or (log_probs == np.inf).any():
        raise InputError("a label score is missing or infinite")
    return np.maximum(log_probs, LEAST_LOG)


# Below, labels are the outer axis and records the inner one: numpy is slow on short inner axes.


def _cooled(scores: Floats, temperature: float) -> Floats:
    return np.asarray(log_softmax(scores / temperature, axis=0))


def _posterior(said: Labels, calibrated: Floats, phi: Floats) -> Floats:
    spoken = np.vstack([np.log(np.maximum(phi, np.exp(LEAST_LOG))), np.zeros(len(phi))])
    heard = calibrated + spoken[said].T  # -1 is the row of zeros
    return np.asarray(np.exp(log_softmax(heard, axis=0)))


def _confusion(said: Labels, soft: Floats, prior: Counts) -> Floats:
    counts = prior.table(len(soft))
    heard = said >= 0
    for truth, weight in enumerate(soft):
        counts[:, truth] += np.bincount(said[heard], weight[heard], minlength=len(soft))
    return np.asarray(counts / counts.sum(axis=0))


def _temperature(scores: Floats, soft: Floats, start: float = 1.0, steps: int = 50) -> float:
    """The likeliest given its prior, for labels that may be shared among classes; by Newton."""
    log_t = float(np.log(start))
    meant = float((soft * scores).sum())
    for _ in range(steps):
        beta = np.exp(-log_t)
        p = np.exp(_cooled(scores, 1 / beta))
        mean = (p * scores).sum(axis=0)
        spread = (p * (scores - mean) ** 2).sum()
        pull = beta * (meant - float(mean.sum()))
        slope = pull + log_t / LOG_SPREAD**2
        step = slope / (max(beta**2 * spread - pull, 0.0) + 1 / LOG_SPREAD**2)
        log_t = float(np.clip(log_t - np.clip(step, -1, 1), -FAR, FAR))
        if abs(step) < 1e-9:
            break
    return float(np.exp(log_t))


@dataclass(frozen=True, slots=True)
class SharedErrors:
    """How often the person made the model's very mistake, and how often independence has it."""

    model_wrong: int
    same: int
    expected: float
    spread: float  # standard deviation of `same` under independence

    @property
    def p(self) -> float:
        """One-sided: so many or more by chance."""
        if self.spread == 0:
            return 1.0
        return float(normal_cdf((self.expected + 0.5 - self.same) / self.spread))

    @property
    def warning(self) -> str | None:
        if self.p > 0.001 or self.same < 3:
            return None
        return (
            f"on {self.model_wrong:,} records where the model is wrong, the person gives the same "
            f"wrong label {self.same:,} times; independence expects {self.expected:.1f}: fused "
            "confidence is too high, since hard records are hard for both or one saw the other"
        )


def shared_errors(said: Labels, model: Labels, truth: Labels) -> SharedErrors:
    """On labelled records. If the two are independent given the truth, the person errs where the
    model is wrong as where it is right; the latter gives the expectation."""
    classes = int(max(said.max(initial=0), model.max(initial=0), truth.max(initial=0))) + 1
    used = (said >= 0) & (model >= 0) & (truth >= 0)
    said, model, truth = said[used], model[used], truth[used]
    right = model == truth
    phi = _confusion(said[right], np.eye(classes)[:, truth[right]], FEW)
    chance = phi[model[~right], truth[~right]]
    same = int((said[~right] == model[~right]).sum())
    spread = float(np.sqrt((chance * (1 - chance)).sum()))
    return SharedErrors(int((~right).sum()), same, float(chance.sum()), spread)


def unrelated(one: Annotation, other: Annotation) -> None:
    """InputError if an answer went into both, as when a strategy asks the other one too."""
    if one.origins.isdisjoint(other.origins):
        return
    raise InputError(
        f"record {one.record!r}: the answers of {one.annotator} and {other.annotator} draw on the "
        "same answer, so they are not independent; fuse with people who label alone"
    )


def independent(annotations: Iterable[Annotation]) -> None:
    """InputError at the first answer whose author was shown another one."""
    for a in annotations:
        if a.saw:
            raise InputError(
                f"record {a.record!r}: {a.by or a.annotator} answered after seeing "
                f"{len(a.saw)} other answer{'s' if len(a.saw) > 1 else ''}; fusing would count "
                "one twice. Ask without suggestions, or use `sequential`, where people decide"
            )
