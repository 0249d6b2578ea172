import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import SpecError
from assay.models.trie import ROOT, Trie

END = 99
words = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple)


def test_labels_that_exclude_each_other_are_not_ended() -> None:
    assert Trie([(1, 2), (1, 3)], END).labels == [(1, 2), (1, 3)]


def test_a_label_that_begins_another_ends_them_all() -> None:
    assert Trie([(1,), (1, 2)], END).labels == [(1, END), (1, 2, END)]


def test_labels_of_one_token_need_only_the_root() -> None:
    trie = Trie([(1,), (2,), (3,)], END)
    assert (trie.inner, trie.width) == ([], 0)


def test_the_same_tokens_twice_are_refused() -> None:
    with pytest.raises(SpecError, match="same to the model"):
        Trie([(1, 2), (1, 2)], END)


@given(st.lists(words, min_size=1, max_size=8, unique=True))
def test_paths_spell_the_labels_and_lanes_hold_whole_chains(labels: list[tuple[int, ...]]) -> None:
    trie = Trie(labels, END)
    for tokens, path in zip(trie.labels, trie.paths, strict=True):
        assert path[0] == ROOT
        assert tuple(trie.nodes[i].token for i in path[1:]) == tuple(tokens)
        assert path[-1] in trie.leaf
    for i in trie.inner:
        node = trie.nodes[i]
        assert node.lanes
        if node.parent != ROOT:
            assert set(node.lanes) <= set(trie.nodes[node.parent].lanes)
