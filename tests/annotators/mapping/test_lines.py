"""Lines that name what they hold, and what stands before them."""

import pytest

from assay.annotators.mapping.lines import before, named_lines


def described(text: str, *names: str, apart: bool = False) -> list[tuple[str, str]]:
    return [(n.name, n.content) for n in named_lines(text, names, ":：=", apart)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Label: good", [("Label", "good")]),
        ("**Label**: good  ", [("Label", "good")]),
        ("- label = good\nlabel：bad", [("label", "good"), ("label", "bad")]),
        ("my label: good", []),
        ("labels: good", []),
        ("label good", []),
        ("label:\ngood", [("label", "good")]),
        ("label:\n\n", []),
        ("label: : good", [("label", "good")]),
        ("label: a: b", [("label", "a: b")]),
        ("x\n  label: good\ny", [("label", "good")]),
    ],
)
def test_a_line_begins_with_its_name_and_a_mark(text: str, lines: list[tuple[str, str]]) -> None:
    assert described(text, "label") == lines


def test_of_two_names_the_longer_is_read() -> None:
    assert described("age group: 5\nage: 6", "age", "age group") == [
        ("age group", "5"),
        ("age", "6"),
    ]


def test_places_are_those_of_the_text_and_one_says_what_another_names_unless_apart() -> None:
    text = "so\nlabel:\nlabel: good "
    first, second = named_lines(text, ("label",), ":")
    assert (text[first.start : first.start + 6], text[: first.start]) == ("label:", "so\n")
    assert (first.content, text[: first.end]) == ("label: good", "so\nlabel:\nlabel: good")
    assert (second.content, text[second.start :]) == ("good", "label: good ")
    [alone] = named_lines(text, ("label",), ":", apart=True)
    assert alone == first


@pytest.mark.parametrize(
    ("text", "least", "said"),
    [
        ("first\nsecond\n", 0, "first\nsecond"),
        ("first\n \n--\n", 0, "first"),
        ("first\n(second)\n--\n", 0, "first\n(second)"),
        ("", 0, ""),
        ("\n\n--\n", 0, ""),
        ("kept\ntaken\n", 5, "kept\ntaken"),
        ("taken\n--\n", 5, "taken"),
        ("word" + "\n" * 3_000, 0, "word"),
        ("a" + " " * 1_023 + "\n", 0, "a"),
        ("a" + " " * 1_024 + "\n", 0, "a"),
    ],
)
def test_what_stands_before_is_without_the_lines_above_that_hold_no_word(
    text: str, least: int, said: str
) -> None:
    assert before(text + "label: good", len(text), least) == said
