import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.annotators.mapping.pattern import LastLine, find
from assay.core.annotation import Outcome, Request
from assay.core.record import text_record
from assay.core.schema import Choice, Form, Label, MultiChoice, Scale
from assay.core.task import Task
from assay.models.base import Completion

GENRE = Choice(["drama", "comedy", "both"])
HATE = Choice(["hateful", "benign"])
MOOD = Choice(
    [
        Label("positive", aliases={"mr": ("सकारात्मक",), "zh": ("正面",)}),
        Label("negative", aliases={"mr": ("नकारात्मक",), "zh": ("负面",)}),
    ]
)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Comedy. It is both romantic and funny, with some drama.", "comedy"),
        ("The answer is: Drama", "drama"),
        ("I would say both, an adventure and a drama", "both"),
        ("melodramatic", None),
        ("a dramatic film", None),
        ("", None),
        ("I cannot tell.", None),
    ],
)
def test_the_earliest_whole_word_wins(text: str, label: str | None) -> None:
    assert find(GENRE, text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("This is not hateful.", "benign"),
        ("It isn't really hateful", "benign"),
        ("Hateful", "hateful"),
        ("not benign", "hateful"),
        ("non-hateful", "benign"),
        ("It is hateful, not benign", "hateful"),
        ("unhateful", None),
    ],
)
def test_a_denied_label_means_the_other_of_two(text: str, label: str | None) -> None:
    assert find(HATE, text) == label


def test_with_more_labels_a_denied_mention_is_no_mention() -> None:
    assert find(GENRE, "not drama but comedy") == "comedy"
    assert find(GENRE, "not drama") is None


@pytest.mark.parametrize(
    ("text", "language", "label"),
    [
        ("हे ट्विट सकारात्मक आहे", "mr", "positive"),
        ("नकारात्मक", "mr", "negative"),
        ("这条评论是正面的", "zh", "positive"),
        ("负面", None, "negative"),
        ("सकारात्मकता", "mr", None),
    ],
)
def test_labels_are_found_in_other_scripts(text: str, language: str, label: str | None) -> None:
    assert find(MOOD, text, language) == label


def test_the_longest_label_at_a_place_is_meant() -> None:
    schema = Choice(["top up", "top up failed"])
    assert find(schema, "the label is top up failed") == "top up failed"


def test_several_labels_and_none() -> None:
    schema = MultiChoice(["sport", "health", "money"])
    assert find(schema, "Sport and money, not health") == frozenset({"sport", "money"})
    assert find(schema, "none") == frozenset()
    assert find(schema, "hmm") is None
    assert find(schema, "Yes.", focus=("sport",)) == frozenset({"sport"})
    assert find(schema, "no", focus=("sport",)) == frozenset()


def test_numbers_outside_the_scale_are_passed_over() -> None:
    assert find(Scale(1, 5), "I give it 10... no, 4") == 4.0
    assert find(Scale(1, 5), "ten") is None


def test_a_form_is_read_line_by_line() -> None:
    schema = Form({"colour": Choice(["red", "blue"]), "size": Scale(1, 3)})
    assert find(schema, "Colour: blue\nsize = 2") == {"colour": "blue", "size": 2.0}


def test_only_the_tagged_last_line_counts() -> None:
    task = Task("t", "?", HATE)
    request = Request(task, text_record("r", "x"), "m")
    said = Completion("It sounds hateful at first, but it quotes.\nLabel: benign")
    reading = LastLine().read(request, said)
    assert (reading.value, reading.rationale) == (
        "benign",
        "It sounds hateful at first, but it quotes.",
    )
    assert LastLine().read(request, Completion("hateful")).outcome is Outcome.UNPARSED


@given(st.text(max_size=300))
def test_no_text_makes_a_label_outside_the_schema(text: str) -> None:
    assert find(GENRE, text) in (*GENRE.names, None)
    value = find(MultiChoice(["a", "b"]), text)
    assert value is None or value <= {"a", "b"}  # type: ignore[operator]


def test_who_is_asked_about_one_attribute_may_leave_its_name_out() -> None:
    schema = Form({"hat": Choice(["yes", "no"]), "size": Scale(1, 3)})
    assert find(schema, "Yes.", focus=("hat",)) == {"hat": "yes"}
    assert find(schema, "hat: no", focus=("hat",)) == {"hat": "no"}
    assert find(schema, "Yes.", focus=("hat", "size")) is None
    assert find(schema, "Yes.") is None
