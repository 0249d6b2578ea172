"""Class by class, what a certificate accepted: a promise about all of them may hide a poor one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.core.errors import InputError
from assay.quality.guarantees.promise import Certificate
from assay.quality.verdicts import Key, Verdict, canonical

LEVEL = 0.95
MOST = 50  # classes, and half as many as records: more are no classes that anybody named


@dataclass(frozen=True, slots=True)
class Exact:
    """A share with its exact 95% interval, which is for this share alone."""

    part: int
    n: int

    @property
    def value(self) -> float:
        return self.part / self.n

    @property
    def interval(self) -> tuple[float, float]:
        from assay.core.distributions import exact_interval  # noqa: PLC0415 - opened without

        return exact_interval(self.part, self.n, LEVEL)

    @property
    def words(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%}, {high:.1%}] (n = {self.n:,})"

    def as_json(self) -> dict[str, object]:
        return {"value": self.value, "interval": list(self.interval), "n": self.n}

    @staticmethod
    def of_json(given: Mapping[str, Any] | None) -> "Exact | None":
        return None if given is None else Exact(round(given["value"] * given["n"]), given["n"])


@dataclass(frozen=True, slots=True)
class AcceptedClass:
    """Of accepted records: how many labelled so are right, and how many that truly are so were
    labelled so; None if there are none, or the references are not known. `accepted` is the
    share of the class, by the reference, that is accepted at all."""

    label: str
    precision: Exact | None
    recall: Exact | None
    accepted: Exact | None

    def as_json(self) -> dict[str, object]:
        return {
            "label": self.label,
            "precision": self.precision and self.precision.as_json(),
            "recall": self.recall and self.recall.as_json(),
            "accepted": self.accepted and self.accepted.as_json(),
        }

    @staticmethod
    def of_json(given: Mapping[str, Any]) -> "AcceptedClass":
        shares = (Exact.of_json(given[name]) for name in ("precision", "recall", "accepted"))
        return AcceptedClass(given["label"], *shares)


def accepted_classes(verdicts: Iterable[Verdict], found: Certificate) -> tuple[AcceptedClass, ...]:
    """Most frequent first; empty where nothing is accepted, where labels are not known, and where
    they are too many to be classes."""
    if found.threshold is None:
        return ()
    own = [v for v in verdicts if v.right is not None]
    accepted = taken(own, found)
    known = all(v.reference is not None for v in own)
    names = {canonical(v.label): v.label for v in accepted if v.label}
    if known:
        names |= {canonical(str(v.reference)): str(v.reference) for v in own}
    if not any(v.label for v in accepted) or len(names) > min(MOST, max(2, len(own) // 2)):
        return ()
    made = [_class((key, shown), own, accepted, known) for key, shown in names.items()]
    return tuple(sorted(made, key=lambda c: (-_size(c), c.label)))


def taken(verdicts: Iterable[Verdict], found: Certificate) -> list[Verdict]:
    """The labelled answers that the certificate accepts."""
    return [v for v in verdicts if v.right is not None and _accepted(v, found)]


def _accepted(v: Verdict, found: Certificate) -> bool:
    if not v.answered or found.threshold is None:
        return False
    return found.unsaid or _reaches(v, found.threshold)


def _class(
    name: tuple[str, str], own: Sequence[Verdict], accepted: Sequence[Verdict], known: bool
) -> AcceptedClass:
    key, shown = name
    given = [bool(v.right) for v in accepted if canonical(v.label) == key]
    true = [bool(v.right) for v in accepted if known and canonical(str(v.reference)) == key]
    there = [v for v in own if known and canonical(str(v.reference)) == key]
    return AcceptedClass(shown, _rate(given), _rate(true), _share(len(true), len(there)))


def _rate(right: Sequence[bool]) -> Exact | None:
    return _share(sum(right), len(right))


def _share(part: int, n: int) -> Exact | None:
    return Exact(part, n) if n else None


def _size(found: AcceptedClass) -> int:
    rate = found.accepted or found.precision
    return rate.n if rate is not None else 0


def decided_as(verdicts: Iterable[Verdict], label: str) -> list[Verdict]:
    """The labelled answers that say `label`."""
    key = canonical(label)
    return [v for v in verdicts if v.right is not None and v.answered and canonical(v.label) == key]


def check_said(verdicts: Iterable[Verdict], labels: Iterable[str]) -> None:
    """InputError if nobody ever decided for one of the labels, or labels are not known."""
    said = {canonical(v.label): v.label for v in verdicts if v.label and v.right is not None}
    for label in labels:
        if canonical(label) not in said:
            there = ", ".join(sorted(said.values())[:MOST]) or "none, in a table without `label`"
            raise InputError(f"no labelled answer is {label!r}; there are {there}")


def of_chain(
    groups: Mapping[Key, Sequence[Verdict]], links: Sequence[str], threshold: float | None
) -> list[Verdict]:
    """One verdict a record: that of the first link which is sure enough, else no answer."""
    rows = [{v.record: v for v in groups[link, ""] if v.right is not None} for link in links]
    made = []
    for record, first in rows[0].items():
        here = [row[record] for row in rows]
        sure = [v for v in here if v.answered and _reaches(v, threshold)]
        made.append(sure[0] if sure else replace(first, answered=False, label=""))
    return made


def _reaches(v: Verdict, threshold: float | None) -> bool:
    return threshold is not None and v.confidence is not None and v.confidence >= threshold
