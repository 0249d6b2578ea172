"""People, who answer later and elsewhere."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from assay.annotators.base import HoldsNothing
from assay.core import within
from assay.core.annotation import Annotation, DecidedBy, Request


@dataclass(frozen=True, slots=True)
class Panel(HoldsNothing):
    """A group of people; their answers come into the ledger by import or the review app.

    A record is waited for until `annotators_per_record` of them have answered it. Each answer is an
    annotation of
    its own, with the person in `by`; the key is the request's, so all of them answer one question.
    """

    name: str
    annotators_per_record: int = 1

    def __post_init__(self) -> None:
        within.count("annotators_per_record", self.annotators_per_record)

    @property
    def id(self) -> str:
        return self.name

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.PEOPLE

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        """Yields nothing: every request is waited for."""
        nobody: tuple[Annotation, ...] = ()
        for annotation in nobody:
            yield annotation
