"""Retrieval of examples, with its controls (random, fixed).

What a toy gets wrong (section 7(d)): a record's own gold, twins in the pool and the order of
examples are here; alignment of quotes in `tests/annotators/mapping/test_spans.py`; direct and
downstream scores, precision and recall apart, in `tests/quality/metrics/test_entities.py`; whether
retrieval helps is measured and never presumed (`assay study wnut17`).
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.annotators.picture import Pictures
from assay.core.errors import InputError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.core.value import Box, Span
from assay.models.encoder import MiniLM
from assay.strategies.nearest import (
    AtRandom,
    ByEmbedding,
    ByPicture,
    ByWords,
    Fixed,
    Retriever,
    near_duplicates,
)
from assay.strategies.retrieval import NOTHING, Retrieved, in_turn, labels_of, pool_split
from tests.annotators.test_picture import ColourEye, record
from tests.needs import needs_models
from tests.strategies.recorded_ask import RecordedAsk

TASK = Task("t", "which?", Choice(["fruit", "metal"]))
POOL = tuple(
    Example(text_record(f"p{i}", text), value)
    for i, (text, value) in enumerate(
        [("a red apple", "fruit"), ("green apples", "fruit"), ("iron ore", "metal"),
         ("rusty iron", "metal"), ("apple pie", "fruit")]
    )
)  # fmt: skip


def test_the_nearest_example_stands_last() -> None:
    shown = Retrieved("m", POOL, ByWords(), count=2).examples([text_record("r", "apple tart")])
    assert all(e.value == "fruit" for e in shown[0])
    assert "apple" in shown[0][-1].record.text


def test_a_record_never_sees_itself_by_id_or_by_content() -> None:
    twin = text_record("other", "A  Red\tapple ")
    same_id = text_record("p4", "changed")
    retrieved = Retrieved("m", POOL, ByWords(), count=5)
    first, second = retrieved.examples([twin, same_id])
    assert "p0" not in {e.id for e in first}
    assert "p4" not in {e.id for e in second}


def test_pictures_are_near_by_what_they_show_and_told_apart_by_their_bytes(
    tmp_path: Path,
) -> None:
    shown = [record(tmp_path, colour) for colour in ("red", "green", "blue")]
    pool = tuple(Example(one, "fruit") for one in shown)
    reddish = replace(record(tmp_path, "red", "red", "green"), id="new")
    by_sight = Retrieved("m", pool, ByPicture(Pictures(ColourEye())), count=2)
    assert [e.id for e in by_sight.examples([reddish])[0]] == ["green", "red"]
    # a record never sees itself, and others are others though none has a text
    for retriever in (ByPicture(Pictures(ColourEye())), AtRandom(1)):
        twin = replace(shown[0], id="another name")
        found = Retrieved("m", pool, retriever, count=5).examples([twin])[0]
        assert {e.id for e in found} == {"green", "blue"}


def test_a_record_without_a_readable_picture_is_near_to_none(tmp_path: Path) -> None:
    pool = [record(tmp_path, "red"), record(tmp_path, "blue")]
    index = ByPicture(Pictures(ColourEye())).over(pool)
    assert index([text_record("r", "no picture"), pool[0]]).argmax(axis=1).tolist() == [0, 0]
    assert index([text_record("r", "no picture")]).tolist() == [[0.0, 0.0]]
    with pytest.raises(InputError, match="has no picture"):
        ByPicture(Pictures(ColourEye())).over([text_record("r", "no picture")])


def test_balanced_examples_take_turns_between_labels() -> None:
    [shown] = Retrieved("m", POOL, ByWords(), count=4, balanced=True).examples(
        [text_record("r", "apple")]
    )
    assert sorted(str(e.value) for e in shown) == ["fruit", "fruit", "metal", "metal"]


@pytest.mark.parametrize("retriever", [ByWords(), AtRandom(3), Fixed(3)])
def test_what_is_shown_does_not_depend_on_the_block(retriever: Retriever) -> None:
    records = [text_record(f"r{i}", f"iron apple {i}" if i else "") for i in range(6)]
    needs_all_records = Retrieved("m", POOL, retriever, count=3).examples(records)
    halves = Retrieved("m", POOL, retriever, count=3)
    assert needs_all_records == halves.examples(records[:2]) + halves.examples(records[2:])
    assert halves.examples([]) == []


def test_fixed_examples_are_the_same_for_all_records_and_differ_by_seed() -> None:
    records = [text_record(f"r{i}", f"text {i}") for i in range(4)]
    first, *others = Retrieved("m", POOL, Fixed(1), count=2).examples(records)
    assert others == [first] * 3
    draws = [Retrieved("m", POOL, Fixed(s), count=2).examples(records)[0] for s in range(9)]
    assert len({tuple(e.id for e in draw) for draw in draws}) > 1


def test_the_nearest_by_meaning_share_no_word() -> None:
    needs_models("minilm-l6-int8", "minilm-l6-tokenizer")
    retrieved = Retrieved("m", POOL, ByEmbedding(MiniLM()), count=2)
    records = [text_record("r", "steel and copper"), text_record("s", "a pear")]
    shown = retrieved.examples(records)
    assert [{str(e.value) for e in each} for each in shown] == [{"metal"}, {"fruit"}]
    assert retrieved.examples(records[1:]) == shown[1:]


def test_spans_are_balanced_by_the_labels_in_them() -> None:
    spans = [
        (Span(0, 1, "a"),), (Span(0, 1, "a"),), (), (), (Span(0, 1, "b"),), (Span(0, 1, "a"),),
    ]  # fmt: skip
    pool = tuple(Example(text_record(f"p{i}", f"text {i}"), s) for i, s in enumerate(spans))
    [shown] = Retrieved("m", pool, ByWords(), count=3, balanced=True).examples(
        [text_record("r", "text")]
    )
    assert {label for e in shown for label in labels_of(e.value)} == {"a", "b", NOTHING}


@given(st.lists(st.frozensets(st.sampled_from("abc"), min_size=1), min_size=1, max_size=12))
def test_turns_bring_every_label_before_any_comes_again_needlessly(
    labels: list[frozenset[str]],
) -> None:
    order = in_turn(list(range(len(labels))), labels)
    assert sorted(order) == list(range(len(labels)))
    everywhere = frozenset().union(*labels)
    shown = Counter(x for i in order[: len(everywhere)] for x in labels[i])
    assert set(shown) == everywhere


def test_labels_of_every_kind_of_value() -> None:
    assert labels_of(frozenset()) == labels_of(()) == {NOTHING}
    assert labels_of({"mood": "sad", "tags": frozenset(["x"])}) == {"mood=sad", "tags=x"}
    assert labels_of(2.0) == {"2.0"}


def test_twins_in_the_pool_are_counted_but_a_record_is_not_its_own_twin() -> None:
    pool = [text_record("a", "Obama visits Berlin today"), text_record("b", "nothing alike")]
    near = text_record("c", "Obama visits Berlin today!")
    assert near_duplicates([near, pool[0], text_record("d", "")], pool) == 1
    assert near_duplicates([], pool) == near_duplicates([near], []) == 0


def test_no_pool_or_no_examples_is_a_mistake() -> None:
    with pytest.raises(SpecError, match="pool"):
        Retrieved("m", (), ByWords())
    with pytest.raises(SpecError, match="at least one"):
        Retrieved("m", POOL, ByWords(), count=0)


async def test_the_examples_are_part_of_the_request() -> None:
    records = [text_record("r", "apple tart")]
    ask = RecordedAsk(TASK, {"m": {"r": ("fruit", None)}})
    await Retrieved("m", POOL, ByWords(), count=2).label(records, ask)
    [(_, _, options)] = ask.log
    assert len(options.examples) == 2


def test_random_examples_depend_on_the_record_and_not_on_the_order() -> None:
    records = [text_record(f"r{i}", f"text {i}") for i in range(4)]
    retrieved = Retrieved("m", POOL, AtRandom(1), count=2)
    assert retrieved.examples(records) == retrieved.examples(records[::-1])[::-1]


def test_pool_and_rest_share_no_content() -> None:
    twins = [Example(text_record(f"e{i}", f"text {i % 5}"), "fruit") for i in range(20)]
    pool, rest = pool_split(twins, 0.3, seed=0)
    assert not {e.record.digest for e in pool} & {e.record.digest for e in rest}


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["a", "a", "b", "a", "c", "b"], [0, 2, 4, 1, 5, 3]),
        (["a", "a", "a"], [0, 1, 2]),
        (["b", "a", "b", "a"], [0, 1, 2, 3]),
        (["ab", "a", "b", "c"], [0, 3, 1, 2]),  # one that shows both leaves the third label first
        (["a", "ab", "b"], [0, 1, 2]),
        ([], []),
    ],
)
def test_turns_go_to_the_label_shown_least_and_then_to_the_first_seen(
    labels: list[str], order: list[int]
) -> None:
    assert in_turn(range(len(labels)), [frozenset(x) for x in labels]) == order


def test_turns_follow_the_ranking_and_not_the_pool() -> None:
    assert in_turn([3, 1, 2, 0], [frozenset(x) for x in "aabb"]) == [3, 1, 2, 0]
    assert in_turn([1, 0], [frozenset("a"), frozenset("b"), frozenset("c")]) == [1, 0]


def test_boxes_numbers_and_nested_answers_have_labels() -> None:
    assert labels_of((Box(0, 0, 1, 1, "cat"), Box(0, 0, 0.5, 1, "cat"))) == {"cat"}
    assert labels_of((Span(0, 1, "PER"), Span(2, 3, "LOC"))) == {"PER", "LOC"}
    assert labels_of({"tags": frozenset()}) == {f"tags={NOTHING}"}
    assert labels_of("a") == {"a"}


def test_equally_near_examples_come_in_the_order_of_the_pool_nearest_last() -> None:
    pool = tuple(Example(text_record(f"p{i}", "same words"), "fruit") for i in range(4))
    [shown] = Retrieved("m", pool, ByWords(), count=2).examples([text_record("r", "other words")])
    assert [e.id for e in shown] == ["p1", "p0"]
    [one] = Retrieved("m", pool, ByWords(), count=1).examples([text_record("r", "other words")])
    assert [e.id for e in one] == ["p0"]


def test_balanced_or_not_is_told_apart_by_what_is_shown_and_by_the_id() -> None:
    record = text_record("r", "apple apples")
    plain, turns = (Retrieved("m", POOL, ByWords(), 3, balanced=b) for b in (False, True))
    assert [e.value for e in plain.examples([record])[0]] == ["fruit"] * 3
    assert [e.value for e in turns.examples([record])[0]] == ["fruit", "metal", "fruit"]
    assert plain.id != turns.id


async def test_a_retrieved_answer_says_by_whom_and_each_record_has_its_own_examples() -> None:
    records = [text_record("r", "apple tart"), text_record("s", "iron rust")]
    ask = RecordedAsk(TASK, {"m": {"r": ("fruit", None), "s": ("metal", None)}})
    strategy = Retrieved("m", POOL, ByWords(), count=1)
    made = await strategy.label(records, ask)
    assert [(d.value, d.route) for d in made] == [
        ("fruit", ("retrieved", "m")),
        ("metal", ("retrieved", "m")),
    ]
    shown = [[e.value for e in options.examples] for _, _, options in ask.log]
    assert shown == [["fruit"], ["metal"]]
    assert strategy.request_options(records) == [options for _, _, options in ask.log]


@pytest.mark.parametrize(("share", "size"), [(0.0, 0), (0.3, 3), (0.24, 2), (0.26, 3), (1.0, 10)])
def test_the_pool_is_the_share_asked_for_and_another_seed_draws_another(
    share: float, size: int
) -> None:
    examples = [Example(text_record(f"e{i}", f"text {i}"), "fruit") for i in range(10)]
    pool, rest = pool_split(examples, share, seed=0)
    assert (len(pool), len(rest)) == (size, 10 - size)
    assert {e.id for e in (*pool, *rest)} == {e.id for e in examples}
    if 0 < size < 10:
        assert pool != pool_split(examples, share, seed=1)[0]
        assert pool == pool_split(examples, share, seed=0)[0]


def test_one_example_is_enough_to_show() -> None:
    assert Retrieved("m", POOL[:1], ByWords(), count=1).count == 1
    for count in (0, -1):
        with pytest.raises(SpecError, match=f"at least one example, not {count}"):
            Retrieved("m", POOL, ByWords(), count=count)
