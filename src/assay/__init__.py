"""Label text and images with models and people, with proof and with the bill."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.api import How as How
    from assay.api import Result as Result
    from assay.api import bring as bring
    from assay.api import label as label
    from assay.api import load as load
    from assay.core import Choice as Choice
    from assay.core import Form as Form
    from assay.core import FreeText as FreeText
    from assay.core import Label as Label
    from assay.core import MultiChoice as MultiChoice
    from assay.core import Record as Record
    from assay.core import Scale as Scale
    from assay.core import Spans as Spans
    from assay.core import Task as Task

_HOME = dict.fromkeys(("bring", "label", "load", "How", "Result"), "assay.api") | dict.fromkeys(
    ("Choice", "Form", "FreeText", "Label", "MultiChoice", "Record", "Scale", "Spans", "Task"),
    "assay.core",
)

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
