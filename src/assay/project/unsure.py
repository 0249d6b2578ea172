"""Warnings for strategies that rely on confidences of annotators that give none."""

from assay.project.project import Project
from assay.project.sources import CONFIDENCE, begun
from assay.quality.calibration.confidences import REMEDY
from assay.taskfile.annotators import AnnotatorSpec, EmbeddedSpec, Local, RecordedSpec
from assay.taskfile.hosted import Hosted
from assay.taskfile.strategies import ChainSpec, HybridSpec, StrategySpec, TriageSpec


def unsure(project: Project) -> list[str]:
    """A line for each annotator whose confidence the strategy uses and that gives none,
    as far as known before its answers."""
    kind = project.file.strategy.kind
    return [
        f"strategy `{kind}` keeps confident answers of {name}, but it gives no confidence, so "
        f"none is kept; {REMEDY}"
        for name in _asked_how_sure(project.file.strategy, tuple(project.file.annotators))
        if (spec := project.file.annotators.get(name)) is not None and _silent(project, spec)
    ]


def _asked_how_sure(spec: StrategySpec, everyone: tuple[str, ...]) -> tuple[str, ...]:
    """All but the last, which takes the rest."""
    by_confidence = (
        isinstance(spec, ChainSpec)
        or (isinstance(spec, HybridSpec) and spec.threshold is not None)
        or (isinstance(spec, TriageSpec) and spec.criterion == "confidence")
    )
    return tuple(spec.annotators or everyone)[:-1] if by_confidence else ()


def _silent(project: Project, spec: AnnotatorSpec) -> bool:
    if isinstance(spec, Hosted):
        return spec.mapping != "likelihood"
    if isinstance(spec, Local):
        best = isinstance(spec, EmbeddedSpec) and spec.scores == "best"
        return best or not spec.scores_labels
    if not isinstance(spec, RecordedSpec) or spec.confidence is not None:
        return False
    there = begun(project.folder / spec.path).columns
    return there is not None and CONFIDENCE not in there
