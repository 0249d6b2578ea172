"""Prediction sets that hold the right label with a chosen probability (split conformal)."""

from collections.abc import Mapping, Sequence

import numpy as np

from assay.core import within
from assay.core.annotation import Annotation
from assay.core.errors import InputError
from assay.core.value import Value
from assay.core.votes import Floats


def least_probability(of_truth: Sequence[float] | Floats, alpha: float) -> float:
    """The probability from which on labels belong to the set; 0 where the gold is too little.

    `of_truth` is what the model gave the right label of each calibration record. On a new record
    the set then holds the right label with probability 1 - alpha or more, over the draw of both.
    """
    within.inner("alpha", alpha)
    p = np.sort(np.asarray(of_truth, dtype=np.float64))
    if not len(p) or not ((p >= 0) & (p <= 1)).all():
        raise InputError("prediction sets need the probabilities of right labels, from 0 to 1")
    rank = int(np.floor((len(p) + 1) * alpha))  # the set may miss so many of n + 1
    return 0.0 if rank < 1 else float(p[rank - 1])


def fitted_least(
    answers: Sequence[Annotation], gold: Mapping[str, Value], alpha: float = 0.1
) -> float:
    """The same from answers with label scores (natural logs) on calibration gold."""
    of_truth: list[float] = []
    for a in answers:
        if a.record not in gold or not a.scores:
            continue
        right = str(gold[a.record])
        if right not in a.scores:
            raise InputError(f"record {a.record!r}: no score for the gold label {right!r}")
        weights = np.exp(np.array(list(a.scores.values())) - max(a.scores.values()))
        of_truth.append(float(weights[list(a.scores).index(right)] / weights.sum()))
    if not of_truth:
        raise InputError("no answer with label scores has calibration gold")
    return least_probability(of_truth, alpha)
