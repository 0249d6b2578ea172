"""How sure an answer is, read from it; pluggable, since sources differ between annotators."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Annotation, Source
from assay.core.digest import digest

EDGE = 1e-6  # probabilities are kept this far from 0 and 1 before a logit is taken
MOST = -math.log(EDGE)

Confidence: TypeAlias = Callable[[Annotation], float | None]
"""Larger is more confident; None if the answer does not say. Infinity is allowed, NaN is not."""


def margin(annotation: Annotation) -> float | None:
    """Best minus second-best label log-probability, in nats; infinite if one label has it all."""
    if annotation.scores is None or len(annotation.scores) < 2:
        return None
    best, second = sorted(annotation.scores.values(), reverse=True)[:2]
    return 0.0 if best == second else best - second


def least_entropy(annotation: Annotation) -> float | None:
    """Minus the entropy (nats) of the label distribution that the scores give."""
    if not annotation.scores:
        return None
    scores = np.array(list(annotation.scores.values()))
    if not np.isfinite(scores.max()):
        return None
    p = np.exp(scores - scores.max())
    p /= p.sum()
    return float((p[p > 0] * np.log(p[p > 0])).sum())


def own(annotation: Annotation) -> float | None:
    """The confidence the answer carries, whatever its source."""
    return annotation.confidence


@dataclass(frozen=True)
class Calibrated:
    """Confidences of several annotators made comparable: the chance of being right, by a logistic
    curve (slope and offset over `evidence`) for each annotator id.

    Along a flat line every answer is as sure as its annotator is on the whole. Otherwise an answer
    that carries no confidence does not say how sure it is, nor does an annotator without a curve.
    """

    curves: tuple[tuple[str, float, float], ...]

    @property
    def __name__(self) -> str:
        return f"calibrated:{digest(self.curves, 4)}"

    def __call__(self, annotation: Annotation) -> float | None:
        line = next(((a, b) for who, a, b in self.curves if who == annotation.annotator), None)
        if line is None or (line[0] > 0 and annotation.confidence is None):
            return None
        log_odds = line[0] * evidence(annotation) + line[1]
        return 0.5 + 0.5 * math.tanh(log_odds / 2)


def evidence(annotation: Annotation) -> float:
    """The own confidence as log-odds; a margin is that already, and no confidence is none."""
    if annotation.confidence is None:
        return 0.0
    if annotation.confidence_source is Source.MARGIN:
        return min(annotation.confidence, MOST)
    held = min(max(annotation.confidence, EDGE), 1 - EDGE)
    return math.log(held / (1 - held))


BY_NAME: dict[str, Confidence] = {"margin": margin, "entropy": least_entropy, "own": own}


def fractional_ranks(confidences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the values that are at most as large; ties take the largest rank."""
    ordered = np.sort(confidences)
    return np.searchsorted(ordered, confidences, side="right") / max(len(ordered), 1)


def or_least(confidence: float | None) -> float:
    """An answer that does not say how sure it is ranks below every one that does."""
    return -math.inf if confidence is None else confidence
