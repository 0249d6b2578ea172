"""The lesion study as one HTML file, with the pictures on which models and people differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.core.record import Record
from assay.data.write import written_atomically
from assay.quality.agreement.ordinal import Ordinal
from assay.report.page import environment
from assay.report.thumbnails import Thumbnail, thumbnail
from assay.studies.lesion.study import PUBLISHED, RULES, STEPS, Study


def write_lesion_page(study: Study, records: Mapping[str, Record], out: Path) -> None:
    page = environment().get_template("lesion.html.j2")
    shown = {d.record for a in study.attributes.values() for d in a.disagreements}
    thumbnails: dict[str, Thumbnail] = {id: thumbnail(records[id].images[0]) for id in shown}
    text = page.render(
        study=study,
        rules=RULES,
        published=PUBLISHED,
        questions={name: question for name, (_, _, question) in STEPS.items()},
        thumbnails=thumbnails,
        people_kappa=_people_kappa(study),
    )
    with written_atomically(out) as part:
        part.write_text(text, encoding="utf-8")


def _people_kappa(study: Study) -> dict[str, tuple[float, float] | None]:
    """Lowest and highest kappa of a person, by attribute: what a model is to be held against."""
    return {name: _range(a.ordinal, study.people) for name, a in study.attributes.items()}


def _range(found: Sequence[Ordinal], people: Sequence[str]) -> tuple[float, float] | None:
    known = [o.kappa for o in found if o.name in people and o.kappa is not None]
    return (min(known), max(known)) if known else None
