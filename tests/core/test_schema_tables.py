"""Each schema by example: what a cell and a raw answer mean, what is asked, what is refused."""

import math

import pytest

from assay.core.errors import InputError, SpecError
from assay.core.schema import Boxes, Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.schema.base import Label, as_labels, label_table
from assay.core.schema.boxes import SLACK, inside, mean, overlap
from assay.core.schema.scale import as_float
from assay.core.task import Task
from assay.core.value import Box, Span, Value

CHOICE = Choice(["one", Label("two", "a pair", {"de": ("zwei",)})])
MULTI, SPANS, BOXES = MultiChoice(["one", "two"]), Spans(["A", "B"]), Boxes(["A", "B"])
FORM = Form({"c": Choice(["x", "y"]), "s": Scale(1, 3), "m": MULTI}, {"c": "which?"})
HALVES, OPEN = Scale(0, 2, 0.5), Scale(0, 1, None)
TEXT = FreeText(longest=5)


@pytest.mark.parametrize(
    ("schema", "raw", "value"),
    [
        (CHOICE, " One\n", "one"),
        (CHOICE, "zwei", "two"),
        (CHOICE, '{"label": "two"}', "two"),
        (CHOICE, '"two"', "two"),
        (CHOICE, '{"label": 2}', None),
        (CHOICE, '{"other": "two"}', None),
        (CHOICE, "[1]", None),
        (CHOICE, "{", None),
        (CHOICE, "one two", None),
        (MULTI, "two, one", frozenset({"one", "two"})),
        (MULTI, '["one"]', frozenset({"one"})),
        (MULTI, '{"labels": []}', frozenset()),
        (MULTI, '{"labels": "one"}', None),
        (MULTI, '{"labels": [1]}', None),
        (MultiChoice(["1", "2"]), '["1", 2]', None),
        (MultiChoice(["a", "b"]), '{"labels": "ab"}', None),
        (MULTI, '["one", "three"]', None),
        (MULTI, "one, three", None),
        (MULTI, "[", None),
        (HALVES, "1,5", 1.5),
        (HALVES, " +2 ", 2.0),
        (HALVES, "-0", 0.0),
        (HALVES, "0.25", None),
        (HALVES, "2.5", None),
        (HALVES, "-0.5", None),
        (HALVES, "1 of 2", None),
        (HALVES, '{"rating": 1.5}', 1.5),
        (HALVES, '{"rating": true}', None),
        (HALVES, '{"rating": "1"}', None),
        (HALVES, '{"rating": NaN}', None),
        (HALVES, '{"note": 1}', None),
        (HALVES, "{", None),
        (OPEN, "0.123", 0.123),
        (OPEN, "1.001", None),
        (TEXT, " abc ", "abc"),
        (TEXT, "abcde", "abcde"),
        (TEXT, "abcdef", None),
        (TEXT, "  ", None),
        (TEXT, '{"text": " ab "}', "ab"),
        (TEXT, '{"text": ""}', None),
        (TEXT, "{x", "{x"),
        (FORM, '{"c": "Y", "s": 2, "m": ["one"]}', {"c": "y", "s": 2.0, "m": frozenset({"one"})}),
        (FORM, '{"c": "z", "s": 9}', None),
        (FORM, '{"c": "z", "s": 3, "more": 1}', {"s": 3.0}),
        (FORM, "[]", None),
        (FORM, "c: y", None),
        (SPANS, '{"spans": [{"start": 0, "end": 2, "label": "a"}]}', (Span(0, 2, "A"),)),
        (SPANS, '[{"start": 0, "end": 2, "label": "c"}]', None),
        (SPANS, "A", None),
        (BOXES, "[]", ()),
        (BOXES, "A", None),
    ],
)
def test_a_raw_answer_is_read_strictly(schema: Schema, raw: str, value: Value | None) -> None:
    assert schema.parse(raw) == value


@pytest.mark.parametrize(
    ("schema", "cell", "value"),
    [
        (CHOICE, "TWO", "two"),
        (MULTI, "one;two", frozenset({"one", "two"})),
        (MULTI, "one|two", frozenset({"one", "two"})),
        (MULTI, " one , ", frozenset({"one"})),
        (MULTI, "", frozenset()),
        (MULTI, '["two"]', frozenset({"two"})),
        (MULTI, ("one", "two"), frozenset({"one", "two"})),
        (HALVES, 2, 2.0),
        (HALVES, " 0.5 ", 0.5),
        (HALVES, "0.50000001", 0.5),
        (TEXT, 12345, "12345"),
        (FORM, {"c": "x", "s": None}, {"c": "x"}),
        (FORM, '{"m": "one"}', {"m": frozenset({"one"})}),
        (SPANS, [{"start": "3", "end": 9, "label": "B", "part": "title"}],
         (Span(3, 9, "B", "title"),)),
        (SPANS, [Span(5, 6, "A"), Span(1, 2, "B"), Span(5, 6, "A")],
         (Span(1, 2, "B"), Span(5, 6, "A"))),
        (SPANS, [Span(0, 1, "A")], (Span(0, 1, "A"),)),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_people_write_it(schema: Schema, cell: object, value: Value) -> None:
    assert schema.check(cell) == value


@pytest.mark.parametrize(
    ("schema", "cell", "why"),
    [
        (CHOICE, "three", "'three' is not a label; the labels are one, two"),
        (MULTI, "one;three", "'three' is not a label; the labels are one, two"),
        (MULTI, "[one]", "is not a JSON list of labels"),
        (HALVES, "0.3", "'0.3' is not a number from 0 to 2 in steps of 0.5"),
        (HALVES, "x", "'x' is not a number from 0 to 2 in steps"),
        (OPEN, "2", "'2' is not a number from 0 to 1$"),
        (OPEN, "inf", "is not a number"),
        (TEXT, "123456", "a text has 1 to 5 characters, this one 6"),
        (TEXT, " ", "this one 0"),
        (FORM, "x", "'x' is not a JSON object of attributes"),
        (FORM, [1], "is not a JSON object of attributes"),
        (FORM, {"z": 1}, "'z' is not an attribute: c, s, m"),
        (SPANS, [1], "1 is not a span: it needs start, end and label"),
        (SPANS, [{"start": 0, "end": 1}], "it needs start, end and label"),
        (SPANS, [{"start": 0, "end": 1, "label": "C"}], "'C' is not a label: A, B"),
        (SPANS, [{"start": "a", "end": 1, "label": "A"}], "start and end are whole numbers"),
        (SPANS, [{"start": None, "end": 1, "label": "A"}], "start and end are whole numbers"),
        (SPANS, [{"start": 4, "end": 4, "label": "A"}], "span 4 to 4 is empty or backwards"),
        (SPANS, [{"start": -1, "end": 4, "label": "A"}], "span -1 to 4 is empty or backwards"),
        (SPANS, "x", "'x' is not a JSON list of spans"),
        (SPANS, {"boxes": []}, "is not a list of spans"),
        (BOXES, [{"label": "A"}], "is not a box: it needs label, left, top, width, height"),
        (BOXES, [{**dict.fromkeys(("left", "top", "width", "height"), 0.1), "label": "C"}],
         "'C' is not a label: A, B"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_what_would(schema: Schema, cell: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        schema.check(cell)


@pytest.mark.parametrize(
    ("schema", "wording"),
    [
        (CHOICE, ["choice", [["one", "", {}], ["two", "a pair", {"de": ["zwei"]}]]]),
        (MULTI, ["multi", [["one", "", {}], ["two", "", {}]]]),
        (Scale(1, 3, anchors={1.0: "low"}), ["scale", 1.0, 3.0, 1.0, {"1": "low"}]),
        (Scale(1, 3), ["scale", 1.0, 3.0, 1.0, {}]),
        (TEXT, ["text", 5]),
        (SPANS, ["spans", [["A", "", {}], ["B", "", {}]]]),
        (BOXES, ["boxes", [["A", "", {}], ["B", "", {}]]]),
        (Form({"t": TEXT}, {"t": "?"}), ["form", {"t": ["text", 5]}, {"t": "?"}]),
    ],
)
def test_the_wording_of_a_schema_is_in_the_id_of_its_task(schema: Schema, wording: object) -> None:
    """A change of it asks every record anew."""
    assert schema.wording() == wording
    assert schema.kind == wording[0]  # type: ignore[index]


def test_the_id_of_a_task_is_what_ledgers_know_it_by() -> None:
    assert Task("t", "?", Choice(["a", "b"]), "g").id == "t@c31b68d07cca"
    assert FreeText().longest == 10_000


def closed(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def listed(items: object, most: int = 256) -> dict[str, object]:
    return {"type": "array", "items": items, "maxItems": most}


ONE_OF = {"type": "string", "enum": ["A", "B"]}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        (CHOICE, closed(label={"type": "string", "enum": ["one", "two"]})),
        (MULTI, closed(labels=listed({"type": "string", "enum": ["one", "two"]}, 2))),
        (Scale(1, 3), closed(rating={"type": "integer", "minimum": 1.0, "maximum": 3.0})),
        (HALVES, closed(rating={"type": "number", "minimum": 0.0, "maximum": 2.0})),
        (OPEN, closed(rating={"type": "number", "minimum": 0.0, "maximum": 1.0})),
        (Scale(0.5, 2.5), closed(rating={"type": "number", "minimum": 0.5, "maximum": 2.5})),
        (TEXT, closed(text={"type": "string", "minLength": 1, "maxLength": 5})),
        (SPANS, closed(spans=listed(closed(text={"type": "string"}, label=ONE_OF)))),
        (BOXES, closed(boxes=listed(
            closed(label=ONE_OF, left=SHARE, top=SHARE, width=SHARE, height=SHARE)))),
        (Form({"t": TEXT, "h": HALVES}), closed(
            t={"type": "string", "minLength": 1, "maxLength": 5},
            h={"type": "number", "minimum": 0.0, "maximum": 2.0})),
        (Form({"f": Form({"t": OPEN, "u": OPEN})}), closed(f=closed(t=SHARE, u=SHARE))),
    ],
)  # fmt: skip
def test_the_form_that_a_model_is_held_to(schema: Schema, form: object) -> None:
    assert schema.json_schema() == form


@pytest.mark.parametrize(
    ("schema", "values", "units"),
    [
        (CHOICE, ["one"], [""]),
        (HALVES, [], [""]),
        (TEXT, ["x"], [""]),
        (MULTI, [], ["one", "two"]),
        (FORM, [{"c": "x"}, {"m": frozenset()}], ["c", "s", "m/one", "m/two"]),
        (SPANS, [(Span(3, 5, "A"),), (Span(0, 2, "B"), Span(3, 5, "B"))], ["text:0:2", "text:3:5"]),
    ],
)
def test_an_answer_falls_into_units(schema: Schema, values: list[Value], units: list[str]) -> None:
    assert schema.units(values) == units


@pytest.mark.parametrize(
    ("schema", "unit", "labels"),
    [
        (CHOICE, "", ("one", "two")),
        (MULTI, "one", ("no", "yes")),
        (HALVES, "", ("0", "0.5", "1", "1.5", "2")),
        (OPEN, "", None),
        (TEXT, "", None),
        (FORM, "s", ("1", "2", "3")),
        (FORM, "m/one", ("no", "yes")),
        (SPANS, "text:0:1", ("none", "A", "B")),
        (BOXES, "0:0:1:1", ("none", "A", "B")),
    ],
)
def test_a_unit_has_the_labels_it_can_take(
    schema: Schema, unit: str, labels: tuple[str, ...] | None
) -> None:
    assert schema.unit_labels(unit) == labels


@pytest.mark.parametrize(
    ("schema", "labels", "value"),
    [
        (CHOICE, {"": "one"}, "one"),
        (CHOICE, {}, None),
        (TEXT, {"": "x"}, "x"),
        (HALVES, {"": "1.5"}, 1.5),
        (HALVES, {}, None),
        (MULTI, {"one": "yes", "two": "no"}, frozenset({"one"})),
        (FORM, {"c": "x", "m/one": "no", "m/two": "yes"}, {"c": "x", "m": frozenset({"two"})}),
        (FORM, {}, None),
        (SPANS, {"a:b:0:2": "A", "text:3:4": "none", "text:5:6": "A+B"},
         (Span(0, 2, "A", "a:b"), Span(5, 6, "A"), Span(5, 6, "B"))),
        (Spans(["A+B", "C"]), {"text:0:1": "A+B"}, (Span(0, 1, "A+B"),)),
        (BOXES, {"0:0:0.5:0.5": "none", "0:0:1:1": "A+B"},
         (Box(0, 0, 1, 1, "A"), Box(0, 0, 1, 1, "B"))),
    ],
)  # fmt: skip
def test_decided_units_make_an_answer(
    schema: Schema, labels: dict[str, str], value: Value | None
) -> None:
    assert schema.assemble(labels) == value


def test_a_stretch_marked_twice_has_both_labels_and_another_none() -> None:
    value = (Span(0, 2, "B"), Span(0, 2, "A"), Span(0, 2, "A", "title"))
    assert SPANS.label(value, "text:0:2") == "A+B"
    assert SPANS.label(value, "title:0:2") == "A"
    assert SPANS.label(value, "text:0:3") == "none"


@pytest.mark.parametrize(
    ("schema", "unit", "inside_", "outside"),
    [(MULTI, "one", True, False), (FORM, "m/one", False, False), (CHOICE, "", True, True),
     (SPANS, "text:0:1", True, True), (BOXES, "0:0:1:1", True, True), (HALVES, "", True, True),
     (TEXT, "", True, True), (FORM, "one", True, False)],
)  # fmt: skip
def test_a_focus_names_labels_of_a_set_or_fields_of_a_form(
    schema: Schema, unit: str, inside_: bool, outside: bool
) -> None:
    assert schema.in_focus(unit, ["one"]) is inside_
    assert schema.in_focus(unit, ["two"]) is outside
    assert FORM.in_focus("m/one", ["m"])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Choice([]), "at least one label"),
        (lambda: Choice(["a", "a"]), "same name"),
        (lambda: Choice(["a", " "]), "empty name"),
        (lambda: Choice(["a", "A"]), "'A' stands for two labels: 'a' and 'A'"),
        (lambda: Scale(2, 2), "from low to high, not from 2 to 2"),
        (lambda: Scale(3, 2), "from low to high, not from 3 to 2"),
        (lambda: Scale(0, 1, 0), "above zero, not 0"),
        (lambda: Scale(0, 1, -1), "above zero, not -1"),
        (lambda: Form({}), "at least one attribute"),
        (lambda: Form({"a/b": TEXT}), "without a slash"),
        (lambda: Form({" ": TEXT}), "not empty"),
    ],
)
def test_a_schema_that_cannot_be_is_refused(make: object, why: str) -> None:
    with pytest.raises(SpecError, match=why):
        make()  # type: ignore[operator]


def test_a_word_that_means_different_labels_by_language_means_none_without_it() -> None:
    labels = as_labels(
        [Label("gift", "", {"en": ("present",)}), Label("poison", "", {"de": ("Gift two",)})]
    )
    assert label_table(labels)["gift two"] == "poison"
    split = [Label("a", "", {"en": ("die",)}), Label("b", "", {"de": ("die",)})]
    assert "die" not in label_table(as_labels(split))
    assert split[0].words("en") == ("a", "die")
    assert split[0].words("de") == ("a",)
    assert Label("a", "", {"": ("x",), "de": ("y",), "en": ("z",)}).words() == ("a", "x", "y", "z")
    assert Label("a", "", {"": ("x",), "de": ("y",), "en": ("z",)}).words("de") == ("a", "x", "y")


def test_whole_numbers_beyond_any_float_are_infinite() -> None:
    assert as_float(10**400) == math.inf
    assert as_float(3) == 3.0


@pytest.mark.parametrize(
    ("a", "b", "share"),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0),
        ((0, 0, 2, 2), (1, 0, 2, 2), 1 / 3),
        ((0, 0, 2, 2), (0, 1, 2, 2), 1 / 3),
        ((0, 0, 2, 2), (1, 1, 2, 2), 1 / 7),
        ((0, 0, 2, 1), (0, 0, 1, 1), 0.5),
        ((0, 0, 1, 1), (1, 0, 1, 1), 0.0),
        ((0, 0, 1, 1), (0, 3, 1, 1), 0.0),
    ],
)
def test_overlap_is_what_both_cover_of_what_either_covers(
    a: tuple[float, ...], b: tuple[float, ...], share: float
) -> None:
    assert overlap(a, b) == overlap(b, a) == pytest.approx(share)  # type: ignore[arg-type]


def test_two_boxes_of_one_thing_are_their_mean_and_apart_they_are_two() -> None:
    near, half, far = (Box(x, 0, 0.3, 0.3, "A") for x in (0.0, 0.05, 0.6))
    assert BOXES.units([(near,), (half,), (far,)]) == ["0.025:0:0.3:0.3", "0.6:0:0.3:0.3"]
    assert mean([(0.0, 0.0, 0.2, 0.2), (0.1, 0.3, 0.4, 0.2)]) == (0.05, 0.15, 0.3, 0.2)
    third = Box(0.15, 0, 0.3, 0.3, "B")  # a third of the two together
    assert BOXES.units([(near,), (third,)]) == ["0.15:0:0.3:0.3", "0:0:0.3:0.3"]
    exact = (Box(0, 0, 0.2, 0.2, "A"), Box(0, 0, 0.2, 0.1, "B"))
    assert BOXES.label(exact, "0:0:0.2:0.2") == "A"
    assert BOXES.label(exact[1:], "0:0:0.2:0.2") == "B"  # covers exactly half


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ((0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0)),
        ((-0.0009, 0.1, 0.5, 0.5), (0.0, 0.1, 0.4991, 0.5)),
        ((0.5, -0.0009, 0.5, 0.5), (0.5, 0.0, 0.5, 0.4991)),
        ((0.5, 0.5, 0.5009, 0.5009), (0.5, 0.5, 0.5, 0.5)),
        ((0.12345678, 0.0, 0.1, 0.1), (0.123457, 0.0, 0.1, 0.1)),
        ((-SLACK, -SLACK, 1.0, 1.0), (0.0, 0.0, 0.999, 0.999)),
        ((0.0, 0.0, 1 + SLACK, 1 + SLACK), (0.0, 0.0, 1.0, 1.0)),
    ],
)
def test_what_sticks_out_by_rounding_is_cut(
    place: tuple[float, float, float, float], kept: tuple[float, ...]
) -> None:
    assert inside(place) == pytest.approx(kept)


@pytest.mark.parametrize(
    "place",
    [(-0.0011, 0, 1, 1), (0, -0.0011, 1, 1), (0.5, 0, 0.502, 1), (0, 0.5, 1, 0.502),
     (0.5, 0.5, 0, 0.1), (0.5, 0.5, 0.1, 0), (0.5, 0.5, -0.1, 0.1)],
)  # fmt: skip
def test_a_box_outside_the_picture_or_empty_is_refused(
    place: tuple[float, float, float, float],
) -> None:
    with pytest.raises(InputError, match="is empty or leaves the picture"):
        inside(place)
