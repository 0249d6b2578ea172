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


@dataclass(frozen=True, slots=True)
class Block:
    """What a person and a model said of some records, and their truth: labels as numbers."""

    said: Labels
    log_probs: Floats  # records x labels
    truth: Labels

    @property
    def scores(self) -> Floats:
        """Labels x records."""
        return np.ascontiguousarray(_finite(self.log_probs).T)

    def checked(self, classes: int) -> None:
        """InputError where these do not fit together."""
        _finite(self.log_probs)
        _check(self.said, self.log_probs, classes)


def fit(said: Labels, log_probs: Floats, truth: Labels, prior: Counts = FEW) -> Fusion:
    """From labelled records, as few as ten."""
    log_probs = _finite(log_probs)
    classes = log_probs.shape[1]
    _check(said, log_probs, classes)
    known = truth >= 0
    if not known.any():
        raise InputError("no record has a trusted label to fit on; fit without labels by `learn`")
    labelled = Block(said[known], log_probs[known], truth[known])
    seen = _seen([labelled], _start(classes), prior)
    return Fusion(seen.confusion, _temperature([labelled], seen.meant))


def learn(
    said: Labels, log_probs: Floats, truth: Labels, prior: Counts = FEW, rounds: int = 100
) -> Fusion:
    """By expectation-maximisation from records of which few or none are labelled.

    Labelled records keep their label. Without any label the matrix starts at 0.9 on the diagonal:
    people are taken to be mostly right, which anchors the meaning of the labels.
    """
    return learn_blocks([Block(said, log_probs, truth)], log_probs.shape[1], prior, rounds)


def learn_blocks(
    blocks: Iterable[Block], classes: int, prior: Counts = FEW, rounds: int = 100
) -> Fusion:
    """The same from blocks of records, which are gone through several times in each round."""
    for block in blocks:
        block.checked(classes)
    found = _start(classes)
    for turn in range(1, rounds + 1):
        seen, last = _seen(blocks, found, prior), found.confusion
        temperature = _temperature(blocks, seen.meant, found.temperature, STEPS)
        found = Fusion(seen.confusion, temperature, turn)
        if np.abs(seen.confusion - last).max() < 1e-5:
            break
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """The person's confusions, and how high the model scored what is meant."""

    confusion: Floats
    meant: float


def _seen(blocks: Iterable[Block], found: Fusion, prior: Counts) -> _Seen:
    """With the label where it is known, else with what is believed of it so far."""
    counts, meant = prior.table(len(found.confusion)), 0.0
    for block in blocks:
        scores = block.scores
        soft = _posterior(block.said, _cooled(scores, found.temperature), found.confusion)
        (known,) = np.nonzero(block.truth >= 0)
        soft[:, known] = 0.0
        soft[block.truth[known], known] = 1.0
        counts += _counts(block.said, soft)
        meant += float((soft * scores).sum())
    return _Seen(np.asarray(counts / counts.sum(axis=0)), meant)


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
    log_confusion = np.vstack([np.log(np.maximum(phi, np.exp(LEAST_LOG))), np.zeros(len(phi))])
    combined = calibrated + log_confusion[said].T  # -1 is the row of zeros
    return np.asarray(np.exp(log_softmax(combined, axis=0)))


def _counts(said: Labels, soft: Floats) -> Floats:
    """How often each label was given where another is true."""
    combined = said >= 0
    rows = [np.bincount(said[combined], weight[combined], minlength=len(soft)) for weight in soft]
    return np.array(rows, np.float64).T


def _temperature(
    blocks: Iterable[Block], meant: float, start: float = 1.0, steps: int = 50
) -> float:
    """The likeliest given its prior, for labels that may be shared among classes; by Newton."""
    log_t = float(np.log(start))
    for _ in range(steps):
        beta = np.exp(-log_t)
        expected, spread = _spread(blocks, 1 / beta)
        pull = beta * (meant - expected)
        slope = pull + log_t / LOG_SPREAD**2
        step = slope / (max(beta**2 * spread - pull, 0.0) + 1 / LOG_SPREAD**2)
        log_t = float(np.clip(log_t - np.clip(step, -1, 1), -FAR, FAR))
        if abs(step) < 1e-9:
            break
    return float(np.exp(log_t))


def _spread(blocks: Iterable[Block], temperature: float) -> tuple[float, float]:
    """Sums over records of a score's mean and variance under the calibrated probabilities."""
    expected = spread = 0.0
    for block in blocks:
        scores = block.scores
        p = np.exp(_cooled(scores, temperature))
        mean = (p * scores).sum(axis=0)
        expected += float(mean.sum())
        spread += float((p * (scores - mean) ** 2).sum())
    return expected, spread


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
    counts = FEW.table(classes) + _counts(said[right], np.eye(classes)[:, truth[right]])
    phi = counts / counts.sum(axis=0)
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
