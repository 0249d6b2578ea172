"""The contract of an annotator: requests in, one annotation for each out."""

from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from assay.core.annotation import Annotation, DecidedBy, Request


class Annotator(Protocol):
    """Whatever answers. Yields one annotation a request, in any order, as each is ready.

    Requests are drawn one by one, as the annotator can take them: when a run is to stop, the
    iterable ends early, what is under way is finished, and nothing more is begun. A bad answer is
    an annotation, never an exception; AssayError stops the run. People yield nothing: their
    answers come into the ledger from elsewhere. The id carries the version: model, decoding
    options, prompt and mapping, fitted state.
    """

    @property
    def id(self) -> str: ...

    @property
    def decided_by(self) -> DecidedBy:
        """MODEL or PEOPLE: who is behind the answers."""

    def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]: ...
