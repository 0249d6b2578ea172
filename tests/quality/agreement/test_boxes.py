"""Boxes as cells of a table, and how two sets of them compare."""

import json

import pytest

from assay.core.errors import InputError
from assay.core.value import Box, encode
from assay.quality.agreement.boxes import BOXES, boxes_of

CAT, DOG = Box(0, 0, 10, 10, "cat"), Box(20, 20, 10, 10, "dog")


def cell(*boxes: Box) -> str:
    names = ("left", "top", "width", "height", "label")
    return json.dumps([{name: getattr(box, name) for name in names} for box in boxes])


def test_a_list_and_the_ledgers_form_are_the_same_boxes_each_once() -> None:
    assert boxes_of(cell(DOG, CAT, DOG)) == (CAT, DOG)
    assert boxes_of(json.dumps(encode((DOG, CAT)))) == (CAT, DOG)
    assert boxes_of("[]") == ()


@pytest.mark.parametrize(
    "text",
    [
        "cat", "3", "[3]", '[{"left": 1}]', json.dumps(encode(frozenset("ab"))),
        cell(Box(0, 0, 0, 10, "flat")), cell(Box(0, 0, 10, 0, "thin")),
        cell(Box(0, 0, 5, -1, "up")),
    ],
)  # fmt: skip
def test_what_is_no_list_of_boxes_is_named(text: str) -> None:
    with pytest.raises(InputError, match="is not a JSON list of boxes; each needs label, left"):
        boxes_of(text)


def test_places_count_with_and_without_their_labels() -> None:
    other = Box(0, 0, 10, 8, "dog")
    assert list(BOXES.compare((CAT, DOG), (other,))) == [0, 3, 2, 3, pytest.approx(0.8), 1]
    assert list(BOXES.compare((CAT, DOG), (CAT, DOG))) == [4, 4, 4, 4, pytest.approx(2.0), 2]
    assert BOXES.compare((CAT,), (DOG,)) == (0, 2, 0, 2, 0, 0)
