"""A language model as an annotator: render, complete, read."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from assay.annotators.base import STOPS, Drawn, end, failed, reason
from assay.annotators.mapping import Mapping, Pattern, Reading
from assay.annotators.mapping.base import LONGEST, too_long
from assay.annotators.prompt import VERSION, Modality, nothing, render, seen
from assay.annotators.window import as_they_come
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.cost import Budget, Prices, Usage
from assay.core.digest import digest
from assay.core.schema.form import narrowed
from assay.core.shown import Shown
from assay.models.base import Completion, Message, Model, Options, Placed, View
from assay.models.image_tokens import most_tokens

FREE = Prices()
WINDOW = 256  # calls begun at once; the endpoint's own limit is below it
CHARACTERS_A_TOKEN = 3.0  # a cautious guess, so that a forecast is rather high than low
ATTEMPTS = 5  # the most that `Limits` lets a request be tried

# who gives a call's place away only when the answer is kept, and those who keep it
_Keeping: TypeAlias = tuple[Placed, Drawn] | None


@dataclass(frozen=True, slots=True)
class Billing:
    """What answers cost and what may be spent."""

    prices: Prices = FREE
    budget: Budget | None = None


@dataclass(frozen=True, slots=True, repr=False)
class LLM(Shown):
    """Sends each request as one call, many in flight; replicas get different seeds."""

    model: Model
    mapping: Mapping = field(default_factory=Pattern)
    options: Options = field(default_factory=Options)
    billing: Billing = field(default_factory=Billing)
    modality: Modality = "both"

    def facts(self) -> dict[str, object]:
        return {"model": self.model, "mapping": self.mapping.name, "id": self.id}

    @property
    def id(self) -> str:
        o = self.options
        decoding: list[object] = [
            o.max_tokens, o.temperature, o.top_p, o.seed, o.json_schema is not None
        ]  # fmt: skip
        if o.view != View() and self.modality != "text":
            decoding.append([o.view.encoding, o.view.detail])
        sees = "" if self.modality == "both" else f"/{self.modality}"
        return f"{self.model.id}/{self.mapping.name}/{VERSION}.{digest(decoding, 3)}{sees}"

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    async def aclose(self) -> None:
        await end(self.model)

    def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        """Answers as they come. Trouble ends the drawing of requests, not what is under way."""
        model, keeping = self.model, None
        if isinstance(requests, Drawn) and isinstance(model, Placed):
            keeping = model, requests
        return as_they_come(requests, partial(self._one, keeping=keeping), WINDOW)

    async def _one(self, request: Request, keeping: _Keeping) -> Annotation:
        try:
            return await self._asked(request, keeping)
        except STOPS:
            raise
        except Exception as bad:  # in its record, its prompt or its pictures
            return failed(request, bad)

    async def _asked(self, request: Request, keeping: _Keeping) -> Annotation:
        if not seen(request, self.modality).record.parts:
            return answer(request, Outcome.FAILED, error=nothing(self.modality))
        budget, most = self.billing.budget, self.ceiling(request)
        if budget is not None:
            await budget.reserve_in_turn(most)
        spent = 0
        try:
            given = await self._answered(request, keeping)
            spent = given.cost_nanos
        finally:
            if budget is not None:
                budget.settle(most, spent)
        return given

    async def _answered(self, request: Request, keeping: _Keeping) -> Annotation:
        if keeping is None:
            return self.priced(request, await self.model.complete(*self.call(request)))
        model, drawn = keeping
        kept = _Kept(self, request, drawn)
        completion = await model.complete_and_keep(*self.call(request), kept)
        return kept.given or self.priced(request, completion)

    def priced(self, request: Request, completion: Completion) -> Annotation:
        """Where a server counts no tokens, at the most that its call can have cost: a bill that is
        too small would let the budget be passed."""
        usage = completion.usage
        cost = self.billing.prices.nanos(usage)
        if completion.error is None and not usage.input_tokens and not usage.output_tokens:
            cost = max(cost, self.ceiling(request, max(usage.attempts, 1)))
        return self.read(request, completion, cost)

    def call(self, request: Request) -> tuple[tuple[Message, ...], Options]:
        """What is sent for a request."""
        options = self.options
        if self.mapping.top_logprobs:
            options = replace(options, top_logprobs=self.mapping.top_logprobs, max_tokens=1)
        if self.mapping.name == "json":
            schema = narrowed(request.task.schema, request.options.focus)
            options = replace(options, json_schema=schema.json_schema())
        if request.options.replica:
            options = replace(options, seed=(options.seed or 0) + request.options.replica)
        return render(seen(request, self.modality), self.mapping.form), options

    def read(self, request: Request, completion: Completion, cost: int) -> Annotation:
        """The annotation in a completion; of the raw text `LONGEST` characters are kept."""
        said = self._reading(request, completion)
        return answer(
            request,
            said.outcome,
            value=said.value,
            confidence=said.confidence,
            confidence_source=said.source,
            scores=said.scores,
            rationale=said.rationale,
            raw=completion.text[:LONGEST] or None,
            mapping=self.mapping.name,
            error=completion.error or said.error,
            usage=completion.usage,
            cost_nanos=cost,
            seconds=completion.seconds,
        )

    def _reading(self, request: Request, completion: Completion) -> Reading:
        if completion.error is not None:
            return Reading(Outcome.FAILED)
        if completion.refused:
            return Reading(Outcome.REFUSED)
        try:
            return too_long(completion.text) or self.mapping.read(request, completion)
        except STOPS:
            raise
        except Exception as bad:  # it was paid for, and would be read no better the next time
            return Reading(Outcome.UNPARSED, error=reason(bad))

    def forecast(self, request: Request) -> tuple[int, int]:
        """Input tokens, guessed high, and the most output tokens of one call."""
        messages, options = self.call(request)
        texts = sum(len(p) for m in messages for p in m.parts if isinstance(p, str))
        pictures = sum(not isinstance(p, str) for m in messages for p in m.parts)
        tokens = (
            texts / CHARACTERS_A_TOKEN + pictures * most_tokens(options.view, self.model.id) + 16
        )
        return int(tokens), options.max_tokens

    def ceiling(self, request: Request, attempts: int = ATTEMPTS) -> int:
        """The most one call can cost, in nanos; a token is at least one byte of text."""
        prices = self.billing.prices
        if prices == FREE:
            return 0
        messages, options = self.call(request)
        size = sum(len(p.encode("utf-8", "replace")) for m in messages for p in m.parts
                   if isinstance(p, str))  # fmt: skip
        pictures = sum(not isinstance(p, str) for m in messages for p in m.parts)
        most = Usage(
            size + pictures * most_tokens(options.view, self.model.id) + 64,
            0,
            options.max_tokens,
            attempts=attempts,
        )
        return prices.nanos(most)


@dataclass(slots=True)
class _Kept:
    """Hands an answer over while its call still holds its place."""

    annotator: LLM
    request: Request
    drawn: Drawn
    given: Annotation | None = None

    def check(self) -> None:
        self.drawn.check()

    async def keep(self, completion: Completion) -> None:
        self.given = self.annotator.priced(self.request, completion)
        await self.drawn.heard(self.given)
