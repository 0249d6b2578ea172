"""The contract of an annotator: requests in, one annotation for each out."""

import inspect
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Protocol, runtime_checkable

from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.errors import BudgetError, LedgerError, ModelError, SpecError
from assay.core.spelling import whole_letters

STOPS = (SpecError, ModelError, BudgetError, LedgerError)
"""What concerns every request, and so may end a run; anything else concerns one answer."""


class Annotator(Protocol):
    """Whatever answers. Yields one annotation a request, in any order, as each is ready.

    Requests are drawn one by one, as the annotator can take them: when a run is to stop, the
    iterable ends early, what is under way is finished, and nothing more is begun. A bad answer is
    an annotation, never an exception; one of `STOPS` ends the run. People yield nothing: their
    answers come into the ledger from elsewhere. The id carries the version: model, decoding
    options, prompt and mapping, fitted state.

    A run calls `aclose` at its end, on its own event loop. The next run may come in another loop or
    thread, or go on in one while this one ends: an annotator opens again what it needs.
    """

    @property
    def id(self) -> str: ...

    @property
    def decided_by(self) -> DecidedBy:
        """MODEL or PEOPLE: who is behind the answers."""

    def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]: ...

    async def aclose(self) -> None:
        """Ends what it holds: connections of the running event loop, threads, models in memory."""


class HoldsNothing:
    """Has nothing to end; a base for annotators."""

    __slots__ = ()

    async def aclose(self) -> None:
        return None


async def end(*held: object) -> None:
    """Ends each of these, be its `aclose` or `close`, or nothing; one that fails hides none."""
    broken: Exception | None = None
    for one in held:
        close = getattr(one, "aclose", None) or getattr(one, "close", None)
        try:
            done = close() if close is not None else None
            if inspect.isawaitable(done):
                await done
        except Exception as bad:
            broken = broken or bad
    if broken is not None:
        raise broken


def failed(request: Request, bad: Exception) -> Annotation:
    """The answer where answering went wrong: asked again in the next run, with the reason."""
    return answer(request, Outcome.FAILED, error=reason(bad))


def reason(bad: Exception) -> str:
    """What went wrong, in one short line."""
    said = " ".join(str(bad).split())
    return whole_letters(f"{type(bad).__name__}: {said}" if said else type(bad).__name__)[:300]


@runtime_checkable
class Drawn(Protocol):
    """Requests as a run gives them: an annotator that holds places for its calls asks, in a place,
    whether to send, and hands the answer over before the place is given to the next call."""

    def __iter__(self) -> Iterator[Request]: ...

    def check(self) -> None:
        """Raises where no answer can be kept any more; then nothing is to be sent."""

    async def received(self, annotation: Annotation) -> None:
        """On disk when it returns. It is yielded later all the same."""
