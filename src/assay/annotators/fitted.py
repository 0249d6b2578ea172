"""What annotators that were fitted on gold share: on what they learnt from they say nothing.

Such an answer would only repeat the gold and make every figure look better than it is.
"""

from collections.abc import Iterable, Iterator, Set
from itertools import islice

from assay.core.annotation import Annotation, Outcome, Request, answer


def in_blocks(
    requests: Iterable[Request], size: int, fitted_on: Set[str]
) -> Iterator[tuple[list[Annotation], list[Request]]]:
    """Block by block: abstentions on what it was fitted on (by digest), and the rest."""
    coming = iter(requests)
    while block := list(islice(coming, size)):
        fresh = [r for r in block if r.record.digest not in fitted_on]
        yield [fitted_on_it(r) for r in block if r.record.digest in fitted_on], fresh


def fitted_on_it(request: Request) -> Annotation:
    return answer(request, Outcome.ABSTAINED, rationale="it was fitted on this")
