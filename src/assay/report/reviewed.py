"""The review of disagreements in a ledger, with its bill."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assay.core.annotation import Annotation, latest
from assay.core.cost import NANOS
from assay.core.schema.base import Schema
from assay.core.task import Task
from assay.core.value import Value
from assay.ledger.base import Ledger
from assay.ledger.named import unpriced_ids
from assay.quality.reviewed import Case, Reviewed, reviewed
from assay.run.panel import joint


@dataclass(frozen=True, slots=True)
class Roles:
    """Annotator names: the two whose labels are compared, and the reviewer."""

    first: str
    second: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class Bill:
    """Nanos. `people_alone`: every cell labelled once at what the reviewer's cells cost; `spent`
    is None where an annotator has no prices."""

    spent: int | None
    reviewer: int
    people_alone: int | None

    @property
    def share(self) -> float | None:
        if self.spent is None or not self.people_alone:
            return None
        return self.spent / self.people_alone


@dataclass(frozen=True, slots=True)
class Review:
    roles: Roles
    found: Reviewed
    bill: Bill

    def as_json(self) -> dict[str, object]:
        alone = self.bill.people_alone
        return {
            "first": self.roles.first,
            "second": self.roles.second,
            "reviewer": self.roles.reviewer,
            **self.found.as_json(),
            "cost": None if self.bill.spent is None else self.bill.spent / NANOS,
            "cost_of_reviewer": self.bill.reviewer / NANOS,
            "cost_of_people_alone": None if alone is None else alone / NANOS,
            "cost_share": self.bill.share,
        }


def review_of(
    ledger: Ledger, task: Task, roles: Roles, ids: Mapping[str, str], run: str
) -> Review | None:
    """`ids` holds the id of each annotator's name; None while nothing can be compared."""
    said = [_values(_of(ledger, task, ids.get(name, name))) for name in (roles.first, roles.second)]
    given = _of(ledger, task, ids.get(roles.reviewer, roles.reviewer))
    looks = _looks(given, task.schema)
    cases = []
    for decision in ledger.decisions(run):
        id = decision.record
        if id in said[0] and id in said[1]:
            look = looks.get(id)
            seen = (look.value, look.focus) if look is not None else (None, ())
            cases.append(Case(said[0][id], said[1][id], decision.value, *seen))
    found = reviewed(cases, task.schema)
    if found is None:
        return None
    cost = sum(a.cost_nanos for a in given)
    alone = round(cost / found.looked * found.all.agreement.n) if cost and found.looked else None
    spent = None if unpriced_ids(ledger, task.id) else ledger.spent_nanos(task.id)
    return Review(roles, found, Bill(spent, cost, alone))


def _of(ledger: Ledger, task: Task, id: str) -> list[Annotation]:
    return latest(list(ledger.annotations(task.id, [id])))


def _values(annotations: Iterable[Annotation]) -> dict[str, Value]:
    """The answers to the whole record."""
    return {a.record: a.value for a in annotations if a.value is not None and not a.focus}


def _looks(annotations: Iterable[Annotation], schema: Schema) -> dict[str, Annotation]:
    """What the reviewer said of each record; several people of a panel speak as one."""
    by_key: dict[str, list[Annotation]] = {}
    for a in annotations:
        if a.value is not None:
            by_key.setdefault(a.key, []).append(a)
    joined = (joint(answers, schema) for answers in by_key.values())
    return {a.record: a for a in joined}
