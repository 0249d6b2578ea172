"""Accepted labels by class, as terminal lines."""

from collections.abc import Sequence

from assay.core.spelling import shortened
from assay.quality.guarantees.by_class import AcceptedClass
from assay.quality.guarantees.promise import Promise
from assay.report.columns import columns

TITLE = "accepted labels by class, observed in the sample (95% CI), not guaranteed:"
HEAD = ("", "precision", "recall", "accepted of the class")


def class_lines(classes: Sequence[AcceptedClass]) -> list[str]:
    """Empty if there are no classes."""
    if not classes:
        return []
    rows = [
        (f"  {shortened(c.label)}", *(r.words if r else "–" for r in (c.precision, c.recall)),
         c.accepted.words if c.accepted else "–")
        for c in classes
    ]  # fmt: skip
    return [TITLE, *columns([HEAD, *rows])]


def poor(classes: Sequence[AcceptedClass], promise: Promise) -> list[str]:
    """Classes whose accepted labels agree significantly less than the guarantee for all of them."""
    if promise.about != "accepted":
        return []
    wanted = 1 - promise.alpha
    return [
        f"of the accepted labels {shortened(c.label)}, {c.precision.value:.1%} agree (n = "
        f"{c.precision.n:,}), fewer than the {wanted:.1%} guaranteed for all accepted labels "
        "together; use `assay certify --class` for one label"
        for c in classes
        if c.precision is not None and c.precision.interval[1] < wanted
    ]
