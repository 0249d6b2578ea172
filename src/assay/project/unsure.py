"""Warnings for strategies that rely on confidences of annotators that give none."""

from assay.project.project import Project
from assay.project.sources import CONFIDENCE, begun
from assay.quality.calibration.confidences import REMEDY
from assay.taskfile.specs import AnnotatorSpec, StrategySpec

HOSTED = ("openai", "anthropic", "gemini")  # write text where no mapping is named
SCORED = ("embedded", "transformers")  # score labels where no mapping is named


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
        spec.kind == "chain"
        or (spec.kind == "hybrid" and spec.threshold is not None)
        or (spec.kind == "triage" and spec.criterion == "confidence")
    )
    return tuple(spec.annotators or everyone)[:-1] if by_confidence else ()


def _silent(project: Project, spec: AnnotatorSpec) -> bool:
    if spec.kind in HOSTED:
        return spec.mapping != "likelihood"
    if spec.kind in SCORED:
        return spec.mapping not in (None, "likelihood") or spec.scores == "best"
    if spec.kind != "recorded" or spec.confidence is not None or spec.path is None:
        return False
    there = begun(project.folder / spec.path).columns
    return there is not None and CONFIDENCE not in there
