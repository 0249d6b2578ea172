"""Agreement with a named reference: accuracy on answered records, on all records, and coverage."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import NormalDist

from assay.core.shown import Shown
from assay.core.value import Box, Span, Value, encode
from assay.data.base import many
from assay.quality.finding import CANNOT

LEVEL = 0.95
REACH = NormalDist().inv_cdf((1 + LEVEL) / 2)  # standard errors to either side


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` with a Wilson interval; None if n is 0."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.n:
            return None
        return wilson(self.hits, self.n)

    def __str__(self) -> str:
        if self.interval is None:
            return "unknown (no records)"
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%}, {high:.1%}] (n = {self.n:,})"

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "value": self.value, "interval": self.interval}


def wilson(hits: float, n: float, reach: float = REACH) -> tuple[float, float]:
    """The score interval of a share of n > 0 (Wilson 1927)."""
    share, weight = hits / n, reach**2 / n
    middle = (share + weight / 2) / (1 + weight)
    half = reach / (1 + weight) * (share * (1 - share) / n + weight / (4 * n)) ** 0.5
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == n else min(1.0, middle + half)


@dataclass(frozen=True, slots=True, repr=False)
class Accuracy(Shown):
    """Accuracy on answered, accuracy on all, coverage, and the majority-class baseline."""

    reference: str
    on_answered: Share
    on_all: Share
    answered: Share
    baseline: Share  # always giving the most frequent reference value
    baseline_value: str

    def facts(self) -> Mapping[str, object]:
        return {
            "reference": self.reference,
            "on_answered": str(self.on_answered),
            "on_all": str(self.on_all),
            "answered": str(self.answered),
            "baseline": f"majority-class baseline ({self.baseline_value!r}): {self.baseline}",
        }

    @property
    def warning(self) -> str | None:
        if self.answered.hits and self.on_all.hits < self.baseline.hits:
            return (
                f"the majority-class baseline ({self.baseline_value!r}) agrees more often with "
                f"{self.reference} ({self.baseline.value:.1%})"
            )
        return None

    @property
    def better(self) -> bool | None:
        """Than the majority-class baseline, on all; None if the interval contains its accuracy."""
        if self.on_all.interval is None or self.baseline.value is None:
            return None
        low, high = self.on_all.interval
        return None if low <= self.baseline.value <= high else self.on_all.hits > self.baseline.hits

    @property
    def doubt(self) -> str | None:
        """A note that a difference from the majority-class baseline is not significant; None if it
        is.
        """
        if self.better is not None or self.warning or not self.answered.hits:
            return None
        n = many(self.on_all.n, "record", "records")
        return (
            f"whether it beats the majority-class baseline "
            f"({self.baseline_value!r}) {CANNOT} from {n}"
        )

    def lines(self, who: str) -> list[str]:
        right = (
            f"accuracy {self.on_answered}, {self.on_all.value:.1%} if missing = wrong; "
            f"coverage {self.answered.value:.1%}"
            if self.answered.hits
            else f"none of {self.answered.n:,} answered"
        )
        always = f"majority-class baseline ({self.baseline_value!r}): {self.baseline.value:.1%}"
        lines = [f"{who} against {self.reference}: {right}; {always}"]
        lines += [] if self.doubt is None else [f"{who}: {self.doubt}"]
        return lines + ([f"warning: {who}: {self.warning}"] if self.warning else [])

    def as_json(self) -> dict[str, object]:
        return {
            "reference": self.reference,
            "on_answered": self.on_answered.as_json(),
            "on_all": self.on_all.as_json(),
            "answered": self.answered.as_json(),
            "baseline": self.baseline.as_json(),
            "baseline_value": self.baseline_value,
            "better": self.better,
            "warning": self.warning,
        }


def accuracy(
    values: Mapping[str, Value | None], reference: Mapping[str, Value], name: str
) -> Accuracy | None:
    """Compare on the records that have a reference; None if no record has one.

    A record whose value is None or absent is unanswered: wrong in `on_all`, excluded from
    `on_answered`.
    """
    both = [record for record in reference if record in values]
    if not both:
        return None
    answered = [record for record in both if values[record] is not None]
    right = sum(values[record] == reference[record] for record in answered)
    keys = {r: _key(reference[r]) for r in both}
    common, times = Counter(keys.values()).most_common(1)[0]
    most_frequent = next(reference[r] for r in both if keys[r] == common)
    return Accuracy(
        name,
        Share(right, len(answered)),
        Share(right, len(both)),
        Share(len(answered), len(both)),
        Share(times, len(both)),
        _words(most_frequent),
    )


def _key(value: Value) -> str:
    """The same, for equal values only."""
    return value if isinstance(value, str) else json.dumps(encode(value), sort_keys=True)


def _mark(one: Span | Box) -> str:
    return f"{one.label} {one.start}–{one.end}" if isinstance(one, Span) else one.label


def _words(value: Value) -> str:
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none of the labels"
    if isinstance(value, tuple):
        return ", ".join(_mark(one) for one in value) or "nothing marked"
    if isinstance(value, Mapping):
        return ", ".join(f"{part}: {_words(said)}" for part, said in value.items())
    return str(encode(value))
