"""Quality of labels against gold, as a plain dict."""

from collections.abc import Callable, Mapping
from typing import Any

from assay.core.errors import InputError
from assay.core.schema import Choice, Form, Schema
from assay.core.value import Value
from assay.quality.metrics.accuracy import accuracy
from assay.quality.metrics.classes import confusion

GOLD = "gold"

Values = Mapping[str, Value | None]


def metrics_of(values: Values, gold: Mapping[str, Value], schema: Schema) -> dict[str, Any]:
    """`accuracy` is of the records that have a label, `accuracy_all` counts a missing label as
    wrong, `coverage` is the share with a label; intervals are 95% CI (Wilson). For a form,
    each question is under `fields`.
    """
    score = accuracy(values, gold, GOLD)
    if score is None:
        raise InputError("no record that was labelled has gold")
    found: dict[str, Any] = {
        "accuracy": score.on_answered.value,
        "accuracy_interval": score.on_answered.interval,
        "accuracy_all": score.on_all.value,
        "coverage": score.answered.value,
        "n": score.answered.n,
        "majority_baseline": score.baseline.value,
    }
    if isinstance(schema, Choice):
        found |= _by_class(values, gold, schema)
    if isinstance(schema, Form):
        found["fields"] = _by_field(values, gold, schema)
    return found


def _by_class(values: Values, gold: Mapping[str, Value], schema: Choice) -> dict[str, Any]:
    table = confusion(values, gold, schema.names)
    classes = {
        c.label: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.true}
        for c in table.classes
    }
    return {"macro_f1": table.macro_f1().value, "classes": classes}


def _by_field(values: Values, gold: Mapping[str, Value], schema: Form) -> dict[str, Any]:
    found = {}
    for name, inner in schema.fields.items():
        part = _part(name)
        own = {r: v for r, whole in gold.items() if (v := part(whole)) is not None}
        if own:
            found[name] = metrics_of({r: part(v) for r, v in values.items()}, own, inner)
    return found


def _part(name: str) -> Callable[[Value | None], Value | None]:
    def part(value: Value | None) -> Value | None:
        return value.get(name) if isinstance(value, Mapping) else None

    return part
