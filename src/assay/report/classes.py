"""Class by class, what is accepted, as lines of a terminal."""

from collections.abc import Sequence

from assay.core.spelling import shortened
from assay.quality.by_class import AcceptedClass
from assay.report.table import columns

TITLE = "accepted labels by class, as seen in the sample (95 % intervals), not promised:"
HEAD = ("", "precision", "recall", "accepted of the class")


def class_lines(classes: Sequence[AcceptedClass]) -> list[str]:
    """None where there are no classes to speak of."""
    if not classes:
        return []
    rows = [
        (f"  {shortened(c.label)}", *(r.words if r else "–" for r in (c.precision, c.recall)),
         c.accepted.words if c.accepted else "–")
        for c in classes
    ]  # fmt: skip
    return [TITLE, *columns([HEAD, *rows])]
