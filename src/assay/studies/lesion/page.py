"""The lesion study as one HTML file, with the pictures on which models and people differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.core.record import Record
from assay.quality.agreement.ordinal import Ordinal
from assay.report.compare_page import next_steps, outcome, standing_in
from assay.report.layout import write_page
from assay.report.thumbnails import Thumbnail, thumbnail
from assay.studies.lesion.study import PUBLISHED, RULES, STEPS, LesionStudy


def write_lesion_page(study: LesionStudy, records: Mapping[str, Record], out: Path) -> None:
    shown = {d.record for a in study.attributes.values() for d in a.disagreements}
    thumbnails: dict[str, Thumbnail] = {id: thumbnail(records[id].images[0]) for id in shown}
    write_page(
        "lesion.html.j2",
        "Skin lesions: models compared with people – Assay",
        out,
        study=study,
        outcome=outcome(study.pooled[:-1]),
        headline=standing_in(study.pooled[:-1]),
        steps=next_steps(study.pooled[:-1]),
        by_attribute=_by_attribute(study),
        rules=RULES,
        published=PUBLISHED,
        questions={name: question for name, (_, _, question) in STEPS.items()},
        thumbnails=thumbnails,
        people_kappa=_people_kappa(study),
    )


def _by_attribute(study: LesionStudy) -> str:
    """Which models pass on each attribute alone."""
    return "; ".join(
        f"{name}: {', '.join(t.model for t in a.tests[:-1] if t.passed) or 'no model passes'}"
        for name, a in study.attributes.items()
    )


def _people_kappa(study: LesionStudy) -> dict[str, tuple[float, float] | None]:
    """Lowest and highest kappa of a person, by attribute: the range to compare a model with."""
    return {name: _range(a.ordinal, study.people) for name, a in study.attributes.items()}


def _range(found: Sequence[Ordinal], people: Sequence[str]) -> tuple[float, float] | None:
    known = [o.kappa for o in found if o.name in people and o.kappa is not None]
    return (min(known), max(known)) if known else None
