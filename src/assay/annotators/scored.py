"""A model that scores every allowed label: no parsing, always an answer that fits the schema."""

import math
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol, runtime_checkable

from assay.annotators.base import end
from assay.annotators.prompt import VERSION, Modality, nothing, render, seen
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.cost import NO_USAGE, Budget, Prices, Usage
from assay.core.errors import SpecError
from assay.core.schema import Choice, Form, MultiChoice, Scale, Schema
from assay.core.schema.multi import NO, YES
from assay.core.shown import Shown
from assay.core.task import Task
from assay.models.base import Completion, Message, Scorer

BLOCK = 32  # requests drawn at once; the scorer packs them into its own batches
FREE = Prices()
FEW = 8  # up to here all scores cost about as much as the best label alone

Scores = Mapping[str, float]
Prompt = tuple[Message, ...]


@runtime_checkable
class BestScorer(Protocol):
    """A scorer that can also find the best label without scoring every other."""

    async def best(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]: ...


@dataclass(frozen=True, slots=True)
class Received:
    """The label scores of each unit of one record, what they cost, or why there are none."""

    units: Mapping[str, Scores]
    usage: Usage = NO_USAGE
    seconds: float = 0.0
    error: str | None = None

    def with_unit(self, unit: str, completion: Completion) -> "Received":
        units = {**self.units, unit: completion.scores or {}}
        seconds = self.seconds + completion.seconds
        error = self.error or completion.error
        return Received(units, self.usage + completion.usage, seconds, error)


SILENT = Received({})


@dataclass(frozen=True, slots=True, repr=False)
class Scored(Shown):
    """The label with the largest likelihood, for `Choice`, `MultiChoice` (yes or no a label),
    `Scale` (its steps) and forms of those.

    `normalise` divides each score by the label's length in bytes. `all_scores=False` finds the
    best of many labels cheaper, but then says nothing of the others and has no confidence.
    """

    scorer: Scorer
    prices: Prices = FREE
    normalise: bool = False
    all_scores: bool = True
    modality: Modality = "both"
    budget: Budget | None = None  # what a block took beyond its calls is known afterwards

    def facts(self) -> Mapping[str, object]:
        return {"scorer": self.scorer, "id": self.id}

    @property
    def id(self) -> str:
        how = ("/n" if self.normalise else "") + ("" if self.all_scores else "/best")
        how += "" if self.modality == "both" else f"/{self.modality}"
        return f"{self.scorer.id}/likelihood/{VERSION}{how}"

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    async def aclose(self) -> None:
        await end(self.scorer)

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        coming = iter(requests)
        while block := list(islice(coming, BLOCK)):
            for blind in (r for r in block if not seen(r, self.modality).record.parts):
                yield answer(blind, Outcome.FAILED, error=nothing(self.modality))
            for group in by_question([r for r in block if seen(r, self.modality).record.parts]):
                schema = group[0].task.schema
                shown = [seen(request, self.modality) for request in group]
                held = self.prices.nanos(Usage(attempts=1)) * len(group)
                if self.budget is not None:
                    self.budget.reserve(held)
                given: list[Annotation] = []
                try:
                    all_received = await self._hear(shown, schema)
                    given = [self._answer(r, h) for r, h in zip(group, all_received, strict=True)]
                finally:
                    if self.budget is not None:
                        self.budget.settle(held, sum(a.cost_nanos for a in given))
                for annotation in given:
                    yield annotation

    async def _hear(self, requests: Sequence[Request], schema: Schema) -> list[Received]:
        if isinstance(schema, MultiChoice):
            return [await self._tags(request, schema) for request in requests]
        if isinstance(schema, Form):
            return await self._fields(requests, schema)
        labels = schema.unit_labels("") if isinstance(schema, Choice | Scale) else None
        if labels is None:
            raise SpecError(
                f"label scores need a closed set of answers; the schema is {schema.kind}"
            )
        prompts = [render(request, "label") for request in requests]
        return [SILENT.with_unit("", c) for c in await self._score(prompts, labels)]

    async def _score(self, prompts: Sequence[Prompt], labels: Sequence[str]) -> list[Completion]:
        if self.all_scores or len(labels) <= FEW or not isinstance(self.scorer, BestScorer):
            return await self.scorer.score(prompts, labels)
        if self.normalise:
            raise SpecError("length normalisation needs the scores of all labels")
        return await self.scorer.best(prompts, labels)

    async def _tags(self, request: Request, schema: MultiChoice) -> Received:
        """One yes/no question a label after the same record, so that the record is run once."""
        focus = request.options.focus
        names = [name for name in schema.names if not focus or name in focus]
        prompts = [tag_prompt(request, schema, name) for name in names]
        received = SILENT
        for name, completion in zip(names, await self._score(prompts, (NO, YES)), strict=True):
            received = received.with_unit(name, completion)
        return received

    async def _fields(self, requests: Sequence[Request], schema: Form) -> list[Received]:
        focus = requests[0].options.focus
        all_received = [SILENT] * len(requests)
        for name, inner in schema.fields.items():
            if focus and name not in focus:
                continue
            parts = await self._hear([field_request(r, schema, name) for r in requests], inner)
            all_received = [
                join(received, name, p) for received, p in zip(all_received, parts, strict=True)
            ]
        return all_received

    def _answer(self, request: Request, received: Received) -> Annotation:
        usage, cost = received.usage, self.prices.nanos(received.usage)
        if received.error is not None:
            return answer(
                request, Outcome.FAILED, error=received.error, usage=usage, cost_nanos=cost
            )  # fmt: skip
        schema = request.task.schema
        units = {unit: self._adjusted(scores) for unit, scores in received.units.items()}
        value = schema.assemble({u: max(s, key=s.__getitem__) for u, s in units.items()})
        sure = [confidence(s) for s in units.values() if len(s) > 1]
        return answer(
            request,
            Outcome.UNPARSED if value is None else Outcome.ANSWERED,
            value=value,
            confidence=min(sure, default=None),
            confidence_source=Source.LIKELIHOOD if sure else None,
            scores=flat(received.units),
            mapping="likelihood",
            usage=usage,
            cost_nanos=cost,
            seconds=received.seconds,
        )

    def _adjusted(self, scores: Scores) -> Scores:
        if not self.normalise:
            return scores
        return {label: s / len(label.encode()) for label, s in scores.items()}


def by_question(requests: Sequence[Request]) -> list[list[Request]]:
    """Requests of one task and focus stay together: they share the prompt prefix."""
    groups: dict[tuple[str, tuple[str, ...]], list[Request]] = {}
    for request in requests:
        groups.setdefault((request.task.id, request.options.focus), []).append(request)
    return list(groups.values())


def tag_prompt(request: Request, schema: MultiChoice, name: str) -> Prompt:
    label = next(entry for entry in schema.labels if entry.name == name)
    task = request.task
    asked = f"{task.question}\nPossible labels: {', '.join(schema.names)}"
    plain = Task(task.name, asked, Choice([YES, NO]), task.guideline)
    *shared, last = render(
        replace(request, task=plain, options=replace(request.options, examples=(), focus=())),
        "label",
    )
    means = f" ({label.definition})" if label.definition else ""
    question = f"Does the label “{name}”{means} apply?"
    return (*shared, Message(last.role, (*last.parts[:-1], question, last.parts[-1])))


def field_request(request: Request, schema: Form, name: str) -> Request:
    """The question about one attribute, with the part of each example that answers it."""
    task = request.task
    question = f"{task.question}\n{name}: {schema.questions.get(name, '')}".rstrip(": ")
    shown = [e for e in (*task.examples, *request.options.examples) if isinstance(e.value, Mapping)]
    examples = tuple(
        replace(e, value=e.value[name])
        for e in shown
        if isinstance(e.value, Mapping) and name in e.value
    )
    part = Task(f"{task.name}/{name}", question, schema.fields[name], task.guideline, examples)
    return replace(request, task=part, options=replace(request.options, focus=(), examples=()))


def join(received: Received, name: str, part: Received) -> Received:
    units = {f"{name}/{unit}" if unit else name: s for unit, s in part.units.items()}
    return Received(
        {**received.units, **units},
        received.usage + part.usage,
        received.seconds + part.seconds,
        received.error or part.error,
    )


def confidence(scores: Scores) -> float:
    """Softmax probability of the best label."""
    best = max(scores.values())
    return 1 / sum(math.exp(s - best) for s in scores.values())


def flat(units: Mapping[str, Scores]) -> dict[str, float]:
    """One unit: by label. Several: `unit=label`, so that every score can be read back."""
    if set(units) == {""}:
        return dict(units[""])
    return {f"{unit}={label}": s for unit, scores in units.items() for label, s in scores.items()}
