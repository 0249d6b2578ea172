from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from assay.data.seen import MOST, Seen, key_of

KEYS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**50 - 1, 2**50, 2**64 - 1])


@given(st.lists(KEYS))
def test_every_key_is_counted_for_itself(keys: list[int]) -> None:
    seen, counts = Seen(), Counter[int]()
    for key in keys:
        counts[key] += 1
        assert seen.add(key) == counts[key]


def test_a_key_is_counted_on_when_its_cell_is_full() -> None:
    seen = Seen()
    assert [seen.add(7) for _ in range(MOST + 5)] == list(range(1, MOST + 6))
    assert seen.add(8) == 1


def test_keys_of_texts_are_stable_and_take_lone_surrogates() -> None:
    assert key_of("a") == key_of("a") != key_of("b")
    assert key_of("\ud800") < 2**64
