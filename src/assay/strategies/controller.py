"""The controller: which specialists of a registry label a task, as a plan that is checked.

AutoAnnotator (Lu et al., arXiv 2506.16393; section 4 of our notes) lets a language model pick
models from a hub and write the code that runs them. Here it answers one closed question a
candidate, through `ask` like any other question, and what comes out is a typed plan: a candidate
whose labels are not exactly the task's is refused before the model is asked, and no generated
code is ever run. `script` prints a plan for people to read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.core.annotation import Annotation, Waiting
from assay.core.errors import ModelError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, Schema
from assay.core.task import Task
from assay.strategies.base import Ask

SUITS, NOT = "suitable", "unsuitable"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model of the registry. `labels` maps what the model says to what the task calls it: a
    hub model's LABEL_0 is not the same class everywhere, so the map is part of the model."""

    name: str
    description: str
    labels: Mapping[str, str]
    trainable: bool = False


@dataclass(frozen=True, slots=True)
class SpecialistPlan:
    """Who votes and who reviews; `refused` says why other candidates cannot take part."""

    specialists: tuple[str, ...]
    trainable: tuple[str, ...]
    reviewer: str
    scores: Mapping[str, float] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = (*self.specialists, *self.trainable)
        if len(names) < 2 or len(set(names)) < len(names):
            raise SpecError("a plan needs at least two specialists, each named once")
        if self.reviewer in names:
            raise SpecError(f"{self.reviewer!r} cannot review what it votes on")


def unfit(candidate: Candidate, schema: Schema) -> str | None:
    """Why a candidate cannot label this task; None if it can."""
    if not isinstance(schema, Choice):
        return f"specialists answer one of several labels, the task is {schema.kind}"
    known, wanted = set(candidate.labels.values()), set(schema.names)
    if missing := sorted(wanted - known):
        return f"it never says {', '.join(missing)}"
    if extra := sorted(known - wanted):
        return f"it also says {', '.join(extra)}, which the task does not know"
    if len(candidate.labels) > len(known):
        return "two of its labels mean the same in the task"
    return None


async def choose(
    registry: Sequence[Candidate], count: int, names: tuple[str, str], ask: Ask
) -> SpecialistPlan | None:
    """The `count` candidates that the controller finds most suitable, in the order of the registry
    where it rates them equal. `names` are those of controller and reviewer.

    None while the controller has not answered yet. SpecError if fewer candidates fit the task's
    labels; ModelError if the controller gives no answer about one: that is not a
    reason to leave a model out.
    """
    controller, reviewer = names
    refused = {c.name: why for c in registry if (why := unfit(c, ask.task.schema)) is not None}
    able = [c for c in registry if c.name not in refused]
    if len(able) < count:
        described = "; ".join(f"{name}: {why}" for name, why in refused.items())
        raise SpecError(
            f"{count} specialists are required, {len(able)} can label this task ({described})"
        )
    records = [text_record(c.name, f"{c.name}: {c.description}") for c in able]
    answers = await ask(controller, records, task=question(ask.task))
    if any(isinstance(given, Waiting) for given in answers):
        return None
    scores = {}
    for candidate, given in zip(able, answers, strict=True):
        if not isinstance(given, Annotation) or not given.answered:
            raise ModelError(f"{controller} does not say whether {candidate.name} suits the task")
        scores[candidate.name] = suitability(given)
    ranked = sorted(able, key=lambda c: -scores[c.name])[:count]
    return SpecialistPlan(
        tuple(c.name for c in able if c in ranked and not c.trainable),
        tuple(c.name for c in able if c in ranked and c.trainable),
        reviewer,
        scores,
        refused,
    )


def question(task: Task) -> Task:
    """What the controller is asked about each candidate."""
    labels = ", ".join(task.schema.names) if isinstance(task.schema, Choice) else task.schema.kind
    return Task(
        f"{task.name}-controller",
        f"Records will be labelled by this task: {task.question} (labels: {labels}). "
        "Is the model described in the record suitable for it?",
        Choice([SUITS, NOT]),
    )


def suitability(given: Annotation) -> float:
    """Difference of the scores of yes and no; without scores the answer itself."""
    if given.scores and {SUITS, NOT} <= set(given.scores):
        return given.scores[SUITS] - given.scores[NOT]
    return 1.0 if given.value == SUITS else -1.0


def script(plan: SpecialistPlan) -> str:
    """The plan in words and order, to be read; nothing runs it."""
    lines = [f"load {name}" for name in (*plan.specialists, *plan.trainable)]
    lines += [f"fit {name} on the training gold" for name in plan.trainable]
    lines += [
        f"label every block with {', '.join((*plan.specialists, *plan.trainable))}",
        "take the label where all agree",
        f"ask {plan.reviewer} about the others",
    ]
    if plan.trainable:
        lines += [
            f"when enough are reviewed, fit {', '.join(plan.trainable)} again, with old examples",
            "keep the new versions if they are no worse on untouched gold, else go back",
        ]
    return "".join(f"{i}. {line}\n" for i, line in enumerate(lines, 1))
