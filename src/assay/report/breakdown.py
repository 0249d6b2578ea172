"""Accuracy of parts of an answer and of groups of records."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from assay.core.annotation import Annotation, Decision
from assay.core.cost import share
from assay.core.schema import Form, MultiChoice, Schema
from assay.core.task import Task
from assay.core.value import Span, Value
from assay.data.write import flat
from assay.ledger.base import Ledger
from assay.quality.metrics.accuracy import Accuracy, accuracy
from assay.quality.metrics.classes import name
from assay.quality.metrics.entities import Entities, entity_scores
from assay.quality.metrics.routes import by_route

MOST_LABELS = 20  # beyond, a table cannot be read
NONE = "none of them"  # an answer without any tag or span
LEAST_SLICE = 10  # records with a reference; fewer say nothing

Values = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Reference:
    """Reference labels; the name says whose they are."""

    name: str
    values: Mapping[str, Value]


def parts(values: Values, reference: Reference, schema: Schema) -> dict[str, Accuracy]:
    """Accuracy of each field of a form, or of each label of several."""
    if isinstance(schema, Form):
        takers: dict[str, Callable[[Value], Value | None]] = {
            field: lambda v, field=field: v.get(field) if isinstance(v, Mapping) else None  # type: ignore[misc]
            for field in schema.fields
        }
    elif isinstance(schema, MultiChoice):
        takers = {
            label: lambda v, label=label: "yes" if label in v else "no"  # type: ignore[misc]
            for label in schema.names
        }
    else:
        return {}
    found: dict[str, Accuracy] = {}
    for part, take in takers.items():
        true = {id: w for id, v in reference.values.items() if (w := take(v)) is not None}
        said = {id: None if v is None else take(v) for id, v in values.items()}
        score = accuracy(said, true, reference.name)
        if score is not None:
            found[part] = score
    return found


def joined(before: Value | None, a: Annotation) -> Value | None:
    """What is known of a record after an answer to a part of it."""
    if not a.focus or (a.value is None and before is not None):
        return before if a.focus else a.value
    if isinstance(a.value, frozenset):
        old = before if isinstance(before, frozenset) else frozenset[str]()
        return (old - set(a.focus)) | (a.value & set(a.focus))
    if isinstance(a.value, Mapping):
        old_parts = before if isinstance(before, Mapping) else {}
        return {**old_parts, **{n: v for n, v in a.value.items() if n in a.focus}}
    return a.value


def part_costs(ledger: Ledger, task: Task) -> dict[str, dict[str, int]]:
    """Nanos by annotator and attribute of a form: a call's bill is shared among those it asked
    about, so that the shares add up to the bill."""
    if not isinstance(task.schema, Form):
        return {}
    costs: dict[str, dict[str, int]] = {}
    for a in ledger.annotations(task.id):
        names = a.focus or tuple(task.schema.fields)
        held = costs.setdefault(a.annotator, dict.fromkeys(task.schema.fields, 0))
        for part, cost in zip(names, share(a.cost_nanos, len(names)), strict=True):
            held[part] += cost
    return costs


def given(value: Value | None) -> list[str]:
    """The labels that a value gives its record, each once; of a form, those of each attribute."""
    if isinstance(value, Mapping):
        return [f"{part}: {label}" for part, said in value.items() for label in _labels(said)]
    return [] if value is None else list(_labels(value))


def _labels(value: Value) -> set[str]:
    """The labels in a value, each once."""
    if isinstance(value, frozenset):
        return set(value) or {NONE}
    if isinstance(value, tuple):
        return {one.label for one in value} or {NONE}
    return {flat(value) or ""}


def entities_of(values: Values, reference: Reference) -> Entities | None:
    """Over the records that were asked; None if none of them has a reference."""
    gold = {
        id: [span for span in value if isinstance(span, Span)]
        for id, value in reference.values.items()
        if id in values and isinstance(value, tuple)
    }
    return entity_scores(values, gold, reference.name) if gold else None


def slices(
    ledger: Ledger, decided: Collection[Decision], reference: Reference | None
) -> dict[str, dict[str, Accuracy]]:
    """Decisions by language, by source, by true label, and by route; small groups are left out."""
    if reference is None:
        return {}
    values = {d.record: d.value for d in decided}
    groups: dict[str, dict[str, list[str]]] = {"language": {}, "source": {}, "label": {}}
    for record in ledger.records([id for id in values if id in reference.values]):
        keys = {"language": record.language, "source": record.source}
        if isinstance(truth := reference.values[record.id], str | float):
            keys["label"] = name(truth)
        for kind, key in keys.items():
            if key:
                groups[kind].setdefault(key, []).append(record.id)
    routes = by_route(decided, reference.values, reference.name)
    described = {
        route: score for route, score in routes.items() if score.on_answered.n >= LEAST_SLICE
    }
    found_by_route = {"route": described} if described else {}
    return found_by_route | {
        kind: scored
        for kind, found in groups.items()
        if 1 < len(found) <= MOST_LABELS and (scored := _score_groups(found, values, reference))
    }


def _score_groups(
    groups: Mapping[str, list[str]], values: Values, reference: Reference
) -> dict[str, Accuracy]:
    scored = {}
    for key, ids in groups.items():
        inside = {id: reference.values[id] for id in ids}
        score = accuracy(values, inside, reference.name)
        if score is not None and len(ids) >= LEAST_SLICE:
            scored[key] = score
    return scored
