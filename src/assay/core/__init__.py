from assay.core.annotation import (
    PLAIN,
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    Source,
    Waiting,
    Way,
    answer,
    latest,
)
from assay.core.cost import Budget, Prices, Usage, money
from assay.core.errors import (
    AssayError,
    BudgetError,
    InputError,
    LedgerError,
    ModelError,
    SpecError,
)
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import (
    Boxes,
    Choice,
    Form,
    FreeText,
    Label,
    MultiChoice,
    Scale,
    Schema,
    Spans,
)
from assay.core.task import Example, Task
from assay.core.value import Box, Span, Value, decode, encode

__all__ = [
    "PLAIN", "Annotation", "AssayError", "Box", "Boxes", "Budget", "BudgetError", "Choice",
    "DecidedBy", "Decision", "Example", "Form", "FreeText", "ImagePart", "InputError", "Label",
    "LedgerError", "ModelError", "MultiChoice", "Outcome", "Prices", "Record", "Request", "Scale",
    "Schema", "Source", "Span", "Spans", "SpecError", "Task", "TextPart", "Usage", "Value",
    "Waiting", "Way", "answer", "decode", "encode", "latest", "money", "text_record",
]  # fmt: skip
