"""Numbers that a user gives are what they may be, to the border, wherever they are given."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from assay.annotators.people import Panel
from assay.annotators.recorded import Recorded
from assay.core import within
from assay.core.cost import Budget, Prices
from assay.core.errors import InputError, SpecError
from assay.core.schema import FreeText
from assay.run import Settings

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("check", "good", "bad", "why"),
    [
        (lambda n: within.count("x", n), [1, 2, np.int64(3)], [0, -1, 1.5, 2.0, True, NAN],
         "x is a whole number from 1 on, not "),
        (lambda n: within.count("x", n, 0), [0, 1], [-1, False], "x is a whole number from 0 on"),
        (lambda n: within.share("x", n), [0, 0.5, 1], [-0.01, 1.01, NAN, INF],
         "x lies from 0 to 1, not "),
        (lambda n: within.inner("x", n), [0.01, 0.99], [0, 1, -1, 2, NAN],
         "x lies between 0 and 1, not "),
        (lambda n: within.amount("x", n), [0, 0.0, 7.5], [-0.1, INF, NAN],
         "x is a number from 0 on, not "),
        (lambda n: within.amount("x", n, 2), [2, 3], [1.9], "x is a number from 2 on, not 1.9"),
        (lambda n: within.known("x", n), [None, 0, INF], [NAN], "x is no number"),
        (FreeText, [1, 99], [0, -1, 1.5], "the longest text is a whole number from 1 on"),
        (lambda n: Panel("p", n), [1, 3], [0, 1.5], "annotators_per_record is a whole"),
        (lambda n: Recorded("p", {}, price_nanos=n), [0, 5], [-1, 0.5], "the price, in nanos"),
        (Budget, [None, 0, 0.5], [-1, NAN, INF], "the cap of a budget is a number from 0 on"),
        (Budget.of_nanos, [None, 0, 5], [-1, 0.5], "the cap of a budget, in nanos, is a whole"),
        (lambda n: Budget.of_nanos(9, n), [0, 5], [-1, 0.5], "what was spent, in nanos, is"),
        (lambda n: Prices(cached=n), [None, 0, 1.5], [-1, NAN, INF], "price 'cached' is a number"),
        (lambda n: Prices(output=n), [0, 1.5], [-0.1, NAN], "price 'output' is a number from 0"),
        (lambda n: Settings(block=n), [1], [0, 1.5], "a block is a whole number from 1 on"),
        (lambda n: Settings(in_flight=n), [1], [0, -1], "blocks in flight is a whole number"),
        (lambda n: Settings(seconds=n), [None, 0, 1.5], [-1, NAN], "is a number from 0 on"),
        (lambda n: Settings(grace=n), [0, 1.5], [-1, NAN], "is a number from 0 on"),
        (lambda n: Settings(patience=n), [0, 1.5], [-1, NAN], "is a number from 0 on"),
    ],
)  # fmt: skip
def test_what_may_be_is_taken_and_what_cannot_is_refused(
    check: Callable[[Any], object], good: list[Any], bad: list[Any], why: str
) -> None:
    for number in good:
        check(number)
    for number in bad:
        with pytest.raises(within.OutsideError) as refused:
            check(number)
        assert why in str(refused.value)
        assert isinstance(refused.value, SpecError)
        assert isinstance(refused.value, InputError)
