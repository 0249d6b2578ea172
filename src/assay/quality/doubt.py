"""What takes the worth from a success: that a constant would have it too, or that chance may."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from assay.core.spelling import shortened
from assay.core.votes import Codes, Votes
from assay.quality.agreement import Asked, Estimate, agree
from assay.quality.guarantees.promise import Promise
from assay.quality.verdicts import Constant, Verdict, canonical, constant

MOST_LABELS = 50  # more are no classes, and agreement on them is hardly ever chance


def of_promise(verdicts: Sequence[Verdict], promise: Promise) -> tuple[str, ...]:
    """Of labels that a promise accepts (the others are no answers), on its whole sample: where a
    constant keeps it too, in the sample or among what is accepted, or chance may."""
    wanted, accepted = 1 - promise.alpha, [v for v in verdicts if v.answered]
    always = of_constant(constant(verdicts), wanted)
    own = constant(accepted) if promise.about == "accepted" else None
    if own is not None and own.share >= wanted and not always:
        said = f"{own.share:.1%} of the accepted records are {shortened(own.label)}"
        always = (f"{said} by the reference",)
    return (*always, *of_chance(accepted))


def of_constant(constant: Constant | None, wanted: float) -> tuple[str, ...]:
    """Where always the same label agrees as often as is wanted."""
    if constant is None or constant.share < wanted:
        return ()
    return (
        f"the majority-class baseline ({shortened(constant.label)}) agrees in "
        f"{constant.share:.1%} of this sample",
    )


def of_interval(name: str, estimate: Estimate | None, nothing: float = 0.0) -> tuple[str, ...]:
    """Where an interval is not above the value that chance gives, or there is no value."""
    if estimate is None or estimate.value is None:
        return () if estimate is None else (f"{name} is {estimate}",)
    if estimate.low is None or estimate.high is None or estimate.low > nothing:
        return ()
    where = "which holds" if estimate.high >= nothing else "below"
    return (f"{name} is {estimate}, {where} {nothing:g}",)


def of_chance(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Where answers agree with their references no better than chance might have them. Nothing is
    said where references are not known, or labels are too many to be classes."""
    judged = [v for v in verdicts if v.answered and v.right is not None and v.label]
    if not judged or any(v.reference is None for v in judged):
        return ()
    labels = Codes()
    said = [(labels[canonical(v.label)], labels[canonical(str(v.reference))]) for v in judged]
    if len(labels) > MOST_LABELS:
        return ()
    found = agree(_two(np.array(said, np.int32), tuple(labels)), Asked())
    return of_interval("alpha of answers and references", found.overall.alpha)


def _two(codes: NDArray[np.int32], labels: Sequence[str]) -> Votes:
    """The answers as one annotator's, and the references as another's."""
    record, who = (x.ravel().astype(np.int32) for x in np.indices(codes.shape))
    names = tuple(map(str, range(len(codes))))
    return Votes(
        names, ("",), ("answers", "references"), tuple(labels), record, np.zeros_like(record), who,
        codes.ravel(),
    )  # fmt: skip
