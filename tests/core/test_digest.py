"""Digests of long lists are those of the list."""

from hypothesis import given
from hypothesis import strategies as st

from assay.core.digest import digest, digest_each

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=5,
)


@given(st.lists(JSON, max_size=6))
def test_one_by_one_gives_the_digest_of_the_list(contents: list[object]) -> None:
    assert digest_each(iter(contents), 8) == digest(contents, 8)
