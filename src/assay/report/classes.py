"""Class by class, what is accepted, as lines of a terminal."""

from collections.abc import Sequence

from assay.core.spelling import shortened
from assay.quality.guarantees.by_class import AcceptedClass
from assay.quality.guarantees.promise import Promise
from assay.report.columns import columns

TITLE = "accepted labels by class, as seen in the sample (95 % intervals), not promised:"
HEAD = ("", "precision", "recall", "accepted of the class")


def class_lines(classes: Sequence[AcceptedClass]) -> list[str]:
    """Empty where there are no classes to speak of."""
    if not classes:
        return []
    rows = [
        (f"  {shortened(c.label)}", *(r.words if r else "–" for r in (c.precision, c.recall)),
         c.accepted.words if c.accepted else "–")
        for c in classes
    ]  # fmt: skip
    return [TITLE, *columns([HEAD, *rows])]


def poor(classes: Sequence[AcceptedClass], promise: Promise) -> list[str]:
    """Classes whose accepted labels are shown to agree less than all of them together promise."""
    if promise.about != "accepted":
        return []
    wanted = 1 - promise.alpha
    return [
        f"of the accepted labels {shortened(c.label)}, {c.precision.value:.1%} agree (n = "
        f"{c.precision.n:,}), fewer than the promised {wanted:.1%} of all accepted labels "
        "together; `assay certify --class` promises for one label"
        for c in classes
        if c.precision is not None and c.precision.interval[1] < wanted
    ]
