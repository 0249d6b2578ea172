"""Small specialists vote; what they do not agree on goes to a reviewer and trains them further.

AutoAnnotator (Lu et al., arXiv 2506.16393; section 4 of our notes): unanimous records are done,
the others are reviewed by a language model or by people, and reviewed records fine-tune the
specialists in stages. Added here, since the paper lacks them: a replay share against forgetting,
an evaluation on untouched gold after every stage, and a roll-back where that got worse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from assay.annotators.trainable import Trainable
from assay.core import within
from assay.core.annotation import Annotation, DecidedBy, Decision, Source
from assay.core.digest import digest
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.spool import Spool
from assay.core.task import Example
from assay.core.value import encode
from assay.strategies.base import Answer, Ask
from assay.strategies.decisions import decision


@dataclass(frozen=True, slots=True)
class Stages:
    """`beta` reviewed records start a stage; `replay` is the share of old examples mixed in."""

    beta: int = 200
    replay: float = 0.5
    block: int = 100  # records labelled between two looks at the stage trigger
    seed: int = 42
    most: int = 10  # stages

    def __post_init__(self) -> None:
        within.count("beta", self.beta)
        within.amount("replay", self.replay)
        within.count("a block", self.block)
        within.count("the number of stages", self.most, 0)

    @property
    def settings(self) -> tuple[float, ...]:
        """All that can change a decision, for the ids of what works in stages."""
        return (self.beta, self.replay, self.block, self.seed, self.most)


DEFAULT_STAGES = Stages()


@dataclass(frozen=True, slots=True)
class Specialists:
    """`fixed` are names of annotators that do not learn (a lexicon); `trainable` are fitted on
    `training` at first and refitted in stages. `gold` is never trained on: it decides whether a
    stage is kept. Without `trainable` no stage runs and the specialists stay as they are.
    """

    fixed: tuple[str, ...]
    reviewer: str
    trainable: tuple[Trainable, ...] = ()
    training: tuple[Example, ...] = ()
    gold: tuple[Example, ...] = ()
    stages: Stages = field(default=DEFAULT_STAGES)

    def __post_init__(self) -> None:
        if len(self.fixed) + len(self.trainable) < 2:
            raise SpecError("specialists vote, so there must be at least two of them")
        if self.trainable and not (self.training and self.gold):
            raise SpecError(
                "specialists that learn need calibration gold twice: to fit them at first, and "
                "apart from it to judge each stage"
            )
        both = {e.record.digest for e in self.training} & {e.record.digest for e in self.gold}
        if both:
            raise SpecError(f"{len(both)} records are in both the training and the judging gold")

    @property
    def id(self) -> str:
        names = ",".join((*self.fixed, *(t.name for t in self.trainable)))
        made = [[e.digest for e in self.training], [e.digest for e in self.gold]]
        return f"specialists({names}>{self.reviewer};{digest([*self.stages.settings, made], 4)})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return (*self.fixed, self.reviewer)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        versions = self._fit(self.training, ask)
        score = await self._score(versions, ask)
        decisions: Spool[Decision] = Spool()
        reviewed: list[Example] = []  # of the stage under way
        kept: list[Example] = []  # of the stages that were kept
        stage = 0
        for start in range(0, len(records), self.stages.block):
            block = records[start : start + self.stages.block]
            made = await self._label_block(block, versions, f"stage {stage}", ask)
            decisions.extend(made)
            if not self.trainable or stage >= self.stages.most:
                continue
            reviewed += _examples(block, made)
            if len(reviewed) < self.stages.beta:
                continue
            stage += 1
            fitted = self._fit((*self._replayed(kept, stage), *reviewed), ask)
            fresh = await self._score(fitted, ask)
            if fresh >= score:
                versions, score = fitted, fresh
                kept += reviewed
            reviewed = []  # a stage that made it worse is rolled back: versions stay
        return decisions.row()

    async def _label_block(
        self, block: Sequence[Record], versions: Sequence[str], stage: str, ask: Ask
    ) -> list[Decision]:
        votes = [await ask(name, block) for name in (*self.fixed, *versions)]
        answers: list[tuple[Answer, ...]] = list(zip(*votes, strict=True))
        hard = [r for r, a in zip(block, answers, strict=True) if not unanimous(a)]
        looks = iter(await ask(self.reviewer, hard))
        return [
            _agreed(record, given, stage, ask)
            if unanimous(given)
            else decision(record, next(looks), ("reviewed", stage, self.reviewer), ask)
            for record, given in zip(block, answers, strict=True)
        ]

    def _fit(self, examples: Sequence[Example], ask: Ask) -> list[str]:
        return [
            ask.register(t.fitted(ask.task, examples, self.stages.seed + i))
            for i, t in enumerate(self.trainable)
        ]

    async def _score(self, versions: Sequence[str], ask: Ask) -> float:
        """Mean accuracy of the versions on the judging gold; a missing answer is wrong."""
        right: list[bool] = []
        records = [e.record for e in self.gold]
        for name in versions:
            answers = await ask(name, records)
            right += [
                isinstance(a, Annotation) and a.value == e.value
                for a, e in zip(answers, self.gold, strict=True)
            ]
        return float(np.mean(right)) if right else 0.0

    def _replayed(self, kept: Sequence[Example], stage: int) -> list[Example]:
        """The old examples mixed into a stage: all that a share of them allows, drawn by seed."""
        old = [*self.training, *kept]
        count = round(self.stages.replay * len(old))
        rng = np.random.default_rng([self.stages.seed, stage])
        return [old[int(i)] for i in sorted(rng.permutation(len(old))[:count])]


def unanimous(answers: Sequence[Answer]) -> bool:
    """All answered, all the same; one missing answer makes a record hard."""
    given = [a.value for a in answers if isinstance(a, Annotation) and a.answered]
    return len(given) == len(answers) and all(v == given[0] for v in given)


def _agreed(record: Record, given: Sequence[Answer], stage: str, ask: Ask) -> Decision:
    first = given[0]
    assert isinstance(first, Annotation)
    people = any(ask.people(a.annotator) for a in given)
    who = DecidedBy.BOTH if people else DecidedBy.MODEL
    route = ("unanimous", stage)
    return Decision(record.id, first.value, 1.0, Source.VOTE_SHARE, who, route)


def _examples(block: Sequence[Record], made: Sequence[Decision]) -> list[Example]:
    """Reviewed records with their labels; an unparsed or awaited review teaches nothing."""
    return [
        Example(record, d.value)
        for record, d in zip(block, made, strict=True)
        if d.value is not None and d.route[0] == "reviewed"
    ]


def review_share(accuracies: Sequence[float], classes: int = 2) -> float:
    """Closed form: the share not unanimous if the specialists err independently and evenly."""
    agree_right = float(np.prod(accuracies))
    wrong = [(1 - a) / (classes - 1) for a in accuracies]
    return 1 - agree_right - (classes - 1) * float(np.prod(wrong))


def parts(decisions: Sequence[Decision], truth: dict[str, object]) -> dict[str, tuple[int, int]]:
    """Right and all, apart for the unanimous and the reviewed part (section 4(d))."""
    counts = {"unanimous": (0, 0), "reviewed": (0, 0)}
    for d in decisions:
        part = d.route[0] if d.route else ""
        if part in counts and d.record in truth:
            right, all_ = counts[part]
            same = d.value is not None and encode(d.value) == truth[d.record]
            counts[part] = (right + same, all_ + 1)
    return counts
