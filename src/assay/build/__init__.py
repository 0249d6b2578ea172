"""Names become objects: a task file in, the parts of a run out."""

from assay.build.project import Project as Project
from assay.build.project import entities as entities
from assay.build.project import evaluation as evaluation
from assay.build.project import open_project as open_project
from assay.build.project import parts as parts
from assay.build.project import story as story
from assay.build.project import tags as tags
