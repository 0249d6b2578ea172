"""Chains: counts, ranks and routes of section 11(b).

What a toy gets wrong (section 11(d)), beside what is here: two labels that begin with the same
token are refused in `tests/annotators/mapping/test_likelihood.py`.
"""

import math

import numpy as np
import pytest

from assay.core.annotation import DecidedBy, Source
from assay.core.errors import SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.chain import Chain, RandomChain, ThresholdChain, calibrate, most_confident
from assay.strategies.confidence import own
from tests.strategies.recorded_ask import Given, RecordedAsk

TASK = Task("t", "which?", Choice(["a", "b", "c"]))
LINKS = ("cheap", "middle", "dear")


def scored(rng: np.random.Generator, records: list[Record]) -> Given:
    logits = rng.normal(size=(len(records), 3)) * 3
    scores = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return {
        r.id: ("abc"[int(row.argmax())], dict(zip("abc", map(float, row), strict=True)))
        for r, row in zip(records, scores, strict=True)
    }


def world(n: int, seed: int = 0) -> tuple[list[Record], RecordedAsk]:
    rng = np.random.default_rng(seed)
    records = [text_record(f"r{i}", f"text {i}") for i in range(n)]
    return records, RecordedAsk(TASK, {link: scored(rng, records) for link in LINKS})


async def test_links_see_all_then_two_thirds_then_one_third() -> None:
    records, ask = world(900)
    await Chain(LINKS).label(records, ask)
    assert dict(ask.asked) == {"cheap": 900, "middle": 600, "dear": 300}


async def test_a_record_kept_by_the_first_link_never_changes_its_label_in_the_backward_pass() -> (
    None
):
    records, ask = world(900)
    forward = await Chain(LINKS, answer="forward").label(records, ask)
    ranked = await Chain(LINKS, answer="rank").label(records, ask)
    changed = [
        f.route[-1] for f, r in zip(forward, ranked, strict=True) if f.route[-1] != r.route[0]
    ]
    assert "cheap" not in changed
    assert changed.count("dear") > changed.count("middle")


async def test_ranks_lie_in_the_ranges_that_the_keeping_link_implies() -> None:
    records, ask = world(900)
    forward = await Chain(LINKS, answer="forward").label(records, ask)
    ranked = await Chain(LINKS, answer="rank").label(records, ask)
    for f, r in zip(forward, ranked, strict=True):
        assert r.confidence is not None
        if f.route[-1] == "cheap":
            assert 2 / 3 < r.confidence <= 1
        elif f.route[-1] == "middle":
            assert 1 / 2 < r.confidence <= 1


async def test_the_order_of_the_records_does_not_matter() -> None:
    records, ask = world(300)
    straight = {d.record: d.value for d in await Chain(LINKS).label(records, ask)}
    turned = {d.record: d.value for d in await Chain(LINKS).label(records[::-1], ask)}
    assert straight == turned


async def test_equal_confidences_all_pass_and_leave_the_next_link_nothing() -> None:
    records = [text_record(f"r{i}", f"text {i}") for i in range(6)]
    same: Given = {r.id: ("a", {"a": -0.1, "b": -2.0}) for r in records}
    ask = RecordedAsk(TASK, dict.fromkeys(LINKS, same))
    decisions = await Chain(LINKS, answer="forward").label(records, ask)
    assert dict(ask.asked) == {"cheap": 6, "middle": 0, "dear": 0}
    assert all(d.value == "a" for d in decisions)


async def test_fewer_records_than_links_lets_early_links_keep_nothing() -> None:
    records, ask = world(2)
    decisions = await Chain(LINKS, answer="forward").label(records, ask)
    assert ask.asked["cheap"] == 2
    assert ask.asked["middle"] == 2
    assert all(d.value is not None for d in decisions)


async def test_silence_is_forwarded_and_never_becomes_a_label() -> None:
    records = [text_record("r0", "x"), text_record("r1", "y")]
    silent: Given = {r.id: (None, None) for r in records}
    decisions = await Chain(("cheap", "dear")).label(
        records, RecordedAsk(TASK, {"cheap": silent, "dear": silent})
    )
    assert [d.value for d in decisions] == [None, None]
    assert all(d.decided_by is None for d in decisions)


async def test_infinite_margins_do_not_poison_the_ranks() -> None:
    records = [text_record(f"r{i}", f"t{i}") for i in range(4)]
    sure: Given = {r.id: ("a", {"a": 0.0, "b": -math.inf}) for r in records[:2]}
    unsure: Given = {r.id: ("b", {"a": -1.0, "b": -0.5}) for r in records[2:]}
    given: Given = {**sure, **unsure}
    decisions = await Chain(("cheap", "dear")).label(
        records, RecordedAsk(TASK, {"cheap": given, "dear": given})
    )
    assert [d.value for d in decisions] == ["a", "a", "b", "b"]
    assert all(d.confidence is not None and math.isfinite(d.confidence) for d in decisions)


async def test_people_as_last_link_are_waited_for() -> None:
    records, ask = world(4)
    ask.given = {"cheap": ask.given["cheap"], "panel": {}}
    ask.panels = {"panel"}
    decisions = await Chain(("cheap", "panel")).label(records, ask)
    assert sum(d.waiting_for == "panel" for d in decisions) == 2
    assert sum(d.decided_by is DecidedBy.MODEL for d in decisions) == 2


async def test_thresholds_from_a_calibration_batch_give_the_same_routes_in_streaming() -> None:
    records, ask = world(900)
    margins = [
        [sorted(s.values())[-1] - sorted(s.values())[-2] for _, s in ask.given[k].values() if s]
        for k in LINKS
    ]
    chain = ThresholdChain(LINKS, calibrate(margins))
    batch = await Chain(LINKS, answer="forward").label(records, ask)
    stream = [d for i in range(0, 900, 100) for d in await chain.label(records[i : i + 100], ask)]
    assert [d.route for d in stream] == [d.route for d in batch]


async def test_a_link_without_a_threshold_forwards_everything() -> None:
    records, ask = world(10)
    await ThresholdChain(("cheap", "dear"), (None,)).label(records, ask)
    assert ask.asked["dear"] == 10


def test_thresholds_must_match_the_links() -> None:
    with pytest.raises(SpecError, match="needs 1 thresholds"):
        ThresholdChain(("cheap", "dear"), (0.5, 0.6))


async def test_random_routing_gives_each_link_its_share() -> None:
    records, ask = world(900)
    decisions = await RandomChain(LINKS, seed=3).label(records, ask)
    assert dict(ask.asked) == {"cheap": 300, "middle": 300, "dear": 300}
    assert all(d.value is not None for d in decisions)


async def test_random_routing_deals_out_given_shares() -> None:
    records, ask = world(900)
    decisions = await RandomChain(LINKS, 3, (0.5, 0.0, 0.5)).label(records, ask)
    assert dict(ask.asked) == {"cheap": 450, "middle": 0, "dear": 450}
    assert [d.record for d in decisions] == [r.id for r in records]


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.6, 0.1), (-0.5, 1.0, 0.5)])
def test_shares_of_random_routing_add_up(shares: tuple[float, ...]) -> None:
    with pytest.raises(SpecError, match="add up to 1"):
        RandomChain(LINKS, 0, shares)


async def test_records_kept_by_the_last_link_go_back_where_they_ranked_higher() -> None:
    """Section 11(b): at most 1/2 at the middle link and 2/3 at the first, any rank at the last."""
    records, ask = world(900)
    forward = await Chain(LINKS, answer="forward").label(records, ask)
    ranked = await Chain(LINKS, answer="rank").label(records, ask)
    last = [r for f, r in zip(forward, ranked, strict=True) if f.route[-1] == "dear"]
    below = {"cheap": 2 / 3, "middle": 1 / 2, "dear": 1.0}
    assert len(last) == 300
    assert all(0 < (r.confidence or 0) <= below[r.route[0]] for r in last)
    back = sum(r.route[0] != "dear" for r in last)
    middle = [r for f, r in zip(forward, ranked, strict=True) if f.route[-1] == "middle"]
    moved = sum(r.route[0] != "middle" for r in middle)
    assert moved < back < 300


def test_ties_with_the_smallest_kept_confidence_are_kept_too() -> None:
    kept = most_confident(np.array([3.0, 1.0, 1.0, 0.0, -np.inf]), 2)
    assert kept.tolist() == [True, True, True, False, False]


async def test_random_routing_does_not_depend_on_the_order_of_the_records() -> None:
    records, ask = world(90)
    straight = {d.record: d.route for d in await RandomChain(LINKS, 3).label(records, ask)}
    turned = {d.record: d.route for d in await RandomChain(LINKS, 3).label(records[::-1], ask)}
    other = {d.record: d.route for d in await RandomChain(LINKS, 4).label(records, ask)}
    assert straight == turned
    assert straight != other


def test_the_id_says_where_thresholds_and_confidences_come_from() -> None:
    """Batch or streaming, and which confidence: section 11(d)."""
    ids = {
        Chain(LINKS).id,
        Chain(LINKS, answer="forward").id,
        Chain(LINKS, confidence=own).id,
        ThresholdChain(LINKS, (1.0, 2.0)).id,
        ThresholdChain(LINKS, (1.0, 2.1)).id,
        ThresholdChain(LINKS, (1.0, 2.0), own).id,
    }
    assert len(ids) == 6


async def test_ranks_are_taken_among_the_records_that_a_link_saw() -> None:
    """Ranked over all records, or over kept ones only, the last link would win or lose wrongly."""
    margins = {"cheap": [9.0, 8.0, 3.0, 2.0, 1.0, 0.5], "dear": [0.0, 0.0, 2.0, 3.0, 1.0, 4.0]}
    records = [text_record(f"r{i}", f"t{i}") for i in range(6)]
    given: dict[str, Given] = {
        link: {
            r.id: (label, {label: 0.0, "c": -m})
            for r, m in zip(records, margins[link], strict=True)
        }
        for link, label in (("cheap", "a"), ("dear", "b"))
    }
    decisions = await Chain(("cheap", "dear")).label(records, RecordedAsk(TASK, given))
    # three go on; at the first link they rank 3/6, 2/6 and 1/6, at the second among three
    assert [d.value for d in decisions] == ["a", "a", "a", "b", "a", "b"]
    assert [d.confidence for d in decisions] == [1.0, 5 / 6, 4 / 6, 2 / 3, 1 / 3, 1.0]


def steady(n: int, labels: str = "ab") -> tuple[list[Record], RecordedAsk]:
    """Record i is i nats sure at every link; link k says its own label."""
    records = [text_record(f"r{i}", f"text {i}") for i in range(n)]
    given: dict[str, Given] = {
        link: {r.id: (label, {label: 0.0, "z": -float(i)}) for i, r in enumerate(records)}
        for link, label in zip(LINKS, labels, strict=False)
    }
    return records, RecordedAsk(TASK, given)


async def test_a_route_names_every_link_that_a_record_came_by() -> None:
    records, ask = steady(6, "abc")
    made = await Chain(LINKS, answer="forward").label(records, ask)
    assert [d.route for d in made] == [LINKS, LINKS, LINKS[:2], LINKS[:2], LINKS[:1], LINKS[:1]]
    assert [d.value for d in made] == ["c", "c", "b", "b", "a", "a"]
    assert made[4].scores == {"a": 0.0, "z": -4.0}
    assert made[4].decided_by is DecidedBy.MODEL


async def test_each_link_keeps_its_part_of_what_reaches_it_rounded_down() -> None:
    records, ask = steady(8, "abc")
    await Chain(LINKS, answer="forward").label(records, ask)
    assert dict(ask.asked) == {"cheap": 8, "middle": 6, "dear": 3}


async def test_an_answer_exactly_as_sure_as_the_threshold_is_kept() -> None:
    records, ask = steady(4)
    made = await ThresholdChain(LINKS[:2], (2.0,)).label(records, ask)
    assert [d.value for d in made] == ["b", "b", "a", "a"]


async def test_a_rank_is_given_with_its_source_and_who_is_behind_it() -> None:
    records, ask = steady(2)
    ask.panels = {"middle"}
    made = await Chain(LINKS[:2]).label(records, ask)
    assert [(d.value, d.confidence, d.route) for d in made] == [
        ("b", 1.0, ("middle",)),
        ("a", 1.0, ("cheap",)),
    ]
    assert [d.decided_by for d in made] == [DecidedBy.PEOPLE, DecidedBy.MODEL]
    assert {d.confidence_source for d in made} == {Source.RANK}
    assert made[0].scores == {"b": 0.0, "z": -0.0}


async def test_of_equal_ranks_the_earlier_link_decides() -> None:
    records = [text_record("r0", "x"), text_record("r1", "y")]
    silent: Given = {"r0": ("a", None), "r1": ("a", None)}
    other: Given = {"r0": ("b", None), "r1": ("b", None)}
    ask = RecordedAsk(TASK, {"cheap": silent, "dear": other})
    made = await Chain(("cheap", "dear")).label(records, ask)
    assert [(d.value, d.route) for d in made] == [("a", ("cheap",))] * 2
    assert ask.asked["dear"] == 2  # an answer without confidence is not kept


async def test_where_no_link_answers_the_route_says_so() -> None:
    records, ask = steady(1)
    ask.given = {"cheap": {"r0": (None, None)}, "dear": {"r0": (None, None)}}
    [ranked] = await Chain(("cheap", "dear")).label(records, ask)
    [straight] = await Chain(("cheap", "dear"), "forward").label(records, ask)
    assert ranked.route == ("no link answered",)
    assert straight.route == ("cheap", "dear", "unparsed")


async def test_a_record_that_only_the_first_link_answered_keeps_that_answer_by_rank() -> None:
    records, ask = steady(2)
    ask.given = {"cheap": ask.given["cheap"], "dear": dict.fromkeys(("r0", "r1"), (None, None))}
    made = await Chain(("cheap", "dear")).label(records, ask)
    assert [(d.value, d.confidence) for d in made] == [("a", 0.5), ("a", 1.0)]


def test_thresholds_are_the_least_confidence_kept_of_what_reaches_a_link() -> None:
    first, second = [5.0, 4.0, 3.0, 2.0, 1.0, 0.0], [9.0, 9.0, 4.0, 8.0, 6.0, 7.0]
    assert calibrate([first, second, first]) == (4.0, 7.0)  # 2 of 6, then 2 of 4
    assert calibrate([first, second, first], [0.5, 0.34]) == (3.0, 8.0)
    assert calibrate([first, second, first], [0.0, 0.5]) == (None, 8.0)
    assert calibrate([first]) == ()


def test_a_silence_is_never_kept_and_nothing_is_kept_of_nothing() -> None:
    assert most_confident(np.array([-np.inf, -np.inf]), 1).tolist() == [False, False]
    assert most_confident(np.array([2.0, 1.0]), 0).tolist() == [False, False]
    assert most_confident(np.array([2.0, 1.0]), 1).tolist() == [True, False]
    assert most_confident(np.array([]), 0).tolist() == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_wrong_number_of_thresholds_is_told_in_figures(count: int) -> None:
    with pytest.raises(SpecError, match=rf"chain of 3 links needs 2 thresholds, not {count}: "):
        ThresholdChain(LINKS, (0.5,) * count)


async def test_random_routing_gives_a_link_nothing_where_its_share_is_nothing() -> None:
    records, ask = steady(5)
    made = await RandomChain(("cheap", "middle"), 0, (1.0, 0.0)).label(records, ask)
    assert dict(ask.asked) == {"cheap": 5, "middle": 0}
    assert {d.route for d in made} == {("cheap",)}


async def test_people_who_keep_a_chain_waiting_are_named_for_all_that_they_saw() -> None:
    records, ask = steady(4)
    ask.panels = {"cheap"}
    ask.given["cheap"].pop("r1")  # type: ignore[attr-defined]
    made = await Chain(LINKS[:2]).label(records, ask)
    assert [d.waiting_for for d in made] == ["cheap"] * 4
    assert ask.asked["middle"] == 0
