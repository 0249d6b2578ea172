"""A specialist from a model hub: a text classifier with a label map, which can be fine-tuned.

A hub model's LABEL_0 is not the same class everywhere, so the map from what the model says to what
the task calls it is part of the annotator and of its id (section 4(d) of our notes on
AutoAnnotator, Lu et al., arXiv 2506.16393).
"""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assay.annotators.base import end
from assay.annotators.fitted import in_blocks
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.cost import Budget, Prices, Usage
from assay.core.digest import digest
from assay.core.errors import InputError, SpecError
from assay.core.schema import Choice, Schema
from assay.core.shown import Shown
from assay.core.task import Example, Task
from assay.models.lane import Lane
from assay.models.transformers_text import TextClassifier, Tuning

Floats = NDArray[np.float64]

BLOCK = 32
LEAST = 1e-12  # probability, before a logarithm is taken


@dataclass(frozen=True, slots=True, repr=False)
class Hub(Shown):
    """`labels`: what the model says to the task's label; empty where both have the same names.
    Several of the model's labels may mean one of the task's, whose probabilities then add up.

    On a record that it was fine-tuned on it abstains, as `Classifier` does and for the same reason;
    as there, the seconds of fine-tuning are shared out over the first block. Seconds on a graphics
    card are priced.
    SpecError if the model cannot say a label of the task, or says one that the task lacks.
    """

    model: TextClassifier
    labels: Mapping[str, str] = field(default_factory=dict)
    prices: Prices = field(default_factory=Prices)
    fitted_on: frozenset[str] = frozenset()  # digests of records
    learnt: str = ""  # digest of what it was fine-tuned on, and how
    pending_cost: list[float] = field(
        default_factory=list, compare=False
    )  # seconds of tuning, untold
    budget: Budget | None = None  # what a block took beyond its calls is known afterwards
    _thread: Lane = field(default_factory=lambda: Lane("hub"), repr=False, compare=False)

    def facts(self) -> Mapping[str, object]:
        return {"id": self.id}

    @property
    def id(self) -> str:
        mapped = f";{digest(dict(self.labels), 4)}" if self.labels else ""
        return f"hub/{self.model.id}{mapped}" + (f"+{self.learnt}" if self.learnt else "")

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    async def aclose(self) -> None:
        self._thread.close()
        await end(self.model)

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for abstained, fresh in in_blocks(requests, BLOCK, self.fitted_on):
            for annotation in abstained:
                yield annotation
            if not fresh:
                continue
            held = self.prices.nanos(Usage(attempts=1)) * len(fresh)
            if self.budget is not None:
                self.budget.reserve(held)
            given: list[Annotation] = []
            try:
                given = await self._thread.run(self._said, fresh)
            finally:
                if self.budget is not None:
                    self.budget.settle(held, sum(a.cost_nanos for a in given))
            for annotation in given:
                yield annotation

    def _said(self, requests: Sequence[Request]) -> list[Annotation]:
        began = time.perf_counter()
        names, means = meanings(self.model.labels, self.labels, requests[0].task.schema)
        rows = self.model.probabilities([r.record.text for r in requests]) @ means
        taken = (
            time.perf_counter() - began + (self.pending_cost.pop() if self.pending_cost else 0.0)
        )
        seconds = taken / len(requests)
        usage = Usage(attempts=1, gpu_seconds=seconds if self.model.on_gpu else 0.0)
        cost = self.prices.nanos(usage)
        return [
            answer(
                request,
                Outcome.ANSWERED,
                value=names[int(row.argmax())],
                confidence=float(row.max()),
                confidence_source=Source.PROBABILITY,
                scores={
                    name: float(np.log(max(p, LEAST))) for name, p in zip(names, row, strict=True)
                },
                mapping="hub",
                usage=usage,
                cost_nanos=cost,
                seconds=seconds,
            )
            for request, row in zip(requests, rows, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class TrainableHub:
    """Implements `Trainable`: every stage starts from the hub's weights, so that a version is a
    function of its examples and the seed alone.

    A model whose labels are not the task's, and that comes without a map, gets a new last layer.
    """

    model: TextClassifier
    labels: Mapping[str, str] = field(default_factory=dict)
    tuning: Tuning = field(default_factory=Tuning)
    prices: Prices = field(default_factory=Prices)
    budget: Budget | None = None

    @property
    def name(self) -> str:
        return Hub(self.model, self.labels).id

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Hub:
        schema = task.schema
        if not isinstance(schema, Choice):
            raise SpecError(f"a hub model answers kind `choice`, not `{schema.kind}`")
        ordered = sorted(examples, key=lambda e: (e.record.digest, e.record.id))
        wanted = [str(schema.check(e.value)) for e in ordered]
        if len(set(wanted)) < 2:
            raise InputError(
                f"fine-tuning needs records of at least two labels; there are {len(ordered)} "
                f"records of {', '.join(sorted(set(wanted))) or 'none'}"
            )
        began, start = time.perf_counter(), self._start(schema, seed)
        output = outputs(start.labels, self.labels, schema)
        tuned = start.tuned(
            [e.record.text for e in ordered], [output[label] for label in wanted], self.tuning, seed
        )
        digests = [e.record.digest for e in ordered]
        how = [self.tuning.rate, self.tuning.epochs, self.tuning.batch, self.tuning.decay]
        learnt = [list(zip(digests, wanted, strict=True)), seed, how, self.tuning.longest]
        heads = list(start.heads)
        version = digest([learnt, heads], 6)
        made = Hub(tuned, self.labels, self.prices, frozenset(digests), version, budget=self.budget)
        made.pending_cost.append(time.perf_counter() - began)
        return made

    def _start(self, schema: Choice, seed: int) -> TextClassifier:
        if self.labels or set(self.model.labels) == set(schema.names):
            return self.model
        return self.model.with_heads(schema.names, seed)


def meanings(
    said: Sequence[str], labels: Mapping[str, str], schema: Schema
) -> tuple[tuple[str, ...], Floats]:
    """The task's labels, and for each of the model's (row) which of them it means."""
    if not isinstance(schema, Choice):
        raise SpecError(f"a hub model answers kind `choice`, not `{schema.kind}`")
    described = [labels.get(name, name) for name in said] if labels else list(said)
    known = {name: i for i, name in enumerate(schema.names)}
    if strange := [name for name in described if name not in known]:
        raise SpecError(
            f"the model says {', '.join(said)}, and {strange[0]!r} is no label of the task "
            f"({', '.join(schema.names)}); give `labels`, from each of the model's to one of these"
        )
    if missing := [name for name in schema.names if name not in described]:
        raise SpecError(f"the model, which says {', '.join(said)}, never says {missing[0]!r}")
    table = np.zeros((len(said), len(known)))
    table[np.arange(len(said)), [known[name] for name in described]] = 1.0
    return schema.names, table


def outputs(said: Sequence[str], labels: Mapping[str, str], schema: Schema) -> dict[str, int]:
    """The model's output for each of the task's labels; SpecError if there are several."""
    names, means = meanings(said, labels, schema)
    if (means.sum(axis=0) > 1).any():
        double = names[int(means.sum(axis=0).argmax())]
        raise SpecError(
            f"several labels of the model mean {double!r}, so it is not known which one to train; "
            "leave `labels` out for a new last layer"
        )
    return {name: int(means[:, i].argmax()) for i, name in enumerate(names)}
