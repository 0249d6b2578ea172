"""The guarantee of a plan for the labels of a run, as stored in the run's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.ledger.base import Run
from assay.quality.guarantees.by_class import AcceptedClass


@dataclass(frozen=True, slots=True)
class Promised:
    """`kept` is the certificate as data, with its headline."""

    kept: Mapping[str, Any]

    @staticmethod
    def of(run: Run | None) -> "Promised | None":
        given = (run.settings or {}).get("promise") if run is not None else None
        return Promised(given) if isinstance(given, Mapping) else None

    @property
    def lines(self) -> list[str]:
        """The headline first, and what the certificate states."""
        statement = str(self.kept["statement"])
        said = dict.fromkeys((str(self.kept.get("verdict", statement)), statement))
        return [f"guarantee ({self.kept['promise']}): {line}" for line in said]

    @property
    def headline(self) -> str:
        """In short what is certified, or why that says little or nothing."""
        said = str(self.kept.get("verdict", self.kept["statement"]))
        if self.kind != "good" or "alpha" not in self.kept or self.kept.get("class"):
            return said
        labels = "accepted labels" if self.kept["promise"] == "accepted" else "all labels"
        return (
            f"Certified: at least {1 - self.kept['alpha']:.1%} of {labels} agree with "
            f"{self.kept['reference']}, with probability {1 - self.kept['delta']:.1%}"
        )

    @property
    def kind(self) -> str:
        """As of a verdict: bad where nothing is promised, open where that says little."""
        if not self.kept.get("possible", True):
            return "bad"
        statement = str(self.kept["statement"])
        return "good" if self.kept.get("verdict", statement) == statement else "open"

    @property
    def classes(self) -> tuple[AcceptedClass, ...]:
        return tuple(AcceptedClass.of_json(c) for c in self.kept.get("classes", ()))
