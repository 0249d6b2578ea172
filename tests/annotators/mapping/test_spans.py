"""Anchoring on adversarial strings: repeats, emoji, combining marks, right-to-left text."""

import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.annotators.mapping import Json, LastLine, Pattern
from assay.annotators.mapping.spans import (
    ABSENT,
    BROKEN,
    FOUND,
    INSIDE,
    KINDS,
    OTHER,
    OVERLAPPING,
    REPEATED,
    Anchored,
    anchor,
    clusters,
    fold,
    read_spans,
)
from assay.core.annotation import Outcome, Request
from assay.core.record import Record, TextPart, text_record
from assay.core.schema import Spans
from assay.core.task import Task
from assay.core.value import Span
from assay.models.base import Completion

NER = Spans(["PER", "LOC"])
WOMAN = "👩🏽\u200d🚀"
CAFE_APART, CAFE_ONE = "cafe\u0301", "café"


def anchored(text: str, *quotes: tuple[str, str]) -> Anchored:
    entries = [{"text": quote, "label": label} for quote, label in quotes]
    return anchor(json.loads(json.dumps(entries)), text_record("r", text), NER)


@pytest.mark.parametrize(
    ("text", "quotes", "found"),
    [
        ("Paris met Paris", [("Paris", "PER"), ("Paris", "PER")], [(0, 5), (10, 15)]),
        ("Paris met Paris", [("Paris", "PER"), ("Paris", "LOC")], [(0, 5), (0, 5)]),
        ("Banana for Ana", [("Ana", "PER")], [(11, 14)]),
        ("bananas for ANA", [("ana", "PER")], [(12, 15)]),
        ("New York City", [("New York", "LOC"), ("York City", "LOC")], [(0, 8), (4, 13)]),
        ("new  york\tcity", [("New York City", "LOC")], [(0, 14)]),
        ("O’Neill’s bar", [("O'Neill's", "PER")], [(0, 9)]),
        ("nobody here", [("Paris", "LOC")], []),
        ("a (b) *", [("(b) *", "PER")], [(2, 7)]),
        ("😀 Zoë in Köln", [("Zoë", "PER"), ("Köln", "LOC")], [(2, 5), (9, 13)]),
        (f"{WOMAN} Ana {WOMAN}", [(WOMAN, "PER"), (WOMAN, "PER")], [(0, 4), (9, 13)]),
        ("👍🏽 Ana", [("👍", "PER")], []),
        ("I ❤️ NY", [("❤", "LOC")], [(2, 4)]),
        (f"{CAFE_APART} Ana", [("Ana", "PER")], [(6, 9)]),
        (f"{CAFE_APART} x", [(CAFE_ONE, "LOC")], [(0, 5)]),
        (f"{CAFE_ONE} x", [(CAFE_APART, "LOC")], [(0, 4)]),
        (f"{CAFE_APART} x", [("cafe", "LOC")], []),
        (f"{CAFE_ONE} x", [("cafe", "LOC")], []),
        ("שלום דנה דנה", [("דנה", "PER"), ("דנה", "PER")], [(5, 8), (9, 12)]),
        ("\u202bدبي\u202c مدينة", [("دبي", "LOC")], [(1, 4)]),
        ("د\u200fبي هنا", [("دبي", "LOC")], [(0, 4)]),
        ("Straße in ＴＯＫＹＯ", [("STRASSE", "LOC"), ("Tokyo", "LOC")], [(0, 6), (10, 15)]),
        ("İstanbul", [("i̇stanbul", "LOC")], [(0, 8)]),
        ("私は東京に住む", [("東京", "LOC")], [(2, 4)]),
        ("#ObamaCare", [("Obama", "PER")], [(1, 6)]),
    ],
)
def test_quotes_land_on_their_characters(
    text: str, quotes: list[tuple[str, str]], found: list[tuple[int, int]]
) -> None:
    assert [(s.start, s.end) for s in anchored(text, *quotes).spans] == found


@pytest.mark.parametrize(
    ("text", "quotes", "counts"),
    [
        ("Ana", [("Ana", "PER")], {FOUND: 1}),
        ("Ana", [("ANA", "PER"), ("Rome", "LOC"), ("Ana", "PER"), ("", "PER"), ("Ana", "x")],
         {OTHER: 1, ABSENT: 1, REPEATED: 1, BROKEN: 2}),
        ("bananas", [("ana", "PER"), ("ana", "PER"), ("ana", "PER")],
         {INSIDE: 2, REPEATED: 1, OVERLAPPING: 1}),
        ("us bus", [("us", "LOC"), ("us", "LOC")], {FOUND: 1, REPEATED: 1}),
        ("New York City", [("New York City", "LOC"), ("York", "LOC"), ("City", "PER")],
         {FOUND: 3, OVERLAPPING: 2}),
        ("東京", [("京", "LOC")], {FOUND: 1}),
    ],
)  # fmt: skip
def test_every_case_of_the_policy_is_counted(
    text: str, quotes: list[tuple[str, str]], counts: dict[str, int]
) -> None:
    assert anchored(text, *quotes).counts == counts


def test_what_is_not_an_object_with_a_quote_is_counted_and_left_out() -> None:
    entries: list[object] = [7, None, [], {"text": 3, "label": "PER"}, {"text": "Ana"}, "Ana"]
    result = anchor(entries, text_record("r", "Ana"), NER)
    assert (result.spans, result.counts) == ((), {BROKEN: 6})


def test_spans_name_the_part_they_are_in() -> None:
    record = Record("r", (TextPart("nobody", "premise"), TextPart("Ana ran", "hypothesis")))
    [span] = anchor([{"text": "Ana", "label": "PER"}], record, NER).spans
    assert span == Span(0, 3, "PER", "hypothesis")


@pytest.mark.parametrize("mapping", [Json(), Pattern(), LastLine()])
def test_every_mapping_reads_quotes(mapping: Json | Pattern | LastLine) -> None:
    request = Request(Task("t", "?", NER), text_record("r", "Ana ran"), "m")
    lead = "She is named.\nLabel: " if isinstance(mapping, LastLine) else ""
    described = Completion(lead + '[{"text": "Ana", "label": "per"}]')
    assert mapping.read(request, described).value == (Span(0, 3, "PER"),)
    none = mapping.read(request, Completion(lead + '{"spans": []}'))
    assert (none.outcome, none.value) == (Outcome.ANSWERED, ())
    for silent in ("no idea", '{"spans": 3}', '{"spans": [{"text": "An'):
        assert mapping.read(request, Completion(lead + silent)).outcome is Outcome.UNPARSED


SCRIPTS = ["Ana", "ana", "ANA", "Zoë", "Zoe\u0308", "דנה", "שָׁלוֹם", "دُبَيّ", "मुंबई", "東京"]
TRAPS = ["👍🏽", WOMAN, "❤️", "ß", "SS", "İ", "ﬁn", "O’Neill", "O'Neill", "a\u200bb",
         "\u202eabc\u202c", "x\u0301\u0323"]  # fmt: skip
nasty = st.one_of(
    st.sampled_from(SCRIPTS + TRAPS), st.text(st.characters(codec="utf-8"), min_size=1, max_size=4)
)
sentences = st.lists(nasty, min_size=1, max_size=8).map(" ".join)


@given(sentences, st.data())
def test_any_stretch_of_whole_characters_is_found_where_they_stand(
    text: str, data: st.DataObject
) -> None:
    places = list(clusters(text))
    first = data.draw(st.integers(0, len(places) - 1))
    last = data.draw(st.integers(first, len(places) - 1))
    quote = text[places[first][0] : places[last][1]].strip()
    if not quote or not _whole(text, quote):
        return
    result = anchored(text, (quote, "PER"))
    [span] = result.spans
    assert text[span.start : span.end] == quote or result.counts[OTHER]


def _whole(text: str, quote: str) -> bool:
    """Stripping may have cut a space from the mark it carries."""
    edges = {edge for place in clusters(text) for edge in place}
    at = text.find(quote)
    return at in edges and at + len(quote) in edges


rewritings = st.sampled_from(
    [
        lambda s: s.casefold(), lambda s: unicodedata.normalize("NFD", s),
        lambda s: unicodedata.normalize("NFC", s), lambda s: s.replace("'", "’"),
        lambda s: s.replace(" ", "\u00a0  "), lambda s: "\u200f" + s + "\u200e",
    ]
)  # fmt: skip


def folded(text: str) -> str:
    return "".join(piece for piece, _ in fold(text)).strip()


@given(st.lists(nasty.filter(str.strip), min_size=1, max_size=6), rewritings, st.data())
def test_a_quote_written_otherwise_lands_on_the_same_words(
    words: list[str], rewritten: Callable[[str], str], data: st.DataObject
) -> None:
    text = " ".join(words)
    word = data.draw(st.sampled_from(words))
    quote = rewritten(word)
    if folded(quote) != folded(word) or not folded(word):
        return
    result = anchored(text, (quote, "PER"))
    for span in result.spans:
        assert folded(text[span.start : span.end]) == folded(word)
    if folded(word).isalnum():
        assert result.spans


plain = st.sampled_from(["Ana", "Zoë", "דנה", "मुंबई", "👍🏽", WOMAN, "Zoe\u0308"])


@given(st.lists(plain, min_size=1, max_size=10))
def test_quoting_every_word_in_order_gives_every_place_in_order(words: list[str]) -> None:
    text = " ".join(words)
    result = anchored(text, *[(word, "PER") for word in words])
    at, places = 0, []
    for word in words:
        places.append(Span(at, at + len(word), "PER"))
        at += len(word) + 1
    assert result.spans == tuple(places)
    assert result.counts[FOUND] + result.counts[OTHER] == len(words)


entries = st.one_of(
    st.fixed_dictionaries({"text": st.text(max_size=5) | nasty, "label": st.sampled_from("PLx")}),
    st.fixed_dictionaries({"text": nasty, "label": st.just("PER")}),
    st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
)


@given(st.text(max_size=40) | sentences, st.lists(entries, max_size=6))
def test_whatever_is_quoted_gives_whole_characters_of_the_text_and_a_full_account(
    text: str, given_entries: list[object]
) -> None:
    result = anchor(given_entries, text_record("r", text), NER)
    edges = {edge for place in clusters(text) for edge in place}
    for span in result.spans:
        assert 0 <= span.start < span.end <= len(text)
        assert {span.start, span.end} <= edges
    described = sum(n for kind, n in result.counts.items() if kind != OVERLAPPING)
    assert described == len(given_entries)
    assert set(result.counts) <= set(KINDS)
    assert len(result.spans) == sum(result.counts[kind] for kind in (FOUND, OTHER, INSIDE))


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_fold_as_they_do_beside_others(text: str) -> None:
    assert list(fold(text)) == list(fold(f"{text}é"))[:-1]
    assert list(clusters(text)) == list(clusters(f"{text}é"))[:-1]


def test_too_many_quotes_for_a_long_record_are_an_outcome_with_its_reason() -> None:
    text = " ".join(f"word{i}" for i in range(20_000))
    absent = [{"text": f"other{i}", "label": "a"} for i in range(1_000)]
    found = read_spans(absent, text_record("r", text), Spans(["a"]))
    assert (found.outcome, found.value) == (Outcome.UNPARSED, None)
    assert found.error == "1,000 quotes, too many to look for in 188,889 characters of record"
    assert read_spans(absent[:20], text_record("r", text), Spans(["a"])).value == ()


def test_as_many_quotes_as_an_answer_holds_are_looked_for_in_a_page() -> None:
    text = " ".join(f"word{i}" for i in range(1_200))
    quotes = [{"text": f"word{i}", "label": "a"} for i in range(1_900)]
    found = read_spans(quotes, text_record("r", text), Spans(["a"]))
    assert isinstance(found.value, tuple)
    assert len(found.value) == 1_200
    assert found.rationale == "700 not in the record"
