"""Names become objects: a task file in, the parts of a run out."""

from assay.project.project import Project as Project
from assay.project.project import entities as entities
from assay.project.project import evaluation as evaluation
from assay.project.project import open_project as open_project
from assay.project.project import parts as parts
from assay.project.project import report_context as report_context
from assay.project.project import tags as tags
