"""A registry of candidates and the controller that chooses specialists from it.

The registry is YAML: `candidates`, each with the name of an annotator of the task file (or a
`learner`), a description for the controller, and the map of its labels to the task's.
"""

from pathlib import Path

from assay.annotators.base import Annotator
from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.core.schema import Choice
from assay.core.task import Task
from assay.project.factory import Factory
from assay.project.learners import exactly, halves, learner
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.controlled import Controlled, Learning, Relabelled
from assay.strategies.controller import Candidate
from assay.strategies.specialists import Stages
from assay.taskfile.document import Document, composed
from assay.taskfile.reader import checked
from assay.taskfile.specs import CandidateSpec, RegistrySpec
from assay.taskfile.strategies import SpecialistsSpec


def controlled(factory: Factory, spec: SpecialistsSpec, names: tuple[str, ...]) -> Controlled:
    """For a spec with a registry. SpecError if that or the reviewer does not fit the task
    file."""
    assert spec.registry is not None
    assert spec.controller is not None  # the spec sees to it
    (reviewer,) = exactly(names, 1, "specialists", "with a registry, the reviewer alone")
    with at_path("registry"):
        listed, document = read_registry(factory.folder / spec.registry)
    known, relabelled = factory.file.annotators, {}
    for place, c in enumerate(listed):
        with document.lines(), at_path("candidates", place):
            if c.learner is None and c.name not in known:
                raise SpecError(
                    f"candidate {c.name!r} is not an annotator of the task file and "
                    f"has no `learner`; "
                    f"there are {factory.names}"
                )
            if _differs(c):
                relabelled[c.name] = Relabelled(_model(factory, c.name), c.labels)
    registry = tuple(_candidate(c, factory.task) for c in listed)
    trained = {c.name: learner(factory, c.learner) for c in listed if c.learner is not None}
    first, second = halves(factory) if trained else ((), ())
    stages = Stages(spec.beta, spec.replay, seed=factory.file.seed, most=spec.stages)
    learning = Learning(trained, first, second, stages)
    return Controlled(spec.controller, reviewer, registry, spec.n_specialists, relabelled, learning)


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
            raise document.mistake(f"candidate {name!r} is listed twice", "candidates", place)
    return found, document


def _differs(candidate: CandidateSpec) -> bool:
    return candidate.learner is None and any(a != b for a, b in candidate.labels.items())


def _candidate(spec: CandidateSpec, task: Task) -> Candidate:
    """Without a map it uses the task's labels; a learner always does."""
    own = {n: n for n in task.schema.names} if isinstance(task.schema, Choice) else {}
    labels = own if spec.learner is not None or not spec.labels else spec.labels
    return Candidate(spec.name, spec.description, labels, spec.learner is not None)


def _model(factory: Factory, name: str) -> Annotator:
    who: Askable = factory.annotator(name)
    if isinstance(who, Strategy):
        raise SpecError(f"candidate {name!r} is a strategy; it already uses the labels of the task")
    return who
