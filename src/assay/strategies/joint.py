"""Joint fusion: people and a model label apart, and their answers are merged (section 8).

The formulas are in `quality.fusion`. People are asked without suggestions, since an answer that
saw the model's would count the model twice; one that did all the same is refused.
"""

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from assay.core.annotation import Annotation, DecidedBy, Decision, Source, Waiting
from assay.core.digest import digest
from assay.core.errors import InputError, SpecError
from assay.core.record import Record
from assay.core.schema import Choice, Form, MultiChoice, Scale
from assay.core.schema.base import Schema
from assay.core.spool import Spool, made, parts
from assay.core.value import Value, encode
from assay.core.votes import Floats
from assay.strategies.base import Answer, Ask
from assay.strategies.fusion import (
    FEW,
    Block,
    Counts,
    Fusion,
    Labels,
    independent,
    learn_blocks,
    unrelated,
)
from assay.strategies.vectors import Vectors

FUSABLE = ("choice", "multi", "scale", "form")
LEAST = 1e-300  # probability of a label that is ruled out


@dataclass(frozen=True, slots=True)
class Joint:
    """Learns confusions and temperature from the records themselves, by EM; needs them all.

    `gold` (calibration) records keep their label while it learns; with none at all people are
    taken to be mostly right. Each unit of an answer is fused by itself.
    """

    model: str
    panel: str
    gold: Mapping[str, Value] = field(default_factory=dict)
    prior: Counts = FEW

    @property
    def id(self) -> str:
        known = [sorted((r, encode(v)) for r, v in self.gold.items()), self.prior.each]
        return f"joint({self.model}&{self.panel};{digest([*known, self.prior.own], 4)})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.model, self.panel)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        pairs = await asked(self.model, self.panel, records, ask)
        fusions = fitted(pairs, self.gold, ask.task.schema, self.prior)
        return decided(records, pairs, fusions, ask)


@dataclass(frozen=True, slots=True)
class FittedJoint:
    """Fusions given, one a unit (from `fitted` on calibration gold): works in blocks."""

    model: str
    panel: str
    fusions: Mapping[str, Fusion]

    @property
    def id(self) -> str:
        made = [[u, f.confusion.tolist(), f.temperature] for u, f in self.fusions.items()]
        return f"joint({self.model}&{self.panel};fitted {digest(made, 4)})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.model, self.panel)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        pairs = await asked(self.model, self.panel, records, ask)
        return decided(records, pairs, self.fusions, ask)


@dataclass(frozen=True, slots=True)
class Pair:
    """What the model and the panel said about one record."""

    model: Answer
    panel: Answer

    @property
    def waiting_for(self) -> str | None:
        return next((a.annotator for a in (self.panel, self.model) if isinstance(a, Waiting)), None)

    @property
    def record(self) -> str:
        return self.model.record


async def asked(model: str, panel: str, records: Sequence[Record], ask: Ask) -> Sequence[Pair]:
    """Both about every record, neither shown the other; InputError where one saw something."""
    schema = ask.task.schema
    if schema.kind not in FUSABLE:
        raise SpecError(
            f"joint fusion needs closed sets of labels; a {schema.kind} answer has none: take "
            "`sequential` or `triage`"
        )
    theirs, ours = await asyncio.gather(ask(model, records), ask(panel, records))
    pairs = made(len(records), lambda i: Pair(theirs[i], ours[i]))
    for p in pairs:
        given = [a for a in (p.model, p.panel) if isinstance(a, Annotation)]
        if len(given) == 2:
            unrelated(*given)
        independent(given)
    return pairs


def fitted(
    pairs: Sequence[Pair], gold: Mapping[str, Value], schema: Schema, prior: Counts = FEW
) -> dict[str, Fusion]:
    """A fusion for each unit, from the records that both answered."""
    is_both = np.fromiter((_said(p.model) and _said(p.panel) for p in pairs), bool, len(pairs))
    (places,) = np.nonzero(is_both)
    both = made(len(places), lambda i: pairs[int(places[i])])
    return {
        unit.name: learn_blocks(_Observed(unit, both, gold), len(unit.labels), prior)
        for unit in _units(pairs, schema)
    }


class _Observed:
    """What both said of a unit, in blocks that are read from a file each time."""

    def __init__(self, unit: "_Unit", pairs: Sequence[Pair], gold: Mapping[str, Value]) -> None:
        self._said, self._truth = (np.full(len(pairs), -1, np.int64) for _ in range(2))
        self._log_probs = Vectors(self._columns(unit, pairs, gold), exact=True)

    def _columns(
        self, unit: "_Unit", pairs: Sequence[Pair], gold: Mapping[str, Value]
    ) -> Iterator[Floats]:
        start = 0
        for part in parts(pairs):
            here = slice(start, start + len(part))
            self._said[here], log_probs, _ = unit.columns(part)
            self._truth[here] = [unit.place(gold.get(p.record)) for p in part]
            start += len(part)
            yield log_probs

    def __iter__(self) -> Iterator[Block]:
        start = 0
        for log_probs in self._log_probs.blocks():
            here = slice(start, start + len(log_probs))
            yield Block(self._said[here], log_probs, self._truth[here])
            start += len(log_probs)


def decided(
    records: Sequence[Record], pairs: Sequence[Pair], fusions: Mapping[str, Fusion], ask: Ask
) -> Sequence[Decision]:
    """One decision a record; what only one of the two answered is decided from that answer."""
    schema = ask.task.schema
    units = _units(pairs, schema)
    for unit in units:
        if unit.name not in fusions:
            raise InputError(f"no fusion was fitted for {unit.name or 'the answer'!r}")
    found: Spool[Decision] = Spool()
    for some, theirs in zip(parts(records), parts(pairs), strict=True):
        merged = [_merged(unit, fusions[unit.name], theirs) for unit in units]
        for i, record in enumerate(some):
            by_unit = {m.unit.name: m.probabilities(i) for m in merged if m.answered[i]}
            found.append(_decide(record, theirs[i], by_unit, schema))
    return found.row()


@dataclass(frozen=True, slots=True)
class _Merged:
    """Of one unit: the posterior, records x labels, and whether anybody said anything."""

    unit: "_Unit"
    posterior: Floats
    answered: NDArray[np.bool_]

    def probabilities(self, i: int) -> dict[str, float]:
        return dict(zip(self.unit.labels, self.posterior[i].tolist(), strict=True))


def _merged(unit: "_Unit", fusion: Fusion, pairs: Sequence[Pair]) -> _Merged:
    said, log_probs, answered = unit.columns(pairs)
    return _Merged(unit, fusion.fuse(said, log_probs), answered)


def _decide(
    record: Record, pair: Pair, merged: Mapping[str, Mapping[str, float]], schema: Schema
) -> Decision:
    if pair.waiting_for is not None:
        return Decision(record.id, None, waiting_for=pair.waiting_for)
    who = _who(_said(pair.model), _said(pair.panel))
    if who is None:
        return Decision(record.id, None, route=("nobody answered",))
    value = schema.assemble({u: max(p, key=p.__getitem__) for u, p in merged.items()})
    if value is None or not merged:
        return Decision(record.id, None, route=("the labels make no answer",))
    sure = min(max(p.values()) for p in merged.values())  # of the least sure unit
    scores = {
        f"{u}={label}" if u else label: math.log(max(q, LEAST))
        for u, p in merged.items()
        for label, q in p.items()
    }
    route = ("fused",) if who is DecidedBy.BOTH else (f"{who} alone",)
    return Decision(record.id, value, sure, Source.PROBABILITY, who, route, scores)


def _who(model: bool, panel: bool) -> DecidedBy | None:
    if model and panel:
        return DecidedBy.BOTH
    return DecidedBy.MODEL if model else DecidedBy.PEOPLE if panel else None


def _said(answer: Answer) -> bool:
    return isinstance(answer, Annotation) and answer.answered


def _value(answer: Answer) -> Value | None:
    return answer.value if isinstance(answer, Annotation) else None


@dataclass(frozen=True, slots=True)
class _Unit:
    """One decision in the answers, with the labels it can take."""

    name: str
    labels: tuple[str, ...]
    schema: Schema

    def columns(self, pairs: Sequence[Pair]) -> tuple[Labels, Floats, NDArray[np.bool_]]:
        """The panel's labels, the model's log probabilities, and whether either said anything."""
        said, own = (np.full(len(pairs), -1, np.int64) for _ in range(2))
        log_probs = np.zeros((len(pairs), len(self.labels)))
        for i, p in enumerate(pairs):
            said[i], own[i] = self.place(_value(p.panel)), self.place(_value(p.model))
            log_probs[i] = self._row(p.model, int(own[i]))
        return said, log_probs, (said >= 0) | (own >= 0)

    def place(self, value: Value | None) -> int:
        """The number of the label; -1 where the value is missing or says nothing about the unit."""
        label = None if value is None else self.schema.label(value, self.name)
        return -1 if label is None else self.labels.index(label)

    def _row(self, answer: Answer, place: int) -> list[float]:
        """Log probabilities from label scores, else from a confidence; even where silent."""
        if place < 0 or not isinstance(answer, Annotation):
            return [0.0] * len(self.labels)
        given = answer.scores or {}
        scores = [given.get(f"{self.name}={x}" if self.name else x) for x in self.labels]
        known = [score for score in scores if score is not None]
        if len(known) == len(scores):
            return known
        sure = _probability(answer)
        row = [math.log(max((1 - sure) / (len(self.labels) - 1), LEAST))] * len(self.labels)
        row[place] = math.log(max(sure, LEAST))
        return row


def _units(pairs: Sequence[Pair], schema: Schema) -> list[_Unit]:
    units = schema.units([]) if _has_fixed_units(schema) else schema.units(_values(pairs))
    return [_Unit(name, _labels(schema, name), schema) for name in units]


def _has_fixed_units(schema: Schema) -> bool:
    if isinstance(schema, Form):
        return all(_has_fixed_units(field) for field in schema.fields.values())
    return isinstance(schema, Choice | MultiChoice | Scale)


def _values(pairs: Sequence[Pair]) -> list[Value]:
    return [v for p in pairs for a in (p.model, p.panel) if (v := _value(a)) is not None]


def _labels(schema: Schema, unit: str) -> tuple[str, ...]:
    labels = schema.unit_labels(unit)
    if labels is None or len(labels) < 2:
        raise SpecError(
            f"joint fusion needs a closed set of labels, two or more; {unit or 'the answer'!r} "
            "has none"
        )
    return labels


def _probability(answer: Annotation) -> float:
    if answer.confidence is None or answer.confidence_source is Source.RANK:
        raise InputError(
            f"record {answer.record!r}: {answer.annotator} gives neither label scores nor a "
            "probability; joint fusion needs one of them"
        )
    if answer.confidence_source is Source.MARGIN:
        return float(expit(answer.confidence))
    return min(max(answer.confidence, 0.0), 1.0)
