"""A registry of candidates and the controller that chooses specialists from it.

The registry is YAML: `candidates`, each with the name of an annotator of the task file (or a
`learner`), a description for the controller, and the map of its labels to the task's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assay.annotators.base import Annotator
from assay.core.annotation import Decision
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import Ledger
from assay.project.strategies import exactly, halves, learner
from assay.run import Job, Summary, label
from assay.run.ask import Askable
from assay.strategies.base import Ask, Strategy
from assay.strategies.controlled import Controlled, Learning, Relabelled
from assay.strategies.controller import Candidate, SpecialistPlan
from assay.strategies.specialists import Stages
from assay.taskfile.document import Document, at_path, composed
from assay.taskfile.reader import checked
from assay.taskfile.specs import CandidateSpec, RegistrySpec, StrategySpec

if TYPE_CHECKING:
    from assay.project.factory import Factory
    from assay.project.project import Project


def controlled(factory: "Factory", spec: StrategySpec, names: tuple[str, ...]) -> Controlled:
    """SpecError where registry, controller or reviewer do not fit the task file."""
    (reviewer,) = exactly(names, 1, "specialists", "with a registry, the reviewer alone")
    with at_path("controller"):
        if spec.controller is None:
            raise SpecError(f"a registry needs a `controller`, one of {factory.names}")
    with at_path("registry"):
        listed, document = read_registry(factory.folder / (spec.registry or ""))
    known, relabelled = factory.file.annotators, {}
    for place, c in enumerate(listed):
        with document.lines(), at_path("candidates", place):
            if c.learner is None and c.name not in known:
                raise SpecError(
                    f"candidate {c.name!r} is no annotator of the task file and has no `learner`; "
                    f"there are {factory.names}"
                )
            if _differs(c):
                relabelled[c.name] = Relabelled(_model(factory, c.name), c.labels)
    registry = tuple(_candidate(c, factory.task) for c in listed)
    trained = {c.name: learner(factory, c.learner) for c in listed if c.learner is not None}
    first, second = halves(factory) if trained else ((), ())
    stages = Stages(spec.beta, spec.replay, seed=factory.file.seed, most=spec.stages)
    learning = Learning(trained, first, second, stages)
    return Controlled(spec.controller, reviewer, registry, spec.count, relabelled, learning)


def read_registry(path: Path) -> tuple[list[CandidateSpec], Document]:
    """SpecError that names file and line."""
    try:
        document, content = composed(path, "a registry is a mapping with `candidates`")
    except FileNotFoundError:
        raise SpecError(f"{path} does not exist") from None
    found = checked(document, content, RegistrySpec).candidates
    names = [c.name for c in found]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise document.mistake(f"candidate {name!r} is there twice", "candidates", place)
    return found, document


def _differs(candidate: CandidateSpec) -> bool:
    return candidate.learner is None and any(a != b for a, b in candidate.labels.items())


def _candidate(spec: CandidateSpec, task: Task) -> Candidate:
    """Without a map it says the task's labels; a learner always does."""
    own = {n: n for n in task.schema.names} if isinstance(task.schema, Choice) else {}
    labels = own if spec.learner is not None or not spec.labels else spec.labels
    return Candidate(spec.name, spec.description, labels, spec.learner is not None)


def _model(factory: "Factory", name: str) -> Annotator:
    who: Askable = factory.annotator(name)
    if isinstance(who, Strategy):
        raise SpecError(f"candidate {name!r} is a strategy; it says the labels of the task already")
    return who


@dataclass(slots=True)
class Consultation:
    """Asks the controller, and nobody else; the plan is in `plans` afterwards."""

    strategy: Controlled
    plans: list[SpecialistPlan | None] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"consult {self.strategy.id}"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.strategy.controller,)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        self.plans.append(await self.strategy.plan(ask))
        return []


def check_controller(project: "Project") -> Controlled:
    """The strategy; SpecError where the task file has no controller."""
    strategy = project.strategy
    if not isinstance(strategy, Controlled):
        raise SpecError(
            "the strategy has no controller: `strategy: {kind: specialists, controller: NAME, "
            "registry: FILE, annotators: [REVIEWER]}`"
        )
    return strategy


async def consult(project: "Project", ledger: Ledger) -> tuple[Summary, SpecialistPlan | None]:
    asked = Consultation(check_controller(project))
    try:
        job = Job(project.task, asked, project.annotators, ledger, project.settings())
        with project.lines():
            summary = await label(job, ())
    finally:
        await project.aclose()
    return summary, asked.plans[-1]
