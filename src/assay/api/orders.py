"""The arguments of `label`, read and checked before any request or payment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from assay.api.annotators import Endpoint, Given, annotators_of, unpriced_in
from assay.api.answers import Names
from assay.api.certified import Certifying, promise_of
from assay.api.questions import Labels, Question
from assay.api.rows import GoldLabels, Rows, columns_of, gold_cells, gold_of, rows_of
from assay.api.tables import Table, table_of
from assay.core.cost import Budget, Prices
from assay.core.errors import InputError, SpecError
from assay.core.task import Task
from assay.core.value import Value
from assay.data.base import Columns
from assay.run import Settings
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.single import Single
from assay.strategies.vote import Vote


class Options(TypedDict, total=False):
    """The arguments of `label` and `alabel`, for type checkers."""

    text: str | Sequence[str]
    id: str | None
    columns: Columns | None
    labels: Labels | None
    question: str | Mapping[str, str] | None
    guideline: str
    name: str | None
    task: Task | None
    model: str | None
    annotators: Given | None
    base_url: str | None
    key_env: str | None
    prices: Prices | None
    mapping: str
    seed: int | None
    strategy: Strategy | None
    gold: GoldLabels
    target: float | None
    delta: float
    budget: float | Budget | None
    minutes: float | None
    ledger: Path | str | None


@dataclass(frozen=True, slots=True)
class Order:
    """All that a run needs, with `certifying` if a target agreement is set."""

    table: Table
    rows: Rows
    task: Task
    names: Names
    annotators: Mapping[str, Askable]
    strategy: Strategy
    gold: Mapping[str, Value] = field(default_factory=dict)
    certifying: Certifying | None = None
    budget: Budget | None = None
    seconds: float | None = None
    ledger: str | None = None
    unpriced: tuple[str, ...] = ()  # annotators whose cost is not known

    def settings(self, promise: Mapping[str, object] | None = None) -> Settings:
        ids = {name: who.id for name, who in self.annotators.items()}
        note: dict[str, object] = {"annotators": ids}
        if self.unpriced:
            note["unpriced"] = list(self.unpriced)
        if self.budget is not None:
            note["currency"] = self.budget.currency
        if promise is not None:
            note["promise"] = dict(promise)
        return Settings(budget=self.budget, seconds=self.seconds, note=note)


def order_of(
    data: Any,
    *,
    text: str | Sequence[str] = "text",
    id: str | None = None,
    columns: Columns | None = None,
    labels: Labels | None = None,
    question: str | Mapping[str, str] | None = None,
    guideline: str = "",
    name: str | None = None,
    task: Task | None = None,
    model: str | None = None,
    annotators: Given | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    prices: Prices | None = None,
    mapping: str = "pattern",
    seed: int | None = None,
    strategy: Strategy | None = None,
    gold: GoldLabels = None,
    target: float | None = None,
    delta: float = 0.1,
    budget: float | Budget | None = None,
    minutes: float | None = None,
    ledger: Path | str | None = None,
) -> Order:
    """SpecError or InputError for invalid arguments; see `label`."""
    table = table_of(data, text if isinstance(text, str) else "text")
    rows = rows_of(table, columns_of(table, text, id, columns))
    cells = None if gold is None else gold_cells(gold, table, rows)
    asked = Question(labels, question, guideline, name, task).asked(cells)
    names = Names(name)
    names.check_free(table.columns, asked.schema)
    money = _budget(budget)
    endpoint = Endpoint(base_url, key_env, prices, mapping, seed, money)
    who = annotators_of(_one_of(model, annotators), endpoint, asked.schema)
    certifying = None
    if target is not None:
        if cells is None:
            raise SpecError("a target needs gold, people's labels of a random sample of the rows")
        if strategy is not None:
            raise SpecError("give a target or a strategy, not both")
        certifying = Certifying.of(who, promise_of(target, delta))
        who = certifying.everyone(who)
    return Order(
        table,
        rows,
        asked,
        names,
        who,
        strategy or _default(certifying.links if certifying else tuple(who)),
        {} if cells is None else gold_of(cells, rows, asked.schema),
        certifying,
        money,
        _seconds(minutes),
        None if ledger is None else str(ledger),
        unpriced_in(_one_of(model, annotators), endpoint),
    )


def _one_of(model: str | None, annotators: Given | None) -> Given | None:
    if model is not None and annotators is not None:
        raise SpecError("give a model or annotators, not both: a model's name is an annotator too")
    if model is not None and not isinstance(model, str):
        raise SpecError(
            f"model is a name; give what is of type {type(model).__name__} as annotators"
        )
    return annotators if model is None else model


def _default(names: tuple[str, ...]) -> Strategy:
    """One labels alone, several vote."""
    return Single(names[0]) if len(names) == 1 else Vote(names)


def _budget(given: float | Budget | None) -> Budget | None:
    if given is None or isinstance(given, Budget):
        return given
    if isinstance(given, bool) or not isinstance(given, int | float) or not given >= 0:
        raise InputError(f"budget is an amount of money or an assay.Budget, not {given!r}")
    return Budget(given)


def _seconds(minutes: float | None) -> float | None:
    if minutes is None:
        return None
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not minutes >= 0:
        raise InputError(f"minutes is a number, not {minutes!r}")
    return minutes * 60
