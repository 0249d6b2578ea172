"""Numbers that a user gives, held to what they may be: counts, shares and amounts."""

import math
from numbers import Integral
from typing import Any

from assay.core.errors import InputError, SpecError


class OutsideError(SpecError, InputError):
    """A number that cannot be, whether it is an option or one of what is given."""


def count(name: str, value: Any, least: int = 1) -> None:
    """OutsideError unless a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise OutsideError(f"{name} is a whole number from {least} on, not {value}")


def share(name: str, value: float) -> None:
    """OutsideError unless from 0 to 1."""
    if not 0 <= value <= 1:
        raise OutsideError(f"{name} lies from 0 to 1, not {value:g}")


def inner(name: str, value: float) -> None:
    """OutsideError unless between 0 and 1."""
    if not 0 < value < 1:
        raise OutsideError(f"{name} lies between 0 and 1, not {value:g}")


def amount(name: str, value: float, least: float = 0.0) -> None:
    """OutsideError unless a finite number of at least `least`."""
    if not (math.isfinite(value) and value >= least):
        raise OutsideError(f"{name} is a number from {least:g} on, not {value:g}")


def known(name: str, value: float | None) -> None:
    """OutsideError where it is no number at all."""
    if value is not None and math.isnan(value):
        raise OutsideError(f"{name} is no number")
