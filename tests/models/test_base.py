"""What a call and its answer are where nothing is said."""

import pytest

from assay.core.cost import NO_USAGE, Usage
from assay.core.record import ImagePart
from assay.models.base import Completion, Message, Options, View


def test_a_call_asks_for_few_certain_tokens_and_pictures_of_usual_size() -> None:
    assert Options() == Options(64, 0.0, 1.0, None, None, 0, View(768, "auto", "jpeg", 90, None))
    assert Options().view.encoding == "768jpeg90"


def test_a_completion_is_whole_free_and_neither_refused_nor_cut() -> None:
    assert Message("user", ("x",)).text == Completion("x").text
    assert Completion("x") == Completion("x", NO_USAGE, 0.0, (), None, False, False, None)
    assert Usage(0, 0, 0) == NO_USAGE


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (View(), "768jpeg90"),
        (View(224, quality=50), "224jpeg50"),
        (View(64, format="png"), "64png"),
    ],
)
def test_a_view_names_the_bytes_a_picture_becomes(view: View, name: str) -> None:
    assert view.encoding == name


def test_the_text_of_a_message_leaves_its_pictures_out() -> None:
    assert Message("user", ("one", ImagePart("a.png", "0" * 64), "two")).text == "one\ntwo"
