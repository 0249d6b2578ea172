"""Audit of what was shipped: a random sample of decisions, answered by people, and what it proves.

The estimate is the stratified mean (unbiased whatever the strata); its interval is exact for the
draw without replacement (`stratified`). The stop rule may be looked at after every answer: it rests
on a confidence sequence for sampling without replacement, the ratio of prior to posterior of the
number of errors (Waudby-Smith and Ramdas 2020). Where clusters are drawn, or stand for others of
their kind, the limits are those of `reweighed`.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.annotation import Decision
from assay.core.errors import InputError, SpecError
from assay.data.write import flat
from assay.quality.inference.reweighed import Draws, Units, numbered, own_or_cluster
from assay.quality.inference.stratified import Counts, limits

Floats = NDArray[np.float64]

LEVEL = 0.95
CONFIDENCE_STRATA = 5
MOST_STRATA = 20
LEAST_A_STRATUM = 2
BY_CLUSTER = "cluster:"  # how a sheet of whole clusters says what it was drawn by
ASSUMED = (
    "records were drawn one by one, and the interval speaks of these records; of further ones, of "
    "other authors or documents, it speaks with --cluster COLUMN"
)
EVERYTHING, OTHERS, UNSURE = "all", "others", "no confidence"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One record to be answered; `of` is how many records its stratum has."""

    record: str
    stratum: str
    of: int


@dataclass(frozen=True, slots=True)
class Stratum:
    name: str
    size: int
    answered: int
    errors: int

    def __post_init__(self) -> None:
        within.count("the size of a stratum", self.size)
        within.count("answers in a stratum", self.answered, 0)
        within.count("errors in a stratum", self.errors, 0)
        if not self.errors <= self.answered <= self.size:
            raise SpecError(
                f"stratum {self.name!r} has {self.size} records, {self.answered} answers and "
                f"{self.errors} errors, which cannot be"
            )

    @property
    def rate(self) -> float:
        return self.errors / self.answered

    @property
    def interval(self) -> tuple[float, float]:
        return limits(_counts([self]), LEVEL)

    def as_json(self) -> dict[str, object]:
        error = {"hits": self.errors, "n": self.answered, "value": self.rate}
        whole: dict[str, object] = {"name": self.name, "records": self.size}
        return whole | {"error": error | {"interval": list(self.interval)}}


@dataclass(frozen=True, slots=True)
class Audit:
    """`rate` is the share of shipped labels that the reference contradicts."""

    reference: str
    records: int
    answered: int
    errors: int
    rate: float
    low: float
    high: float
    strata: tuple[Stratum, ...]
    baseline: float | None = None  # error of always giving the most frequent answer
    baseline_label: str = ""
    notes: tuple[str, ...] = ()
    clusters: int | None = None  # answered; None: the records drawn are the units

    @property
    def warnings(self) -> list[str]:
        found = list(self.notes)
        if self.baseline is not None and self.rate > self.baseline:
            found.append(
                f"the majority-class baseline ({self.baseline_label!r}) would be wrong less often "
                f"({self.baseline:.1%})"
            )
        return found

    @property
    def statement(self) -> str:
        within = "" if self.clusters is None else f" in {self.clusters:,} clusters"
        return (
            f"of {self.records:,} shipped labels {self.rate:.2%} [{self.low:.2%}, {self.high:.2%}] "
            f"disagree with {self.reference} ({LEVEL:.0%} interval; n = {self.answered:,}{within}, "
            f"{self.errors:,} of them wrong)"
        )

    @property
    def assumption(self) -> str | None:
        return ASSUMED if self.clusters is None else None

    def as_json(self) -> dict[str, object]:
        return {
            "reference": self.reference, "records": self.records, "n": self.answered,
            "clusters": self.clusters, "assumption": self.assumption,
            "errors": self.errors, "error_rate": self.rate, "interval": [self.low, self.high],
            "baseline": self.baseline, "baseline_label": self.baseline_label,
            "strata": [s.as_json() for s in self.strata], "statement": self.statement,
            "warnings": self.warnings,
        }  # fmt: skip


def stratify(decisions: Sequence[Decision], by: str) -> dict[str, str]:
    """Record to stratum, for decided records: by confidence (fifths), value, route, or none."""
    if by not in STRATA:
        raise SpecError(f"unknown strata {by!r}; there are {', '.join(STRATA)}")
    decided = [d for d in decisions if d.value is not None]
    if not decided:
        raise InputError("nothing is decided, so there is nothing to audit")
    names = STRATA[by](decided)
    often = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    common = {name for name, _ in often[:MOST_STRATA]}
    return {
        d.record: name if name in common else OTHERS for d, name in zip(decided, names, strict=True)
    }


def _by_confidence(decisions: Sequence[Decision]) -> list[str]:
    known = np.array([d.confidence for d in decisions if d.confidence is not None], dtype=float)
    if not len(known):
        raise InputError("no decision has a confidence; audit --by value, route or none")
    edges = np.unique(np.quantile(known, np.arange(1, CONFIDENCE_STRATA) / CONFIDENCE_STRATA))
    return [
        UNSURE if d.confidence is None else f"fifth {np.searchsorted(edges, d.confidence) + 1}"
        for d in decisions
    ]


STRATA: dict[str, Callable[[Sequence[Decision]], list[str]]] = {
    "none": lambda decisions: [EVERYTHING] * len(decisions),
    "confidence": _by_confidence,
    "value": lambda decisions: [str(flat(d.value)) for d in decisions],
    "route": lambda decisions: [" > ".join(d.route) or "no route" for d in decisions],
}


def draw(
    strata: Mapping[str, str], size: int, seed: int = 0, *, equal: bool = False
) -> list[Drawn]:
    """A sample without replacement, in random order; at least two records of each stratum.

    In proportion to the strata, or as many from each (`equal`) to learn more about small ones.
    """
    within.count("the size of a sample", size)
    members: dict[str, list[str]] = {}
    for record in sorted(strata):
        members.setdefault(strata[record], []).append(record)
    if size < LEAST_A_STRATUM * len(members):
        raise SpecError(
            f"{size} records cannot stand for {len(members)} strata; draw "
            f"{LEAST_A_STRATUM * len(members)} or more, or audit with fewer strata"
        )
    names = sorted(members)
    sizes = np.array([len(members[name]) for name in names])
    share = np.ones(len(names)) if equal else sizes.astype(np.float64)
    rng = np.random.default_rng(seed)
    drawn = [
        Drawn(str(record), name, len(members[name]))
        for name, count in zip(names, allocated(share, sizes, size), strict=True)
        for record in rng.choice(np.array(members[name], dtype=object), count, replace=False)
    ]
    return [drawn[i] for i in rng.permutation(len(drawn))]


def draw_clusters(cluster: Mapping[str, Hashable], size: int, seed: int = 0) -> list[Drawn]:
    """Whole clusters in random order, until there are so many records."""
    within.count("the size of a sample", size)
    members: dict[Hashable, list[str]] = {}
    for record in sorted(cluster):
        members.setdefault(cluster[record], []).append(record)
    names = sorted(members, key=str)
    rng = np.random.default_rng(seed)
    drawn: list[Drawn] = []
    for at in rng.permutation(len(names)):
        if len(drawn) >= size:
            break
        own = members[names[at]]
        drawn += [Drawn(own[i], EVERYTHING, len(cluster)) for i in rng.permutation(len(own))]
    return drawn


def allocated(share: Floats, sizes: NDArray[np.int64], total: int) -> list[int]:
    """Whole numbers in proportion to `share`, each between the least and the stratum's size."""
    least = np.minimum(sizes, LEAST_A_STRATUM)
    count = np.minimum(np.maximum(np.floor(share / share.sum() * total), least), sizes).astype(int)
    while count.sum() < min(total, int(sizes.sum())):
        lag = np.where(count < sizes, share / (count + 1), -np.inf)
        count[int(np.argmax(lag))] += 1
    while count.sum() > total:
        excess = np.where(count > least, count / share, -np.inf)
        count[int(np.argmax(excess))] -= 1
    return [int(c) for c in count]


def strata_of(sample: Sequence[Drawn], wrong: Mapping[str, bool]) -> tuple[Stratum, ...]:
    """Counts of what is answered; InputError if a stratum has no answer at all."""
    sizes = {d.stratum: d.of for d in sample}
    answered = Counter(d.stratum for d in sample if d.record in wrong)
    errors = Counter(d.stratum for d in sample if wrong.get(d.record))
    silent = next((name for name in sizes if not answered[name]), None)
    if silent is not None:
        raise InputError(
            f"no record of stratum {silent!r} is answered yet; answer the sample in its order"
        )
    return tuple(Stratum(s, sizes[s], answered[s], errors[s]) for s in sorted(sizes))


def estimate(strata: Sequence[Stratum], reference: str = "the people who answered") -> Audit:
    """The error rate of everything from the answered part of a sample, with its interval."""
    if not strata or any(s.answered < 1 for s in strata):
        raise InputError("an audit needs an answer in each stratum")
    counts = _counts(strata)
    low, high = limits(counts, LEVEL)
    of, n, k = (int(each.sum()) for each in (counts.size, counts.answered, counts.errors))
    return Audit(reference, of, n, k, counts.rate, low, high, tuple(strata))


def estimate_clusters(
    wrong: Mapping[str, bool], cluster: Mapping[str, str], records: int, reference: str
) -> Audit:
    """The same where records of one cluster are alike: their number is that of clusters."""
    within.count("the number of records", records)
    own = numbered(own_or_cluster(record, cluster) for record in wrong)
    said = np.array(list(wrong.values()), dtype=np.float64)
    units = Units.of((own, said, said), (own[:0], said[:0]))
    units.check_clusters()
    low, high = Draws.of(units).limits(0.0, (0.0, 1.0), LEVEL)
    rate, errors = float(said.mean()), int(said.sum())
    all_ = Stratum(EVERYTHING, records, len(said), errors)
    return Audit(reference, records, len(said), errors, rate, min(low, rate), max(high, rate),
                 (all_,), clusters=units.labelled)  # fmt: skip


def _counts(strata: Sequence[Stratum]) -> Counts:
    columns = zip(*((s.size, s.answered, s.errors) for s in strata), strict=True)
    return Counts(*(np.array(column, dtype=np.int64) for column in columns))
