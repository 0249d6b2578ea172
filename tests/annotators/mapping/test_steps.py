"""The work of a mapping grows no faster than the text: steps are counted, not time."""

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.annotators.mapping import BY_NAME, jsons, lines, pattern, spans
from assay.annotators.mapping.base import LONGEST
from assay.core.annotation import Outcome, Request
from assay.core.record import Record, text_record
from assay.core.schema import Choice, MultiChoice, Schema, Spans
from assay.core.task import Task
from assay.models.base import Completion

PIECES = [
    "[",
    "[x",
    "[[x",
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
    tried, leave_out = jsons._tried, jsons._leave_out

    def trying(window: str, start: int) -> tuple[object, int | None]:
        content, end = tried(window, start)
        counted.add((len(window) if end is None else end) - start)
        return content, end

    def looking(untried: jsons.Flags, part: str) -> None:
        counted.add(len(part))
        leave_out(untried, part)

    with monkeypatch.context() as patch:
        patch.setattr(jsons, "_tried", trying)
        patch.setattr(jsons, "_leave_out", looking)
        jsons.first_json(text)
    return counted


@pytest.mark.parametrize("piece", PIECES)
def test_four_times_the_text_takes_four_times_the_tries(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = (json_work((piece * n)[:n], monkeypatch) for n in (2**14, 2**16))
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


@given(st.text('[]{}"\\a', max_size=jsons.SHORT))
def test_a_short_text_has_the_same_open_brackets_one_by_one(text: str) -> None:
    assert jsons.open_in_short(text) == list(map(int, jsons.still_open(text)))


def read(mapping: str, schema: Schema, text: str, record: Record | None = None) -> Outcome:
    request = Request(Task("t", "?", schema), record or text_record("r", "a text"), "m")
    return BY_NAME[mapping].read(request, Completion(text)).outcome


class Reaching:
    """A pattern that counts how far each of its matches has looked."""

    def __init__(self, inner: re.Pattern[str], counted: Counted) -> None:
        self.inner, self.counted = inner, counted

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        for match in self.inner.finditer(text):
            self.counted.add(match.end(2) - match.start())
            yield match

    def search(self, text: str, start: int, end: int) -> object:
        self.counted.add(end - start)
        return self.inner.search(text, start, end)

    def match(self, text: str, start: int) -> object:
        self.counted.add(1)
        return self.inner.match(text, start)


def lines_work(text: str, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """What reading the last named line goes over, and looking for the words before it."""
    counted, beginnings = Counted(), lines._beginnings
    with monkeypatch.context() as patch:
        patch.setattr(lines, "_WORDED", Reaching(lines._WORDED, counted))
        patch.setattr(lines, "_beginnings", lambda *of: Reaching(beginnings(*of), counted))
        read("last_line", Choice(["good", "bad"]), text)
    return counted


@pytest.mark.parametrize("end", ["", "label: good"])
@pytest.mark.parametrize(
    "piece",
    [
        "\n",
        " ",
        "label\n",
        "label:\n",
        "label:\n\n\n",
        "label: x\n",
        "label::::",
        "- \n",
        "why\n\n",
    ],
)
def test_named_lines_are_gone_over_a_few_times_however_many(
    piece: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (piece * 2**14)[: 2**14] + "\n" + end
    assert lines_work(text, monkeypatch).characters <= 4 * len(text)


@pytest.mark.parametrize("piece", ["\n", " ", "none\n", "none ", "-", "[]", "no labels ."])
def test_whether_all_is_absent_is_asked_once_of_each_text(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, inner = Counted(), pattern._ABSENT

    class Asked:
        def fullmatch(self, text: str) -> object:
            counted.add(len(text))
            return inner.fullmatch(text)

    monkeypatch.setattr(pattern, "_ABSENT", Asked())
    text = (piece * 2**14)[: 2**14]
    read("pattern", MultiChoice(["drama", "comedy"]), text)
    assert (counted.calls, counted.characters <= len(text)) == (1, True)


class Sought(str):
    """A text that counts the characters in which quotes are looked for."""

    __slots__ = ("counted",)
    counted: Counted

    def find(self, quote: str, start: int = 0) -> int:  # type: ignore[override]
        place = super().find(quote, start)
        self.counted.add((place if place >= 0 else len(self)) + 1 - start)
        return place


@pytest.mark.parametrize("quote", ["a", "b", "an apple", "AN", "an  apple", "na"])
def test_a_quote_that_comes_again_is_looked_for_behind_its_last_place(
    quote: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(times: int) -> Counted:
        counted, folds, fold = Counted(), Counted(), spans.fold
        text = Sought("an apple and a banana " * times)
        text.counted = counted

        def folding(text: str) -> Iterator[tuple[str, int]]:
            folds.add(len(text))
            return fold(text)

        with monkeypatch.context() as patch:
            patch.setattr(spans, "fold", folding)
            looked = spans.Looked([("text", spans.Searched(text))])
            for _ in range(2 * times):
                looked.place(quote, "FRUIT")
        counted.add(folds.characters)
        return counted

    short, long = work(50), work(200)
    assert long.characters <= 4.5 * short.characters + 2**8
    assert long.calls <= 4.5 * short.calls + 8


def test_a_quote_that_is_nowhere_is_looked_for_once_as_it_stands() -> None:
    text = Sought("an apple and a banana " * 50)
    text.counted = Counted()
    looked = spans.Looked([("text", spans.Searched(text))])
    described = {looked.place(f"pear {i % 9}", "FRUIT") for i in range(90)}
    assert (described, text.counted.calls) == ({spans.ABSENT}, 9)


@pytest.mark.parametrize("mapping", ["pattern", "last_line", "json"])
@pytest.mark.parametrize("schema", [Choice(["a", "b"]), Spans(["PER"])])
def test_a_longer_answer_is_not_read_and_says_so(mapping: str, schema: Schema) -> None:
    request = Request(Task("t", "?", schema), text_record("r", "a text"), "m")
    value = '[{"text": "text", "label": "PER"}]' if isinstance(schema, Spans) else "a"
    said = f'{{"label": "{value}"}}' if mapping == "json" and value == "a" else value
    said = f"label: {said}" if mapping == "last_line" else said
    assert BY_NAME[mapping].read(request, Completion(said.rjust(LONGEST))).value is not None
    unread = BY_NAME[mapping].read(request, Completion(said.rjust(LONGEST + 1)))
    assert unread.outcome is Outcome.UNPARSED
    assert "65,537 characters" in (unread.error or "")
