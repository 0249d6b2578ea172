"""People and models together: who decides what, and what people are shown.

The three forms of the survey by Huang et al. (ACL 2025, arXiv 2501.05714, section 8 of our notes):
`Sequential` shows people a suggestion, `Triage` gives each side its own records, and joint
fusion (`strategies.joint`) merges independent answers. Each decision says who made it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assay.annotators.prompt import in_words
from assay.core import within
from assay.core.annotation import (
    DEFAULT_OPTIONS,
    Annotation,
    DecidedBy,
    Decision,
    RequestOptions,
    Waiting,
)
from assay.core.digest import digest
from assay.core.record import Record
from assay.core.schema import Choice, Scale, Schema
from assay.core.spool import made
from assay.core.task import Example
from assay.core.value import Value
from assay.strategies.allocators import Allocator, Uncertainty
from assay.strategies.base import Answer, Ask
from assay.strategies.conformal import fitted_least
from assay.strategies.decisions import awaited, decision, picked, waiting


class Suggest(Protocol):
    """The labels to show people for an answer; none where it has no label scores."""

    @property
    def id(self) -> str: ...

    def labels(self, annotation: Annotation) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Top:
    """The k labels with the largest scores."""

    k: int = 1

    def __post_init__(self) -> None:
        within.count("the number of labels shown", self.k)

    @property
    def id(self) -> str:
        return f"top{self.k}"

    def labels(self, annotation: Annotation) -> tuple[str, ...]:
        scores = annotation.scores
        if not scores:
            return ()
        return tuple(sorted(scores, key=scores.__getitem__, reverse=True)[: self.k])


@dataclass(frozen=True, slots=True)
class PredictionSet:
    """Every label whose probability is at least `least`, a conformal quantile from calibration
    gold; never empty, since the likeliest label is always shown."""

    least: float

    def __post_init__(self) -> None:
        within.amount("the least probability", self.least)

    @classmethod
    def fitted(
        cls, answers: Sequence[Annotation], gold: Mapping[str, Value], alpha: float = 0.1
    ) -> "PredictionSet":
        """From answers on calibration gold: the set holds the right label of a new record with
        probability 1 - alpha or more."""
        return cls(fitted_least(answers, gold, alpha))

    @property
    def id(self) -> str:
        return f"set{self.least:g}"

    def labels(self, annotation: Annotation) -> tuple[str, ...]:
        scores = annotation.scores
        if not scores:
            return ()
        names = sorted(scores, key=scores.__getitem__, reverse=True)
        weights = np.exp(np.array([scores[n] for n in names]) - scores[names[0]])
        share = weights / weights.sum()
        return tuple(n for i, n in enumerate(names) if i == 0 or share[i] >= self.least)


@dataclass(frozen=True, slots=True)
class Conformal:
    """A `PredictionSet` fitted on what the model says of calibration gold, when it is used."""

    gold: tuple[Example, ...]
    alpha: float = 0.1

    def __post_init__(self) -> None:
        within.inner("alpha", self.alpha)

    @property
    def id(self) -> str:
        return f"conformal{self.alpha:g}@{digest([e.digest for e in self.gold], 4)}"

    async def fitted(self, model: str, ask: Ask) -> PredictionSet | None:
        """None while answers are awaited: a set fitted on fewer would be another one."""
        given = await ask(model, [e.record for e in self.gold])
        if any(isinstance(a, Waiting) for a in given):
            return None
        said = [a for a in given if isinstance(a, Annotation) and a.answered]
        return PredictionSet.fitted(said, {e.record.id: e.value for e in self.gold}, self.alpha)


TOP_ONE = Top(1)
BY_CONFIDENCE = Uncertainty()


def drawn(record: Record, share: float, seed: int) -> bool:
    """A draw that depends on the record alone, so that order and restarts do not change it."""
    return int(digest([record.digest, record.id, seed], 8), 16) / 2**64 < share


@dataclass(frozen=True, slots=True)
class Sequential:
    """People decide with the model's suggestion before them, and without it on a control share.

    A label given after a suggestion is `decided_by` both, and its annotation says what it saw,
    so that no aggregator takes it for an independent one. The control arm is what measures
    anchoring (section 12(d)).
    """

    model: str
    panel: str
    suggest: Suggest | Conformal = TOP_ONE
    control: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        within.share("the control share", self.control)

    @property
    def id(self) -> str:
        shown = f"{self.suggest.id};control={self.control:g};{self.seed}"
        return f"sequential({self.model}>{self.panel};{shown})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.model, self.panel)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        suggestions = await ask(self.model, records)
        shown = self.suggest
        if isinstance(shown, Conformal):
            fitted = await shown.fitted(self.model, ask)
            if fitted is None:
                return awaited(records, self.model)
            shown = fitted
        asked = np.flatnonzero(~waiting(suggestions))
        suggest, schema = shown, ask.task.schema

        def options(i: int) -> RequestOptions:
            return self._way(records[i], suggestions[i], suggest, schema)

        answers = await ask(
            self.panel,
            picked(records, asked),
            made(len(asked), lambda at: options(int(asked[at]))),
        )

        def decide(i: int) -> Decision:
            at = int(np.searchsorted(asked, i))
            if at < len(asked) and asked[at] == i:
                return self._decide(records[i], answers[at], options(i), ask)
            return decision(records[i], suggestions[i], (self.model,), ask)

        return made(len(records), decide)

    def _way(
        self, record: Record, suggestion: Answer, suggest: Suggest, schema: Schema
    ) -> RequestOptions:
        described = isinstance(suggestion, Annotation) and suggestion.answered
        if not described or drawn(record, self.control, self.seed):
            return DEFAULT_OPTIONS
        assert isinstance(suggestion, Annotation)
        assert suggestion.value is not None
        # the scores of other kinds are of units, which are no answers
        labels = suggest.labels(suggestion) if isinstance(schema, Choice | Scale) else ()
        shown = ", ".join(labels) or in_words(schema, Example(record, suggestion.value), "label")
        return RequestOptions(hint=f"Suggested: {shown}", saw=(suggestion.key,))

    def _decide(
        self, record: Record, answer: Answer, options: RequestOptions, ask: Ask
    ) -> Decision:
        route = ("with suggestion" if options.saw else "control, without suggestion", self.panel)
        found = decision(record, answer, route, ask)
        both = found.decided_by is not None and options.saw
        return replace(found, decided_by=DecidedBy.BOTH) if both else found


@dataclass(frozen=True, slots=True)
class Triage:
    """The model keeps what it is sure of; the rest goes to people, who do not see its answer.

    `threshold`, on what `by` says of each answer, is fixed on calibration data. What the model
    leaves unanswered goes to people whatever the threshold.
    """

    model: str
    panel: str
    threshold: float
    by: Allocator = BY_CONFIDENCE

    def __post_init__(self) -> None:
        within.known("the threshold of triage", self.threshold)

    @property
    def id(self) -> str:
        return f"triage({self.model}|{self.panel};{self.threshold!r};{self.by.id})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.model, self.panel, *self.by.annotators)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        answers = await ask(self.model, records)
        safe = await self.by.safety(self.model, records, answers, ask)
        if safe is None:
            return awaited(records, self.model)
        kept = safe >= self.threshold
        return await split(records, answers, kept, (self.model, self.panel), ask)


@dataclass(frozen=True, slots=True)
class TriageShare:
    """Dynamic threshold: of all records, the given share whose answers are least safe to keep.

    Ties at the threshold are drawn by record, so that the share of human work is kept.
    """

    model: str
    panel: str
    share: float
    by: Allocator = BY_CONFIDENCE

    def __post_init__(self) -> None:
        within.share("the share of people", self.share)

    @property
    def id(self) -> str:
        return f"triage({self.model}|{self.panel};share={self.share:g};{self.by.id})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.model, self.panel, *self.by.annotators)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        answers = await ask(self.model, records)
        sure = await self.by.safety(self.model, records, answers, ask)
        if sure is None or waiting(answers).any():
            return awaited(records, self.model)
        tie = np.fromiter(
            (int(digest([r.digest, r.id], 8), 16) for r in records), np.uint64, len(records)
        )
        order = np.lexsort((tie, sure))
        kept = np.ones(len(records), dtype=bool)
        kept[order[: round(self.share * len(records))]] = False
        kept &= sure > -np.inf
        return await split(records, answers, kept, (self.model, self.panel), ask)


async def split(
    records: Sequence[Record],
    answers: Sequence[Answer],
    kept: NDArray[np.bool_],
    names: tuple[str, str],
    ask: Ask,
) -> Sequence[Decision]:
    """The model's answers kept are decisions, those still to come are waited for; the panel, named
    second, is asked, unseen, about the other records."""
    model, panel = names
    kept = kept | waiting(answers)
    reviewed = await ask(panel, picked(records, np.flatnonzero(~kept)))
    turns = np.cumsum(~kept) - 1  # of a record sent on, its place among those

    def decide(i: int) -> Decision:
        if kept[i]:
            return decision(records[i], answers[i], ("kept", model), ask)
        return decision(records[i], reviewed[int(turns[i])], ("sent on", panel), ask)

    return made(len(records), decide)
