"""What annotators that were fitted on gold share: on what they learnt from they say nothing.

Such an answer would only repeat the gold and make every figure look better than it is.
"""

from collections.abc import Iterable, Set

from assay.core.annotation import Annotation, Outcome, Request, answer


def parted(requests: Iterable[Request], fitted_on: Set[str]) -> tuple[list[Request], list[Request]]:
    """Requests on records that are new to it, and on those it was fitted on (by digest)."""
    fresh: list[Request] = []
    known: list[Request] = []
    for request in requests:
        (known if request.record.digest in fitted_on else fresh).append(request)
    return fresh, known


def fitted_on_it(request: Request) -> Annotation:
    return answer(request, Outcome.ABSTAINED, rationale="it was fitted on this")
