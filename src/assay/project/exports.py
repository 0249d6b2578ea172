"""What an export needs to know of the file that was labelled."""

from collections.abc import Iterator
from dataclasses import replace

from assay.core.schema import Form
from assay.data.as_yours import Yours
from assay.data.base import Findings, Row, cell, record_of
from assay.data.read import read_rows
from assay.project.project import Project
from assay.project.sources import RECORD, columns


def yours_of(project: Project) -> Yours | None:
    """None where the rows cannot be matched by id: the file is gone, or pictures make the ids."""
    data, schema = project.file.data, project.task.schema
    path = project.folder / data.path
    if not path.exists() or (data.pictures and data.id is None):
        return None
    fields = tuple(schema.fields) if isinstance(schema, Form) else ()

    def rows() -> Iterator[tuple[str, Row]]:
        found, made = Findings(), replace(columns(project.file, project.folder), pictures=None)
        for number, row in read_rows(path):
            if data.id is not None:
                yield cell(row.get(data.id)).strip(), row
            elif (record := record_of(row, made, f"{path}:{number}", found)) is not None:
                yield record.id, row

    return Yours(data.id or RECORD, project.file.name, fields, rows)
