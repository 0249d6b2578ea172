"""Candidates, then confirmation: the mechanics; `test_tags_simulation.py` has what they gain."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from assay.annotators.base import HoldsNothing
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Waiting, answer
from assay.core.errors import ModelError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, FreeText, Label, MultiChoice
from assay.core.task import Task
from assay.strategies.groups import affinity_of, cooccurring, diverse
from assay.strategies.tags import CandidatesThenConfirm, concepts
from bench.scenes import THEME, Scenes
from tests.strategies.recorded_ask import Given, RecordedAsk

LABELS = tuple(f"tag{i}" for i in range(8))
TASK = Task("tags", "what is there?", MultiChoice(list(LABELS)))
GROUPS = (LABELS[:4], LABELS[4:])


@dataclass(frozen=True)
class Fixed(HoldsNothing):
    """Names what it sees among what it is asked about; silent where the whole focus is `mute`."""

    id: str
    sees: frozenset[str]
    mute: tuple[str, ...] | None = None
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            if request.options.focus == self.mute:
                yield answer(request, Outcome.UNPARSED, raw="?")
            else:
                seen = self.sees & set(request.options.focus)
                yield answer(request, Outcome.ANSWERED, value=seen)


def asking(tagger: Fixed, confirmer: Fixed) -> RecordedAsk:
    ask = RecordedAsk(TASK, {})
    ask.register(tagger)
    ask.register(confirmer)
    return ask


async def test_the_three_states_of_a_label_are_told_apart() -> None:
    """Confirmed, rejected, and not chosen in its group: a weak negative, absent from the scores."""
    ask = asking(Fixed("wide", frozenset(LABELS[:3])), Fixed("strict", frozenset(LABELS[:2])))
    [decision] = await CandidatesThenConfirm("wide", "strict", GROUPS).label(
        [text_record("s0", "x")], ask
    )
    assert decision.value == frozenset(LABELS[:2])
    assert decision.scores == {"tag0": 1.0, "tag1": 1.0, "tag2": 0.0}
    assert dict(ask.asked) == {"wide": 2, "strict": 3}


async def test_an_unanswered_confirmation_is_neither_yes_nor_no() -> None:
    sees = frozenset(LABELS[:2])
    ask = asking(Fixed("wide", sees), Fixed("strict", sees, mute=("tag1",)))
    [decision] = await CandidatesThenConfirm("wide", "strict", GROUPS).label(
        [text_record("s0", "x")], ask
    )
    assert decision.value == frozenset(["tag0"])
    assert decision.scores == {"tag0": 1.0}
    assert decision.route[-1] == "1 questions unanswered"


async def test_a_label_in_no_group_is_refused() -> None:
    with pytest.raises(SpecError, match="in no group"):
        await CandidatesThenConfirm("a", "b", (("tag0",),)).label([], RecordedAsk(TASK, {}))


def test_groups_hold_every_label_once_and_differ_in_kind() -> None:
    scenes = Scenes(40, 300, 9)
    labels = scenes.labels
    near = affinity_of(list(scenes.truth.values()), labels)
    alike, unlike = cooccurring(labels, near, THEME), diverse(labels, near, THEME)
    assert sorted(x for g in alike for x in g) == list(labels)
    assert sorted(x for g in unlike for x in g) == list(labels)

    def inside(groups: Sequence[Sequence[str]]) -> float:
        place = [[labels.index(x) for x in g] for g in groups]
        return float(np.mean([near[np.ix_(p, p)].mean() for p in place]))

    assert inside(alike) > inside(unlike)


X = [text_record("s0", "x")]
ONE = Task("tags", "what?", MultiChoice([Label("p", "plain"), Label("q"), Label("r")]), "be brief")
PAIRS = (("p", "q"), ("r",))


def described(**given: frozenset[str] | None) -> dict[str, Given]:
    return {name: {"s0": (value, None)} for name, value in given.items()}


async def test_candidates_are_confirmed_each_alone_in_the_order_of_the_task() -> None:
    ask = RecordedAsk(ONE, described(t=frozenset("rp"), c=frozenset("p")))
    strategy = CandidatesThenConfirm("t", "c", (("r", "q"), ("p",)), {"p": "a plain thing"})
    [made] = await strategy.label(X, ask)
    request_options = [(name, options.focus, options.hint) for name, _, options in ask.log]
    assert request_options == [
        ("t", ("r", "q"), ""),
        ("t", ("p",), ""),
        ("c", ("p",), "a plain thing"),
        ("c", ("r",), ""),
    ]
    assert (made.value, made.scores) == (frozenset("p"), {"p": 1.0, "r": 0.0})
    assert made.route == ("2 candidates", "1 confirmed")


async def test_a_label_named_outside_its_group_is_no_candidate() -> None:
    ask = RecordedAsk(ONE, described(t=frozenset("q"), c=frozenset("q")))
    [made] = await CandidatesThenConfirm("t", "c", PAIRS).label(X, ask)
    assert ask.asked["c"] == 1  # named in both groups, of which one has it
    assert made.value == frozenset("q")


@pytest.mark.parametrize(
    ("panels", "who"),
    [
        ((), DecidedBy.MODEL),
        (("c",), DecidedBy.BOTH),
        (("t",), DecidedBy.BOTH),
        (("t", "c"), DecidedBy.PEOPLE),
    ],
)
async def test_taggers_and_confirmers_decide_together(
    panels: tuple[str, ...], who: DecidedBy
) -> None:
    ask = RecordedAsk(ONE, described(t=frozenset("p"), c=frozenset("p")), panels)
    [made] = await CandidatesThenConfirm("t", "c", PAIRS).label(X, ask)
    assert made.decided_by is who


async def test_no_candidate_is_the_empty_set_and_no_answer_is_none() -> None:
    ask = RecordedAsk(ONE, described(t=frozenset(), c=None))
    [empty] = await CandidatesThenConfirm("t", "c", PAIRS).label(X, ask)
    assert (empty.value, empty.route) == (frozenset(), ("0 candidates", "0 confirmed"))
    [silent] = await CandidatesThenConfirm("t", "c", PAIRS).label(
        X, RecordedAsk(ONE, described(t=None, c=None))
    )
    assert (silent.value, silent.route) == (None, ("no group answered",))


async def test_a_silent_group_is_counted_with_the_unanswered() -> None:
    ask = asking(
        Fixed("wide", frozenset(LABELS[:2]), mute=GROUPS[1]),
        Fixed("strict", frozenset(LABELS[:2]), mute=("tag1",)),
    )
    [made] = await CandidatesThenConfirm("wide", "strict", GROUPS).label(X, ask)
    assert made.route == ("2 candidates", "1 confirmed", "2 questions unanswered")


@pytest.mark.parametrize("open_", ["t", "c"])
async def test_an_open_question_is_waited_for(open_: str) -> None:
    given = described(t=frozenset("p"), c=frozenset("p")) | {open_: {}}
    [made] = await CandidatesThenConfirm("t", "c", PAIRS).label(X, RecordedAsk(ONE, given))
    assert (made.value, made.waiting_for) == (None, open_)


async def test_each_record_is_decided_by_its_own_answers() -> None:
    records = [text_record(f"s{i}", str(i)) for i in range(3)]
    given: dict[str, Given] = {
        "t": {"s0": (frozenset("pr"), None), "s1": (None, None), "s2": (frozenset("q"), None)},
        "c": {"s0": (frozenset("r"), None), "s2": (frozenset("q"), None)},
    }
    made = await CandidatesThenConfirm("t", "c", PAIRS).label(records, RecordedAsk(ONE, given))
    assert [d.value for d in made] == [frozenset("r"), None, frozenset("q")]


@pytest.mark.parametrize("groups", [(), (("p", "q", "r"), ())])
def test_groups_are_not_empty(groups: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(SpecError, match="no empty group"):
        CandidatesThenConfirm("t", "c", groups)


async def test_only_a_set_of_labels_is_tagged() -> None:
    ask = RecordedAsk(Task("t", "?", Choice(["p"])), {})
    with pytest.raises(SpecError, match="kind `multi`, not choice"):
        await CandidatesThenConfirm("t", "c", PAIRS).label(X, ask)


class Clarifier(RecordedAsk):
    """Remembers the records and the task that it was asked about."""

    def _answer(self, request: Request) -> Annotation | Waiting:
        self.seen = [*getattr(self, "seen", []), request]
        return super()._answer(request)


async def test_concepts_are_told_against_the_labels_easily_taken_for_them() -> None:
    meanings: Given = {f"label:{x}": (f"meaning of {x}", None) for x in "pqr"}
    ask = Clarifier(ONE, {"llm": meanings})
    assert isinstance(ONE.schema, MultiChoice)
    found = await concepts(ask, "llm", ONE.schema.labels, {"p": ("q", "r")})
    assert found == {x: f"meaning of {x}" for x in "pqr"}
    assert [r.record.text for r in ask.seen] == [
        "Label: p\nGuideline: plain\nEasily taken for: q, r",
        "Label: q",
        "Label: r",
    ]
    task = ask.seen[0].task
    assert (task.name, task.guideline) == ("tags-concepts", "be brief")
    assert isinstance(task.schema, FreeText)
    assert task.schema.longest == 1_000


@pytest.mark.parametrize("said", [{"label:q": (None, None)}, {}])
async def test_a_concept_without_a_meaning_is_an_error(said: Given) -> None:
    ask = RecordedAsk(ONE, {"llm": {"label:p": ("fine", None), **said}})
    with pytest.raises(ModelError, match="llm did not say what label 'q' means"):
        await concepts(ask, "llm", [Label("p"), Label("q")], {})
