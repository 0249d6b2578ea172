"""Records: what an annotator is shown of them, and what names it."""

from dataclasses import replace

from assay.core.record import ImagePart, Record, TextPart, text_record

BOTH = Record(
    "r",
    (TextPart("hello"), ImagePart("a.png", "0" * 64), TextPart("world", "title")),
    "en",
    "web",
)


def test_parts_are_told_apart_and_texts_are_read_a_line_each() -> None:
    assert [p.text for p in BOTH.texts] == ["hello", "world"]
    assert [p.uri for p in BOTH.images] == ["a.png"]
    assert BOTH.text == "hello\nworld"
    assert Record("r", BOTH.images).text == ""
    assert text_record("r", "x", "de") == Record("r", (TextPart("x", "text"),), "de")


def test_the_digest_names_what_is_shown_and_stays_what_ledgers_know() -> None:
    assert text_record("r", "x").digest == "f106438814f6cfa5f8953d96211ab0af"
    assert BOTH.digest == "ec56bb811519eb7af89bf638e624e9f4"
    assert BOTH.digest == BOTH.digest


def test_what_is_shown_changes_the_digest_and_nothing_else_does() -> None:
    same = [replace(BOTH, id="other"), replace(BOTH, source=None), replace(BOTH, meta={"a": "b"})]
    moved = replace(BOTH, parts=(BOTH.parts[0], ImagePart("b.png", "0" * 64), BOTH.parts[2]))
    assert {r.digest for r in (*same, moved)} == {BOTH.digest}
    others = [
        replace(BOTH, language="de"),
        replace(BOTH, parts=BOTH.parts[:2]),
        replace(BOTH, parts=BOTH.parts[::-1]),
        replace(BOTH, parts=(TextPart("hello", "title"), *BOTH.parts[1:])),
        replace(BOTH, parts=(BOTH.parts[0], ImagePart("a.png", "1" * 64), BOTH.parts[2])),
        replace(BOTH, parts=(BOTH.parts[0], ImagePart("a.png", "0" * 64, "x"), BOTH.parts[2])),
    ]
    assert len({BOTH.digest, *(r.digest for r in others)}) == 1 + len(others)


def test_a_record_that_a_model_wrote_says_so_in_its_source() -> None:
    assert replace(BOTH, source="synthetic:llm").synthetic
    assert not BOTH.synthetic
    assert not replace(BOTH, source=None).synthetic
    assert not replace(BOTH, source="not synthetic:llm").synthetic


def test_a_record_shows_its_parts() -> None:
    assert repr(BOTH) == (
        "Record(id='r', text='hello', title='world', image='a.png', language='en', source='web')"
    )
