"""Why nothing is said about how good the labels are, and what to do about it."""

from assay.project.project import Project
from assay.project.sources import gold_rows


def unmatched_gold(project: Project) -> str | None:
    """One line where gold was given and none of it is for a record of the data."""
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
    mend = (
        f"let the column {column!r} hold the ids of the data's column {data.id!r}"
        if data.id is not None
        else "name the column of the data that holds these ids as `data.id`"
    )
    there = f"{place} ({min(ids)!r} …, {len(ids):,} in all)"
    return _placed(project, f"no id of {there} is in {data.path} ({first!r} …): {mend}")


def _placed(project: Project, said: str) -> str:
    return said if project.document is None else str(project.document.mistake(said, "gold"))


def unscored(project: Project) -> str:
    """For a run none of whose labels could be compared."""
    if project.file.gold is None:
        name = "the task file" if project.document is None else project.document.path
        return (
            f"to see how good the labels are, add `gold` to {name}: labels you trust, for some "
            "of the records"
        )
    return "no record of this run has evaluation gold, so how good its labels are is not known"
