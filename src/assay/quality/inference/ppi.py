"""Prevalence and group differences from many model labels and few human ones.

Prediction-powered inference: the model's mean over all records, corrected by how far it is off on a
random sample that people labelled (Angelopoulos et al., Science 2023), and PPI++, where the model
counts only as much as it helps (Angelopoulos, Duchi, Zrnic 2023). Valid for any model, good or bad;
a bad one gains nothing.

Two departures, both so that an interval holds from ten labels on, however rare a label or skewed a
scale. The limits are those of bounded values (`reweighed`), not normal ones. The moments that set
the model's weight have four half pseudo-records, one in each corner, so that a rare class met once
does not look perfectly predicted. Records that belong together (of one author, say) are weighed
together, and their number counts, not that of records.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InputError
from assay.quality.inference.reweighed import Draws, Ends, Units, numbered, own_or_cluster

Floats = NDArray[np.float64]

Answer: TypeAlias = str | frozenset[str]
"""One label, or the set of tags."""

LEVEL = 0.95
LEAST = 10  # human labels below which nothing is reported
NO_WIDER = 1.05  # a PPI++ interval wider than this many human-only ones is not worth its risk
PSEUDO = 0.5


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"

    @property
    def width(self) -> float:
        return self.high - self.low

    def as_json(self) -> dict[str, object]:
        return {"value": self.value, "interval": [self.low, self.high]}


@dataclass(frozen=True, slots=True)
class Ppi:
    """Four answers to one question; `tuned` (PPI++) is the one to use.

    The population is what the records were drawn from; the human-labelled ones must be a random
    sample of the records.
    """

    human: int  # records that people labelled
    model: int  # records that only the model labelled
    human_only: Interval
    naive: Interval  # of model labels alone: its interval leaves the model's errors out
    classical: Interval
    tuned: Interval
    weight: float  # of the model in `tuned`, 0 to 1
    gain: float  # how many times more human labels would be needed without the model
    clusters: int | None = None  # that have a human label; None: records are taken as independent

    @property
    def bias(self) -> float:
        """How far the model labels are off, if significant."""
        return self.naive.value - self.tuned.value

    @property
    def warning(self) -> str | None:
        if self.tuned.low <= self.naive.value <= self.tuned.high:
            return None
        return (
            f"model labels alone say {self.naive.value:.4f}, which the human labels rule out "
            f"({self.tuned})"
        )

    def as_json(self) -> dict[str, object]:
        return {
            "human_labels": self.human, "model_labels": self.model, "clusters": self.clusters,
            "human_only": self.human_only.as_json(), "naive": self.naive.as_json(),
            "classical": self.classical.as_json(), "ppi++": self.tuned.as_json(),
            "weight": self.weight, "gain": self.gain, "bias_of_naive": self.bias,
            "warning": self.warning,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clusters:
    """The cluster of each human-labelled record, and of each other one."""

    human: Sequence[Hashable]
    rest: Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class _Labels:
    human: Floats
    model: Floats
    rest: Floats
    ends: Ends
    clusters: Clusters | None

    def check(self) -> None:
        human, model, rest = self.human, self.model, self.rest
        if human.shape != model.shape or human.ndim != 1:
            raise InputError(
                f"{len(human)} human labels and {len(model)} model labels do not pair up"
            )
        if len(human) < LEAST:
            raise InputError(f"{LEAST} human labels or more are needed, there are {len(human)}")
        if not len(rest):
            raise InputError(
                "people labelled every record, so there is nothing to infer: count them"
            )
        for name, values in (("human", human), ("model", model), ("model", rest)):
            if not np.isfinite(values).all():
                raise InputError(f"a {name} label is missing or no finite number")

    @property
    def units(self) -> Units:
        n, rest = len(self.human), len(self.rest)
        if self.clusters is None:
            own, other = np.arange(n), np.arange(n, n + rest)
        else:
            codes = numbered((*self.clusters.human, *self.clusters.rest))
            own, other = codes[:n], codes[n:]
        found = Units.of((own, self.human, self.model), (other, self.rest))
        if self.clusters is not None:
            found.check_clusters()
        return found

    def value(self, weight: float) -> float:
        found = self.human.mean() + weight * (self.rest.mean() - self.model.mean())
        return float(np.clip(found, *self.ends))

    def naive(self) -> Interval:
        both = np.concatenate([self.model, self.rest])
        clusters = self.clusters
        together = clusters and Clusters([*clusters.human, *clusters.rest], [])
        every = _Labels(both, both, np.zeros(0), self.ends, together)
        return every.limited(Draws.of(every.units), 0.0, float(both.mean()))

    def limited(self, draws: Draws, weight: float, value: float) -> Interval:
        low, high = draws.limits(weight, self.ends, LEVEL)
        low, high = max(low, self.ends[0]), min(high, self.ends[1])
        return Interval(value, min(low, value), max(high, value))


def share(human: Floats, model: Floats, rest: Floats, clusters: Clusters | None = None) -> Ppi:
    """Of a label: `human` is 0 or 1 a record, `model` the model's label (or its probability) on the
    same records, `rest` on all others."""
    found = _Labels(human, model, rest, (0.0, 1.0), clusters)
    found.check()
    if not np.isin(human, (0.0, 1.0)).all() or not _inside(model) or not _inside(rest):
        raise InputError("for a share people say 0 or 1, and the model 0 to 1")
    return _answers(found)


def mean(
    human: Floats,
    model: Floats,
    rest: Floats,
    ends: Ends | None = None,
    clusters: Clusters | None = None,
) -> Ppi:
    """Of a number, as of a scale that has these ends; None: the least and the largest label."""
    _Labels(human, model, rest, (0.0, 0.0), clusters).check()
    seen = np.concatenate([human, model, rest])
    low, high = ends or (float(seen.min()), float(seen.max()))
    if low == high:
        raise InputError(
            f"every label is {low:g}, so the ends of the scale cannot be seen: say what they are"
        )
    beyond = seen[(seen < low) | (seen > high)]
    if len(beyond):
        raise InputError(f"{beyond[0]:g} does not lie on a scale from {low:g} to {high:g}")
    return _answers(_Labels(human, model, rest, (low, high), clusters))


def _inside(values: Floats) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())


def _answers(labels: _Labels) -> Ppi:
    units = labels.units
    draws = Draws.of(units)

    def at(weight: float) -> Interval:
        return labels.limited(draws, weight, labels.value(weight))

    own, moved = _pulls(units, labels.ends)
    below = float(moved @ moved)
    weight = min(1.0, max(0.0, float(own @ moved) / below)) if below > 0 else 0.0
    human_only, found = at(0.0), at(weight)
    if found.width > NO_WIDER * human_only.width:
        weight, found = 0.0, human_only
    left = float(((own - weight * moved) ** 2).sum())
    gain = float(own @ own) / left if weight and left > 0 else 1.0
    many = None if labels.clusters is None else units.labelled
    return Ppi(len(labels.human), len(labels.rest), human_only, labels.naive(), at(1.0), found,
               weight, gain, many)  # fmt: skip


def _pulls(units: Units, ends: Ends) -> tuple[Floats, Floats]:
    """How far each unit moves the human mean, and the difference of the model's two means."""
    low, high = ends
    corners = np.array([[low, low], [low, high], [high, low], [high, high]])
    n = np.concatenate([units.n, np.full(4, PSEUDO)])
    y = np.concatenate([units.y, PSEUDO * corners[:, 0]])
    f = np.concatenate([units.f, PSEUDO * corners[:, 1]])
    rest, others = (np.concatenate([v, np.zeros(4)]) for v in (units.rest, units.f_rest))
    scale = np.concatenate([np.ones(len(units.n)), np.full(4, PSEUDO**-0.5)])  # half a unit each
    own = (y - n * y.sum() / n.sum()) / n.sum()
    moved = (f - n * f.sum() / n.sum()) / n.sum()
    if rest.sum():
        moved = moved - (others - rest * others.sum() / rest.sum()) / rest.sum()
    return own * scale, moved * scale


def prevalence(
    human: Mapping[str, Answer],
    model: Mapping[str, Answer | None],
    labels: Sequence[str] | None = None,
    cluster: Mapping[str, str] | None = None,
) -> dict[str, Ppi]:
    """The share of each label (or tag) among all records that the model was asked about.

    A record on which the model was silent (None) counts as none of the labels for the model; that
    costs width, not validity. InputError if a human label is of a record unknown to the model.
    """
    _known(human, model)
    names = labels or sorted(_names([*human.values(), *model.values()]))
    return {name: _of_label(human, model, name, cluster) for name in names}


def _names(answers: Iterable[Answer | None]) -> set[str]:
    found: set[str] = set()
    for answer in answers:
        if answer is not None:
            found |= {answer} if isinstance(answer, str) else answer
    return found


def _has(answer: Answer | None, label: str) -> bool:
    return answer == label or (isinstance(answer, frozenset) and label in answer)


def _of_label(
    human: Mapping[str, Answer],
    model: Mapping[str, Answer | None],
    label: str,
    cluster: Mapping[str, str] | None = None,
) -> Ppi:
    y = np.array([_has(human[r], label) for r in human], dtype=np.float64)
    f = np.array([_has(model[r], label) for r in human], dtype=np.float64)
    rest = np.array([_has(v, label) for r, v in model.items() if r not in human], dtype=np.float64)
    return share(y, f, rest, _clusters(human, model, cluster))


def _clusters(
    human: Mapping[str, object], model: Mapping[str, object], cluster: Mapping[str, str] | None
) -> Clusters | None:
    if cluster is None:
        return None
    own = {r: own_or_cluster(r, cluster) for r in model}
    return Clusters([own[r] for r in human], [own[r] for r in model if r not in human])


def mean_of(
    human: Mapping[str, float],
    model: Mapping[str, float],
    ends: Ends | None = None,
    cluster: Mapping[str, str] | None = None,
) -> Ppi:
    """The mean number of all records, as on a scale."""
    _known(human, model)
    y = np.array([human[r] for r in human], dtype=np.float64)
    f = np.array([model[r] for r in human], dtype=np.float64)
    rest = np.array([v for r, v in model.items() if r not in human], dtype=np.float64)
    return mean(y, f, rest, ends, _clusters(human, model, cluster))


def _known(human: Mapping[str, object], model: Mapping[str, object]) -> None:
    strange = next((r for r in human if r not in model), None)
    if strange is not None:
        raise InputError(
            f"record {strange!r} has a human label but the model was not asked about it: "
            "do both use the same record ids?"
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """Of the share of a label: the first group less the second."""

    first: str
    second: str
    human_only: Interval
    naive: Interval
    classical: Interval
    tuned: Interval

    def as_json(self) -> dict[str, object]:
        return {
            "first": self.first, "second": self.second, "human_only": self.human_only.as_json(),
            "naive": self.naive.as_json(), "classical": self.classical.as_json(),
            "ppi++": self.tuned.as_json(),
        }  # fmt: skip


def difference(groups: Mapping[str, Ppi], first: str, second: str) -> Difference:
    """Of two groups with records of their own (Newcombe 1998: from the limits of both)."""
    a, b = groups[first], groups[second]
    return Difference(
        first,
        second,
        _less(a.human_only, b.human_only),
        _less(a.naive, b.naive),
        _less(a.classical, b.classical),
        _less(a.tuned, b.tuned),
    )


def _less(a: Interval, b: Interval) -> Interval:
    value = a.value - b.value
    below = ((a.value - a.low) ** 2 + (b.high - b.value) ** 2) ** 0.5
    above = ((a.high - a.value) ** 2 + (b.value - b.low) ** 2) ** 0.5
    return Interval(value, value - below, value + above)


def by_group(
    human: Mapping[str, Answer],
    model: Mapping[str, Answer | None],
    group: Mapping[str, str],
    label: str,
    cluster: Mapping[str, str] | None = None,
) -> dict[str, Ppi]:
    """The share of one label in each group of records; `difference` compares two of them.

    InputError names a group with too few human labels, or a cluster that is in two groups.
    """
    _known(human, model)
    homeless = next((r for r in model if r not in group), None)
    if homeless is not None:
        raise InputError(f"record {homeless!r} is in no group")
    _apart(model, group, cluster or {})
    found: dict[str, Ppi] = {}
    for name in sorted({group[r] for r in model}):
        own = {r: v for r, v in model.items() if group[r] == name}
        said = {r: v for r, v in human.items() if group[r] == name}
        try:
            found[name] = _of_label(said, own, label, cluster)
        except InputError as bad:
            raise InputError(f"group {name!r}: {bad}") from None
    return found


def _apart(
    model: Mapping[str, object], group: Mapping[str, str], cluster: Mapping[str, str]
) -> None:
    """InputError if groups share a cluster: their difference takes them as independent."""
    home: dict[str, str] = {}
    for record in model:
        name = cluster.get(record)
        if name and home.setdefault(name, group[record]) != group[record]:
            raise InputError(
                f"cluster {name!r} is in groups {home[name]!r} and {group[record]!r}; compare "
                "groups that have clusters of their own, or leave out --group"
            )
