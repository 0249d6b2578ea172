import pytest

from assay.core.annotation import Source
from assay.core.record import Record, TextPart, text_record
from assay.core.value import Box, Span, Value
from assay.report.wording import answer, between, coded, source_words

RECORD = text_record("r", "Ada <b>met</b> Alan in Rio & Co")
PAIR = Record("p", (TextPart("Ada ran", "premise"), TextPart("Rio", "hypothesis")))


@pytest.mark.parametrize("source", Source)
def test_every_source_of_a_confidence_has_words_of_its_own(source: Source) -> None:
    assert "_" not in source_words(source)
    others = {source_words(other) for other in Source if other is not source}
    assert source_words(source) not in others
    assert source_words(str(source)) == source_words(source)


def test_a_source_that_nobody_foresaw_is_told_by_its_name() -> None:
    assert source_words("my_own") == "my own"


def test_an_interval_of_equal_ends_is_none() -> None:
    assert between("100.00 USD", "100.00 USD") == ""
    assert between("1.0%", "2.0%") == "[1.0%, 2.0%]"


def test_backticks_become_code_and_nothing_else_becomes_markup() -> None:
    assert coded("see `gold`, or `<b>`") == "see <code>gold</code>, or <code>&lt;b&gt;</code>"
    assert coded("a lone ` & <i>") == "a lone ` &amp; &lt;i&gt;"


@pytest.mark.parametrize(
    ("value", "record", "described"),
    [
        ("<b>", RECORD, "&lt;b&gt;"),
        (3.0, RECORD, "3"),
        (frozenset({"b", "<a>"}), RECORD, "&lt;a&gt;, b"),
        (frozenset[str](), RECORD, "none of them"),
        ((), RECORD, "nothing marked"),
        ((Span(0, 3, "person"),), RECORD, "<mark>Ada</mark> <small>person</small>"),
        (
            (Span(4, 14, "<x>"), Span(23, 31, "place")), RECORD,
            "<mark>&lt;b&gt;met&lt;/b&gt;</mark> <small>&lt;x&gt;</small><br>"
            "<mark>Rio &amp; Co</mark> <small>place</small>",
        ),
        ((Span(0, 3, "where", "hypothesis"),), PAIR,
         "<mark>Rio</mark> <small>where in hypothesis</small>"),
        ((Span(90, 1_200, "x"),), RECORD,
         "<mark>characters 90 to 1,200</mark> <small>x</small>"),
        ((Box(0, 0, 0.2, 0.1, "<cat>"),), RECORD,
         "&lt;cat&gt; <small>20% × 10% of the picture, 0% from the left, 0% from the top</small>"),
        ((Box(0.25, 0.25, 0.5, 0.5, "dog"), Box(0.4, 0.9, 0.2, 0.1, "cat")), RECORD,
         "dog <small>50% × 50% of the picture, 25% from the left, 25% from the top</small><br>"
         "cat <small>20% × 10% of the picture, 40% from the left, 90% from the top</small>"),
        ({"tone": "good", "tags": frozenset({"a", "b"})}, RECORD, "tone: good<br>tags: a, b"),
    ],
)  # fmt: skip
def test_an_answer_is_told_in_words_and_hostile_ones_stay_words(
    value: Value, record: Record, described: str
) -> None:
    assert answer(value, record) == described


def test_a_long_stretch_is_cut() -> None:
    described = answer((Span(0, 500, "x"),), text_record("r", "a" * 500))
    assert 80 < len(described) < 140
    assert "…" in described


def test_a_stretch_of_eighty_characters_is_whole() -> None:
    record = text_record("r", "a" * 500)
    assert f"<mark>{'a' * 80}</mark>" in answer((Span(0, 80, "x"),), record)
    assert f"<mark>{'a' * 79}…</mark>" in answer((Span(0, 81, "x"),), record)
