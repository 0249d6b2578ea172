"""Label text and images with models and people, with proof and with the bill."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.annotators.llm import LLM as LLM
    from assay.annotators.llm import Billing as Billing
    from assay.api import Opened as Opened
    from assay.api import Result as Result
    from assay.api import aimport_annotations as aimport_annotations
    from assay.api import alabel as alabel
    from assay.api import import_annotations as import_annotations
    from assay.api import label as label
    from assay.api import load as load
    from assay.core import AssayError as AssayError
    from assay.core import Boxes as Boxes
    from assay.core import Budget as Budget
    from assay.core import Choice as Choice
    from assay.core import Form as Form
    from assay.core import FreeText as FreeText
    from assay.core import Label as Label
    from assay.core import MultiChoice as MultiChoice
    from assay.core import Prices as Prices
    from assay.core import Record as Record
    from assay.core import Scale as Scale
    from assay.core import Spans as Spans
    from assay.core import Task as Task
    from assay.data.base import Columns as Columns
    from assay.models.anthropic import Anthropic as Anthropic
    from assay.models.gemini import Gemini as Gemini
    from assay.models.hosted import Address as Address
    from assay.models.llama import Llama as Llama
    from assay.models.openai import OpenAI as OpenAI

_HOMES = {
    "assay.api": ("Opened", "Result", "aimport_annotations", "alabel", "import_annotations",
        "label", "load",
    ),
    "assay.core": (
        "AssayError", "Boxes", "Budget", "Choice", "Form", "FreeText", "Label", "MultiChoice",
        "Prices", "Record", "Scale", "Spans", "Task",
    ),
    "assay.annotators.llm": ("LLM", "Billing"),
    "assay.data.base": ("Columns",),
    "assay.models.anthropic": ("Anthropic",),
    "assay.models.gemini": ("Gemini",),
    "assay.models.hosted": ("Address",),
    "assay.models.llama": ("Llama",),
    "assay.models.openai": ("OpenAI",),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - each name is imported above for who checks types


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
