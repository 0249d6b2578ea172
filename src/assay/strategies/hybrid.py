"""Models where they are certified, people for the rest, as far as people's time goes.

The hybrid pipeline of the tutorial by Artemova et al. (COLING 2025, arXiv 2411.04637, part 5):
labels above a confidence are accepted, the others go to people. The confidence comes from a
certificate (`quality.certificate`), never from a guess; without one people label everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.core import within
from assay.core.annotation import Decision
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.strategies.base import Ask
from assay.strategies.confidence import Confidence, own
from assay.strategies.decisions import (
    Bools,
    Floats,
    Places,
    Step,
    confidences,
    least_sure_first,
    picked,
    routed,
    waiting,
)

BEYOND = "beyond what people can take on"


@dataclass(frozen=True, slots=True)
class Hybrid:
    """Each record is taken from the first link that is at least `threshold` sure, else from people.

    `threshold` None: nothing could be certified, so people label all. `capacity` is how many
    records
    people can label; the least sure go to them first, and the rest stays open rather than being
    given an uncertified label. Then all records are needed at once.
    """

    links: tuple[str, ...]
    panel: str
    threshold: float | None
    confidence: Confidence = own
    capacity: int | None = None

    def __post_init__(self) -> None:
        within.known("the threshold", self.threshold)
        if self.panel in self.links:
            raise SpecError(f"{self.panel!r} is asked as a model and as the people; name two")
        if self.capacity is not None:
            if self.capacity < 0:
                raise SpecError(f"people can label no fewer than 0 records, not {self.capacity}")
            within.count("records that people can label", self.capacity, 0)

    @property
    def id(self) -> str:
        how = "none" if self.threshold is None else f"{self.threshold:.12g}"
        capacity = "" if self.capacity is None else f";{self.capacity}"
        links = ">".join(self.links)
        return f"hybrid({links}>{self.panel};{how};{self.confidence.__name__}{capacity})"

    @property
    def needs_all_records(self) -> bool:
        return self.capacity is not None

    @property
    def annotators(self) -> tuple[str, ...]:
        return (*self.links, self.panel)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        steps: list[Step] = []
        left = np.arange(len(records))
        most_confident = np.full(len(records), -np.inf)
        for link in self.links:
            if self.threshold is None:
                break
            answers = await ask(link, picked(records, left))
            sure = confidences(answers, self.confidence)
            kept: Bools = (sure >= self.threshold) | waiting(answers)
            most_confident[left] = np.maximum(most_confident[left], sure)
            steps.append(Step(link, left, answers, sure, kept))
            left = left[~kept]
        chosen = self._chosen(records, left, most_confident)
        theirs = await ask(self.panel, picked(records, chosen))
        people = Step(
            self.panel, chosen, theirs, most_confident[chosen], np.ones(len(chosen), bool)
        )
        return routed(records, [*steps, people], ask, BEYOND)

    def _chosen(self, records: Sequence[Record], left: Places, most_confident: Floats) -> Places:
        """The records that people are asked about, in order of the data."""
        if self.capacity is None or len(left) <= self.capacity:
            return left
        order = least_sure_first(most_confident[left], picked(records, left))
        return np.sort(left[order[: self.capacity]])
