"""Packages that only some uses need, imported where they are used."""

import importlib
from typing import Any

from assay.core.errors import SpecError


def from_extra(module: str, extra: str, what: str) -> Any:
    """The module; SpecError that names the extra where its package is not installed.

    `what` is the use that needs it, in the plural.
    """
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise SpecError(
            f"{what} need the extra `{extra}`: pip install 'assay[{extra}]'"
        ) from missing
