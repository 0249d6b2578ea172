"""References to annotators by name within a task file."""

from assay.core.document_path import at_path
from assay.core.errors import SpecError, meant
from assay.taskfile.annotators import AnnotatorSpec, TeamSpec
from assay.taskfile.specs import TaskFile
from assay.taskfile.strategies import SpecialistsSpec, StrategySpec, TriageSpec


def check_names(file: TaskFile) -> None:
    """SpecError if a strategy names an annotator that does not exist, or itself in a cycle."""
    with at_path("strategy"):
        _check(file, file.strategy)
    for name, spec in file.annotators.items():
        if isinstance(spec, TeamSpec):
            with at_path("annotators", name, "strategy"):
                _check(file, spec.strategy)
                _check_round(file, name, spec.strategy)


def known(file: TaskFile, name: str) -> AnnotatorSpec:
    found = file.annotators.get(name)
    if found is None:
        raise SpecError(f"no such annotator: {name!r}; {meant(name, file.annotators)}")
    return found


def _check(file: TaskFile, strategy: StrategySpec) -> None:
    for place, name in enumerate(strategy.annotators):
        with at_path("annotators", place):
            known(file, name)
    if isinstance(strategy, TriageSpec) and strategy.judge is not None:
        with at_path("judge"):
            known(file, strategy.judge)
    if isinstance(strategy, SpecialistsSpec) and strategy.controller is not None:
        with at_path("controller"):
            known(file, strategy.controller)


def _check_round(file: TaskFile, name: str, strategy: StrategySpec) -> None:
    for place, below in enumerate(strategy.annotators):
        if below != name and name in _reached(file, below):
            with at_path("annotators", place):
                raise SpecError(f"{below!r} also asks {name!r}, a cycle; name another annotator")


def _reached(file: TaskFile, name: str) -> set[str]:
    """All annotators that one of kind strategy asks, directly or indirectly."""
    found: set[str] = set()
    todo = [name]
    while todo:
        spec = file.annotators.get(todo.pop())
        below = spec.strategy.annotators if isinstance(spec, TeamSpec) else []
        todo += [one for one in below if one not in found]
        found.update(below)
    return found
