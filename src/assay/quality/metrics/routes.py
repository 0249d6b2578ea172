"""Accuracy apart for each way by which records were decided.

A mean over all hides what unanimous annotators get wrong together, and what a model kept that
people never saw (sections 4(d) and 8(d) of our notes).
"""

from collections.abc import Iterable, Mapping

from assay.core.annotation import Decision
from assay.core.value import Value
from assay.quality.metrics.accuracy import Accuracy, accuracy

MOST = 8  # routes; more are no parts that anybody chose


def way(decision: Decision) -> str:
    """The steps that led to it, without those that only number a stage."""
    return " > ".join(step for step in decision.route if not step.startswith("stage "))


def by_route(
    decisions: Iterable[Decision], reference: Mapping[str, Value], name: str
) -> dict[str, Accuracy]:
    """Of decided records; empty where all went one way, or too many different ones."""
    values: dict[str, dict[str, Value | None]] = {}
    for d in decisions:
        if d.value is not None and d.record in reference:
            values.setdefault(way(d), {})[d.record] = d.value
    if not 1 < len(values) <= MOST:
        return {}
    scored = {route: accuracy(said, reference, name) for route, said in values.items()}
    return {route: score for route, score in scored.items() if score is not None}
