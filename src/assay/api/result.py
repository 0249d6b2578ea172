"""The result of labelling: the user's rows with answers, their quality, and their cost."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from assay.api.answers import Names, answer_columns, plain, reasons_of
from assay.api.certified import certificate_of, kept, promise_of, recorded
from assay.api.metrics import metrics_of
from assay.api.tables import Table, polars_frame
from assay.core.annotation import Decision
from assay.core.cost import stated
from assay.core.errors import InputError
from assay.core.shown import Shown, html_table, short
from assay.core.task import Task
from assay.core.value import Value
from assay.data.as_yours import Yours, export_yours
from assay.data.export import export
from assay.data.inputs import Files, files
from assay.data.write import (
    ANNOTATION_FIELDS,
    DECISION_FIELDS,
    annotation_rows,
    decision_rows,
    flat,
    write_rows,
)
from assay.ledger import Ledger
from assay.ledger.named import names_in
from assay.quality.finding import CANNOT
from assay.quality.guarantees.promise import About, Certificate
from assay.quality.metrics.accuracy import Accuracy
from assay.report import Evidence, Reference, ReportContext, gather, write_report
from assay.run import Summary

if TYPE_CHECKING:
    import polars as pl

FIRST = 10  # rows that a notebook shows
PART = 60  # characters of a text that it shows
DECISIONS = "decisions"

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that answers are added to: a table, and the id of each row's record."""

    read: Callable[[], tuple[Table, tuple[str | None, ...]]]
    names: Names
    finish: Callable[[Any], Any] = lambda made: made  # what is made of a table that is none of ours


@dataclass(frozen=True, repr=False)
class Result(Shown, Generic[F]):
    """The result of labelling; its ledger holds every annotation."""

    task: Task
    summary: Summary
    decisions: tuple[Decision, ...]
    ledger: Ledger
    source: Source
    gold: Mapping[str, Value] = field(default_factory=dict)
    scores: Mapping[str, Accuracy] = field(default_factory=dict)
    report_context: ReportContext | None = None
    files: Files = field(default_factory=Files)
    certificate: Certificate | None = None
    yours: Yours | None = None  # the data file of the task file

    @cached_property
    def frame(self) -> F:
        """The rows as they came in, in the same form, with label, confidence, decided_by, outcome
        and reason added."""
        table, ids = self.source.read()
        made = {d.record: d for d in self.decisions}
        reasons = reasons_of(ids, made, self.ledger, self.summary, self.task)
        columns = answer_columns(ids, made, self.task, self.source.names, reasons)
        found: F = self.source.finish(table.extended(columns))
        return found

    @property
    def labels(self) -> list[object]:
        """The answer to each row, in the form used in `frame`; None if there is none."""
        _, ids = self.source.read()
        made = {d.record: plain(d.value) for d in self.decisions}
        return [None if id is None else made.get(id) for id in ids]

    @property
    def notes(self) -> tuple[str, ...]:
        """Problems in the data: missing and repeated texts, pictures left out."""
        return self.report_context.notes if self.report_context is not None else ()

    @property
    def cost(self) -> float | None:
        """Cost of this run, in `currency`; None where a model has no prices, so nobody knows."""
        return self.summary.cost

    @property
    def currency(self) -> str:
        """The currency of all amounts here."""
        return self.summary.currency

    def facts(self) -> Mapping[str, object]:
        summary, decided = self.summary, self.scores.get(DECISIONS)
        return {
            "task": self.task.name,
            "records": summary.records,
            "decided": summary.decided,
            "waiting": summary.waiting,
            "undecided": summary.undecided,
            "cost": stated(summary.cost_nanos, self.currency, summary.unpriced),
            "accuracy": None if decided is None else str(decided.on_answered),
            "certified": None if self.certificate is None else _certified(self.certificate),
            "stopped": summary.reason and str(summary.reason),
        }

    def _repr_html_(self) -> str:
        """The figures and the first decisions with their texts."""
        first = self.decisions[:FIRST]
        texts = {r.id: short(r.text) for r in self.ledger.records([d.record for d in first])}
        rows = [
            [d.record, texts.get(d.record), flat(d.value), d.confidence, d.decided_by]
            for d in first
        ]
        left = len(self.decisions) - len(rows)
        title = "decisions" + (f" (the first {len(rows)}; {left:,} more in .frame)" * bool(left))
        head = ("record", "text", "label", "confidence", "decided_by")
        said = "" if self.certificate is None else self.certificate.verdict
        promised = html_table("certificate", (), [[said]]) if said else ""
        return Shown._repr_html_(self) + promised + html_table(title, head, rows)

    def metrics(self) -> dict[str, Any]:
        """Quality of the labels against gold; InputError if no gold was given."""
        if not self.gold:
            raise InputError("there is no gold to compare with: label(…, gold=…)")
        values = {d.record: d.value for d in self.decisions}
        return metrics_of(values, self.gold, self.task.schema)

    def certify(self, target: float, delta: float = 0.1, about: About = "accepted") -> "Result[F]":
        """The same result, restricted to labels of which at least the share `target` agrees with
        people, with probability 1 - `delta`; the others wait for people. `certificate` states
        the guarantee and its assumptions.

        `gold` must be labels of a random sample of these rows. `about` "output": the guarantee is
        for all labels, including those that people will give, and more are accepted.
        """
        promise = promise_of(target, delta, about)
        if self.certificate is not None:
            raise InputError("these labels are certified already: see .certificate")
        if not self.gold:
            raise InputError(
                "certify needs people's labels of a random sample of the rows: label(…, gold=…)"
            )
        found = certificate_of({d.record: d for d in self.decisions}, self.gold, promise)
        made = tuple(kept(self.decisions, found))
        run = recorded(self.ledger, self.summary.run, self.task.id, made, found)
        decided = sum(d.value is not None for d in made)
        waiting = sum(d.waiting_for is not None for d in made)
        summary = replace(self.summary, run=run, decided=decided, waiting=waiting)
        scores = {name: score for name, score in self.scores.items() if name != DECISIONS}
        return replace(self, decisions=made, summary=summary, certificate=found, scores=scores)

    def table(self) -> "pl.DataFrame":
        """One row per record, as `assay export` writes them: value, confidence and its
        source, annotator, route."""
        rows = list(decision_rows(self.decisions))
        return polars_frame(rows, DECISION_FIELDS)

    def annotations(self) -> "pl.DataFrame":
        """One row per answer of an annotator, with its raw text; `cost` is in `currency`.
        `annotator` is its name, `annotator_id` also says its version and options."""
        rows = list(self._answers())
        return polars_frame(rows, ANNOTATION_FIELDS)

    def _answers(self) -> Iterator[dict[str, object]]:
        run = next((r for r in self.ledger.runs(self.task.id) if r.id == self.summary.run), None)
        names = names_in(self.ledger, self.task.id, run)
        return annotation_rows(self.ledger.annotations(self.task.id), names)

    def export(self, path: Path | str, annotations: bool = False, force: bool = False) -> int:
        """Write the decisions with their records' text and metadata (for a task file, with all
        columns of its data file, as `assay export` does), or every annotation, by
        the ending of `path` (.csv, .jsonl, .parquet, none: a Hugging Face folder; .json: boxes as
        COCO); returns the number of rows, or boxes. Input files are never overwritten, other
        files not written by Assay only with `force`."""
        with files(replace(self.files, force=force)):
            if annotations:
                return write_rows(self._answers(), ANNOTATION_FIELDS, Path(path))
            if self.yours is not None and Path(path).suffix.lower() != ".json":
                return export_yours(self.decisions, self.yours, Path(path)).count
            return export(self.decisions, self.ledger.records, Path(path)).count

    def report(
        self,
        path: Path | str | None = None,
        gold: Mapping[str, Value] | None = None,
        force: bool = False,
    ) -> Evidence:
        """The figures of the report, and with a `path` the HTML page itself. `gold` (record id to
        label) replaces the gold given before. `force` as for `export`."""
        report_context = self.report_context or ReportContext(self.task)
        if gold is not None:
            checked = {id: self.task.schema.check(value) for id, value in gold.items()}
            report_context = replace(report_context, reference=Reference("gold", checked))
        if path is None:
            return gather(self.ledger, self.summary.run, report_context)
        with files(replace(self.files, force=force)):
            return write_report(self.ledger, self.summary.run, report_context, Path(path))

    async def aexport(
        self, path: Path | str, annotations: bool = False, force: bool = False
    ) -> int:
        return await asyncio.to_thread(self.export, path, annotations, force)

    async def areport(
        self,
        path: Path | str | None = None,
        gold: Mapping[str, Value] | None = None,
        force: bool = False,
    ) -> Evidence:
        return await asyncio.to_thread(self.report, path, gold, force)


def _certified(found: Certificate) -> str:
    if found.threshold is None:
        return "no label: see .certificate"
    if found.passed is None:
        return f"{CANNOT}: see .certificate"
    return f"{1 - found.promise.alpha:.1%} of {found.promise.labels}"
