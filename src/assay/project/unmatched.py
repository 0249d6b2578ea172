"""Why label quality is unknown, and what to do about it."""

from assay.data.base import many
from assay.data.gold import Purpose
from assay.project.project import Project
from assay.project.sources import all_evaluates, gold_rows


def unmatched_gold(project: Project) -> str | None:
    """One line if gold was given but none of it belongs to a record of the data."""
    spec, data = project.file.gold, project.file.data
    if spec is None:
        return None
    ids = {id for values in project.gold.sets.values() for id in values}
    place = spec.path or data.path
    if not ids:
        return _placed(project, f"{place} holds no gold label, so nothing can be compared with it")
    first = None
    for record in project.all_records():
        if record.id in ids:
            return None
        first = first or record.id
    if first is None:
        return None
    column = gold_rows(spec, project.file, project.folder)[1]
    advice = (
        f"the column {column!r} must hold the ids of the data's column {data.id!r}"
        if data.id is not None
        else "name the column of the data that holds these ids as `data.id`"
    )
    there = f"{place} ({min(ids)!r} …, {len(ids):,} in all)"
    return _placed(project, f"no id of {there} is in {data.path} ({first!r} …): {advice}")


def split_note(project: Project) -> str | None:
    """What was chosen for gold whose purpose the file leaves open."""
    if not all_evaluates(project.file):
        return None
    count = many(len(project.gold.of(Purpose.EVALUATION)), "gold label is", "gold labels are")
    return (
        f"all {count} for evaluation, since nothing here learns from them; "
        "`gold.monitoring: 0.5` keeps half for `assay certify` and `assay plan`"
    )


def _placed(project: Project, said: str) -> str:
    return said if project.document is None else str(project.document.mistake(said, "gold"))


def unscored(project: Project) -> str:
    """For a run without any label that could be evaluated."""
    if project.file.gold is None:
        name = "the task file" if project.document is None else project.document.path
        return (
            f"to measure label quality, add `gold` to {name}: trusted labels of some of the records"
        )
    return "no record of this run has evaluation gold, so its label quality is unknown"
