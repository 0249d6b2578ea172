"""Decisions as columns next to the user's own: one value for each row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from assay.api.questions import parts
from assay.api.rows import EMPTY
from assay.api.tables import Column, Kind
from assay.core.annotation import Annotation, Decision, Outcome
from assay.core.errors import InputError
from assay.core.schema import Boxes, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.core.value import Box, Span, Value
from assay.ledger import Ledger
from assay.run import Summary

LABEL = "label"
OTHERS = ("confidence", "decided_by", "outcome", "reason")
WAITING, UNDECIDED, NOT_ASKED, MISSING = "waiting", "undecided", "not_asked", "empty"
KINDS: dict[type, Kind] = {MultiChoice: "list", Scale: "number", Spans: "object", Boxes: "object"}


@dataclass(frozen=True, slots=True)
class Names:
    """How the columns are called: `label`, `confidence`, …; with a name, `tone`,
    `tone_confidence`, …; a form has a column for each question in the place of the label."""

    name: str | None = None

    def labels(self, schema: Schema) -> dict[str, str]:
        """Question to column."""
        named = self.name or LABEL
        forms = {part: f"{self.name}_{part}" if self.name else part for part in parts(schema)}
        return {part: column if part else named for part, column in forms.items()}

    def other(self, column: str) -> str:
        return f"{self.name}_{column}" if self.name else column

    def check_free(self, there: Iterable[str], schema: Schema) -> None:
        """InputError if the data already have a column of that name."""
        own = (*self.labels(schema).values(), *map(self.other, OTHERS))
        taken = next((column for column in own if column in set(there)), None)
        if taken is not None:
            raise InputError(
                f"the data have a column {taken!r} already; name the new ones, as in "
                "name='predicted': predicted, predicted_confidence, …"
            )


def answer_columns(
    ids: Sequence[str | None],
    decisions: Mapping[str, Decision],
    task: Task,
    names: Names,
    reasons: Mapping[str, str],
) -> list[Column]:
    """`reasons` explains undecided records, by id; records without a decision are not
    in `decisions`."""
    made = [None if id is None else decisions.get(id) for id in ids]
    columns = [
        Column(column, [_value(d, part) for d in made], KINDS.get(type(schema), "text"))
        for (part, schema), column in zip(
            parts(task.schema).items(), names.labels(task.schema).values(), strict=True
        )
    ]
    states = [_state(id, d, reasons) for id, d in zip(ids, made, strict=True)]
    others: dict[str, tuple[list[object], Kind]] = {
        "confidence": ([d and d.confidence for d in made], "number"),
        "decided_by": ([d and d.decided_by and str(d.decided_by) for d in made], "text"),
        "outcome": ([outcome for outcome, _ in states], "text"),
        "reason": ([reason for _, reason in states], "text"),
    }
    columns += [Column(names.other(n), values, kind) for n, (values, kind) in others.items()]
    return columns


def _state(
    id: str | None, made: Decision | None, reasons: Mapping[str, str]
) -> tuple[str, str | None]:
    """The outcome, and where there is no label, why."""
    if id is None:
        return MISSING, EMPTY
    if made is None:
        return NOT_ASKED, reasons.get(id)
    if made.value is not None:
        return str(Outcome.ANSWERED), None
    if made.waiting_for is not None:
        return WAITING, reasons.get(id) or f"waiting for {made.waiting_for}"
    last = made.route[-1] if made.route else ""
    if last in set(Outcome):
        return str(last), reasons.get(id)
    return UNDECIDED, reasons.get(id) or ": ".join(made.route) or None


def reasons_of(
    ids: Iterable[str | None],
    decisions: Mapping[str, Decision],
    ledger: Ledger,
    summary: Summary,
    task: Task,
) -> dict[str, str]:
    """Why records have no label: the failure of the last answer, or why the run stopped."""
    open_ids = {id for id in ids if id is not None and _is_open(decisions.get(id))}
    found: dict[str, str] = {}
    if open_ids:
        for a in ledger.annotations(task.id, None, open_ids):
            if (said := _why(a)) is not None:
                found[a.record] = said
    if summary.reason is not None:
        stopped = f"the run stopped: {summary.reason}"
        found |= {id: stopped for id in open_ids if id not in decisions}
    return found


def _is_open(made: Decision | None) -> bool:
    return made is None or (made.value is None and made.waiting_for is None)


def _why(a: Annotation) -> str | None:
    if a.answered:
        return None
    if a.error:
        return a.error
    return f"unparsed: {a.raw!r:.200}" if a.outcome is Outcome.UNPARSED and a.raw else None


def _value(made: Decision | None, part: str) -> object:
    """As Python values: a set is a sorted list, spans and boxes are dicts."""
    value = None if made is None else made.value
    if part and value is not None:
        value = value.get(part) if isinstance(value, Mapping) else None
    return plain(value)


def plain(value: Value | None) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [asdict(mark) for mark in value if isinstance(mark, Span | Box)]
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    return value
