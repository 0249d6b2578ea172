"""A number between two bounds."""

import math
import re
from collections.abc import Mapping, Sequence

from assay.core.errors import InputError, SpecError
from assay.core.jsons import loads
from assay.core.shown import Shown
from assay.core.value import Value

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def as_float(number: float) -> float:
    """A number of JSON, which may be a whole one larger than any float: that is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


class Scale(Shown):
    """A number from low to high, in steps where given (1 for a Likert scale)."""

    kind = "scale"

    def __init__(
        self,
        low: float,
        high: float,
        step: float | None = 1.0,
        anchors: Mapping[float, str] | None = None,
    ) -> None:
        if not (low < high and math.isfinite(low) and math.isfinite(high)):
            raise SpecError(f"a scale runs from low to high, not from {low:g} to {high:g}")
        if step is not None and not (math.isfinite(step) and step > 0):
            raise SpecError(f"the step of a scale is above zero, not {step:g}")
        self.low, self.high, self.step = float(low), float(high), step
        self.anchors = dict(anchors or {})

    def facts(self) -> Mapping[str, object]:
        return {"low": self.low, "high": self.high, "step": self.step}

    def _fit(self, number: float) -> float | None:
        if not (math.isfinite(number) and self.low <= number <= self.high):
            return None
        if self.step is None:
            return number
        steps = (number - self.low) / self.step
        if abs(steps - round(steps)) > 1e-6:
            return None
        return round(self.low + round(steps) * self.step, 9)

    def parse(self, raw: str) -> Value | None:
        text = raw.strip()
        if text.startswith("{"):
            try:
                content = loads(text)
            except ValueError:
                return None
            found = content.get("rating") if isinstance(content, dict) else None
            if isinstance(found, bool) or not isinstance(found, int | float):
                return None
            return self._fit(as_float(found))
        match = _NUMBER.fullmatch(text)
        return self._fit(float(match[0].replace(",", "."))) if match else None

    def check(self, cell: object) -> Value:
        try:
            number = self._fit(float(str(cell).strip()))
        except ValueError:
            number = None
        if number is None:
            steps = "" if self.step is None else f" in steps of {self.step:g}"
            raise InputError(f"{cell!r} is not a number from {self.low:g} to {self.high:g}{steps}")
        return number

    def json_schema(self) -> dict[str, object]:
        whole = self.step is not None and self.step.is_integer() and self.low.is_integer()
        rating = {
            "type": "integer" if whole else "number",
            "minimum": self.low,
            "maximum": self.high,
        }
        return {
            "type": "object",
            "properties": {"rating": rating},
            "required": ["rating"],
            "additionalProperties": False,
        }

    def wording(self) -> object:
        anchors = {f"{k:g}": v for k, v in self.anchors.items()}
        return [self.kind, self.low, self.high, self.step, anchors]

    def units(self, values: Sequence[Value]) -> list[str]:
        return [""]

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        if self.step is None:
            return None
        count = round((self.high - self.low) / self.step) + 1
        return tuple(f"{self.low + i * self.step:.9g}" for i in range(count))

    def label(self, value: Value, unit: str) -> str | None:
        assert isinstance(value, float | int)
        return f"{value:.9g}"

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        return float(labels[""]) if "" in labels else None

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        return True
