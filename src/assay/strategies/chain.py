"""Chains of annotators, cheap first: each link keeps what it is sure of and forwards the rest.

After "LLM chain ensembles" (Farr et al., arXiv 2410.13006). Three forms: `Chain` takes its
thresholds from the batch, `ThresholdChain` has them given (from a calibration batch by
`calibrate`, or from a certificate), `RandomChain` is the control that routes at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from assay.core import within
from assay.core.annotation import (
    Annotation,
    DecidedBy,
    Decision,
    Source,
    Waiting,
)
from assay.core.digest import digest
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.spool import made
from assay.strategies.base import Answer, Ask
from assay.strategies.confidence import Confidence, fractional_ranks, margin
from assay.strategies.decisions import (
    Bools,
    Floats,
    Step,
    awaited,
    confidences,
    decision,
    least_sure_first,
    picked,
    routed,
    waiting,
)


@dataclass(frozen=True, slots=True)
class Chain:
    """Thresholds from the batch: of m links, link k keeps the most confident 1/(m-k) of what it
    sees.

    `answer` is "forward" (the label of the link that kept the record) or "rank" (the label of
    the link among whose records this one ranked highest; section 11(a) step 4).
    """

    links: tuple[str, ...]
    answer: Literal["forward", "rank"] = "rank"
    confidence: Confidence = margin

    @property
    def id(self) -> str:
        return f"chain({'>'.join(self.links)};{self.answer};{self.confidence.__name__})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return self.links

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        steps: list[Step] = []
        left = np.arange(len(records))
        for k, link in enumerate(self.links):
            answers = await ask(link, picked(records, left))
            sure = confidences(answers, self.confidence)
            kept = most_confident(sure, len(left) // (len(self.links) - k))
            steps.append(Step(link, left, answers, sure, kept))
            if k + 1 < len(self.links) and waiting(answers).any():
                return self._held(records, steps, ask)
            left = left[~kept]
        return self._decide(records, steps, ask)

    def _decide(
        self, records: Sequence[Record], steps: Sequence[Step], ask: Ask
    ) -> Sequence[Decision]:
        decide = by_rank if self.answer == "rank" else forward
        return decide(records, steps, ask)

    def _held(
        self, records: Sequence[Record], steps: Sequence[Step], ask: Ask
    ) -> Sequence[Decision]:
        """Whose answers the last link keeps is known when it has given all of them."""
        last = steps[-1]
        who = next(a.annotator for a in last.answers if isinstance(a, Waiting))
        decided, held = self._decide(records, steps, ask), awaited(records, who)
        is_held = np.zeros(len(records), bool)
        is_held[last.seen] = True
        return made(len(records), lambda i: held[i] if is_held[i] else decided[i])


@dataclass(frozen=True, slots=True)
class ThresholdChain:
    """Thresholds given: link k keeps an answer that is at least `thresholds[k]` sure.

    The last link keeps all, so it has no threshold. Works in blocks, since no record's route
    depends on another record. A threshold of None forwards everything (a link that could not be
    certified).
    """

    links: tuple[str, ...]
    thresholds: tuple[float | None, ...]
    confidence: Confidence = margin

    def __post_init__(self) -> None:
        for threshold in self.thresholds:
            within.known("a threshold of a chain", threshold)
        if len(self.thresholds) != len(self.links) - 1:
            raise SpecError(
                f"a chain of {len(self.links)} links needs {len(self.links) - 1} thresholds, "
                f"not {len(self.thresholds)}: the last link keeps everything"
            )

    @property
    def id(self) -> str:
        return (
            f"chain({'>'.join(self.links)};{digest(self.thresholds, 4)};{self.confidence.__name__})"
        )

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return self.links

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        steps: list[Step] = []
        left = np.arange(len(records))
        for link, threshold in zip(self.links, (*self.thresholds, -np.inf), strict=True):
            answers = await ask(link, picked(records, left))
            sure = confidences(answers, self.confidence)
            kept = np.zeros(len(left), bool) if threshold is None else sure >= threshold
            steps.append(Step(link, left, answers, sure, kept | waiting(answers)))
            left = left[~steps[-1].kept]
        return forward(records, steps, ask)


@dataclass(frozen=True, slots=True)
class RandomChain:
    """The control: the same number of records for each link as a `Chain`, drawn at random.

    `shares` distributes them differently, for a control that costs as much as a given chain: there
    every record is paid for once, in a chain by each link that saw it.
    """

    links: tuple[str, ...]
    seed: int = 0
    shares: tuple[float, ...] | None = None  # of the records, one a link; None: equal

    def __post_init__(self) -> None:
        if self.shares is not None and (
            len(self.shares) != len(self.links)
            or min(self.shares) < 0
            or not np.isclose(sum(self.shares), 1)
        ):
            raise SpecError(
                f"{len(self.links)} links need as many shares that add up to 1, not {self.shares}"
            )

    @property
    def id(self) -> str:
        shares = "" if self.shares is None else f";{digest(self.shares, 4)}"
        return f"random_chain({'>'.join(self.links)};{self.seed}{shares})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return self.links

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        # the order of the records must not matter: draw by digest, then shuffle by seed
        order = least_sure_first(np.zeros(len(records)), records)
        order = order[np.random.default_rng(self.seed).permutation(len(order))]
        shares = self.shares or (1 / len(self.links),) * len(self.links)
        bounds = np.rint(np.cumsum((0.0, *shares)) * len(order)).astype(int)
        steps: list[Step] = []
        for link, (start, end) in zip(self.links, pairwise(bounds), strict=True):
            seen = np.sort(order[start:end])
            answers = await ask(link, picked(records, seen))
            sure = confidences(answers, margin)
            steps.append(Step(link, seen, answers, sure, np.ones(len(seen), bool)))
        return forward(records, steps, ask)


def most_confident(confidence: Floats, count: int) -> Bools:
    """Keeps the `count` largest and whatever ties with the smallest of them; never a missing
    answer.
    """
    if count == 0:
        return np.zeros(len(confidence), dtype=bool)
    least = np.partition(confidence, -count)[-count]
    kept: Bools = (confidence >= least) & (confidence > -np.inf)
    return kept


def calibrate(
    confidence_by_link: Sequence[Sequence[float]], keep: Sequence[float] | None = None
) -> tuple[float | None, ...]:
    """Thresholds for a `ThresholdChain` from a calibration batch on which every link was asked.

    Row k holds link k's confidences for the same records; `keep` is the share each link keeps
    of what reaches it, by default 1/(m-k).
    """
    rows = [np.asarray(row, dtype=np.float64) for row in confidence_by_link]
    alive = np.ones(len(rows[0]), dtype=bool)
    thresholds: list[float | None] = []
    for k, row in enumerate(rows[:-1]):
        share = keep[k] if keep is not None else 1 / (len(rows) - k)
        count = int(alive.sum() * share)
        if count == 0:
            thresholds.append(None)
            continue
        threshold = float(np.partition(row[alive], -count)[-count])
        thresholds.append(threshold)
        alive &= row < threshold
    return tuple(thresholds)


def forward(records: Sequence[Record], steps: Sequence[Step], ask: Ask) -> Sequence[Decision]:
    """The answer of the link that kept the record; a silent last link leaves it undecided."""
    last = replace(steps[-1], kept=np.ones(len(steps[-1].seen), bool))
    return routed(records, [*steps[:-1], last], ask)


SILENT, SAID, AWAITED = range(3)


def by_rank(records: Sequence[Record], steps: Sequence[Step], ask: Ask) -> Sequence[Decision]:
    """The answer of the link where the record ranked highest among all that link saw."""
    rank = np.full(len(records), -np.inf)
    best, held = (np.full(len(records), -1, np.int16) for _ in range(2))  # steps
    best_place, held_place = (np.zeros(len(records), np.int64) for _ in range(2))
    for depth, step in enumerate(steps):
        ranks = fractional_ranks(step.confidence)
        said = np.fromiter(map(_said, step.answers), np.uint8, len(step.answers))
        (better,) = np.nonzero((said == SAID) & (ranks > rank[step.seen]))
        at = step.seen[better]
        rank[at], best[at], best_place[at] = ranks[better], depth, better
        (open_,) = np.nonzero(said == AWAITED)
        held[step.seen[open_]], held_place[step.seen[open_]] = depth, open_

    def decide(i: int) -> Decision:
        if held[i] >= 0:
            step = steps[held[i]]
            return decision(records[i], step.answers[int(held_place[i])], (step.link,), ask)
        if best[i] < 0:
            return Decision(records[i].id, None, route=("no link answered",))
        step = steps[best[i]]
        return _ranked(step.answers[int(best_place[i])], float(rank[i]), step.link, ask)

    return made(len(records), decide)


def _said(answer: Answer) -> int:
    if isinstance(answer, Waiting):
        return AWAITED
    return SAID if answer.answered else SILENT


def _ranked(answer: Answer, rank: float, link: str, ask: Ask) -> Decision:
    assert isinstance(answer, Annotation)
    who = DecidedBy.PEOPLE if ask.people(link) else DecidedBy.MODEL
    return Decision(answer.record, answer.value, rank, Source.RANK, who, (link,), answer.scores)
