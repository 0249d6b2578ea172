"""Calibration of an annotator's confidence, on the records that have a reference."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.core.annotation import Source
from assay.core.value import Value

if TYPE_CHECKING:
    from assay.quality.agreement.base import Estimate
    from assay.quality.calibration.reliability import Reliability

LEAST = 30  # answers with a confidence and a reference; fewer say nothing
NO_PROBABILITY = (Source.MARGIN, Source.RANK)  # they put answers in order, and say no more


@dataclass(frozen=True, slots=True)
class Trust:
    """`stated` is None if confidences are margins or ranks, where only the order is meaningful."""

    n: int
    auroc: "Estimate"
    stated: "Reliability | None"

    def as_json(self) -> dict[str, object]:
        return {
            "n": self.n,
            "auroc": self.auroc.as_json(),
            "reliability": self.stated and self.stated.as_json(),
        }


def trust(
    values: Mapping[str, Value | None],
    confidence: Mapping[str, float],
    sources: Collection[str],
    reference: tuple[str, Mapping[str, Value]],
) -> Trust | None:
    """None if fewer than `LEAST` records have answer, confidence and reference, or if the
    confidences are of several kinds that cannot be compared."""
    name, true = reference
    judged = [id for id in confidence if id in true and values.get(id) is not None]
    if len(judged) < LEAST or len(sources) != 1:
        return None
    from assay.quality.calibration.reliability import auroc, reliability  # noqa: PLC0415 - scipy

    sure = np.array([confidence[id] for id in judged], dtype=np.float64)
    right = np.array([values[id] == true[id] for id in judged], dtype=bool)
    if not np.isfinite(sure).all():
        return None
    shares = not {Source(source) for source in sources} & set(NO_PROBABILITY)
    stated = (
        reliability(sure, right, name) if shares and ((sure >= 0) & (sure <= 1)).all() else None
    )
    return Trust(len(judged), auroc(sure, right), stated)
