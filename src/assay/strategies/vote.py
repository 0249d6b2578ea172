"""Several annotators, or several answers of one, and the label most of them give."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.core import within
from assay.core.annotation import Annotation, DecidedBy, Decision, RequestOptions, Source, Waiting
from assay.core.errors import InputError, SpecError
from assay.core.record import Record
from assay.core.schema.base import Schema
from assay.core.spool import made
from assay.strategies.base import Answer, Ask
from assay.strategies.decisions import picked, waiting
from assay.strategies.review import vote

Ties = Literal["undecided", "first", "confidence"]
COMPARABLE = frozenset({Source.CALIBRATED, Source.RANK})


@dataclass(frozen=True, slots=True)
class Tally:
    """What the votes of one record come to: decided units, their shares, and units that tie."""

    labels: dict[str, str]
    shares: list[float]
    tied: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Vote:
    """The most frequent label, unit by unit; a missing answer casts no vote.

    `replicas` asks each voter that often (self-consistency). A tie goes to the `referee`, who is
    asked about the tied records alone, where one is named; else `first` takes the label of the
    first-named voter among the tied, `confidence` that of the most confident (only where
    confidences compare: calibrated, ranked, or of one annotator), `undecided` leaves the record
    open. The confidence is the winners' share of the votes, averaged over the units.
    """

    voters: tuple[str, ...]
    replicas: int = 1
    ties: Ties = "undecided"
    referee: str | None = None

    def __post_init__(self) -> None:
        if self.replicas < 1 or len(self.voters) * self.replicas < 2:
            raise SpecError("a vote needs at least two answers: name more annotators, or replicas")
        within.count("the number of replicas", self.replicas)
        if len(set(self.voters)) < len(self.voters):
            raise SpecError("a voter is named twice; use replicas to ask one several times")

    @property
    def id(self) -> str:
        ties = self.ties if self.referee is None else f">{self.referee}"
        return f"vote({','.join(self.voters)};x{self.replicas};{ties})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return self.voters if self.referee is None else (*self.voters, self.referee)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        asked = [
            ask(name, records, RequestOptions(replica=replica))
            for name in self.voters
            for replica in range(self.replicas)
        ]
        given = await asyncio.gather(*asked)
        ballots = made(len(records), lambda i: tuple(answers[i] for answers in given))
        words = await self._referee(records, ballots, ask)

        def decide(i: int) -> Decision:
            tally = count(answered(ballots[i]), ask.task.schema)
            return self._decide(records[i], (*ballots[i], *words(i)), tally, ask)

        return made(len(records), decide)

    async def _referee(
        self, records: Sequence[Record], ballots: Sequence[Sequence[Answer]], ask: Ask
    ) -> Callable[[int], tuple[Answer, ...]]:
        """What the referee says of the record at this place: an answer where votes tie."""
        if self.referee is None:
            return lambda _: ()
        schema = ask.task.schema
        are_tied = (
            bool(count(answered(ballot), schema).tied) and not waiting(ballot).any()
            for ballot in ballots
        )
        tied = np.flatnonzero(np.fromiter(are_tied, bool, len(records)))
        words = await ask(self.referee, picked(records, tied))

        def word(i: int) -> tuple[Answer, ...]:
            at = int(np.searchsorted(tied, i))
            return (words[at],) if at < len(tied) and tied[at] == i else ()

        return word

    def _decide(
        self, record: Record, answers: Sequence[Answer], tally: Tally, ask: Ask
    ) -> Decision:
        given = answered(answers)
        if len(given) < len(answers):
            for a in answers:
                if isinstance(a, Waiting):
                    return Decision(record.id, None, waiting_for=a.annotator)
        if not given:
            return Decision(record.id, None, route=("nobody answered",))
        labels, route = dict(tally.labels), [f"{len(given)} of {len(answers)} answered"]
        for unit, among in tally.tied.items():
            chosen = self._break(unit, among, answers, ask)
            if chosen is None:
                return Decision(record.id, None, route=(*route, "tie"))
            labels[unit] = chosen
        route += [f"tie: {self.referee or self.ties}"] if tally.tied else []
        value = ask.task.schema.assemble(labels)
        if value is None:
            return Decision(record.id, None, route=(*route, "the labels make no answer"))
        share = sum(tally.shares) / len(tally.shares) if tally.shares else 1.0
        who = decided_by(given, ask)
        return Decision(record.id, value, share, Source.VOTE_SHARE, who, tuple(route))

    def _break(
        self, unit: str, among: list[str], answers: Sequence[Answer], ask: Ask
    ) -> str | None:
        """One of the tied labels, or None where the rule does not single one out."""
        if self.referee is not None:
            words = answered(answers[-1:])
            chosen = vote(words[0], unit, ask.task.schema) if words else None
            return chosen if chosen in among else None
        schema = ask.task.schema
        votes = [(a, v) for a in answered(answers) if (v := vote(a, unit, schema)) in among and v]
        if self.ties == "first":
            return votes[0][1]
        return _most_confident(votes) if self.ties == "confidence" else None


def answered(answers: Sequence[Answer]) -> list[Annotation]:
    return [a for a in answers if isinstance(a, Annotation) and a.value is not None]


def count(given: Sequence[Annotation], schema: Schema) -> Tally:
    """Counts the votes of one record, unit by unit."""
    values = [a.value for a in given if a.value is not None]
    units = schema.units(values)
    if values and values.count(values[0]) == len(values) and not any(a.focus for a in given):
        same = {u: label for u in units if (label := schema.label(values[0], u)) is not None}
        return Tally(same, [1.0] * len(same), {})
    tally = Tally({}, [], {})
    for unit in units:
        votes = [v for a in given if (v := vote(a, unit, schema)) is not None]
        if not votes:
            continue
        named = dict.fromkeys(votes)  # in the order of the voters
        most = max(map(votes.count, named))
        tally.shares.append(most / len(votes))
        best = [label for label in named if votes.count(label) == most]
        if len(best) > 1:
            tally.tied[unit] = best
        else:
            tally.labels[unit] = best[0]
    return tally


def _most_confident(votes: Sequence[tuple[Annotation, str]]) -> str | None:
    """The label of the most confident vote; None if two labels are equally sure or one does not
    say.
    """
    sure: dict[str, float] = {}
    for a, label in votes:
        if a.confidence is None:
            return None
        sure[label] = max(sure.get(label, a.confidence), a.confidence)
    sources = {a.confidence_source for a, _ in votes}
    kinds = {(a.annotator, a.confidence_source) for a, _ in votes}
    if not (len(kinds) == 1 or (len(sources) == 1 and sources <= COMPARABLE)):
        named = ", ".join(sorted(str(s) for s in sources))
        raise InputError(
            f"record {votes[0][0].record!r}: a tie cannot be broken by confidences of {named} "
            "from several annotators; calibrate or rank them first, or use another tie rule"
        )
    best = max(sure.values())
    most_confident = [label for label, c in sure.items() if c == best]
    return most_confident[0] if len(most_confident) == 1 else None


def decided_by(given: Sequence[Annotation], ask: Ask) -> DecidedBy:
    """Who is behind the answers that counted."""
    people = {ask.people(name) for name in {a.annotator for a in given}}
    if len(people) == 2:
        return DecidedBy.BOTH
    return DecidedBy.PEOPLE if people == {True} else DecidedBy.MODEL
