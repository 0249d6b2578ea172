"""Digests of long lists are those of the list."""

from hypothesis import given
from hypothesis import strategies as st

from assay.core.digest import digest, digest_each, digest_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=5,
)


@given(st.lists(JSON, max_size=6))
def test_one_by_one_gives_the_digest_of_the_list(contents: list[object]) -> None:
    assert digest_each(iter(contents), 8) == digest(contents, 8)


def test_a_digest_is_what_ledgers_know() -> None:
    content = ["é", {"b": [1, None], "a": True}]
    assert digest(content, 6) == "f6e1f97c82a8"
    assert digest(content) == digest_each(content) == "44b9a216cac15028e88fa4963873848b"
    assert digest_text("\ud83d", 4) == "b4af03f8"
    assert digest([]) == digest_each([])
