"""Several annotators, or several answers of one, and the label most of them give."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assay.core.annotation import Annotation, DecidedBy, Decision, Source, Waiting, Way
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.strategies.base import Answer, Ask
from assay.strategies.review import vote

Ties = Literal["first", "undecided"]


@dataclass(frozen=True, slots=True)
class Vote:
    """Majority unit by unit; silence casts no vote. `replicas` asks each annotator that often
    (self-consistency). Ties: `first` takes the tied label that the first-named annotator among
    the tied gave, `undecided` leaves the record open.
    """

    voters: tuple[str, ...]
    replicas: int = 1
    ties: Ties = "first"

    def __post_init__(self) -> None:
        if len(self.voters) * self.replicas < 2:
            raise SpecError("a vote needs at least two answers: more annotators, or replicas")

    @property
    def id(self) -> str:
        return f"vote({','.join(self.voters)};x{self.replicas};{self.ties})"

    @property
    def whole(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return self.voters

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        asked = [
            ask(name, records, Way(replica=replica))
            for name in self.voters
            for replica in range(self.replicas)
        ]
        ballots = zip(*await asyncio.gather(*asked), strict=True)
        return [self._decide(r, ballot, ask) for r, ballot in zip(records, ballots, strict=True)]

    def _decide(self, record: Record, ballot: Sequence[Answer], ask: Ask) -> Decision:
        waiting = next((a for a in ballot if isinstance(a, Waiting)), None)
        if waiting is not None:
            return Decision(record.id, None, waiting_for=waiting.annotator)
        given = [a for a in ballot if isinstance(a, Annotation) and a.answered]
        labels, shares = self._count(given, ask)
        if labels is None or not given:
            return Decision(record.id, None, route=("tie" if given else "nobody answered",))
        value = ask.task.schema.assemble(labels)
        if value is None:
            return Decision(record.id, None, route=("nobody answered",))
        share = sum(shares) / len(shares) if shares else 1.0
        people = {ask.people(name) for name in self.voters}
        who = DecidedBy.PEOPLE if people == {True} else DecidedBy.MODEL
        who = DecidedBy.BOTH if len(people) == 2 else who
        route = (f"{len(given)} of {len(ballot)} answered",)
        return Decision(record.id, value, share, Source.VOTE_SHARE, who, route)

    def _count(
        self, given: Sequence[Annotation], ask: Ask
    ) -> tuple[dict[str, str] | None, list[float]]:
        """The winning label and its share of the votes, for each unit; None for an open tie."""
        schema = ask.task.schema
        labels: dict[str, str] = {}
        shares: list[float] = []
        for unit in schema.units([a.value for a in given if a.value is not None]):
            votes = [v for a in given if (v := vote(a, unit, ask)) is not None]
            counts = Counter(votes).most_common()
            if not counts:
                continue
            best = [label for label, n in counts if n == counts[0][1]]
            if len(best) > 1 and self.ties == "undecided":
                return None, []
            labels[unit] = next(v for v in votes if v in best)
            shares.append(counts[0][1] / len(votes))
        return labels, shares
