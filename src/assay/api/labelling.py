"""`label`: rows, labels and annotators in; the same rows with answers out."""

import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol, TypeVar, Unpack, overload

from assay.api.orders import Options, Order, order_of
from assay.api.result import DECISIONS, Result, Source
from assay.core.record import Record
from assay.data.inputs import Files, files, keeping
from assay.ledger import Ledger, MemoryLedger, open_ledger
from assay.project.project import scores_of
from assay.quality.guarantees.promise import Certificate
from assay.report import Reference, ReportContext
from assay.run import Job, Stop, Summary
from assay.run import label as run_label
from assay.run.blocking import waited
from assay.run.engine import stop_of
from assay.strategies.base import Strategy

GOLD = "gold"
IN_CONNECTION = ("sqlite://", "sqlite:///:memory:")  # ledgers that end with their connection


class DataFrame(Protocol):
    """Of pandas, polars, PyArrow, …"""

    @property
    def columns(self) -> Any: ...

    def join(self, *args: Any, **kwargs: Any) -> Any: ...


F = TypeVar("F", bound=DataFrame)
Call = TypeVar("Call", bound=Callable[..., Any])
Rows = Sequence[str] | Sequence[Mapping[str, Any]] | Sequence[Record]
Listed = list[dict[str, Any]]


def _signed(function: Call) -> Call:
    """Shows the arguments one by one, in `help` and in notebooks."""
    own = inspect.signature(order_of)
    function.__signature__ = own.replace(return_annotation=Result)  # type: ignore[attr-defined]
    return function


@overload
def label(data: F, **options: Unpack[Options]) -> Result[F]: ...
@overload
def label(data: Rows, **options: Unpack[Options]) -> Result[Listed]: ...
@overload
def label(
    data: Mapping[str, Sequence[Any]], **options: Unpack[Options]
) -> Result[dict[str, list[Any]]]: ...
@overload
def label(data: object, **options: Unpack[Options]) -> Result[Any]: ...
@_signed
def label(data: Any, **options: Unpack[Options]) -> Result[Any]:
    """Label rows: `.frame` of the result is `data` with the answers in new columns.

    Data `data`: a pandas, polars or PyArrow frame, a list of texts or of dicts, a dict of columns.
    `text`: the column with the text, or several. `id`: the column of ids, by default `id` where
    there is one. `columns`: `assay.Columns` instead, for language, pictures, metadata. What is
    asked `labels`: a list of labels, label to definition, a schema such as `assay.MultiChoice`, or
    for several questions name to each of these. `question`, `guideline`: in words (question: of
    several, also name to words). `name`: prefix of the new columns. `task`: an `assay.Task` instead
    of all these. Who answers `model`: the name of a model at `base_url`, an OpenAI-compatible
    endpoint (default: OpenAI). `key_env`: the environment variable with its key. `prices`: of its
    tokens. `mapping`: how its answers are read ("likelihood": with confidence by
    log-probabilities). `seed`: sent to it. `annotators`: instead of a model, a function of the
    text, an annotator, a model's name, or a list or dict of these, cheapest first. Without a
    `strategy`, one labels alone and several vote. How good `gold`: people's labels, as a column's
    name, one label a row (None: none), or id to label. `target`: the share of labels that must
    agree with people, with probability 1 - `delta`. Then the annotators are tried in order, and
    records on which none is confident enough wait for people. Limits `budget`: maximum spending.
    `minutes`: time limit. `ledger`: a file or URL that keeps the answers, so that no answer is paid
    for twice (default: memory).

    Raises ValueError (an `assay.AssayError` of one line) for invalid arguments.
    """
    order = order_of(data, **options)
    stop = stop_of(order.settings())
    return waited(_labelled(order, stop), stop.interrupt)


@overload
async def alabel(data: F, **options: Unpack[Options]) -> Result[F]: ...
@overload
async def alabel(data: Rows, **options: Unpack[Options]) -> Result[Listed]: ...
@overload
async def alabel(
    data: Mapping[str, Sequence[Any]], **options: Unpack[Options]
) -> Result[dict[str, list[Any]]]: ...
@overload
async def alabel(data: object, **options: Unpack[Options]) -> Result[Any]: ...
@_signed
async def alabel(data: Any, **options: Unpack[Options]) -> Result[Any]:
    """`label` for code on an event loop, which keeps running."""
    order = order_of(data, **options)
    return await _labelled(order, stop_of(order.settings()))


async def _labelled(order: Order, stop: Stop) -> Result[Any]:
    with files(Files()) as own:
        keeping(order.ledger or ":memory:")
    async with opened(order.ledger) as ledger:
        if order.certifying is None:
            summary = await _run(order, order.strategy, ledger, stop)
            return _result(order, ledger, summary, own)
        return await _certified(order, ledger, stop, own)


async def _run(
    order: Order,
    strategy: Strategy,
    ledger: Ledger,
    stop: Stop,
    certificate: Certificate | None = None,
) -> Summary:
    promise = None if certificate is None else certificate.with_verdict()
    settings = order.settings(promise)
    job = Job(order.task, strategy, order.annotators, ledger, settings)
    return await run_label(job, order.rows.records, stop=stop)


async def _certified(order: Order, ledger: Ledger, stop: Stop, own: Files) -> Result[Any]:
    """All annotators answer the gold records first; the result decides who labels the rest."""
    assert order.certifying is not None
    sample = tuple(record for record in order.rows.records if record.id in order.gold)
    first = replace(order, rows=replace(order.rows, records=sample))
    before = await _run(first, order.strategy, ledger, stop)
    if before.reason is not None:  # what was answered is no random sample: nothing is certified
        return replace(_result(order, ledger, replace(before, decided=0), own), decisions=())
    ids = {name: who.id for name, who in order.annotators.items()}
    found = order.certifying.certificate(ledger, ids, order.task.id, order.gold)
    summary = await _run(order, order.certifying.strategy(found), ledger, stop, found)
    both = replace(
        summary,
        cost_nanos=summary.cost_nanos + before.cost_nanos,
        seconds=summary.seconds + before.seconds,
        unpriced=tuple(dict.fromkeys((*before.unpriced, *summary.unpriced))),
    )
    made = _result(order, ledger, both, own)
    scores = {name: score for name, score in made.scores.items() if name != DECISIONS}
    return replace(made, certificate=found, scores=scores)


def _result(order: Order, ledger: Ledger, summary: Summary, own: Files) -> Result[Any]:
    task, gold, rows = order.task, order.gold, order.rows
    reference = Reference(GOLD, gold) if gold else None
    notes = tuple(rows.findings.lines())
    return Result(
        task,
        summary,
        tuple(ledger.decisions(summary.run)),
        ledger,
        Source(lambda: (order.table, rows.ids), order.names),
        gold,
        scores_of((ledger, summary.run, task), order.annotators, gold, GOLD),
        ReportContext(task, reference, notes=notes, currency=summary.currency),
        own,
    )


@asynccontextmanager
async def opened(place: str | None) -> AsyncIterator[Ledger]:
    """A ledger whose connections are closed afterwards; later reads open new ones."""
    ledger = MemoryLedger() if place is None else open_ledger(place)
    try:
        yield ledger
    finally:
        if place is not None and place not in IN_CONNECTION:
            ledger.close()
