"""The work of a mapping grows no faster than the text: steps are counted, not time."""

from collections.abc import Callable

import pytest

from assay.annotators.mapping import jsons, pattern
from assay.core.schema import MultiChoice

PIECES = [
    "[",
    "{",
    '{"a":',
    "[1,",
    "[x ",
    '["',
    '["\\',
    "[[[[]]]] ",
    "[]",
    '{"x": [1, {"y": 2}]} x',
]


class Counted:
    """The characters that were gone over, and the calls that did so."""

    def __init__(self) -> None:
        self.characters = self.calls = 0

    def add(self, characters: int) -> None:
        self.characters += characters
        self.calls += 1


def json_work(text: str, monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted()
    tried, still_open = jsons._tried, jsons.still_open

    def trying(window: str, start: int) -> tuple[object, int | None]:
        content, end = tried(window, start)
        counted.add((len(window) if end is None else end) - start)
        return content, end

    def looking(part: str) -> jsons.Numbers:
        counted.add(len(part))
        return still_open(part)

    with monkeypatch.context() as patch:
        patch.setattr(jsons, "_tried", trying)
        patch.setattr(jsons, "still_open", looking)
        jsons.first_json(text)
    return counted


@pytest.mark.parametrize("piece", PIECES)
def test_four_times_the_text_takes_four_times_the_tries(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = (json_work((piece * n)[:n], monkeypatch) for n in (2**15, 2**17))
    assert long.calls <= 4.5 * short.calls + 8
    assert long.characters <= 4.5 * short.characters + 2**10


class Searching:
    """A pattern that counts how many characters it is given to search."""

    def __init__(self, search: Callable[..., object]) -> None:
        self.search_in, self.counted = search, Counted()

    def search(self, text: str, start: int, end: int) -> object:
        self.counted.add(end - start)
        return self.search_in(text, start, end)


@pytest.mark.parametrize("piece", ["yes ", "not yes ", "no ", "not drama ", "a b c drama "])
def test_denials_are_looked_for_once_in_each_stretch_of_text(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searching = Searching(pattern._NEGATION.search)
    monkeypatch.setattr(pattern, "_NEGATION", searching)
    text = (piece * 2**14)[: 2**14]
    pattern.find(MultiChoice(["drama", "comedy", "yes"]), text)
    assert searching.counted.characters <= len(text)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[[1], {", {0, 6}),
        ('["]", "[", "\\"]", {}', {0}),
        ("[] [", {3}),
        ("]]] [ ]", set()),
        ('[ "\\\\", [', {0, 8}),
        ("[" * 102 + "]" * 102, {0, 1}),
        ("[" * 101 + "]" * 101 + " []", {0}),
        ("[" * 100 + "]" * 100, set()),
    ],
)
def test_brackets_that_are_not_tried_again(text: str, places: set[int]) -> None:
    assert set(map(int, jsons.still_open(text))) == places
