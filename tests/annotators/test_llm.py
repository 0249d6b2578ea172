"""A language model as an annotator: what is sent, how it is read, what it costs, what breaks it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from assay.annotators.llm import LLM, Billing
from assay.annotators.mapping import Json, Likelihood, Pattern
from assay.annotators.mapping.base import LONGEST
from assay.core.annotation import Annotation, Outcome, Request, RequestOptions
from assay.core.cost import NANOS, Budget, Prices, Usage
from assay.core.errors import BudgetError, LedgerError, ModelError
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import Choice, Form, Scale
from assay.core.task import Task
from assay.models.base import Completion, Keeping, Message, Options, TokenScore, View

TASK = Task("t", "Which?", Choice(["good", "bad"]))
FORM = Task("f", "Which?", Form({"tone": TASK.schema, "age": Scale(1, 5)}))
PICTURE = ImagePart("cat.png", "0" * 64)


GOOD = Completion("good", Usage(10, attempts=1), 2.5)


@dataclass
class Told:
    """Says what it was told to, and keeps what it was sent; waits for `held` first."""

    said: Completion | Exception = GOOD
    id: str = "told"
    takes_images: bool = True
    sent: list[tuple[Sequence[Message], Options]] = field(default_factory=list)
    held: asyncio.Event | None = None
    most: int = 0
    now: int = 0
    closed: int = 0

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        self.sent.append((messages, options))
        self.now += 1
        self.most = max(self.most, self.now)
        if self.held is not None:
            await self.held.wait()
        self.now -= 1
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    async def aclose(self) -> None:
        self.closed += 1


def requests(count: int, task: Task = TASK, way: RequestOptions | None = None) -> list[Request]:
    records = [text_record(f"r{i}", f"text {i}") for i in range(count)]
    return [Request(task, record, "m", way or RequestOptions()) for record in records]


async def answers(who: LLM, asked: Sequence[Request]) -> list[Annotation]:
    return [a async for a in who.annotate(asked)]


async def answered(said: Completion | Exception, **how: object) -> Annotation:
    [given] = await answers(LLM(Told(said), **how), requests(1))  # type: ignore[arg-type]
    return given


async def test_an_answer_carries_all_that_the_completion_says() -> None:
    usage = Usage(1_000_000, 0, 500_000, attempts=2)
    said = Completion("It is good.", usage, 2.5)
    given = await answered(said, billing=Billing(Prices(input=2.0, output=4.0)))
    assert (given.outcome, given.value, given.raw) == (Outcome.ANSWERED, "good", "It is good.")
    assert (given.cost_nanos, given.seconds, given.usage) == (4 * NANOS, 2.5, usage)
    assert (given.mapping, given.error, given.rationale) == ("pattern", None, None)
    scores = {"good": -0.1, "bad": -2.5}
    likely = await answered(Completion("good", scores=scores), mapping=Likelihood())
    assert (likely.scores, likely.mapping) == (scores, "likelihood")
    assert likely.confidence is not None
    assert likely.confidence_source is not None


@pytest.mark.parametrize(
    ("said", "outcome", "error", "raw"),
    [
        (Completion("", error="timeout"), Outcome.FAILED, "timeout", None),
        (Completion("I cannot", refused=True), Outcome.REFUSED, None, "I cannot"),
        (Completion("hm"), Outcome.UNPARSED, None, "hm"),
        (Completion(""), Outcome.UNPARSED, None, None),
        (ValueError("no such picture"), Outcome.FAILED, "ValueError: no such picture", None),
        (Completion("good" + " " * (LONGEST - 4)), Outcome.ANSWERED, None,
         "good" + " " * (LONGEST - 4)),
        (Completion("good" + " " * (LONGEST - 3)), Outcome.UNPARSED,
         "an answer of 65,537 characters, of which the first 65,536 are kept and none is read",
         "good" + " " * (LONGEST - 4)),
    ],
    ids=["error", "refusal", "unclear", "silence", "broken", "long", "too long"],
)  # fmt: skip
async def test_whatever_comes_is_an_outcome(
    said: Completion | Exception, outcome: Outcome, error: str | None, raw: str | None
) -> None:
    given = await answered(said)
    assert (given.outcome, given.error, given.raw) == (outcome, error, raw)


@dataclass(frozen=True)
class Broken(Pattern):
    bad: Exception

    def read(self, request: Request, completion: Completion) -> object:  # type: ignore[override]
        raise self.bad


async def test_what_a_mapping_breaks_on_was_paid_for_and_is_unparsed() -> None:
    given = await answered(Completion("good"), mapping=Broken(ValueError("cannot be read")))
    assert (given.outcome, given.error) == (Outcome.UNPARSED, "ValueError: cannot be read")
    with pytest.raises(ModelError):
        await answered(Completion("good"), mapping=Broken(ModelError("down")))


async def test_calls_are_begun_together_up_to_the_window_and_the_rest_as_answers_come() -> None:
    held = asyncio.Event()
    model = Told(held=held)
    task = asyncio.ensure_future(answers(LLM(model), requests(300)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert model.now == 256
    held.set()
    assert {a.record for a in await task} == {f"r{i}" for i in range(300)}
    assert model.most == 256


async def test_after_trouble_nothing_new_is_drawn_and_what_came_is_given() -> None:
    class Failing(Told):
        async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
            self.sent.append((messages, options))
            if "text 3<" in messages[-1].text:
                raise ModelError("down")
            return Completion("good")

    model, given = Failing(), list[str]()

    async def listening() -> None:
        async for a in LLM(model).annotate(requests(400)):
            given.append(a.record)

    with pytest.raises(ModelError, match="down"):
        await listening()
    assert len(model.sent) < 270
    assert len(given) == len(model.sent) - 1
    assert "r3" not in given


async def test_who_stops_listening_leaves_no_call_behind() -> None:
    model = Told(held=asyncio.Event())
    listening = asyncio.ensure_future(answers(LLM(model), requests(4)))
    for _ in range(3):
        await asyncio.sleep(0)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert len(asyncio.all_tasks()) == 1


def test_each_way_of_decoding_is_another_annotator_and_how_pictures_are_seen() -> None:
    plain = LLM(Told())
    assert plain.id == "told/pattern/p2.630325"
    others = [
        replace(plain, options=options)
        for options in (
            Options(max_tokens=65), Options(temperature=0.5), Options(top_p=0.5), Options(seed=1),
            Options(json_schema={}), Options(view=View(side=512)), Options(view=View(detail="low")),
        )
    ]  # fmt: skip
    others += [replace(plain, mapping=Json()), replace(plain, model=Told(id="other"))]
    others += [replace(plain, modality=modality) for modality in ("text", "image")]
    assert len({plain.id, *(other.id for other in others)}) == len(others) + 1
    assert others[-2].id == plain.id + "/text"
    assert others[-1].id == plain.id + "/image"
    small = Options(view=View(side=512))
    assert replace(others[-2], options=small).id == others[-2].id
    assert replace(others[-1], options=small).id != others[-1].id
    assert repr(plain).startswith("LLM(model=Told(")
    assert plain.facts() == {"model": plain.model, "mapping": "pattern", "id": plain.id}


def test_what_is_sent_follows_from_mapping_way_and_modality() -> None:
    [asked] = requests(1)
    messages, options = LLM(Told()).call(asked)
    assert options == Options()
    assert messages[-1].text.endswith("<record>text 0</record>\nAnswer:")
    _, few = LLM(Told(), Likelihood()).call(asked)
    assert (few.top_logprobs, few.max_tokens) == (20, 1)
    [form] = requests(1, FORM, RequestOptions(focus=("tone",)))
    messages, bound = LLM(Told(), Json()).call(form)
    assert isinstance(bound.json_schema, dict)
    assert bound.json_schema["required"] == ["tone"]
    assert "JSON only" in messages[0].text
    for seed, replica, sent in ((None, 0, None), (None, 2, 2), (5, 0, 5), (5, 2, 7)):
        [again] = requests(1, way=RequestOptions(replica=replica))
        assert LLM(Told(), options=Options(seed=seed)).call(again)[1].seed == sent
    both = replace(asked, record=Record("r", (PICTURE, TextPart("words"))))
    assert PICTURE in LLM(Told()).call(both)[0][-1].parts
    assert PICTURE not in LLM(Told(), modality="text").call(both)[0][-1].parts


async def test_a_record_of_which_nothing_is_seen_is_not_sent() -> None:
    model, budget = Told(), Budget.of_nanos(0)
    who = LLM(model, billing=Billing(Prices(input=1.0), budget), modality="image")
    [given] = await answers(who, requests(1))
    assert given.outcome is Outcome.FAILED
    assert given.error == "the record has no image, and nothing else is shown to this model"
    assert model.sent == []


async def test_the_most_a_call_can_cost_is_held_back_while_it_is_under_way() -> None:
    model, budget = Told(held=asyncio.Event()), Budget.of_nanos(1000 * NANOS)
    who = LLM(model, billing=Billing(Prices(input=1e6, output=1e6), budget))
    asked = requests(2)
    task = asyncio.ensure_future(answers(who, asked))
    for _ in range(3):
        await asyncio.sleep(0)
    assert budget.reserved_nanos == 2 * who.ceiling(asked[0])
    assert model.held is not None
    model.held.set()
    assert [a.cost_nanos for a in await task] == [10 * NANOS] * 2
    assert (budget.reserved_nanos, budget.spent_nanos) == (0, 20 * NANOS)
    with pytest.raises(BudgetError):
        await answers(
            replace(who, billing=Billing(Prices(input=1e6), Budget.of_nanos(NANOS))), asked
        )


async def test_an_answer_without_token_counts_costs_the_most_that_its_call_can_have() -> None:
    prices = Prices(input=1e6, output=1e6, per_request=1.0)
    uncounted = Completion("a", usage=Usage(attempts=2))
    who = LLM(Told(uncounted), billing=Billing(prices, Budget.of_nanos(10_000 * NANOS)))
    [asked] = requests(1)
    [given] = await answers(who, [asked])
    assert given.cost_nanos == who.ceiling(asked, 2) == who.ceiling(asked) - 3 * NANOS
    assert who.billing.budget is not None
    assert who.billing.budget.spent_nanos == given.cost_nanos
    for counted in (Usage(1, attempts=1), Usage(0, 0, 1, attempts=1)):
        assert who.priced(asked, replace(uncounted, usage=counted)).cost_nanos == 2 * NANOS
    broken = replace(uncounted, error="gone")
    assert who.priced(asked, broken).cost_nanos == 2 * NANOS


async def test_a_call_that_breaks_costs_nothing_and_holds_nothing_back() -> None:
    budget = Budget.of_nanos(1000 * NANOS)
    who = LLM(Told(OSError("gone")), billing=Billing(Prices(input=1e6), budget))
    [given] = await answers(who, requests(1))
    assert (given.outcome, given.cost_nanos) == (Outcome.FAILED, 0)
    assert (budget.reserved_nanos, budget.spent_nanos) == (0, 0)


def sizes(who: LLM, asked: Request) -> tuple[int, int]:
    """Characters and bytes of the texts that are sent."""
    texts = [p for m in who.call(asked)[0] for p in m.parts if isinstance(p, str)]
    return sum(map(len, texts)), sum(len(t.encode()) for t in texts)


def test_a_forecast_guesses_tokens_and_a_ceiling_counts_bytes() -> None:
    who = LLM(Told(), options=Options(view=View(tokens=100)))
    asked = replace(requests(1)[0], record=text_record("r", "naïve 日本" * 9))
    with_pictures = replace(
        asked, record=Record("r", (PICTURE, replace(PICTURE, name="b"), TextPart("é")))
    )
    dear = replace(who, billing=Billing(Prices(input=1.0, output=3.0, per_request=1e-3)))
    for request, pictures in ((asked, 0), (with_pictures, 2)):
        characters, octets = sizes(who, request)
        assert who.forecast(request) == (int(characters / 3 + 100 * pictures + 16), 64)
        tokens = octets + 100 * pictures + 64
        assert dear.ceiling(request) == tokens * 1000 + 64 * 3000 + 5 * NANOS // 1000
        assert who.ceiling(request) == 0


async def test_what_it_holds_is_the_models() -> None:
    model = Told()
    await LLM(model).aclose()
    assert model.closed == 1


class Placing(Told):
    """A model whose calls wait for places: an answer is kept before the place is given on."""

    async def complete_and_keep(
        self, messages: Sequence[Message], options: Options, keeping: Keeping
    ) -> Completion:
        keeping.check()
        said = await self.complete(messages, options)
        await keeping.keep(said)
        return replace(said, text="bad")  # what was kept is what is given


@dataclass
class Run:
    """Requests as a run gives them."""

    asked: list[Request]
    full: bool = False
    kept: list[Annotation] = field(default_factory=list)

    def __iter__(self) -> Iterator[Request]:
        return iter(self.asked)

    def check(self) -> None:
        if self.full:
            raise LedgerError("disk is full")

    async def received(self, annotation: Annotation) -> None:
        self.kept.append(annotation)


async def test_a_run_hears_an_answer_in_the_place_of_its_call() -> None:
    run = Run(requests(3))
    given = [a async for a in LLM(Placing()).annotate(run)]
    assert [a.value for a in given] == ["good"] * 3
    assert all(any(a is b for b in run.kept) for a in given)
    plain = Run(requests(1))
    assert [a.value async for a in LLM(Told()).annotate(plain)] == ["good"]
    assert plain.kept == []
    with pytest.raises(LedgerError):
        [a async for a in LLM(Placing()).annotate(Run(requests(1), full=True))]


async def test_the_alternatives_of_the_first_token_make_a_likelihood() -> None:
    token = TokenScore("good", -0.1, {"bad": -2.0})
    given = await answered(Completion("good", tokens=(token,)), mapping=Likelihood())
    assert given.scores == {"good": -0.1, "bad": -2.0}
