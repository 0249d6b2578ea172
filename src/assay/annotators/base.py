"""The contract of an annotator: requests in, one annotation for each out."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from assay.core.annotation import Annotation, DecidedBy, Request


class Annotator(Protocol):
    """Whatever answers. Yields one annotation a request, in any order, as each is ready.

    A bad answer is an annotation, never an exception; AssayError stops the run. The id carries
    the version: model, decoding options, prompt and mapping, fitted state.
    """

    @property
    def id(self) -> str: ...

    @property
    def decided_by(self) -> DecidedBy:
        """MODEL or PEOPLE: who is behind the answers."""

    @property
    def batch(self) -> int:
        """How many requests it likes at once; the engine commits answers as they come anyway."""

    def annotate(self, requests: Sequence[Request]) -> AsyncIterator[Annotation]: ...
