"""Precision, recall and F1 of what is in an answer: its tags, or its marked spans."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from assay.core.schema import MultiChoice
from assay.core.value import Value
from assay.quality.metrics.accuracy import Share
from assay.quality.metrics.entities import Entities
from assay.quality.metrics.entities import Estimate as Bounds

if TYPE_CHECKING:
    from assay.quality.metrics.classes import Estimate
    from assay.quality.metrics.tagging import Tagging, TagScore

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio of `n` tags or spans with its interval; None if there is nothing to divide by."""

    value: float | None
    interval: Interval | None
    n: int

    def __str__(self) -> str:
        if self.value is None or self.interval is None:
            return "not known"
        return f"{self.value:.1%} [{self.interval[0]:.1%}, {self.interval[1]:.1%}]"


@dataclass(frozen=True, slots=True)
class Figures:
    """Over all tags or spans together, each counted once: micro. `n` of F1 is records."""

    precision: Figure
    recall: Figure
    f1: Figure

    def line(self, reference: str) -> str:
        return (
            f"precision {self.precision} of {self.precision.n:,} given, "
            f"recall {self.recall} of {self.recall.n:,} in {reference}, "
            f"F1 {self.f1} (n = {self.f1.n:,})"
        )


@dataclass(frozen=True, slots=True)
class TagRow:
    """One tag: how often the reference has it, how often it was given, how often both."""

    label: str
    precision: Share
    recall: Share
    f1: float | None
    prevalence: Share
    given: Share

    def as_json(self) -> dict[str, object]:
        shares = ("precision", "recall", "prevalence", "given")
        described = {name: getattr(self, name).as_json() for name in shares}
        return {"label": self.label, "f1": self.f1, **described}


@dataclass(frozen=True, slots=True)
class Tags:
    """`rows`: the tags that the reference has most often first."""

    found: "Tagging"
    figures: Figures
    rows: tuple[TagRow, ...]

    def lines(self, who: str) -> list[str]:
        described = [f"  tags: {self.figures.line(self.found.reference)}"]
        return described + ([f"warning: {who}: {self.found.warning}"] if self.found.warning else [])

    def as_json(self) -> dict[str, object]:
        overall = {name: asdict(getattr(self.figures, name)) for name in Figures.__slots__}
        rows = [row.as_json() for row in self.rows]
        return self.found.as_json() | {"overall": overall, "tags": rows}


def tags_of(
    values: Mapping[str, Value | None], reference: Mapping[str, Value], name: str, schema: object
) -> Tags | None:
    """Over the records that were asked; None if none of them has a reference, or where the
    task is not one of tags."""
    if not isinstance(schema, MultiChoice):
        return None
    from assay.quality.metrics.tagging import Tagged, tagging  # noqa: PLC0415 - few tasks have tags

    found = tagging(Tagged(values, reference, schema.names), name)
    if found is None:
        return None
    rows = (_row(tag, found.answered.n) for tag in found.tags)
    return Tags(found, _overall(found), tuple(sorted(rows, key=lambda r: -r.prevalence.hits)))


def _row(tag: "TagScore", n: int) -> TagRow:
    return TagRow(
        tag.label,
        Share(tag.hits, tag.given),
        Share(tag.hits, tag.true),
        tag.f1,
        Share(tag.true, n),
        Share(tag.given, n),
    )


def _overall(found: "Tagging") -> Figures:
    hits, given, true = (
        sum(getattr(tag, count) for tag in found.tags) for count in ("hits", "given", "true")
    )
    over = found.overall
    return Figures(
        _figure(over.precision, (hits, given), given),
        _figure(over.recall, (hits, true), true),
        _figure(over.f1, (2 * hits, given + true), found.answered.n),
    )


def _figure(drawn: "Estimate", ratio: tuple[int, int], n: int) -> Figure:
    """Wilson's interval where all or nothing is right, so that no draw can differ."""
    part, whole = ratio
    sure = part in (0, whole)
    return Figure(drawn.value, Share(part, whole).interval if sure else drawn.interval, n)


def span_figures(found: Entities) -> Figures:
    """Of spans with the right boundaries and the right label."""
    exact = found.exact
    return Figures(
        _bounded(exact.precision, exact.marked),
        _bounded(exact.recall, exact.gold),
        _bounded(exact.f1, found.answered.n),
    )


def _bounded(said: Bounds, n: int) -> Figure:
    known = said.low is not None and said.high is not None
    return Figure(said.value, (said.low or 0.0, said.high or 0.0) if known else None, n)
