"""Annotators side by side with people who labelled the same records, whole and slice by slice.

Agreement with the people, the alternative annotator test, and costs, from existing labels.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from assay.core.cost import NANOS, money
from assay.core.errors import InputError
from assay.core.spelling import as_number, numbers_alike, oddities
from assay.core.votes import Codes, Votes
from assay.quality.agreement import Agreement, Asked, agree
from assay.quality.costs import Costs
from assay.quality.inference.clusters import OneEach
from assay.quality.replacement.alt_test import (
    AltTest,
    Labels,
    NotPossible,
    NotTested,
    Rules,
    alt_test,
    doubted,
)
from assay.quality.replacement.reference import (
    Measure,
    ReferenceComparison,
    Side,
    compare_to_reference,
    majority,
    means,
)

MOST_PEOPLE = 30  # beyond, people are not reported one by one
MOST_SLICES = 20  # of one kind, the largest
LEAST_SLICE = 10  # records of people and models; fewer say nothing
LOW_ALPHA = 0.4
CHANCE = "the people may agree with each other no more than chance would have them"
UNNAMED = "it compares with each person in turn, and counts of votes do not say who voted"


@dataclass(frozen=True, slots=True)
class Sides:
    """Who said what. `slices`: kind (language, source, ...) to record to value.

    `costs` by annotator; `notes` are what the reader of the sources left out.
    """

    people: Mapping[str, Labels]
    models: Mapping[str, Labels]
    measure: Measure = field(default_factory=Measure)
    slices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    costs: Mapping[str, Costs] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    named: bool = True  # False: votes of people were counted, and nobody says whose they are
    cluster: OneEach | None = None  # the records drawn; None: all, taken as independent

    def within(self, records: frozenset[str]) -> "Sides":
        def cut(side: Mapping[str, Labels]) -> dict[str, Labels]:
            return {who: {r: v for r, v in said.items() if r in records}
                    for who, said in side.items()}  # fmt: skip

        return replace(self, people=cut(self.people), models=cut(self.models))

    def respelt(self, labels: Mapping[str, str]) -> "Sides":
        def again(side: Mapping[str, Labels]) -> dict[str, Labels]:
            return {who: {r: labels[str(v)] for r, v in said.items()}
                    for who, said in side.items()}  # fmt: skip

        return replace(self, people=again(self.people), models=again(self.models))


Tested = AltTest | NotTested


@dataclass(frozen=True, slots=True)
class Slice:
    """The same comparison on the records of one language, source or other group."""

    kind: str
    value: str
    records: int
    comparisons: tuple[ReferenceComparison, ...]
    tests: tuple[Tested, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "slice": self.kind, "value": self.value, "records": self.records,
            "agreement": [b.as_json() for b in self.comparisons],
            "replacement_test": [t.as_json() for t in self.tests],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    comparisons: tuple[ReferenceComparison, ...]
    tests: tuple[Tested, ...]
    constant: (
        Tested  # an annotator who always gives the people's most frequent label, or their mean
    )
    rules: Rules
    measure: Measure
    among_people: Agreement | str  # or why there is none
    slices: tuple[Slice, ...] = ()
    costs: Mapping[str, Costs] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cluster: OneEach | None = None

    @property
    def limits(self) -> list[str]:
        """What holds for every verdict here."""
        said: dict[str, list[str]] = {}
        for test in self.tests:
            for limit in test.limits if isinstance(test, AltTest) else ():
                said.setdefault(limit, []).append(test.model)
        many = len(self.tests) > 1
        found = [
            limit if len(models) == len(self.tests) or not many else f"{', '.join(models)}: {limit}"
            for limit, models in said.items()
        ]
        alpha = self.alpha
        if alpha is not None and alpha < LOW_ALPHA:
            found.append(
                f"the people agree little with each other (alpha {alpha:.2f}), so to agree with "
                "them as well as they do asks little"
            )
        return found

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha of the people."""
        if isinstance(self.among_people, str):
            return None
        found = self.among_people.overall.coefficients.get("krippendorff")
        return None if found is None else found.value

    @property
    def warnings(self) -> list[str]:
        return [b.warning for b in self.comparisons if b.warning is not None]

    def as_json(self) -> dict[str, object]:
        among = self.among_people
        return {
            "measure": {"kind": self.measure.kind, "order": self.measure.order,
                        "resampling": asdict(self.measure.resampling)},
            "among_people": {"not_possible": among} if isinstance(among, str) else among.as_json(),
            "agreement": [b.as_json() for b in self.comparisons],
            "rules": asdict(self.rules),
            "replacement_test": [t.as_json() for t in self.tests],
            "constant": self.constant.as_json(),
            "limits": self.limits,
            "costs": {who: _cost_json(c) for who, c in self.costs.items()},
            "slices": [s.as_json() for s in self.slices],
            "warnings": self.warnings,
            "notes": list(self.notes), "cluster": self.cluster and self.cluster.as_json(),
        }  # fmt: skip


def _cost_json(costs: Costs) -> dict[str, object]:
    return {
        "currency": costs.prices.currency,
        "price_list": costs.prices.name,
        "records": costs.whole.records,
        "total": costs.whole.bill.total / NANOS,
        "per_1000_records": 1000 * costs.whole.each / NANOS,
        "not_counted": list(costs.not_counted),
    }


def cost_of_1000(costs: Costs) -> str | None:
    """For people; None if nothing was recorded or priced, which is not the same as free."""
    if not costs.whole.bill.total:
        return None
    return money(round(1000 * costs.whole.each), costs.prices.unit)


def compare(sides: Sides, rules: Rules | None = None) -> Comparison:
    """InputError if nothing can be compared at all; what a part lacks is said in its place."""
    rules = rules or Rules()
    _check(sides)
    sides, odd = _spelt(sides)
    found, tests = _side_by_side(sides, rules)
    slices, left_out = _slices(sides, rules)
    left_out += _unheard(sides, rules)
    constant, among = _constant(sides, rules), _among(sides)
    tests = tuple(_doubted(test, constant, among) for test in tests)
    return Comparison(
        found, tests, constant, rules, sides.measure, among, slices,
        sides.costs, (*sides.notes, *left_out, *odd), sides.cluster,
    )  # fmt: skip


def _check(sides: Sides) -> None:
    for side, who in (("people", sides.people), ("models", sides.models)):
        if not any(who.values()):
            known = f"{', '.join(who)} gave no answers" if who else "there are none"
            raise InputError(f"a comparison needs labels of {side}; {known}")
    there = {record for labels in sides.people.values() for record in labels}
    if not any(there & set(labels) for labels in sides.models.values()):
        raise InputError(
            f"{', '.join(sides.models)} and the people share no record: do both use the same ids?"
        )
    if sides.measure.kind == "interval":
        _check_numbers({**sides.people, **sides.models})


def _check_numbers(said: Mapping[str, Labels]) -> None:
    for who, labels in said.items():
        for record, label in labels.items():
            if as_number(str(label)) is None:
                raise InputError(
                    f"{label!r}, which {who!r} says of record {record!r}, is not a number; a "
                    "scale (--score neg-rmse) needs numbers: use --kind nominal --score accuracy, "
                    "or ordinal with --order"
                )


def _spelt(sides: Sides) -> tuple[Sides, list[str]]:
    """Steps and scales with the same numbers spelt alike; and the names that look alike."""
    both = [*sides.people.values(), *sides.models.values()]
    labels = {str(label) for said in both for label in said.values()}
    records = {record for said in both for record in said}
    by_number = sides.measure.kind != "nominal" and sides.measure.order is None
    if by_number and (spelt := numbers_alike(labels)):
        sides, labels = sides.respelt(spelt), set(spelt.values())
    return sides, oddities(labels, [*sides.people, *sides.models], records)


def _side_by_side(
    sides: Sides, rules: Rules
) -> tuple[tuple[ReferenceComparison, ...], tuple[Tested, ...]]:
    judges, name = sides.people, None
    if rules.expert is not None:
        judges = {rules.expert: sides.people.get(rules.expert, {})}
        name = f"expert {rules.expert}"
    found = [
        compare_to_reference(Side(who, "model"), labels, judges, sides.measure, name)
        for who, labels in sides.models.items()
    ]
    if sides.named and 1 < len(sides.people) <= MOST_PEOPLE:
        for who, labels in sides.people.items():
            others = {n: said for n, said in judges.items() if n != who}
            if others:
                found.append(
                    compare_to_reference(Side(who, "person"), labels, others, sides.measure, name)
                )
    tests = (_tested(who, labels, sides, rules) for who, labels in sides.models.items())
    return tuple(found), tuple(tests)


def tested(model: str, labels: Labels, people: Mapping[str, Labels], rules: Rules) -> Tested:
    """The alternative annotator test, or why there is none."""
    try:
        return alt_test(model, labels, people, rules)
    except NotPossible as bad:
        shared = {record for said in people.values() for record in said if record in labels}
        return NotTested(model, str(bad), len(people), len(shared))


def _tested(model: str, labels: Labels, sides: Sides, rules: Rules) -> Tested:
    if not sides.named:
        shared = {record for said in sides.people.values() for record in said if record in labels}
        return NotTested(model, UNNAMED, len(sides.people), len(shared))
    return tested(model, labels, sides.people, rules)


def _doubted(test: Tested, constant: Tested, among: Agreement | str) -> Tested:
    """Besides, the people may agree no more than chance would have them."""
    if not isinstance(test, AltTest):
        return test
    found = doubted(test, constant)
    if isinstance(among, str) or test.rules.expert is not None or among.overall.alpha is None:
        return found
    if among.overall.beyond_chance:
        return found
    return replace(found, doubts=(*found.doubts, CHANCE))


def _unheard(sides: Sides, rules: Rules) -> list[str]:
    """Records and people that the table says nothing of."""
    described = []
    if sides.measure.kind != "interval" and rules.expert is None:
        there = {record for said in sides.people.values() for record in said}
        tied = len(there) - len(majority(sides.people))
        if tied:
            described.append(
                f"on {tied:,} of {len(there):,} records the people's vote is tied, so there is no "
                "majority to agree with; the alternative annotator test counts them"
            )
    if sides.named and len(sides.people) > MOST_PEOPLE:
        described.append(f"the {len(sides.people):,} people are not listed one by one")
    return described


def _constant(sides: Sides, rules: Rules) -> Tested:
    records = {record for said in sides.people.values() for record in said}
    value: object
    if sides.measure.kind == "interval":
        value = float(np.mean(list(means(sides.people).values())))
        name = f"always {value:.3g}"
    else:
        given = Counter(label for said in sides.people.values() for label in said.values())
        value = given.most_common(1)[0][0]
        name = f"always {value!r}"
    return _tested(name, dict.fromkeys(records, value), sides, rules)


def _among(sides: Sides) -> Agreement | str:
    """Agreement of the people with each other."""
    measure = sides.measure
    try:
        return agree(
            replace(_votes(sides.people), named=sides.named),
            Asked(measure.kind, measure.order, None, measure.resampling),
        )
    except InputError as bad:
        return str(bad)


def _votes(people: Mapping[str, Labels]) -> Votes:
    records, labels = Codes(), Codes()
    rows = [
        (records[record], i, labels[str(label)])
        for i, said in enumerate(people.values())
        for record, label in said.items()
    ]
    columns = np.array(rows, dtype=np.int32).reshape(-1, 3)
    return Votes(
        tuple(records), ("",), tuple(people), tuple(labels), columns[:, 0],
        np.zeros(len(rows), np.int32), columns[:, 1], columns[:, 2],
    )  # fmt: skip


def _slices(sides: Sides, rules: Rules) -> tuple[tuple[Slice, ...], list[str]]:
    said = {r for labels in sides.models.values() for r in labels}
    common = said & {r for labels in sides.people.values() for r in labels}
    found: list[Slice] = []
    notes: list[str] = []
    for kind, values in sides.slices.items():
        groups: dict[str, list[str]] = {}
        for record, value in values.items():
            if record in common:
                groups.setdefault(value, []).append(record)
        large = [(v, rs) for v, rs in groups.items() if len(rs) >= LEAST_SLICE]
        large.sort(key=lambda group: -len(group[1]))
        shown = large[:MOST_SLICES]
        if len(groups) > len(shown):
            notes.append(
                f"{len(groups) - len(shown)} of {len(groups)} groups by {kind} are not shown: "
                f"under {LEAST_SLICE} records, or more than {MOST_SLICES} groups"
            )
        for value, records in shown:
            within = sides.within(frozenset(records))
            each, tests = _side_by_side(within, rules)
            constant, among = _constant(within, rules), _among(within)
            described = tuple(_doubted(test, constant, among) for test in tests)
            found.append(Slice(kind, value, len(records), each, described))
    return tuple(found), notes
