"""Specialists: the closed form of the review share, stages, roll-back.

What a toy gets wrong (section 4(d)), beside what is here: label maps in `test_controller.py` and
`tests/annotators/test_hub.py`; plans that are read and never run in `test_controller.py`; the time
of graphics cards has its price in `tests/quality/test_costs.py`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from assay.annotators.base import HoldsNothing
from assay.core.annotation import (
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    Source,
    answer,
)
from assay.core.errors import SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.specialists import Specialists, Stages, parts, review_share
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("t", "which?", Choice(["a", "b"]))


@dataclass(frozen=True)
class Version(HoldsNothing):
    """Right with a probability that its training set decides; the same for the same set."""

    id: str
    accuracy: float
    truth: dict[str, str]
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            right = self.truth[request.record.id]
            rng = np.random.default_rng(int(request.key[:12], 16))
            value = right if rng.random() < self.accuracy else ("b" if right == "a" else "a")
            yield answer(request, Outcome.ANSWERED, value=value)


@dataclass(frozen=True)
class Learner:
    """Accuracy moves by `gain` with every stage it is fitted in."""

    name: str
    truth: dict[str, str]
    gain: float
    fits: list[int]

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Version:
        self.fits.append(len(examples))
        accuracy = 0.7 + self.gain * (len(self.fits) - 1)
        return Version(f"{self.name}#{len(self.fits)}", accuracy, self.truth)


def world(n: int, seed: int = 0) -> tuple[list[Record], dict[str, str]]:
    rng = np.random.default_rng(seed)
    records = [text_record(f"r{i}", f"text {i}") for i in range(n)]
    return records, {r.id: str(rng.choice(["a", "b"])) for r in records}


def noisy(truth: dict[str, str], accuracy: float, seed: int) -> Given:
    rng = np.random.default_rng(seed)
    other = {"a": "b", "b": "a"}
    return {k: (v if rng.random() < accuracy else other[v], None) for k, v in truth.items()}


async def test_review_share_and_accuracy_follow_the_closed_form() -> None:
    records, truth = world(4000)
    accuracies = (0.9, 0.85, 0.8)
    given = {f"s{i}": noisy(truth, a, seed=i) for i, a in enumerate(accuracies)}
    given["llm"] = {k: (v, None) for k, v in truth.items()}
    ask = RecordedAsk(TASK, given)
    decisions = await Specialists(("s0", "s1", "s2"), "llm").label(records, ask)
    share = ask.asked["llm"] / len(records)
    assert share == pytest.approx(review_share(accuracies), abs=0.03)
    counts = parts(decisions, dict(truth))
    assert counts["reviewed"][0] == counts["reviewed"][1]
    right, all_ = counts["unanimous"]
    wrong_together = 0.1 * 0.15 * 0.2
    assert 1 - right / all_ == pytest.approx(wrong_together / (1 - share), abs=0.005)


async def test_unanimous_and_wrong_never_reaches_review() -> None:
    records, truth = world(50)
    other = {"a": "b", "b": "a"}
    wrong: Given = {k: (other[v], None) for k, v in truth.items()}
    ask = RecordedAsk(TASK, {"s0": wrong, "s1": wrong, "llm": {}})
    decisions = await Specialists(("s0", "s1"), "llm").label(records, ask)
    assert ask.asked["llm"] == 0
    assert parts(decisions, dict(truth))["unanimous"] == (0, 50)


async def test_an_unparsed_review_stays_open_and_teaches_nothing() -> None:
    records, truth = world(1)
    [record] = records
    right: Given = {record.id: (truth[record.id], None)}
    wrong: Given = {record.id: ("b" if truth[record.id] == "a" else "a", None)}
    ask = RecordedAsk(TASK, {"s0": right, "s1": wrong, "llm": {record.id: (None, None)}})
    [decision] = await Specialists(("s0", "s1"), "llm").label(records, ask)
    assert decision.value is None
    assert decision.decided_by is None


def staged(gain: float) -> tuple[Specialists, list[Record], RecordedAsk, list[int]]:
    records, truth = world(1600)
    train = tuple(Example(r, truth[r.id]) for r in records[:100])
    gold = tuple(Example(r, truth[r.id]) for r in records[100:600])
    fits: list[int] = []
    learner = Learner("nb", truth, gain, fits)
    given: dict[str, Given] = {
        "lexicon": noisy(truth, 0.75, seed=5),
        "llm": {k: (v, None) for k, v in truth.items()},
    }
    stages = Stages(beta=120, replay=0.5, block=100, most=2)
    strategy = Specialists(("lexicon",), "llm", (learner,), train, gold, stages)
    return strategy, records[600:], RecordedAsk(TASK, given), fits


async def test_a_stage_that_helps_is_kept_and_sends_fewer_records_to_review() -> None:
    strategy, records, ask, fits = staged(gain=0.12)
    decisions = await strategy.label(records, ask)
    by_stage = {
        s: [d.route[0] == "reviewed" for d in decisions if s in d.route]
        for s in ("stage 0", "stage 2")
    }
    assert len(fits) == 3
    assert np.mean(by_stage["stage 2"]) < np.mean(by_stage["stage 0"])


async def test_a_stage_that_lowers_accuracy_on_gold_is_rolled_back() -> None:
    strategy, records, ask, fits = staged(gain=-0.2)
    await strategy.label(records, ask)
    assert len(fits) == 3
    pool = {r.id for r in records}
    worse = ask.registered["nb#2"]
    assert isinstance(worse, Version)
    used = [name for name, count in ask.asked.items() if name.startswith("nb#") and count > 500]
    assert used == ["nb#1"]
    assert len(pool) == 1000


async def test_a_stage_replays_a_share_of_the_old_examples() -> None:
    strategy, records, ask, fits = staged(gain=0.0)
    await strategy.label(records, ask)
    assert fits[0] == 100
    assert 50 + 120 <= fits[1] <= 50 + 220


def test_training_and_judging_gold_must_not_overlap() -> None:
    example = Example(text_record("x", "x"), "a")
    learner = Learner("nb", {}, 0.0, [])
    with pytest.raises(SpecError, match="both the training and the judging"):
        Specialists(("s",), "llm", (learner,), (example,), (example,))


def test_the_papers_cost_arithmetic() -> None:
    assert pytest.approx(0.7415, abs=5e-5) == 1 - 0.012519 / 0.048423
    assert pytest.approx(0.26, abs=0.005) == 10_065 / 38_396
    assert pytest.approx(0.39, abs=0.005) == 18_942 / 48_475


@pytest.mark.parametrize("said", [("a", "b"), ("a", "b", "c"), ("a", "a", "b")])
async def test_votes_without_a_majority_are_reviewed_like_any_that_differ(
    said: tuple[str, ...],
) -> None:
    """An even number of specialists, or as many classes as specialists, needs no tie rule."""
    task = Task("t", "which?", Choice(["a", "b", "c"]))
    record = text_record("r", "x")
    given: dict[str, Given] = {f"s{i}": {"r": (v, None)} for i, v in enumerate(said)}
    ask = RecordedAsk(task, {**given, "llm": {"r": ("c", None)}})
    [decision] = await Specialists(tuple(given), "llm").label([record], ask)
    assert decision.value == "c"
    assert decision.route[0] == "reviewed"


async def test_specialists_worse_than_chance_show_in_the_unanimous_part_alone() -> None:
    records, truth = world(3000)
    given = {f"s{i}": noisy(truth, 0.42, seed=i) for i in range(3)}
    given["llm"] = {k: (v, None) for k, v in truth.items()}
    decisions = await Specialists(("s0", "s1", "s2"), "llm").label(
        records, RecordedAsk(TASK, given)
    )
    counts = parts(decisions, dict(truth))
    overall = np.mean([d.value == truth[d.record] for d in decisions])
    assert overall > 0.8
    assert counts["unanimous"][0] / counts["unanimous"][1] < 0.4


def fixed_world(
    votes: dict[str, list[str | None]], panels: Sequence[str] = ()
) -> tuple[list[Record], RecordedAsk]:
    """What each says of records r0, r1, ...; `llm` says b of all."""
    n = len(next(iter(votes.values())))
    records = [text_record(f"r{i}", f"text {i}") for i in range(n)]
    given: dict[str, Given] = {
        name: {f"r{i}": (v, None) for i, v in enumerate(said)} for name, said in votes.items()
    }
    given["llm"] = {r.id: ("b", None) for r in records}
    return records, RecordedAsk(TASK, given, panels)


async def test_what_all_say_is_decided_and_the_reviewer_sees_the_rest_in_order() -> None:
    records, ask = fixed_world({"s": ["a", "a", None, "b"], "t": ["a", "b", "a", "b"]})
    made = await Specialists(("s", "t"), "llm").label(records, ask)
    assert [d.value for d in made] == ["a", "b", "b", "b"]
    assert [d.route for d in made] == [
        ("unanimous", "stage 0"),
        ("reviewed", "stage 0", "llm"),
        ("reviewed", "stage 0", "llm"),
        ("unanimous", "stage 0"),
    ]
    assert (made[0].confidence, made[0].confidence_source) == (1.0, Source.VOTE_SHARE)
    assert [record for name, record, _ in ask.log if name == "llm"] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("panels", "who"),
    [((), DecidedBy.MODEL), (("t",), DecidedBy.BOTH), (("llm",), DecidedBy.MODEL)],
)
async def test_a_person_among_the_specialists_decides_with_them(
    panels: tuple[str, ...], who: DecidedBy
) -> None:
    records, ask = fixed_world({"s": ["a"], "t": ["a"]}, panels)
    [made] = await Specialists(("s", "t"), "llm").label(records, ask)
    assert made.decided_by is who


@dataclass(frozen=True)
class Scripted:
    """A learner whose versions are right on gold as often as the script says, stage by stage."""

    name: str
    right: Sequence[float]
    fits: list[tuple[list[str], int]]

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> "Says":
        self.fits.append(([e.id for e in examples], seed))
        return Says(f"{self.name}#{len(self.fits)}", self.right[len(self.fits) - 1])


@dataclass(frozen=True)
class Says(HoldsNothing):
    """Right (a) on the first part of the gold; of records it says a."""

    id: str
    right: float
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            name = request.record.id
            good = not name.startswith("gold") or int(name[4:]) < self.right * 10
            yield answer(request, Outcome.ANSWERED, value="a" if good else "b")


def staging(
    right: Sequence[float], stages: Stages, n: int = 12
) -> tuple[Scripted, Specialists, list[Record], RecordedAsk]:
    """A specialist that disagrees with the learner on every record, so that all are reviewed."""
    records, ask = fixed_world({"s": ["b"] * n})
    learner = Scripted("l", right, [])
    training = tuple(Example(text_record(f"old{i}", f"old {i}"), "a") for i in range(4))
    gold = tuple(Example(text_record(f"gold{i}", f"gold {i}"), "a") for i in range(10))
    return (
        learner,
        Specialists(("s",), "llm", (learner,), training, gold, stages),
        records,
        ask,
    )


async def test_stages_begin_when_enough_is_reviewed_and_learn_old_and_new() -> None:
    stages = Stages(beta=4, replay=0.5, block=2, seed=7, most=10)
    learner, strategy, records, ask = staging([0.5, 0.6, 0.7, 0.8], stages)
    made = await strategy.label(records, ask)
    # a stage after 4, 8 and 12 records; half of the old ones: of 4, of 4 + 4, of 4 + 8
    assert [len(ids) for ids, _ in learner.fits] == [4, 2 + 4, 4 + 4, 6 + 4]
    assert [ids[-4:] for ids, _ in learner.fits[1:]] == [
        [f"r{i}" for i in range(start, start + 4)] for start in (0, 4, 8)
    ]
    assert {seed for _, seed in learner.fits} == {7}
    assert [d.route[1] for d in made] == [f"stage {i // 4}" for i in range(12)]
    for ids, _ in learner.fits[1:]:
        replayed = ids[:-4]
        assert len(set(replayed)) == len(replayed)
        assert not set(replayed) & set(ids[-4:])


async def test_a_stage_that_is_as_good_is_kept_and_a_worse_one_is_forgotten_with_its_records() -> (
    None
):
    stages = Stages(beta=4, replay=1.0, block=4, most=10)
    learner, strategy, records, ask = staging([0.5, 0.5, 0.4, 0.45], stages)
    await strategy.label(records, ask)
    kept = [f"r{i}" for i in range(4)]
    old = [f"old{i}" for i in range(4)]
    assert learner.fits[2][0] == [*old, *kept, *(f"r{i}" for i in range(4, 8))]
    # the second stage was worse than 0.5: its records are not replayed, and 0.45 is worse too
    assert learner.fits[3][0] == [*old, *kept, *(f"r{i}" for i in range(8, 12))]
    assert ask.asked["l#1"] == 10 + 4
    assert ask.asked["l#2"] == 10 + 8
    assert ask.asked["l#3"] == ask.asked["l#4"] == 10


@pytest.mark.parametrize(("most", "fits"), [(0, 1), (1, 2), (2, 3), (9, 4)])
async def test_there_are_no_more_stages_than_allowed(most: int, fits: int) -> None:
    stages = Stages(beta=4, block=4, most=most)
    learner, strategy, records, ask = staging([0.5] * 9, stages)
    await strategy.label(records, ask)
    assert len(learner.fits) == fits


async def test_fewer_reviewed_than_beta_start_no_stage() -> None:
    learner, strategy, records, ask = staging([0.5] * 9, Stages(beta=13, block=4))
    await strategy.label(records, ask)
    assert len(learner.fits) == 1


async def test_several_learners_are_fitted_with_seeds_of_their_own() -> None:
    one, two = Scripted("l", [0.5], []), Scripted("k", [0.5], [])
    records, ask = fixed_world({"s": ["a"]})
    training = (Example(text_record("old", "old"), "a"),)
    gold = (Example(text_record("gold0", "gold"), "a"),)
    strategy = Specialists((), "llm", (one, two), training, gold)
    [made] = await strategy.label(records, ask)
    assert (made.value, made.route[0]) == ("a", "unanimous")
    assert (one.fits, two.fits) == ([(["old"], 42)], [(["old"], 43)])


def test_those_that_learn_need_gold_twice_and_all_need_company() -> None:
    learner = Scripted("l", [], [])
    one, two = (Example(text_record(x, x), "a") for x in "xy")
    for training, gold in (((), (one,)), ((one,), ()), ((), ())):
        with pytest.raises(SpecError, match="calibration gold twice"):
            Specialists(("s",), "llm", (learner,), training, gold)
    with pytest.raises(SpecError, match="at least two"):
        Specialists(("s",), "llm")
    with pytest.raises(SpecError, match=r"^1 records are in both"):
        Specialists(("s", "t"), "llm", (), (one, two), (one,))
    assert Specialists(("s", "t"), "llm").trainable == ()


def test_the_review_share_in_closed_form() -> None:
    assert review_share((0.9, 0.8)) == pytest.approx(1 - 0.72 - 0.02)
    assert review_share((0.9, 0.8), classes=3) == pytest.approx(1 - 0.72 - 2 * 0.05 * 0.1)
    assert review_share((1.0, 1.0)) == 0


def test_parts_count_what_has_a_truth_and_silence_as_wrong() -> None:
    made = [
        Decision("r0", "a", decided_by=DecidedBy.MODEL, route=("unanimous", "stage 0")),
        Decision("r1", "b", decided_by=DecidedBy.MODEL, route=("unanimous", "stage 0")),
        Decision("r2", None, route=("reviewed", "stage 0")),
        Decision("r3", "a", decided_by=DecidedBy.MODEL, route=("reviewed", "stage 0")),
        Decision("r4", "a", decided_by=DecidedBy.MODEL, route=("kept",)),
        Decision("r5", "a", decided_by=DecidedBy.MODEL, route=("unanimous",)),
        Decision("r0", "a", decided_by=DecidedBy.MODEL),
    ]
    truth: dict[str, object] = dict.fromkeys(("r0", "r1", "r2", "r3", "r4"), "a")
    assert parts(made, truth) == {"unanimous": (1, 2), "reviewed": (1, 2)}
