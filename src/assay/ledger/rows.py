"""Annotations, records and decisions as rows, and back: tuples in the order of the names here."""

import json
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from sys import intern
from typing import Any, TypeAlias

from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Source
from assay.core.cost import NO_USAGE, Usage
from assay.core.record import ImagePart, Part, Record, TextPart
from assay.core.value import decode, encode
from assay.ledger import forms
from assay.ledger.base import Run

Row: TypeAlias = tuple[Any, ...]

ANNOTATION = (
    "key", "person", "revision", "task", "record", "annotator", "outcome", "value", "confidence",
    "confidence_source", "cost", "run", "at", "rest",
)  # fmt: skip
RECORD = ("id", "digest", "content")
DECISION = ("run", "record", "content")
RUN = ("id", "task", "strategy", "started", "ended", "settings", "version")

NOTHING = "{}"
_REST = ("focus", "examples", "replica", "scores", "rationale", "raw", "mapping", "error",
         "seconds", "saw", "made_from")  # fmt: skip
_rest_of = attrgetter(*_REST)
_usage_of = attrgetter(*Usage.__slots__)
_OUTCOMES = {str(outcome): outcome for outcome in Outcome}
_SOURCES = {str(source): source for source in Source}

# one encoder for all: `json.dumps` with options builds one a call
dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def annotation_row(a: Annotation) -> Row:
    source = a.confidence_source
    return (
        a.key, a.by or "", a.revision, a.task, a.record, a.annotator, str(a.outcome),
        None if a.value is None else dump(encode(a.value)),
        a.confidence, None if source is None else str(source), a.cost_nanos, a.run, a.at, _rest(a),
    )  # fmt: skip


def _rest(a: Annotation) -> str:
    """JSON of the fields that no query asks for, those that say nothing left out."""
    rest = {name: value for name, value in zip(_REST, _rest_of(a), strict=True) if value}
    if a.usage is not NO_USAGE and a.usage != NO_USAGE:
        rest["usage"] = _usage_of(a.usage)
    return dump(rest) if rest else NOTHING


def annotation_of(row: Sequence[Any]) -> Annotation:
    """ValueError, or what else wrong content raises, where Assay did not write the row."""
    forms.check_annotation(row)
    (key, person, revision, task, record, annotator, outcome, value, confidence, source,
     cost, run, at, rest) = row  # fmt: skip
    more = {} if rest == NOTHING else _more(rest)
    return Annotation(
        key=key,
        by=person or None,
        revision=revision,
        task=task,
        record=record,
        annotator=annotator,
        outcome=_OUTCOMES[outcome],
        value=None if value is None else decode(json.loads(value)),
        confidence=confidence,
        confidence_source=None if source is None else _SOURCES[source],
        cost_nanos=cost,
        run=run,
        at=at,
        **more,
    )


def _more(rest: str) -> dict[str, Any]:
    more: dict[str, Any] = json.loads(rest)
    forms.check_rest(more)
    if "usage" in more:
        more["usage"] = Usage(*more["usage"])
    for name in ("focus", "examples", "saw", "made_from"):
        if name in more:
            more[name] = tuple(more[name])
    return more


def record_row(record: Record) -> Row:
    return (record.id, record.digest, record_content(record))


def record_content(record: Record) -> str:
    parts = [
        [p.name, p.text] if isinstance(p, TextPart) else [p.name, p.uri, p.sha256]
        for p in record.parts
    ]
    return dump([parts, record.language, record.source, dict(record.meta)])


def record_of(id: str, content: str) -> Record:
    parts, language, source, meta = json.loads(content)
    for part in parts:
        forms.check_all("part", part, forms.TEXT)
    forms.check_all("record", (language, source), forms.MAYBE_TEXT)
    forms.check_all("meta", (meta,), (dict,))
    built: tuple[Part, ...] = tuple(
        TextPart(p[1], p[0]) if len(p) == 2 else ImagePart(p[1], p[2], p[0]) for p in parts
    )
    return Record(id, built, language, source, meta)


def run_of(row: Any) -> Run:
    forms.check_run(row)
    settings = json.loads(row.settings)
    forms.check_all("settings", (settings,), (dict,))
    return Run(row.id, row.task, row.strategy, row.started, row.ended, settings, row.version)


def decision_row(run: str, d: Decision) -> Row:
    return (run, d.record, decision_content(d))


def decision_content(d: Decision) -> str:
    return dump([d.as_json(), None if d.scores is None else dict(d.scores)])


@lru_cache(maxsize=4_096)
def _route(steps: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for all records that went the same way."""
    return steps


def decision_of(content: str) -> Decision:
    form, scores = json.loads(content)
    forms.check_decision(form, scores)
    source, who = form["confidence_source"], form["decided_by"]
    value = form["value"]
    if isinstance(value, str):
        value = intern(value)  # of a million decisions few are different
    return Decision(
        form["record"],
        None if value is None else decode(value),
        form["confidence"],
        None if source is None else Source(source),
        None if who is None else DecidedBy(who),
        _route(tuple(form["route"])),
        scores,
        form["waiting_for"],
        form.get("made_from"),
    )
