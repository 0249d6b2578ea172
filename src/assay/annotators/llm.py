"""A language model as an annotator: render, complete, read."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from assay.annotators.base import STOPS, Drawn, end, failed, reason
from assay.annotators.mapping import Mapping, Pattern, Reading
from assay.annotators.mapping.base import LONGEST, too_long
from assay.annotators.prompt import VERSION, Modality, nothing, render, seen
from assay.annotators.room import Room
from assay.annotators.window import as_they_come
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.cost import Budget, Prices, Usage
from assay.core.cut import cut_at
from assay.core.digest import digest
from assay.core.errors import BudgetError
from assay.core.schema.form import narrowed
from assay.core.shown import Shown
from assay.models.base import Completion, Message, Model, Options, Placed, View
from assay.models.image_tokens import most_tokens
from assay.models.reasoning import parted

FREE = Prices()
WINDOW = 256  # calls begun at once; the endpoint's own limit is below it
CHARACTERS_A_TOKEN = 3.0  # a cautious guess, so that a forecast is rather high than low
SAME_ANSWERS = frozenset({"keep_alive", "service_tier", "serviceTier", "user", "metadata", "store",
                          "prompt_cache_key", "safety_identifier"})  # fmt: skip
ATTEMPTS = 5  # the most that `Limits` lets a request be tried

NOTHING = Completion("")
CUT = Completion("", cut=True)

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
    room: Room = field(default_factory=Room, compare=False)

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
        extra = {k: v for k, v in (o.extra or {}).items() if k not in SAME_ANSWERS}
        if o.effort or extra:
            decoding.append([o.effort, extra])
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
        """The answer; one that was cut is asked for once more where there may be more room."""
        if not seen(request, self.modality).record.parts:
            return answer(request, Outcome.FAILED, error=nothing(self.modality))
        turn = self._turn(request)
        first = await self._paid(turn, keeping)
        wider = turn.wider(first)
        if wider is None:
            return turn.given or turn.priced(first)
        try:
            second = await self._paid(wider, keeping)
        except BudgetError:  # what was paid for is kept
            return turn.priced(first)
        return wider.given or wider.priced(second)

    def _turn(self, request: Request) -> "_Turn":
        return _Turn(self, request, *self.call(request))

    def priced(self, request: Request, completion: Completion) -> Annotation:
        """The annotation in what a call for the request gave, with its cost."""
        return self._turn(request).priced(completion)

    async def _paid(self, turn: "_Turn", keeping: _Keeping) -> Completion:
        budget, most = self.billing.budget, turn.ceiling()
        if budget is not None:
            await budget.reserve_in_turn(most)
        spent = 0
        try:
            completion = await self._answered(turn, keeping)
            spent = turn.bill(completion)
        finally:
            if budget is not None:
                budget.settle(most, spent)
        self.room.received(completion)
        return completion

    async def _answered(self, turn: "_Turn", keeping: _Keeping) -> Completion:
        if keeping is None:
            return await self.model.complete(turn.messages, turn.options)
        model, turn.drawn = keeping
        return await model.complete_and_keep(turn.messages, turn.options, turn)

    def call(self, request: Request) -> tuple[tuple[Message, ...], Options]:
        """What is sent for a request."""
        options = self.room.given(self.options, request.task.schema, self.mapping.form)
        if self.mapping.top_logprobs:
            options = replace(options, top_logprobs=self.mapping.top_logprobs, max_tokens=1)
        if self.mapping.name == "json":
            schema = narrowed(request.task.schema, request.options.focus)
            options = replace(options, json_schema=schema.json_schema())
        if request.options.replica:
            options = replace(options, seed=(options.seed or 0) + request.options.replica)
        return render(seen(request, self.modality), self.mapping.form), options

    def read(
        self, request: Request, completion: Completion, cost: int, room: int | None = None
    ) -> Annotation:
        """The annotation in a completion that could have `room` tokens; of the raw text `LONGEST`
        characters are kept."""
        said = self._reading(request, completion, room or self.options.max_tokens)
        return answer(
            request,
            said.outcome,
            value=said.value,
            confidence=said.confidence,
            confidence_source=said.source,
            scores=said.scores,
            rationale=said.rationale,
            raw=_raw(completion),
            mapping=self.mapping.name,
            error=completion.error or said.error,
            usage=completion.usage,
            cost_nanos=cost,
            seconds=completion.seconds,
        )

    def _reading(self, request: Request, completion: Completion, room: int) -> Reading:
        if completion.error is not None:
            return Reading(Outcome.FAILED)
        if completion.refused:
            return Reading(Outcome.REFUSED)
        if completion.cut and not self.mapping.top_logprobs:
            return Reading(Outcome.UNPARSED, error=cut_at(room))
        if completion.fault is not None:
            return Reading(Outcome.UNPARSED, error=completion.fault)
        thought, text = parted(completion.text)
        if not text.strip() and (thought or completion.reasoning):
            return Reading(Outcome.UNPARSED, error="reasoning alone, with no answer after it")
        return self._understood(request, replace(completion, text=text))

    def _understood(self, request: Request, completion: Completion) -> Reading:
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
        """The most a request can cost, in nanos, with a second try of an answer that was cut."""
        turn = self._turn(request)
        again = turn.wider(CUT)
        return turn.ceiling(attempts) + (0 if again is None else again.ceiling(attempts))


def _raw(completion: Completion) -> str | None:
    """What was said, with what was thought in its tags."""
    thought = completion.reasoning
    text = f"<think>\n{thought}\n</think>\n{completion.text}" if thought else completion.text
    return text[:LONGEST] or None


@dataclass(slots=True)
class _Turn:
    """One call for a request. Hands the answer over while the call still holds its place."""

    annotator: LLM
    request: Request
    messages: tuple[Message, ...]
    options: Options
    before: Completion = NOTHING
    earlier: int = 0  # nanos, of the call before
    drawn: Drawn | None = None
    given: Annotation | None = None

    def check(self) -> None:
        if self.drawn is not None:
            self.drawn.check()

    async def keep(self, completion: Completion) -> None:
        if self.drawn is not None and self.wider(completion) is None:
            self.given = self.priced(completion)
            await self.drawn.received(self.given)

    def wider(self, completion: Completion) -> "_Turn | None":
        """The call to make once more, where this one's answer was cut and may have more room."""
        options, more = self.options, self.options.more_tokens
        if not completion.cut or options.top_logprobs or more <= options.max_tokens:
            return None
        roomy = replace(options, max_tokens=more)
        return replace(
            self, options=roomy, before=completion, earlier=self.bill(completion), given=None
        )

    def priced(self, completion: Completion) -> Annotation:
        """The annotation, with what the call before it used."""
        before, both = self.before, completion
        cost = self.bill(completion) + self.earlier
        if before is not NOTHING:
            both = replace(
                completion,
                usage=before.usage + completion.usage,
                seconds=before.seconds + completion.seconds,
            )
        return self.annotator.read(self.request, both, cost, self.options.max_tokens)

    def bill(self, completion: Completion) -> int:
        """In nanos. Where a server counts no tokens, the most that its call can have cost: a bill
        that is too small would let the budget be passed."""
        usage = completion.usage
        cost = self.annotator.billing.prices.nanos(usage)
        if completion.error is None and not usage.input_tokens and not usage.output_tokens:
            return max(cost, self.ceiling(max(usage.attempts, 1)))
        return cost

    def ceiling(self, attempts: int = ATTEMPTS) -> int:
        """The most the call can cost, in nanos; a token is at least one byte of text."""
        prices = self.annotator.billing.prices
        if prices == FREE:
            return 0
        options, parts = self.options, [p for m in self.messages for p in m.parts]
        size = sum(len(p.encode("utf-8", "replace")) for p in parts if isinstance(p, str))
        pictures = sum(not isinstance(p, str) for p in parts)
        shown = pictures * most_tokens(options.view, self.annotator.model.id)
        return prices.nanos(Usage(size + shown + 64, 0, options.max_tokens, attempts=attempts))
