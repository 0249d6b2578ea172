from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.strategies.nearest import AtRandom, ByWords
from assay.strategies.retrieval import Retrieved, pool_split
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
    twin = text_record("other", "a red apple")
    same_id = text_record("p4", "changed")
    retrieved = Retrieved("m", POOL, ByWords(), count=5)
    first, second = retrieved.examples([twin, same_id])
    assert "p0" not in {e.id for e in first}
    assert "p4" not in {e.id for e in second}


def test_balanced_examples_take_turns_between_labels() -> None:
    [shown] = Retrieved("m", POOL, ByWords(), count=4, balanced=True).examples(
        [text_record("r", "apple")]
    )
    assert sorted(str(e.value) for e in shown) == ["fruit", "fruit", "metal", "metal"]


async def test_the_examples_are_part_of_the_request() -> None:
    records = [text_record("r", "apple tart")]
    ask = RecordedAsk(TASK, {"m": {"r": ("fruit", None)}})
    await Retrieved("m", POOL, ByWords(), count=2).label(records, ask)
    [(_, _, way)] = ask.log
    assert len(way.examples) == 2


def test_random_examples_depend_on_the_record_and_not_on_the_order() -> None:
    records = [text_record(f"r{i}", f"text {i}") for i in range(4)]
    retrieved = Retrieved("m", POOL, AtRandom(1), count=2)
    assert retrieved.examples(records) == retrieved.examples(records[::-1])[::-1]


def test_pool_and_rest_share_no_content() -> None:
    twins = [Example(text_record(f"e{i}", f"text {i % 5}"), "fruit") for i in range(20)]
    pool, rest = pool_split(twins, 0.3, seed=0)
    assert not {e.record.digest for e in pool} & {e.record.digest for e in rest}
