"""What an error says of a word that nobody knows, and whether waiting may help."""

import pytest

from assay.core.errors import LedgerError, meant


@pytest.mark.parametrize(
    ("word", "described"),
    [
        ("negativ", "did you mean 'negative'?"),
        ("neutrale", "did you mean 'neutral'?"),
        ("xyz", "there are negative, neutral, negated"),
    ],
)
def test_the_nearest_known_word_is_offered_or_all_are_named(word: str, described: str) -> None:
    assert meant(word, iter(["negative", "neutral", "negated"])) == described


def test_words_of_a_file_are_marked_as_there() -> None:
    assert meant("taks", ["task"], "`") == "did you mean `task`?"


def test_waiting_helps_only_where_the_ledger_says_so() -> None:
    assert not LedgerError("gone").passing
    assert LedgerError("busy", passing=True).passing
    assert str(LedgerError("busy", True)) == "busy"
