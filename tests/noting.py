"""Stands in for a function whose calls a test looks at."""

from collections.abc import Callable
from typing import Any


def noting(into: list[Any], result: Any) -> Callable[[Any], Any]:
    """A function that keeps what it is given, and gives the same each time."""

    def call(given: Any) -> Any:
        into.append(given)
        return result

    return call
