"""The stored form of values: each kind is told from the others, and nothing else is read as one."""

import pytest

from assay.core.errors import InputError
from assay.core.value import Box, Span, Value, decode, encode


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("a", "a"),
        (1.5, 1.5),
        (frozenset("ba"), {"set": ["a", "b"]}),
        (frozenset(), {"set": []}),
        ((Span(1, 2, "A"), Span(3, 4, "B", "title")),
         {"spans": [[1, 2, "A", "text"], [3, 4, "B", "title"]]}),
        ((), {"spans": []}),
        ((Box(0.1, 0.2, 0.3, 0.4, "A"),), {"boxes": [[0.1, 0.2, 0.3, 0.4, "A"]]}),
        ({"f": "a", "g": {"h": frozenset("x")}},
         {"form": {"f": "a", "g": {"form": {"h": {"set": ["x"]}}}}}),
    ],
)  # fmt: skip
def test_a_value_has_one_stored_form_and_comes_back(value: Value, form: object) -> None:
    assert encode(value) == form
    assert decode(form) == value


def test_a_whole_number_is_read_as_the_number_of_a_scale() -> None:
    assert isinstance(decode(3), float)
    assert encode(3) == 3


@pytest.mark.parametrize(
    "form", [True, None, [], ["a"], {}, {"other": []}, {"set": [], "spans": []}, {"span": []}]
)
def test_what_is_no_stored_value_is_refused(form: object) -> None:
    with pytest.raises(InputError, match="not a stored value"):
        decode(form)


def test_marks_stand_in_the_order_of_their_places() -> None:
    spans = [Span(2, 3, "A"), Span(1, 9, "B"), Span(1, 2, "C"), Span(1, 2, "A", "title")]
    assert sorted(spans) == [spans[3], spans[2], spans[1], spans[0]]
