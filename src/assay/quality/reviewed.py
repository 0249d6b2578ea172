"""What reviewing disagreements showed: two annotators, and people on the cells where they differ.

The measures of the CelebA study (Lu and Zhong, arXiv 2410.09416): agreement of the two, which of
them the reviewer sided with, consistency of each with the final label, cost against people. Also
what the study lacks: how often the reviewer rejects what both had agreed on. A cell is one
unit of one record: an attribute of a form, a label of several, or the whole answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from assay.core.schema import Form
from assay.core.schema.base import Schema
from assay.core.value import Value
from assay.quality.metrics.accuracy import REACH, wilson

ALL = "all"


@dataclass(frozen=True, slots=True)
class Case:
    """What was said of one record; `look` is the reviewer's answer to `focus` (empty: to all)."""

    first: Value
    second: Value
    final: Value | None = None
    look: Value | None = None
    focus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `n` cells. The interval is the wider of Wilson's and one that takes records as
    the sample, since the cells of a record are no independent draws; None if n is 0."""

    hits: int
    n: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    def as_json(self) -> dict[str, object]:
        interval = None if self.low is None else [self.low, self.high]
        return {"value": self.value, "hits": self.hits, "n": self.n, "interval": interval}


@dataclass(frozen=True, slots=True)
class Group:
    """One attribute, all of one kind, or all cells. Kappa is the mean of the attributes'."""

    name: str
    agreement: Rate
    kappa: float | None
    baseline: float | None  # always giving the second's most frequent label, the mean of attributes
    sided_with_first: Rate  # of the reviewed disagreements
    first_consistency: Rate  # with the final label
    second_consistency: Rate
    rejected: Rate  # agreed cells that were reviewed all the same, and found wrong

    @property
    def disagreements(self) -> int:
        return self.agreement.n - self.agreement.hits

    @property
    def warning(self) -> str | None:
        share = self.agreement.value
        if share is None or self.baseline is None or share >= self.baseline:
            return None
        return (
            f"{self.name}: agreement {share:.1%} is below the majority-class baseline "
            f"{self.baseline:.1%}"
        )

    def as_json(self) -> dict[str, object]:
        rates = {
            name: getattr(self, name).as_json()
            for name in ("agreement", "sided_with_first", "first_consistency",
                         "second_consistency", "rejected")
        }  # fmt: skip
        return rates | {"kappa": self.kappa, "baseline": self.baseline, "warning": self.warning}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`kinds` holds the objectivity of attributes, as the task declares it, and their pool."""

    records: int
    all: Group
    kinds: Mapping[str, Group]
    attributes: Mapping[str, Group]
    objectivity: Mapping[str, str]
    looked: int  # cells the reviewer saw

    @property
    def shared_errors(self) -> tuple[int, int, int] | None:
        """Agreed cells that are wrong, if those reviewed are like the others, with interval."""
        found, agreed = self.all.rejected, self.all.agreement.hits
        if found.value is None or found.low is None or found.high is None:
            return None
        return round(agreed * found.value), round(agreed * found.low), round(agreed * found.high)

    def as_json(self) -> dict[str, object]:
        return {
            "records": self.records,
            "cells": self.all.agreement.n,
            "cells_looked_at": self.looked,
            "all": self.all.as_json(),
            "shared_errors": self.shared_errors,
            "kinds": {name: group.as_json() for name, group in self.kinds.items()},
            "attributes": {
                name: group.as_json() | {"objectivity": self.objectivity.get(name)}
                for name, group in self.attributes.items()
            },
        }


MEASURES = ("agreement", "sided", "first", "second", "rejected")


@dataclass(slots=True)
class _Tally:
    """Per measure a 0 or 1 for each cell, and the record it is of."""

    hits: dict[str, list[bool]] = field(default_factory=lambda: {m: [] for m in MEASURES})
    records: dict[str, list[int]] = field(default_factory=lambda: {m: [] for m in MEASURES})
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def add(self, measure: str, record: int, hit: bool) -> None:
        self.hits[measure].append(hit)
        self.records[measure].append(record)

    def rate(self, measure: str) -> Rate:
        hits = np.array(self.hits[measure], dtype=np.float64)
        return rate(hits, np.array(self.records[measure], dtype=np.int64))

    @classmethod
    def of(cls, parts: Iterable["_Tally"]) -> "_Tally":
        pooled = cls()
        for part in parts:
            for measure in MEASURES:
                pooled.hits[measure] += part.hits[measure]
                pooled.records[measure] += part.records[measure]
        return pooled


def rate(hits: np.ndarray, records: np.ndarray) -> Rate:
    """Share of hits among cells, with the standard error of a ratio over records."""
    n = len(hits)
    if not n:
        return Rate(0, 0)
    right = int(hits.sum())
    low, high = wilson(right, n)
    _, place = np.unique(records, return_inverse=True)
    many = int(place.max()) + 1
    if many > 1:
        off = np.bincount(place, hits) - right / n * np.bincount(place)
        half = REACH * float(np.sqrt(many / (many - 1) * (off**2).sum())) / n
        low, high = min(low, max(0.0, right / n - half)), max(high, min(1.0, right / n + half))
    return Rate(right, n, low, high)


def reviewed(cases: Iterable[Case], schema: Schema) -> Reviewed | None:
    """None where no record was answered by both."""
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    records = looked = 0
    for number, case in enumerate(cases):
        records += 1
        for unit in schema.units([case.first, case.second]):
            looked += _count(tallies[attribute_of(unit, schema)], number, case, unit, schema)
    if not records:
        return None
    named = {name: _group(name, tally, [tally]) for name, tally in tallies.items()}
    objectivity = dict(schema.objectivity) if isinstance(schema, Form) else {}
    kinds: defaultdict[str, list[_Tally]] = defaultdict(list)
    for name, kind in objectivity.items():
        if name in tallies:
            kinds[kind].append(tallies[name])
    return Reviewed(
        records,
        _group(ALL, _Tally.of(tallies.values()), list(tallies.values())),
        {kind: _group(kind, _Tally.of(parts), parts) for kind, parts in sorted(kinds.items())},
        named,
        objectivity,
        looked,
    )


def attribute_of(unit: str, schema: Schema) -> str:
    return unit.partition("/")[0] if isinstance(schema, Form) else unit or ALL


def _count(tally: _Tally, record: int, case: Case, unit: str, schema: Schema) -> int:
    """How many looks the reviewer gave to the cell: none or one."""
    a, b = schema.label(case.first, unit), schema.label(case.second, unit)
    seen = case.look is not None and (not case.focus or schema.in_focus(unit, case.focus))
    c = schema.label(case.look, unit) if seen and case.look is not None else None
    final = None if case.final is None else schema.label(case.final, unit)
    if a is not None and b is not None:
        tally.pairs.append((a, b))
        tally.add("agreement", record, a == b)
        if c is not None:
            tally.add("rejected" if a == b else "sided", record, c != a if a == b else c == a)
    if final is not None:
        for measure, said in (("first", a), ("second", b)):
            if said is not None:
                tally.add(measure, record, said == final)
    return int(c is not None)


def _group(name: str, pooled: _Tally, parts: list[_Tally]) -> Group:
    found = [_pair(part.pairs) for part in parts if part.pairs]
    kappas = [kappa for kappa, _ in found if kappa is not None]
    constants = [constant for _, constant in found if constant is not None]
    return Group(
        name,
        pooled.rate("agreement"),
        sum(kappas) / len(kappas) if kappas else None,
        sum(constants) / len(constants) if constants else None,
        pooled.rate("sided"),
        pooled.rate("first"),
        pooled.rate("second"),
        pooled.rate("rejected"),
    )


def _pair(pairs: list[tuple[str, str]]) -> tuple[float | None, float | None]:
    """Cohen's kappa and the majority-class baseline."""
    from assay.quality.agreement.pairs import pairwise  # noqa: PLC0415 - loads scipy's statistics

    code = {label: i for i, label in enumerate(sorted({x for pair in pairs for x in pair}))}
    table = np.array([[code[a], code[b]] for a, b in pairs], dtype=np.int64)
    described = pairwise(table[:, 0], table[:, 1])
    return described.cohen, described.baseline
