"""Words for labels are found as whole words, the longest of those that begin at one place."""

import pytest

from assay.annotators.mapping.words import any_of, meant


def found(words: list[str], text: str) -> list[str]:
    return [match[0] for match in any_of(words).finditer(text)]


@pytest.mark.parametrize(
    ("words", "text", "described"),
    [
        (["good", "bad"], "Good, not BAD; goodness badly", ["Good", "BAD"]),
        (["very good", "very"], "very good, very bad", ["very good", "very"]),
        (
            ["go", "good", "goods", "gone"],
            "goods good go gone goo",
            ["goods", "good", "go", "gone"],
        ),
        (["a", "b"], "a b ab a_ b2 2a", ["a", "b"]),
        (["c++", "c"], "c++ c c#", ["c++", "c", "c"]),
        (["好", "不好"], "这个不好很好", ["不好", "好"]),
        (["好", "good"], "x好x good好 good", ["好", "好", "good"]),
        (["क", "अच्छा"], "क अच्छा कि अच्छाई", ["क", "अच्छा"]),
        (["x"], "", []),
    ],
)
def test_whole_words_are_found_in_reading_order(
    words: list[str], text: str, described: list[str]
) -> None:
    assert found(words, text) == described


def test_words_that_each_begin_with_the_one_before_are_found_however_many() -> None:
    words = ["a" * n for n in range(1, 2_000)]
    assert found(words, "aaa " + "a" * 1_999 + " " + "a" * 2_000) == ["aaa", "a" * 1_999]


def test_a_word_is_looked_up_whatever_its_case() -> None:
    table = {"good": "G", "ist": "I"}
    assert meant("GOOD", table) == "G"
    assert meant("ıst", table) == "I"  # an i without regard to case, which does not fold to one
