"""What each kind of schema takes from free text, and where mentions stand and are denied."""

import pytest

from assay.annotators.mapping import Json, LastLine, Pattern
from assay.annotators.mapping.jsons import first_json
from assay.annotators.mapping.pattern import Mention, find, mentions
from assay.core.annotation import Outcome, Request, RequestOptions
from assay.core.record import text_record
from assay.core.schema import Boxes, Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.schema.base import Label, as_labels
from assay.core.task import Task
from assay.core.value import Box, Span, Value
from assay.models.base import Completion

TAGS = MultiChoice(["sport", "health", "money"])
THREE = Choice(["drama", "comedy", "both"])
TWO = Choice(["hateful", "benign"])
FORM = Form({"tone": TWO, "age": Scale(1, 5), "note": FreeText()})
BOX = {"label": "cat", "left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}


@pytest.mark.parametrize(
    ("schema", "text", "focus", "value"),
    [
        (THREE, '{"label": "comedy"}', (), "comedy"),
        (THREE, "no drama, no comedy: both", (), "both"),
        (TWO, "neither hateful nor benign", (), "benign"),
        (TAGS, "None.", (), frozenset()),
        (TAGS, " no labels ", (), frozenset()),
        (TAGS, "[]", (), frozenset()),
        (TAGS, "-", (), frozenset()),
        (TAGS, "nothing much", (), None),
        (TAGS, "not sport", (), frozenset()),
        (TAGS, "not sport, but sport and health", (), frozenset({"sport", "health"})),
        (TAGS, "sport, health", ("health", "money"), frozenset({"health"})),
        (TAGS, "not sport", ("health",), None),
        (TAGS, "sport", ("health",), None),
        (TAGS, "Yes", ("health", "money"), None),
        (TAGS, "Yes", (), None),
        (TAGS, "perhaps", ("health",), None),
        (Scale(1, 5), "10, 10, then 4", (), 4.0),
        (Scale(0, 5, 0.5), "about 2,5 of 5", (), 2.5),
        (Scale(-2, 2), "it is -1", (), -1.0),
        (Scale(1, 5), "v4", (), None),
        (Scale(1, 5), "4th", (), None),
        (FORM, "tone: benign\nage: 9\nage: 3", (), {"tone": "benign"}),
        (
            FORM,
            "TONE: hateful\nAge = 3\nnote: so",
            (),
            {"tone": "hateful", "age": 3.0, "note": "so"},
        ),
        (FORM, "benign", ("tone",), {"tone": "benign"}),
        (FORM, "4", ("age",), {"age": 4.0}),
        (FORM, "hm", ("age",), None),
        (FORM, "benign", ("tone", "age"), None),
        (FORM, "benign", (), None),
        (FORM, "tone: benign", ("age",), {"tone": "benign"}),
        (FreeText(), " so it is ", (), "so it is"),
        (Boxes(["cat"]), f"Here: [{BOX}]".replace("'", '"'), (), (Box(0.1, 0.2, 0.3, 0.4, "cat"),)),
        (Boxes(["cat"]), "a cat", (), None),
        (Spans(["A"]), "A", (), None),
    ],
)
def test_what_a_text_says(
    schema: Schema, text: str, focus: tuple[str, ...], value: Value | None
) -> None:
    assert find(schema, text, None, focus) == value


def test_mentions_stand_where_they_are_and_say_what_denies_them() -> None:
    labels = as_labels(["drama", "comedy"])
    text = "Not a drama but comedy; drama?"
    assert list(mentions(labels, text)) == [
        Mention(6, 11, "drama", True), Mention(16, 22, "comedy", False),
        Mention(24, 29, "drama", False),
    ]  # fmt: skip
    assert [m.label for m in mentions(labels, text, known={"drama"})] == ["comedy"]


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("no drama", True),
        ("o drama", False),
        ("not one two three drama", True),
        ("not one two three four drama", False),
        ("not" + " " * 50 + "drama", True),
        ("not" + " " * 57 + "drama", True),
        ("not" + " " * 58 + "drama", False),
        ("nothing of drama", False),
        ("kein drama", True),
        ("it is no, drama", False),
    ],
)
def test_a_denial_stands_shortly_before(text: str, denied: bool) -> None:
    [found] = mentions(as_labels(["drama"]), text)
    assert found.denied is denied


def test_words_of_the_records_language_are_looked_for() -> None:
    labels = [Label("good", aliases={"de": ("gut",), "": ("fine",)}), Label("bad")]
    for language, words in (("de", ["gut", "fine"]), ("en", ["fine"]), (None, ["gut", "fine"])):
        found = list(mentions(labels, "gut fine", language))
        assert [m.label for m in found] == ["good"] * len(words)


def asked(schema: Schema, text: str = "Ana saw Rome", way: RequestOptions | None = None) -> Request:
    return Request(Task("t", "?", schema), text_record("r", text), "m", way or RequestOptions())


@pytest.mark.parametrize("mapping", [Pattern(), LastLine(), Json()])
def test_each_mapping_has_a_name_and_asks_for_its_form(
    mapping: Pattern | LastLine | Json,
) -> None:
    forms = {"pattern": "label", "last_line": "last_line", "json": "json"}
    assert mapping.form == forms[mapping.name]
    assert mapping.top_logprobs == 0


@pytest.mark.parametrize(
    ("text", "value", "rationale"),
    [
        ("So.\nLabel: hateful\nNo.\nLabel: benign", "benign", "So.\nLabel: hateful\nNo."),
        ("Label: benign", "benign", None),
        ("a\nLabel: benign\n\n", "benign", "a"),
        ("Label: unsure", None, None),
        ("Label: benign\nLabel: unsure", None, None),
    ],
)
def test_the_last_line_counts_and_what_stands_before_it_is_why(
    text: str, value: str | None, rationale: str | None
) -> None:
    said = LastLine().read(asked(TWO), Completion(text))
    assert (said.value, said.rationale) == (value, rationale)
    assert said.outcome is (Outcome.UNPARSED if value is None else Outcome.ANSWERED)


def test_spans_are_quoted_in_every_form() -> None:
    quote = '[{"text": "Rome", "label": "LOC"}]'
    schema = Spans(["LOC"])
    for mapping, text in ((Pattern(), quote), (Json(), quote), (LastLine(), f"so\nLabel: {quote}")):
        said = mapping.read(asked(schema), Completion(text))
        assert said.value == (Span(8, 12, "LOC"),)
        assert said.rationale == ("so" if isinstance(mapping, LastLine) else None)


def test_a_focus_reaches_what_is_read() -> None:
    way = RequestOptions(focus=("sport",))
    for mapping, text in ((Pattern(), "yes"), (LastLine(), "so\nLabel: yes")):
        assert mapping.read(asked(TAGS, way=way), Completion(text)).value == frozenset({"sport"})


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('x {"a": 1} {"b": 2}', {"a": 1}),
        ("[1, 2] tail", [1, 2]),
        ('```json\n{"a": 1}\n``` {"b": 2}', {"a": 1}),
        ('{"b": 2} ```\n{"a": 1}\n```', {"a": 1}),
        ('``` {"a": 1}', {"a": 1}),
        ("{x} [1]", [1]),
        ('{"a": [1, 2} [3]', [3]),
        ('{"a": "b', None),
        ("[" * 50 + "1", None),
        ("none", None),
        ("", None),
        ("5", None),
    ],
)
def test_the_first_object_or_list_that_is_whole(text: str, content: object) -> None:
    assert first_json(text) == content


def test_json_that_does_not_fit_is_unparsed() -> None:
    for text, value in (('{"label": "benign"}', "benign"), ('{"label": "x"}', None), ("x", None)):
        said = Json().read(asked(TWO), Completion(text))
        assert said.value == value
