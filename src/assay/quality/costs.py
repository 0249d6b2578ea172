"""What every route costs, in one currency, and what the whole set would.

Answers are priced by what they used (tokens by kind, GPU seconds, people's time or labels, bonus)
from one price list, so that a model and a panel can be put side by side; where the list does not
name an annotator, the money booked when it was asked counts. What was used and has no price is
said, not guessed.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TypeAlias

import numpy as np

from assay.core.annotation import Annotation, Decision
from assay.core.cost import NANOS, NO_USAGE, Prices, Usage, to_nanos
from assay.core.distributions import normal_quantile
from assay.core.errors import InputError
from assay.core.votes import Floats, Ints
from assay.data.base import many
from assay.ledger.base import Run

KINDS = (
    "input", "cached", "output", "requests", "gpu", "human_time", "human_labels", "bonus", "booked",
)  # fmt: skip
NOTHING = (0.0,) * len(KINDS)
NEVER_COUNTED = (
    "writing the task and its guideline, finding people and training them",
    "the gold labels, unless they were asked for in this ledger",
    "idle machines, storage, and taxes or fees on wages",
)
NO_CURRENCY = "the ledger has no currency for recorded costs; set it with --currency"
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Rates:
    """`bonus` is for each person who earned it: `earned` of them, everybody where None."""

    prices: Prices = field(default_factory=Prices)
    bonus: float = 0.0
    earned: int | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """Rates by annotator id or person, or by a pattern such as `gpt-*`; an exact name first."""

    name: str = "as recorded"
    currency: str | None = "USD"  # None: nobody says
    rates: Mapping[str, Rates] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """Of money in words."""
        return self.currency or "units"

    def of(self, annotator: str) -> Rates | None:
        if annotator in self.rates:
            return self.rates[annotator]
        fits = (r for pattern, r in self.rates.items() if fnmatchcase(annotator, pattern))
        return next(fits, None)

    def owner(self, a: Annotation) -> str:
        """Whose rates an answer has: the person's where the list knows the person."""
        return a.by if a.by is not None and self.of(a.by) is not None else a.annotator


@dataclass(frozen=True, slots=True)
class Bill:
    """Nanos by kind of cost; the total is their sum."""

    kinds: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.kinds.values())

    def as_json(self) -> dict[str, object]:
        return {
            "total": self.total / NANOS,
            "kinds": {kind: nanos / NANOS for kind, nanos in self.kinds.items() if nanos},
        }


@dataclass(frozen=True, slots=True)
class Route:
    """The records that were decided in one way."""

    decided_by: str | None
    steps: tuple[str, ...]
    records: int
    answers: int
    usage: Usage
    bill: Bill
    each: float  # nanos a record
    error: float | None  # standard error of `each`; None for a single record
    unpriced: int = 0  # answers that cost more than the bill, and nobody knows how much

    @property
    def name(self) -> str:
        return f"{self.decided_by or 'open'}: {' > '.join(self.steps) or '–'}"

    def as_json(self) -> dict[str, object]:
        return {
            "route": list(self.steps), "decided_by": self.decided_by, "records": self.records,
            "answers": self.answers, "usage": asdict(self.usage),
            "cost": self.bill.as_json() | ({"total": None} if self.unpriced else {}),
            "per_record": None if self.unpriced else self.each / NANOS,
            "unpriced_answers": self.unpriced,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Projection:
    """Nanos for so many records, if they are like those seen; `setup` is in `cost`, once.

    A bonus is paid to each person, so `cost` takes it that more people each answer as much as these
    did; `same_people` is what it would be if these people answered everything, None without bonus.
    """

    records: int
    cost: int
    interval: tuple[int, int] | None
    setup: int
    same_people: int | None = None
    known: bool = True  # False: `cost` lacks the answers without a price

    def as_json(self) -> dict[str, object]:
        if not self.known:
            return {"records": self.records, "cost": None, "interval": None,
                    "setup": None, "same_people": None}  # fmt: skip
        edges = None if self.interval is None else [edge / NANOS for edge in self.interval]
        return {
            "records": self.records, "cost": self.cost / NANOS, "interval": edges,
            "setup": self.setup / NANOS,
            "same_people": None if self.same_people is None else self.same_people / NANOS,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Costs:
    prices: PriceList
    routes: tuple[Route, ...]
    whole: Route  # all routes together
    setup: Bill  # answers on records without a decision: demonstrations, calibration
    not_counted: tuple[str, ...]

    @property
    def booked(self) -> int:
        """Nanos that no price list but the time of asking tells."""
        return self.whole.bill.kinds["booked"] + self.setup.kinds["booked"]

    def projected(self, records: int) -> Projection:
        if records < 1:
            raise InputError(f"a projection is for one record or more, not {records:,}")
        known = not self.whole.unpriced
        cost = round(self.whole.each * records) + self.setup.total
        bonus = self.whole.bill.kinds["bonus"]
        same = round(cost - bonus * (records / self.whole.records - 1)) if bonus else None
        if self.whole.error is None:
            return Projection(records, cost, None, self.setup.total, same, known)
        reach = float(normal_quantile((1 + LEVEL) / 2)) * self.whole.error * records
        low, high = max(round(cost - reach), self.setup.total), round(cost + reach)
        return Projection(records, cost, (low, high), self.setup.total, same, known)

    def as_json(self) -> dict[str, object]:
        return {
            "price_list": self.prices.name, "currency": self.prices.currency,
            "routes": [r.as_json() for r in self.routes], "all": self.whole.as_json(),
            "setup": self.setup.as_json(), "not_counted": list(self.not_counted),
        }  # fmt: skip


Way: TypeAlias = tuple[str | None, tuple[str, ...]]
"""Who decided a record, and the steps to it."""

OTHERS: Way = (None, ("no decision",))  # records that nobody decided: the first way of all


class _Sums:
    """Nanos of each record, one column a kind, and what was used on each way to a decision.

    In columns, since a million records have a million answers and more.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self.row: dict[str, int] = {}
        self.way, self.nanos = array("i"), array("d")
        self.ways: dict[Way, int] = {OTHERS: 0}
        for d in decisions:
            way = self.ways.setdefault((d.decided_by, d.route), len(self.ways))
            self.way[self._placed(d.record)] = way
        self.decided = bool(self.row)
        self.usage, self.answers = [NO_USAGE] * len(self.ways), [0] * len(self.ways)
        self.unpriced = [0] * len(self.ways)

    def _placed(self, record: str) -> int:
        row = self.row.setdefault(record, len(self.row))
        if row == len(self.way):
            self.way.append(0)
            self.nanos.extend(NOTHING)
        return row

    def add(self, a: Annotation, nanos: Sequence[float], unpriced: bool) -> None:
        row = self._placed(a.record)
        for kind, amount in enumerate(nanos, row * len(KINDS)):
            self.nanos[kind] += amount
        self.answers[self.way[row]] += 1
        self.unpriced[self.way[row]] += unpriced
        self.usage[self.way[row]] += a.usage

    def table(self) -> tuple[Floats, Ints]:
        nanos = np.frombuffer(self.nanos, np.float64).reshape(-1, len(KINDS))
        return nanos, np.frombuffer(self.way, np.int32)


def costs(
    annotations: Iterable[Annotation],
    decisions: Iterable[Decision],
    prices: PriceList,
    people: frozenset[str] = frozenset(),
    unpriced: frozenset[str] = frozenset(),
) -> Costs:
    """`people` are the annotators whose answers are people's, besides those with a named author;
    `unpriced` those that were asked for money without any prices.

    Each record carries all answers given on it, whoever gave them, so the routes sum to the bill.
    """
    sums, gaps = _Sums(decisions), _Gaps(prices, people)
    own = (a for a in annotations if a.mapping != "strategy")  # a nested strategy costs nothing
    given: Iterable[Annotation] = (_timed(a, people) for a in own)
    if any(r.bonus for r in prices.rates.values()):
        given = list(given)  # looked at twice
    bonuses = _bonuses(given, prices) if isinstance(given, list) else {}
    for a in given:
        owner = prices.owner(a)
        rates = prices.of(owner)
        nanos = _nanos(a, rates, bonuses.get(owner, 0.0))
        gaps.look(a)
        sums.add(a, nanos, rates is None and not a.cost_nanos and a.annotator in unpriced)
    return _describe(sums, prices, gaps)


def _describe(sums: _Sums, prices: PriceList, gaps: "_Gaps") -> Costs:
    """Where nothing was decided every answer is the work itself; else those on other records are
    its setup."""
    nanos, way = sums.table()
    ways = {place: name for name, place in sums.ways.items() if place or not sums.decided}
    routes = [_route(name, sums, [place], nanos[way == place]) for place, name in ways.items()]
    routes = sorted((r for r in routes if r.records or not sums.decided), key=_most_expensive)
    whole = _route((None, ("all",)), sums, ways, nanos[np.isin(way, list(ways))])
    setup = _bill(nanos[way == 0] if sums.decided else nanos[:0])
    return Costs(prices, tuple(routes), whole, setup, gaps.described())


def _most_expensive(route: Route) -> int:
    return -route.bill.total


def _timed(a: Annotation, people: frozenset[str]) -> Annotation:
    """People's time is what the answer took, where nothing else measured it."""
    if (a.by is None and a.annotator not in people) or a.usage.human_seconds or not a.seconds:
        return a
    return replace(a, usage=replace(a.usage, human_seconds=a.seconds))


def _bonuses(given: Iterable[Annotation], prices: PriceList) -> dict[str, float]:
    """Nanos of bonus that fall on each answer of an annotator."""
    persons: dict[str, set[str]] = {}
    answers: dict[str, int] = {}
    for a in given:
        owner = prices.owner(a)
        rates = prices.of(owner)
        if rates is not None and rates.bonus:
            persons.setdefault(owner, set()).add(a.by or a.annotator)
            answers[owner] = answers.get(owner, 0) + a.answered
    shares: dict[str, float] = {}
    for name, who in persons.items():
        rates = prices.of(name)
        assert rates is not None
        earned = len(who) if rates.earned is None else rates.earned
        shares[name] = to_nanos(rates.bonus * earned) / max(answers[name], 1)
    return shares


def _nanos(a: Annotation, rates: Rates | None, bonus: float) -> Sequence[float]:
    """One number for each of `KINDS`."""
    if rates is None:
        return (*NOTHING[1:], float(a.cost_nanos))
    p, u = rates.prices, a.usage
    cached = p.input if p.cached is None else p.cached
    units = [
        (u.input_tokens - u.cached_tokens) * p.input / 1e6,
        u.cached_tokens * cached / 1e6,
        u.output_tokens * p.output / 1e6,
        u.attempts * p.per_request,
        u.gpu_seconds * p.gpu_hour / 3600,
        u.human_seconds * p.human_hour / 3600,
        a.answered * p.human_label,
    ]
    return (*(x * NANOS for x in units), bonus * a.answered, 0.0)


def _bill(nanos: Floats) -> Bill:
    total = nanos.sum(axis=0)
    return Bill({kind: round(float(spent)) for kind, spent in zip(KINDS, total, strict=True)})


def _route(way: Way, sums: _Sums, places: Iterable[int], nanos: Floats) -> Route:
    """`places` are the ways that it goes together of, `nanos` the records on them."""
    each, n = nanos.sum(axis=1), len(nanos)
    error = float(each.std(ddof=1) / np.sqrt(n)) if n > 1 else None
    mean = float(each.mean()) if n else 0.0
    answers = sum(sums.answers[place] for place in places)
    usage = sum((sums.usage[place] for place in places), NO_USAGE)
    unpriced = sum(sums.unpriced[place] for place in places)
    return Route(*way, n, answers, usage, _bill(nanos), mean, error, unpriced)


def booked_in(runs: Iterable[Run]) -> str | None:
    """The currency in which these runs booked money; None if none says it."""
    described = {(run.settings or {}).get("currency") for run in runs} - {None}
    if len(described) > 1:
        raise InputError(
            f"runs of this task recorded costs in {' and in '.join(sorted(map(str, described)))}, "
            "which cannot be added up; set the currency of all with --currency"
        )
    return str(described.pop()) if described else None


def check_currency(found: Costs, booked: str | None) -> None:
    """Money of two currencies is no sum: of a price list, and booked for who is not on it."""
    if found.booked and booked is not None and booked != found.prices.currency:
        raise InputError(
            f"money was recorded in {booked} for annotators that are not in the price "
            f"list, which is "
            f"in {found.prices.unit}; give them prices in it"
        )


class _Gaps:
    """What was used and has no price."""

    def __init__(self, prices: PriceList, people: frozenset[str]) -> None:
        self.prices = prices
        self.people = people
        self.found: dict[tuple[str, str], int] = {}

    def look(self, a: Annotation) -> None:
        rates = self.prices.of(self.prices.owner(a))
        p, u = (rates.prices if rates else None), a.usage
        if p is None:
            if a.cost_nanos == 0:
                self._add(a, "no price, and no recorded cost")
            return
        if u.input_tokens + u.output_tokens and not (p.input or p.output or p.per_request):
            self._add(a, "tokens have no price")
        if u.gpu_seconds and not p.gpu_hour:
            self._add(a, "GPU time has no price")
        if u.human_seconds and not (p.human_hour or p.human_label):
            self._add(a, "people's time has no price")
        if p.human_hour and not u.human_seconds and self._person(a):
            self._add(a, "people are paid by the hour, and their time was not measured")

    def _person(self, a: Annotation) -> bool:
        return a.by is not None or a.annotator in self.people

    def _add(self, a: Annotation, why: str) -> None:
        key = (a.annotator, why)
        self.found[key] = self.found.get(key, 0) + 1

    def described(self) -> tuple[str, ...]:
        found = self.found.items()
        own = [f"{name}: {why} ({many(n, 'answer', 'answers')})" for (name, why), n in found]
        return (*own, *NEVER_COUNTED)
