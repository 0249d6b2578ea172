"""Models where they are certified, people for the rest, as far as people's time goes.

The hybrid pipeline of the tutorial by Artemova et al. (COLING 2025, arXiv 2411.04637, part 5):
labels above a confidence are accepted, the others go to people. The confidence comes from a
certificate (`quality.certificate`), never from a guess; without one people label everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.annotation import Decision
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.strategies.base import Ask
from assay.strategies.chain import Step
from assay.strategies.confidence import Confidence, own
from assay.strategies.decisions import Bools, Floats, confidences, decision, waiting

Places = NDArray[np.int64]

BEYOND = "beyond what people have time for"


@dataclass(frozen=True, slots=True)
class Hybrid:
    """Each record is taken from the first link that is at least `threshold` sure, else from people.

    `threshold` None: nothing could be certified, so people label all. `capacity` is how many
    records
    people can label; the least sure go to them first, and the rest stays open rather than being
    given a label nobody vouches for. Then all records are needed at once.
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

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        steps: list[Step] = []
        left = np.arange(len(records))
        most_confident = np.full(len(records), -np.inf)
        for link in self.links:
            if self.threshold is None:
                break
            answers = await ask(link, [records[int(i)] for i in left])
            sure = confidences(answers, self.confidence)
            kept: Bools = (sure >= self.threshold) | waiting(answers)
            most_confident[left] = np.maximum(most_confident[left], sure)
            steps.append(Step(link, left, answers, sure, kept))
            left = left[~kept]
        chosen = self._chosen(records, left, most_confident)
        theirs = await ask(self.panel, [records[i] for i in chosen])
        found = _kept(records, steps, ask)
        route = (*(step.link for step in steps), self.panel)
        found |= {
            i: decision(records[i], a, route, ask) for i, a in zip(chosen, theirs, strict=True)
        }
        return [
            found.get(i) or Decision(record.id, None, route=(BEYOND,))
            for i, record in enumerate(records)
        ]

    def _chosen(self, records: Sequence[Record], left: Places, most_confident: Floats) -> list[int]:
        """Whom people are asked about; ties by what the record is, not by where it stands."""
        there: list[int] = left.tolist()
        if self.capacity is None or len(there) <= self.capacity:
            return there
        there.sort(key=lambda i: (most_confident[i], records[i].digest, records[i].id))
        return sorted(there[: self.capacity])


def _kept(records: Sequence[Record], steps: Sequence[Step], ask: Ask) -> dict[int, Decision]:
    """Position to the decision of the link that was sure enough."""
    found = {}
    for depth, step in enumerate(steps):
        route = tuple(s.link for s in steps[: depth + 1])
        for place in np.flatnonzero(step.kept).tolist():
            i = int(step.seen[place])
            found[i] = decision(records[i], step.answers[place], route, ask)
    return found
