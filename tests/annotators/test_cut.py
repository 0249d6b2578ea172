"""Answers that end at the number of tokens allowed, and those that are reasoning alone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay.annotators.llm import LLM, Billing
from assay.annotators.mapping import BY_NAME
from assay.annotators.room import LABEL, more_than, tokens_for
from assay.core.annotation import Annotation, Outcome, Request
from assay.core.cost import Budget, Prices, Usage
from assay.core.cut import cut_at, tokens_of
from assay.core.record import text_record
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Spans
from assay.core.task import Task
from assay.models.base import Completion, Message, Options

MOOD = Task("mood", "Which?", Choice(["negative", "positive"]))


class Talker:
    """Says a word after so many tokens; what it says before is no label."""

    id = "talker"
    takes_images = False

    def __init__(self, needs: int, cut: Completion) -> None:
        self.needs, self.cut = needs, replace(cut, cut=True)
        self.rooms: list[int] = []

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        self.rooms.append(options.max_tokens)
        used = Usage(10, 0, min(self.needs, options.max_tokens), attempts=1)
        said = self.cut if options.max_tokens < self.needs else Completion("positive")
        return replace(said, usage=used, seconds=1.0)

    async def aclose(self) -> None: ...


RAMBLING = Completion("Compared with a positive one, this")
THINKING = Completion("", reasoning="maybe positive")


async def asked(who: LLM, count: int = 1) -> list[Annotation]:
    requests = [Request(MOOD, text_record(str(i), "x"), who.id) for i in range(count)]
    return [a for request in requests async for a in who.annotate([request])]


async def test_a_cut_answer_is_none_and_says_at_how_many_tokens() -> None:
    (found,) = await asked(LLM(Talker(100, RAMBLING)))
    assert (found.outcome, found.value, found.error) == (Outcome.UNPARSED, None, "cut at 64 tokens")
    assert found.raw == RAMBLING.text


async def test_it_is_asked_once_more_where_there_may_be_more_room() -> None:
    model = Talker(100, RAMBLING)
    (found,) = await asked(LLM(model, options=Options(more_tokens=500)))
    assert model.rooms == [64, 500]
    assert found.value == "positive"
    assert (found.usage.output_tokens, found.usage.attempts, found.seconds) == (164, 2, 2.0)


async def test_both_calls_are_paid_for_within_the_budget() -> None:
    billing = Billing(Prices(output=1e6), Budget(10_000))
    (found,) = await asked(
        LLM(Talker(100, RAMBLING), options=Options(more_tokens=500), billing=billing)
    )
    assert billing.budget is not None
    assert billing.budget.spent_nanos == found.cost_nanos == 164 * 10**9
    poor = Billing(Prices(output=1e6), Budget(100))
    model = Talker(100, RAMBLING)
    (found,) = await asked(LLM(model, options=Options(more_tokens=500), billing=poor))
    assert (model.rooms, found.error) == ([64], "cut at 64 tokens")


async def test_a_model_that_thinks_first_gets_the_room_from_then_on() -> None:
    model = Talker(100, THINKING)
    who = LLM(model, options=Options(more_tokens=500))
    assert [a.value for a in await asked(who, 3)] == ["positive"] * 3
    assert model.rooms == [64, 500, 500, 500]
    assert who.id == LLM(model, options=Options(more_tokens=500)).id


async def test_what_it_thought_stands_in_the_raw_text_alone() -> None:
    (found,) = await asked(LLM(Talker(100, THINKING)))
    assert found.raw == "<think>\nmaybe positive\n</think>\n"
    assert found.rationale is None


@pytest.mark.parametrize("mapping", ["pattern", "json", "last_line"])
@pytest.mark.parametrize(
    "said", [Completion("<think>positive"), Completion("", reasoning="positive")]
)
def test_reasoning_alone_is_no_answer(said: Completion, mapping: str) -> None:
    request = Request(MOOD, text_record("r", "x"), "m")
    found = LLM(Talker(0, said), BY_NAME[mapping]).read(request, said, 0)
    assert (found.outcome, found.error) == (
        Outcome.UNPARSED,
        "reasoning alone, with no answer after it",
    )


def test_a_fault_is_the_reason() -> None:
    request = Request(MOOD, text_record("r", "x"), "m")
    found = LLM(Talker(0, RAMBLING)).read(request, Completion("positive", fault="odd"), 0)
    assert (found.outcome, found.error) == (Outcome.UNPARSED, "odd")


def test_the_room_is_by_what_is_asked_and_by_the_effort() -> None:
    assert tokens_for(Choice(["a"])) == tokens_for(Scale(1, 5)) == LABEL == 64
    form = Form({"a": Choice(["x"]), "b": FreeText(), "c": MultiChoice(["x", "y"])})
    assert tokens_for(form) > tokens_for(FreeText()) > LABEL
    assert tokens_for(Spans(["x"])) == 1024
    assert tokens_for(Choice(["a"]), "last_line") > 500
    assert tokens_for(Choice(["a"]), effort="high") > tokens_for(Choice(["a"]), effort="low") > 2000
    assert tokens_for(Choice(["a"]), effort="none") == LABEL
    assert (more_than(64), more_than(1024)) == (1024, 4096)


def test_a_request_that_asks_for_more_than_the_task_has_the_room() -> None:
    why = Request(Task("why", "Why?", FreeText()), text_record("r", "x"), "m")
    growing = LLM(Talker(0, RAMBLING), options=Options(grows=True, more_tokens=1024))
    options = growing.call(why)[1]
    assert (options.max_tokens, options.more_tokens) == (1024, 4096)
    assert LLM(Talker(0, RAMBLING)).call(why)[1].max_tokens == 64


def test_a_run_counts_the_cut() -> None:
    assert [tokens_of(cut_at(n)) for n in (64, 1024)] == [64, 1024]
    assert tokens_of(None) is tokens_of("odd") is None
