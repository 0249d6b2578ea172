"""Whether something passed, and the headline where passing shows nothing.

Whatever passes or fails in Assay says so through a finding, so that a success which a constant
would have too, or which chance may have given, is *cannot be determined* everywhere, and None as
data.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CANNOT = "cannot be determined"
RESULTS: Mapping[bool | None, str] = {True: "passed", False: "not passed", None: CANNOT}


@dataclass(frozen=True, slots=True)
class Finding:
    """`won`: what was wanted was reached. `doubts`: why that would show nothing."""

    won: bool
    doubts: tuple[str, ...] = ()

    @property
    def passed(self) -> bool | None:
        return None if self.won and self.doubts else self.won

    @property
    def result(self) -> str:
        return RESULTS[self.passed]

    def headline(self, what: str, though: str = "") -> str | None:
        """That it cannot be determined whether `what`, and why; None if it can."""
        if self.passed is not None:
            return None
        return f"whether {what} {CANNOT}: {though}{' and '.join(self.doubts)}"

    def as_json(self) -> dict[str, object]:
        return {"passed": self.passed, "doubts": list(self.doubts)}
