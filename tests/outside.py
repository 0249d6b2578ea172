"""Numbers just within what they may be, and just beyond."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from assay.core.within import OutsideError

Row: TypeAlias = tuple[Callable[[Any], object], list[Any], list[Any], str]
COUNT = [1, 2], [0, -1, 1.5]
COUNT_OR_NONE = [0, 1], [-1, 0.5]
SHARE = [0.0, 0.5, 1.0], [-0.01, 1.01, math.nan]
INNER = [0.01, 0.99], [0.0, 1.0, -1.0, math.nan]
AMOUNT = [0.0, 7.5], [-0.1, math.inf, math.nan]


def taken_and_refused(row: Row) -> None:
    give, good, bad, name = row
    for number in good:
        give(number)
    for number in bad:
        with pytest.raises(OutsideError, match=name):
            give(number)
