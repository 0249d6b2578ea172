"""Annotations, records and decisions as rows, and back."""

import json
from collections.abc import Mapping
from typing import Any

from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Source
from assay.core.cost import NO_USAGE, Usage
from assay.core.record import ImagePart, Part, Record, TextPart
from assay.core.value import decode, encode

_REST = ("focus", "examples", "replica", "scores", "rationale", "raw", "mapping", "error")


def dump(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def annotation_row(a: Annotation) -> dict[str, Any]:
    rest: dict[str, Any] = {name: v for name in _REST if (v := getattr(a, name))}
    if a.usage is not NO_USAGE and a.usage != NO_USAGE:
        rest["usage"] = [getattr(a.usage, f) for f in Usage.__slots__]
    if a.seconds:
        rest["seconds"] = a.seconds
    if a.saw:
        rest["saw"] = a.saw
    return {
        "key": a.key,
        "person": a.by or "",
        "revision": a.revision,
        "task": a.task,
        "record": a.record,
        "annotator": a.annotator,
        "outcome": str(a.outcome),
        "value": None if a.value is None else dump(encode(a.value)),
        "confidence": a.confidence,
        "confidence_source": a.confidence_source and str(a.confidence_source),
        "cost": a.cost,
        "run": a.run,
        "at": a.at,
        "rest": dump(rest) if rest else "{}",
    }


def annotation_of(row: Mapping[str, Any]) -> Annotation:
    rest = json.loads(row["rest"])
    usage = rest.pop("usage", None)
    for name in ("focus", "examples", "saw"):
        if name in rest:
            rest[name] = tuple(rest[name])
    source = row["confidence_source"]
    return Annotation(
        key=row["key"],
        by=row["person"] or None,
        revision=row["revision"],
        task=row["task"],
        record=row["record"],
        annotator=row["annotator"],
        outcome=Outcome(row["outcome"]),
        value=None if row["value"] is None else decode(json.loads(row["value"])),
        confidence=row["confidence"],
        confidence_source=None if source is None else Source(source),
        cost=row["cost"],
        run=row["run"],
        at=row["at"],
        usage=Usage(*usage) if usage else NO_USAGE,
        **rest,
    )


def record_content(record: Record) -> str:
    parts = [
        [p.name, p.text] if isinstance(p, TextPart) else [p.name, p.uri, p.sha256]
        for p in record.parts
    ]
    return dump([parts, record.language, record.source, dict(record.meta)])


def record_of(id: str, content: str) -> Record:
    parts, language, source, meta = json.loads(content)
    built: tuple[Part, ...] = tuple(
        TextPart(p[1], p[0]) if len(p) == 2 else ImagePart(p[1], p[2], p[0]) for p in parts
    )
    return Record(id, built, language, source, meta)


def decision_content(d: Decision) -> str:
    return dump([d.as_json(), None if d.scores is None else dict(d.scores)])


def decision_of(content: str) -> Decision:
    form, scores = json.loads(content)
    source, who = form["confidence_source"], form["decided_by"]
    return Decision(
        form["record"],
        None if form["value"] is None else decode(form["value"]),
        form["confidence"],
        None if source is None else Source(source),
        None if who is None else DecidedBy(who),
        tuple(form["route"]),
        scores,
        form["waiting_for"],
    )
