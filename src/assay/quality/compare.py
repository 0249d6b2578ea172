"""Models side by side with people who labelled the same records."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from assay.core.errors import InputError
from assay.quality.accuracy import Share
from assay.quality.agreement.pairs import Codes, Pairwise, pairwise
from assay.quality.alt_test import AltTest, Labels, Rules, alt_test


@dataclass(frozen=True, slots=True)
class Beside:
    """One annotator against the people's majority (ties left out, itself not counted)."""

    name: str
    kind: str  # model or person
    labels: int
    agreement: Share
    chance_corrected: Pairwise

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "kind": self.kind,
            "labels": self.labels,
            "reference": "majority of the other people",
            "agreement": self.agreement.as_json(),
            "chance_corrected": asdict(self.chance_corrected),
            "warning": self.chance_corrected.warning,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    beside: tuple[Beside, ...]
    tests: tuple[AltTest, ...]
    rules: Rules

    def as_json(self) -> dict[str, object]:
        return {
            "agreement": [b.as_json() for b in self.beside],
            "rules": asdict(self.rules),
            "replacement_test": [t.as_json() for t in self.tests],
        }


def compare(
    people: Mapping[str, Labels], models: Mapping[str, Labels], rules: Rules | None = None
) -> Comparison:
    """InputError names a model without labels, or one that shares no record with the people."""
    rules = rules or Rules()
    if not people or not models:
        raise InputError("a comparison needs people and models; one of the two is empty")
    there = {record for labels in people.values() for record in labels}
    for name, labels in models.items():
        if not labels:
            raise InputError(f"model {name!r} has no answers")
        if not there & set(labels):
            raise InputError(
                f"model {name!r} and the people share no record: do both files use the same ids?"
            )
    beside = [_beside(name, "model", labels, people) for name, labels in models.items()]
    beside += [
        _beside(name, "person", labels, {n: p for n, p in people.items() if n != name})
        for name, labels in people.items()
        if len(people) > 1
    ]
    tests = tuple(alt_test(name, labels, people, rules) for name, labels in models.items())
    return Comparison(tuple(beside), tests, rules)


def _beside(name: str, kind: str, labels: Labels, people: Mapping[str, Labels]) -> Beside:
    reference = majority(people)
    both = [r for r in labels if r in reference]
    hits = sum(labels[r] == reference[r] for r in both)
    first, second = codes([labels[r] for r in both], [reference[r] for r in both])
    return Beside(name, kind, len(labels), Share(hits, len(both)), pairwise(first, second))


def majority(people: Mapping[str, Labels]) -> dict[str, object]:
    """The commonest label of each record; records on which the vote is tied are left out."""
    votes: dict[str, Counter[object]] = {}
    for labels in people.values():
        for record, label in labels.items():
            votes.setdefault(record, Counter())[label] += 1
    won: dict[str, object] = {}
    for record, counts in votes.items():
        top = counts.most_common(2)
        if len(top) == 1 or top[0][1] > top[1][1]:
            won[record] = top[0][0]
    return won


def codes(first: list[object], second: list[object]) -> tuple[Codes, Codes]:
    table = {label: i for i, label in enumerate(dict.fromkeys([*first, *second]))}
    left = np.array([table[x] for x in first], dtype=np.int64)
    return left, np.array([table[x] for x in second], dtype=np.int64)
