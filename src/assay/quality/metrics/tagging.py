"""Precision, recall and F1 of tags: overall, class by class, by how frequent a tag is; mAP.

Overall figures (OP, OR, OF1) count every tag of every record once and so are those of the frequent
tags; class-wise ones (CP, CR, CF1) are means over the tags, where each weighs the same. Both hide
the rare ones, so there are bands of frequency too (section 3(d) of our notes on TagLLM). CF1 is
the harmonic mean of CP and CR, as the literature on tagging has it, not the mean of the tags' F1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InputError
from assay.core.value import Value
from assay.quality.metrics.accuracy import Share
from assay.quality.metrics.classes import LEVEL, RESAMPLES, Estimate

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]
# sums over records of hits, given, true, each (draws, labels), to one number a draw; NaN where
# it is not defined
Figure = Callable[[Floats, Floats, Floats], Floats]

BANDS = ("rare", "middling", "frequent")
AT_ONCE = 2**22  # cells of a block of bootstrap draws
NOWHERE: Mapping[str, frozenset[str]] = {}


@dataclass(frozen=True, slots=True)
class Tagged:
    """What was tagged, and what a reference says.

    `values`: record to the tags given; None is a missing answer, which gives no tag. `scores`:
    record to tag to how sure, where there are scores; a tag without one ranks below those that have
    one. `unknown`: record to the tags on which the reference says nothing; they count neither way,
    since a tag that a person left out is not one that a person denied.
    """

    values: Mapping[str, Value | None]
    reference: Mapping[str, Value]
    labels: Sequence[str]
    scores: Mapping[str, Mapping[str, float]] | None = None
    unknown: Mapping[str, frozenset[str]] = field(default_factory=lambda: NOWHERE)


@dataclass(frozen=True, slots=True)
class TagScore:
    """None where the tag was never given (precision), is never true (recall), or has no scores."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    hits: int
    given: int
    true: int


@dataclass(frozen=True, slots=True)
class Scores:
    precision: Estimate
    recall: Estimate
    f1: Estimate

    def __str__(self) -> str:
        parts = {"precision": self.precision, "recall": self.recall, "F1": self.f1}
        return ", ".join(f"{name} {described(e)}" for name, e in parts.items())

    def as_json(self) -> dict[str, object]:
        return {
            "precision": self.precision.as_json(),
            "recall": self.recall.as_json(),
            "f1": self.f1.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Band:
    """A third of the tags that the reference holds, by how often it holds them."""

    name: str
    labels: tuple[str, ...]
    fewest: int
    most: int
    scores: Scores  # class-wise

    def as_json(self) -> dict[str, object]:
        often = {"fewest": self.fewest, "most": self.most}
        return {"name": self.name, "labels": list(self.labels), **often, **self.scores.as_json()}


@dataclass(frozen=True, slots=True)
class Constant:
    """The same tags for every record, as many of the most frequent as give the best overall F1."""

    labels: tuple[str, ...]
    f1: float


@dataclass(frozen=True, slots=True)
class Tagging:
    """`mean_average_precision` is None where there are no scores."""

    reference: str
    answered: Share
    tags: tuple[TagScore, ...]
    overall: Scores
    class_wise: Scores
    mean_average_precision: float | None
    bands: tuple[Band, ...]
    baseline: Constant

    @property
    def warning(self) -> str | None:
        if (self.overall.f1.value or 0.0) < self.baseline.f1:
            named = ", ".join(self.baseline.labels)
            return (
                f"giving {named} to every record would reach an overall F1 of "
                f"{self.baseline.f1:.1%} against {self.reference}"
            )
        return None

    def lines(self, who: str) -> list[str]:
        lines = [
            f"{who} against {self.reference}: {self.answered} answered",
            f"  overall     {self.overall}",
            f"  class-wise  {self.class_wise}",
        ]
        if self.mean_average_precision is not None:
            lines.append(f"  mAP         {self.mean_average_precision:.1%}")
        for band in self.bands:
            often = f"{len(band.labels)} tags, {band.fewest:,} to {band.most:,} records each"
            lines.append(f"  {band.name:<11} {band.scores} ({often})")
        lines.append(
            f"  always {', '.join(self.baseline.labels)}: overall F1 {self.baseline.f1:.1%}"
        )
        return lines + ([f"warning: {who}: {self.warning}"] if self.warning else [])

    def as_json(self) -> dict[str, object]:
        return {
            "reference": self.reference,
            "records": self.answered.n,
            "answered": self.answered.as_json(),
            "overall": self.overall.as_json(),
            "class_wise": self.class_wise.as_json(),
            "mean_average_precision": self.mean_average_precision,
            "bands": [band.as_json() for band in self.bands],
            "tags": [
                {
                    "label": t.label, "precision": t.precision, "recall": t.recall, "f1": t.f1,
                    "average_precision": t.average_precision, "given": t.given, "true": t.true,
                }
                for t in self.tags
            ],
            "baseline": {"always": list(self.baseline.labels), "f1": self.baseline.f1},
            "warning": self.warning,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sums:
    """Hits, given and true of each label: summed over the records (1, labels), and over each
    bootstrap draw of them (draws, labels)."""

    records: int
    all: tuple[Floats, Floats, Floats]
    drawn: tuple[Floats, Floats, Floats]

    @classmethod
    def of(cls, given: Floats, true: Floats, seed: int) -> "_Sums":
        """From tables (records, labels) of what was given and what is true."""
        n = len(true)
        tables = (given * true, given, true)
        rng = np.random.default_rng(seed)
        blocks = []
        for start in range(0, RESAMPLES, block := max(1, AT_ONCE // n)):
            draws = min(block, RESAMPLES - start)
            places = rng.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
            times = np.bincount(places.ravel(), minlength=draws * n).reshape(draws, n) * 1.0
            blocks.append([times @ table for table in tables])
        hits, said, right = (np.concatenate(part) for part in zip(*blocks, strict=True))
        whole = [table.sum(axis=0)[None] for table in tables]
        return cls(n, (whole[0], whole[1], whole[2]), (hits, said, right))

    def scores(self, places: Places, how: tuple[Figure, ...]) -> Scores:
        """Three figures of some of the labels, with their bootstrap intervals over records."""
        precision, recall, f1 = (
            _estimate(
                float(figure(*(s[:, places] for s in self.all))[0]),
                figure(*(s[:, places] for s in self.drawn)),
                self.records,
            )
            for figure in how
        )
        return Scores(precision, recall, f1)


def tagging(tagged: Tagged, name: str, seed: int = 0) -> Tagging | None:
    """Compare on the records that have a reference and were asked; None if there is none.

    InputError if either side holds a tag that is not among `labels`, or no set of tags.
    """
    both = [record for record in tagged.reference if record in tagged.values]
    if not both:
        return None
    place = {label: i for i, label in enumerate(tagged.labels)}
    known = _table([tagged.unknown.get(r, frozenset()) for r in both], both, place) == 0
    true = _table([tagged.reference[r] for r in both], both, place) * known
    given = _table([tagged.values[r] for r in both], both, place) * known
    sums = _Sums.of(given, true, seed)
    precisions = _average_precisions(tagged, both, true, known)
    there = [p for p in precisions if p is not None]
    everywhere = np.arange(len(tagged.labels))
    answered = sum(tagged.values[r] is not None for r in both)
    return Tagging(
        name,
        Share(answered, len(both)),
        _tags(tagged.labels, sums, precisions),
        sums.scores(everywhere, OVERALL),
        sums.scores(everywhere, CLASS_WISE),
        float(np.mean(there)) if there else None,
        _bands(tagged.labels, sums),
        _constant(tagged.labels, true, known),
    )


def gap_closed(score: float, raw: float, human: float) -> float | None:
    """(score - raw) / (human - raw), section 3(d); None if raw is not below human, since there
    is no gap to close then."""
    return (score - raw) / (human - raw) if human > raw else None


def described(estimate: Estimate) -> str:
    if estimate.value is None or estimate.interval is None:
        return "not known"
    low, high = estimate.interval
    return f"{estimate.value:.1%} [{low:.1%}, {high:.1%}]"


def _table(
    values: Sequence[Value | None], records: Sequence[str], place: Mapping[str, int]
) -> Floats:
    table = np.zeros((len(values), len(place)))
    for row, (record, value) in enumerate(zip(records, values, strict=True)):
        if value is None:
            continue
        if not isinstance(value, frozenset):
            raise InputError(f"record {record!r}: tags are a set, not {value!r}")
        if strange := value - place.keys():
            raise InputError(f"record {record!r}: {min(strange)!r} is not among the labels")
        table[row, [place[label] for label in value]] = 1.0
    return table


def _tags(
    labels: Sequence[str], sums: _Sums, precisions: Sequence[float | None]
) -> tuple[TagScore, ...]:
    hits, given, true = (s[0].astype(int).tolist() for s in sums.all)
    return tuple(
        TagScore(
            label, _share(hits[i], given[i]), _share(hits[i], true[i]),
            _share(2 * hits[i], given[i] + true[i]), precisions[i], hits[i], given[i], true[i],
        )
        for i, label in enumerate(labels)
    )  # fmt: skip


def _bands(labels: Sequence[str], sums: _Sums) -> tuple[Band, ...]:
    """Thirds; fewer where the reference holds fewer than three tags."""
    often = sums.all[2][0]
    order = np.argsort(often, kind="stable")
    parts = np.array_split(order[often[order] > 0], len(BANDS))
    return tuple(
        Band(
            name, tuple(labels[i] for i in part), int(often[part].min()), int(often[part].max()),
            sums.scores(part, CLASS_WISE),
        )
        for name, part in zip(BANDS, parts, strict=True)
        if len(part)
    )  # fmt: skip


def _constant(labels: Sequence[str], true: Floats, known: Bools) -> Constant:
    often, asked = true.sum(axis=0), known.sum(axis=0)
    order = np.argsort(-often, kind="stable")
    hits, given = np.cumsum(often[order]), np.cumsum(asked[order])
    f1 = 2 * hits / np.maximum(given + often.sum(), 1)
    best = int(np.argmax(f1))
    return Constant(tuple(labels[i] for i in order[: best + 1]), float(f1[best]))


def _average_precisions(
    tagged: Tagged, records: Sequence[str], true: Floats, known: Bools
) -> list[float | None]:
    """None for a tag that is true nowhere, or everywhere where the reference knows."""
    if tagged.scores is None:
        return [None] * len(tagged.labels)
    found: list[float | None] = []
    for i, label in enumerate(tagged.labels):
        asked = known[:, i]
        sure = [tagged.scores.get(r, {}).get(label) for r in records]
        least = min((s for s in sure if s is not None), default=0.0) - 1.0
        row = np.array([least if s is None else s for s in sure])[asked]
        right = true[asked, i]
        mixed = 0 < right.sum() < len(right)
        found.append(_average_precision(right, row) if mixed else None)
    return found


def _average_precision(true: Floats, scores: Floats) -> float:
    """Mean, over the true records, of the precision down to their score; ties stand together."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(true[order])
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    gained = np.diff(hits[ends], prepend=0.0)
    return float(gained @ (hits[ends] / (ends + 1)) / hits[-1])


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _estimate(value: float, draws: Floats, n: int) -> Estimate:
    if np.isnan(value):
        return Estimate(None, None, n)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(draws, [tail, 100 - tail])
    return Estimate(value, (float(low), float(high)), n)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _mean(values: Floats, there: Bools) -> Floats:
    """Over the labels that are there; one whose ratio is not defined counts as 0."""
    return _ratio(np.where(there, np.nan_to_num(values), 0.0).sum(axis=1), there.sum(axis=1) * 1.0)


def _overall_precision(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _ratio(hits.sum(axis=1), given.sum(axis=1))


def _overall_recall(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _ratio(hits.sum(axis=1), true.sum(axis=1))


def _overall_f1(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _ratio(2 * hits.sum(axis=1), (given + true).sum(axis=1))


def _class_precision(hits: Floats, given: Floats, true: Floats) -> Floats:
    """Over the tags that are true or given somewhere; a tag never given where it should have been
    counts as 0, so that leaving out the rare ones does not pay."""
    return _mean(_ratio(hits, given), (given + true) > 0)


def _class_recall(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _mean(_ratio(hits, true), true > 0)


def _class_f1(hits: Floats, given: Floats, true: Floats) -> Floats:
    precision, recall = _class_precision(hits, given, true), _class_recall(hits, given, true)
    both = precision + recall
    # nothing right at all is an F1 of 0, not an undefined one
    return np.where(both == 0, 0.0, _ratio(2 * precision * recall, both))


OVERALL: tuple[Figure, ...] = (_overall_precision, _overall_recall, _overall_f1)
CLASS_WISE: tuple[Figure, ...] = (_class_precision, _class_recall, _class_f1)
