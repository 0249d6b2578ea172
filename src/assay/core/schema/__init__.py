from assay.core.schema.base import Label, Schema
from assay.core.schema.boxes import Boxes
from assay.core.schema.choice import Choice
from assay.core.schema.form import Form
from assay.core.schema.multi import MultiChoice
from assay.core.schema.scale import Scale
from assay.core.schema.spans import Spans
from assay.core.schema.text import FreeText

__all__ = [
    "Boxes",
    "Choice",
    "Form",
    "FreeText",
    "Label",
    "MultiChoice",
    "Scale",
    "Schema",
    "Spans",
]
