import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.jsons import DEEPEST, depth, loads

CONTENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def height(content: object) -> int:
    if isinstance(content, dict):
        return 1 + max(map(height, content.values()), default=0)
    return 1 + max(map(height, content), default=0) if isinstance(content, list) else 0


@given(CONTENT, st.booleans())
def test_well_formed_json_is_read_as_ever(content: object, ascii_only: bool) -> None:
    assert loads(json.dumps(content, ensure_ascii=ascii_only)) == content


@given(CONTENT)
def test_depth_counts_brackets_outside_of_words(content: object) -> None:
    wide = [content, *([[]] * DEEPEST), '[[{"\\', "]]"]
    assert depth(json.dumps(wide)) == height(wide)


@pytest.mark.parametrize("deep", [DEEPEST + 1, 900, 200_000])
@pytest.mark.parametrize("ends", [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deep_is_a_value_error(deep: int, ends: tuple[str, str]) -> None:
    before, after = ends
    for raw in (before * deep + "1" + after * deep, before * deep):
        with pytest.raises(ValueError):  # noqa: PT011
            loads(raw)
    assert loads(before * DEEPEST + "1" + after * DEEPEST)


@pytest.mark.parametrize("raw", [b"\xff", "[" + "9" * 5_000 + "]", "", b'{"a": nan}'])
def test_whatever_is_broken_is_a_value_error(raw: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        loads(raw)
