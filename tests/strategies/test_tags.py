"""Candidates, then confirmation: the mechanics; `test_tags_simulation.py` has what they gain."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from assay.annotators.base import HoldsNothing
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.errors import SpecError
from assay.core.record import text_record
from assay.core.schema import MultiChoice
from assay.core.task import Task
from assay.strategies.groups import affinity_of, cooccurring, diverse
from assay.strategies.tags import CandidatesThenConfirm
from bench.scenes import THEME, Scenes
from tests.strategies.recorded_ask import RecordedAsk

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
            if request.way.focus == self.mute:
                yield answer(request, Outcome.UNPARSED, raw="?")
            else:
                seen = self.sees & set(request.way.focus)
                yield answer(request, Outcome.ANSWERED, value=seen)


def asking(tagger: Fixed, confirmer: Fixed) -> RecordedAsk:
    ask = RecordedAsk(TASK, {})
    ask.enrol(tagger)
    ask.enrol(confirmer)
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
