"""Specialists that a controller picks from a registry, and what a registry's label maps do."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assay.annotators.base import Annotator, end
from assay.annotators.trainable import Trainable
from assay.core import within
from assay.core.annotation import Annotation, DecidedBy, Decision, Request
from assay.core.digest import digest
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.base import Ask
from assay.strategies.controller import Candidate, SpecialistPlan, choose
from assay.strategies.decisions import awaited
from assay.strategies.specialists import DEFAULT_STAGES, Specialists, Stages


@dataclass(frozen=True, slots=True)
class Relabelled:
    """An annotator with labels of its own, which are translated to the task's."""

    annotator: Annotator
    labels: Mapping[str, str]  # its own to the task's

    @property
    def id(self) -> str:
        return f"{self.annotator.id}|{digest(sorted(self.labels.items()), 4)}"

    @property
    def decided_by(self) -> DecidedBy:
        return self.annotator.decided_by

    async def aclose(self) -> None:
        await end(self.annotator)

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        sent: dict[str, Request] = {}
        tasks: dict[str, Task] = {}

        def own() -> Iterable[Request]:
            for request in requests:
                task = request.task
                if task.id not in tasks:
                    tasks[task.id] = replace(task, schema=Choice(list(self.labels)), examples=())
                there = replace(request, task=tasks[task.id], annotator=self.annotator.id)
                sent[there.key] = request
                yield there

        async for given in self.annotator.annotate(own()):
            yield self._translated(given, sent[given.key])

    def _translated(self, given: Annotation, request: Request) -> Annotation:
        scores = given.scores and {self.labels[name]: s for name, s in given.scores.items()}
        value = None if given.value is None else self.labels[str(given.value)]
        return replace(
            given, key=request.key, task=request.task.id, annotator=self.id, value=value,
            scores=scores,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Learning:
    """What trainable specialists need: by name, with the gold to fit on and to judge by."""

    learners: Mapping[str, Trainable] = field(default_factory=dict)
    training: tuple[Example, ...] = ()
    gold: tuple[Example, ...] = ()
    stages: Stages = DEFAULT_STAGES


@dataclass(frozen=True, slots=True)
class Controlled:
    """The controller is asked about each candidate, then those chosen work as `Specialists`.

    `relabelled` are candidates that say other labels than the task's, by name; the others are
    asked under their own name.
    """

    controller: str
    reviewer: str
    registry: tuple[Candidate, ...]
    n_specialists: int = 3
    relabelled: Mapping[str, Relabelled] = field(default_factory=dict)
    learning: Learning = Learning()

    def __post_init__(self) -> None:
        within.count("the number of specialists", self.n_specialists)
        for candidate in self.registry:
            if candidate.trainable and candidate.name not in self.learning.learners:
                raise SpecError(f"nothing can be trained as {candidate.name!r}")

    @property
    def id(self) -> str:
        learning = self.learning
        made = [
            [[c.name, c.description, sorted(c.labels.items()), c.trainable] for c in self.registry],
            [e.digest for e in (*learning.training, *learning.gold)],
            learning.stages.settings,
        ]
        who = f"{self.controller}:{self.n_specialists} of {len(self.registry)}>{self.reviewer}"
        return f"controlled({who};{digest(made, 4)})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        fixed = (c.name for c in self.registry if not c.trainable)
        return (self.controller, *fixed, self.reviewer)

    async def plan(self, ask: Ask) -> SpecialistPlan | None:
        """None while the controller has not answered."""
        return await choose(
            self.registry, self.n_specialists, (self.controller, self.reviewer), ask
        )

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        plan = await self.plan(ask)
        if plan is None:
            return awaited(records, self.controller)
        fixed = tuple(
            ask.register(self.relabelled[name]) if name in self.relabelled else name
            for name in plan.specialists
        )
        learning = self.learning
        learners = tuple(learning.learners[name] for name in plan.trainable)
        chosen = Specialists(
            fixed, plan.reviewer, learners, learning.training, learning.gold, learning.stages
        )
        return await chosen.label(records, ask)
