"""Specialists that a controller picks, and annotators that say the task's labels in other words."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import pytest

from assay.annotators.classifier import TrainableClassifier
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.errors import SpecError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.controlled import Controlled, Learning, Relabelled
from assay.strategies.controller import NOT, SUITS, Candidate
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("tone", "Which tone?", Choice(["good", "bad"]), "mind irony")
MAP = {"LABEL_1": "good", "LABEL_0": "bad"}
SAME = {"good": "good", "bad": "bad"}
RECORDS = [text_record(f"r{i}", f"text {i}") for i in range(4)]


@dataclass
class Hub:
    """Says LABEL_1 of all but the mute; remembers what it was asked and whether it was ended."""

    id: str = "hub"
    decided_by: DecidedBy = DecidedBy.MODEL
    mute: tuple[str, ...] = ()
    asked: list[Request] = field(default_factory=list)
    ended: bool = False

    async def aclose(self) -> None:
        self.ended = True

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            self.asked.append(request)
            if request.record.id in self.mute:
                yield answer(request, Outcome.UNPARSED, raw="?")
                continue
            scores = {"LABEL_1": -0.1, "LABEL_0": -2.0}
            yield answer(
                request, Outcome.ANSWERED, value="LABEL_1", scores=scores, confidence=0.9,
                confidence_source=Source.LIKELIHOOD,
            )  # fmt: skip


async def relabelled(hub: Hub) -> tuple[list[Request], list[Annotation]]:
    one = Relabelled(hub, MAP)
    requests = [Request(TASK, r, one.id) for r in RECORDS[:2]]
    return requests, [a async for a in one.annotate(requests)]


async def test_a_relabelled_annotator_is_asked_for_its_labels_and_answers_in_the_tasks() -> None:
    hub = Hub(mute=("r1",))
    requests, (said, silent) = await relabelled(hub)
    assert (said.value, said.scores) == ("good", {"good": -0.1, "bad": -2.0})
    assert (said.confidence, said.confidence_source) == (0.9, Source.LIKELIHOOD)
    assert (silent.value, silent.scores, silent.raw) == (None, None, "?")
    for request, given in zip(requests, (said, silent), strict=True):
        assert given.key == request.key
        assert given.task == TASK.id
        assert given.annotator == request.annotator
    for own in hub.asked:
        assert own.annotator == "hub"
        assert isinstance(own.task.schema, Choice)
        assert own.task.schema.names == ("LABEL_1", "LABEL_0")
        assert own.task.guideline == "mind irony"


async def test_another_map_is_another_annotator_and_is_ended_with_its_own() -> None:
    hub = Hub(decided_by=DecidedBy.PEOPLE)
    one = Relabelled(hub, MAP)
    assert one.id == f"hub|{one.id[-8:]}"
    assert one.id == Relabelled(hub, dict(reversed(MAP.items()))).id
    assert one.id != Relabelled(hub, {"LABEL_1": "bad", "LABEL_0": "good"}).id
    assert one.decided_by is DecidedBy.PEOPLE
    await one.aclose()
    assert hub.ended


REGISTRY = (
    Candidate("lexicon", "counts words", SAME),
    Candidate("hub", "a classifier", MAP),
    Candidate("stars", "counts stars", {"1": "bad"}),
    Candidate("weather", "forecasts", SAME),
    Candidate("learner", "n-grams", SAME, trainable=True),
)


def controlled(said: dict[str, float], hub: Hub | None = None) -> tuple[Controlled, RecordedAsk]:
    """The controller's suitability of each by name; a name left out is awaited."""
    llm: Given = {n: (SUITS if s > 0 else NOT, {SUITS: s, NOT: 0.0}) for n, s in said.items()}
    given: dict[str, Given] = {
        "llm": llm,
        "lexicon": {r.id: ("good" if i < 3 else "bad", None) for i, r in enumerate(RECORDS)},
        "weather": {r.id: ("bad", None) for r in RECORDS},
        "crowd": {r.id: ("bad", None) for r in RECORDS},
    }
    examples = tuple(
        Example(text_record(f"g{i}", f"so {word}, {i}"), word)
        for i, word in enumerate(["good", "bad"] * 4)
    )
    learning = Learning({"learner": TrainableClassifier()}, examples[:4], examples[4:])
    other = {"hub": Relabelled(hub or Hub(), MAP)}
    return (
        Controlled("llm", "crowd", REGISTRY, 2, other, learning),
        RecordedAsk(TASK, given, ["crowd"]),
    )


async def test_those_chosen_vote_in_the_tasks_labels_and_the_others_are_never_asked() -> None:
    strategy, ask = controlled({"lexicon": 1.0, "hub": 2.0, "weather": -3.0, "learner": -2.0})
    made = await strategy.label(RECORDS, ask)
    assert [d.value for d in made] == ["good", "good", "good", "bad"]
    assert [d.route[0] for d in made] == ["unanimous"] * 3 + ["reviewed"]
    assert (ask.asked["weather"], ask.asked["crowd"], ask.asked["llm"]) == (0, 1, 4)


async def test_a_learner_that_is_chosen_is_fitted_on_the_training_gold() -> None:
    strategy, ask = controlled({"lexicon": 1.0, "hub": -9.0, "weather": -3.0, "learner": 2.0})
    plan = await strategy.plan(ask)
    assert plan is not None
    assert (plan.specialists, plan.trainable, plan.reviewer) == (
        ("lexicon",),
        ("learner",),
        "crowd",
    )
    await strategy.label(RECORDS, ask)
    assert any(name.startswith("classifier/char-ngrams") for name in ask.registered)


async def test_until_the_controller_has_answered_nobody_labels() -> None:
    strategy, ask = controlled({"lexicon": 1.0, "hub": 2.0, "learner": 0.5})
    assert await strategy.plan(ask) is None
    made = await strategy.label(RECORDS, ask)
    assert [(d.record, d.waiting_for) for d in made] == [(r.id, "llm") for r in RECORDS]
    assert set(ask.asked) == {"llm"}


def test_a_trainable_candidate_needs_a_learner() -> None:
    with pytest.raises(SpecError, match="nothing can be trained as 'learner'"):
        Controlled("llm", "crowd", REGISTRY)


def test_three_are_chosen_where_no_number_is_given() -> None:
    strategy, ask = controlled(dict.fromkeys([c.name for c in REGISTRY], 1.0))
    three = Controlled("llm", "crowd", REGISTRY, learning=strategy.learning)
    plan = asyncio.run(three.plan(ask))
    assert plan is not None
    assert plan.specialists == ("lexicon", "hub", "weather")
