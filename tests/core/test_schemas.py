"""Split and assemble, parse and check, store and read back: for every schema."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import InputError, SpecError
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.schema.base import Label
from assay.core.schema.form import narrowed
from assay.core.value import Span, Value, decode, encode

NAMES = ("one", "two", "three")
CHOICE, MULTI, SCALE, SPANS, TEXT = (
    Choice(NAMES), MultiChoice(NAMES), Scale(1, 7), Spans(NAMES), FreeText(),
)  # fmt: skip
FORM = Form({"c": CHOICE, "m": MULTI, "s": SCALE})

choices = st.sampled_from(NAMES)
multis = st.frozensets(choices)
scales = st.integers(1, 7).map(float)
texts = st.text(min_size=1, max_size=40).map(str.strip).filter(bool)
stretches = st.builds(
    lambda start, size, label: Span(start, start + size, label),
    st.integers(0, 99), st.integers(1, 20), choices,
)  # fmt: skip
marked = st.frozensets(stretches, max_size=6).map(lambda s: tuple(sorted(s)))
forms = st.fixed_dictionaries({"c": choices}, optional={"m": multis, "s": scales})

CASES = st.one_of(
    *(
        st.tuples(st.just(schema), values)
        for schema, values in (
            (CHOICE, choices), (MULTI, multis), (SCALE, scales),
            (SPANS, marked), (FORM, forms), (TEXT, texts),
        )
    )
)  # fmt: skip


@given(CASES)
def test_assemble_is_the_inverse_of_split(case: tuple[Schema, Value]) -> None:
    schema, value = case
    units = schema.units([value])
    labels = {u: found for u in units if (found := schema.label(value, u)) is not None}
    assert schema.assemble(labels) == value


@given(CASES)
def test_a_stored_value_comes_back(case: tuple[Schema, Value]) -> None:
    _, value = case
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(CASES)
def test_a_checked_value_stays_itself(case: tuple[Schema, Value]) -> None:
    schema, value = case
    assert schema.check(value) == value


@given(CASES)
def test_every_label_is_one_the_unit_can_take(case: tuple[Schema, Value]) -> None:
    schema, value = case
    for unit in schema.units([value]):
        allowed = schema.unit_labels(unit)
        label = schema.label(value, unit)
        if allowed is not None and label is not None:
            assert set(label.split("+")) <= set(allowed)


@given(CASES.filter(lambda case: case[0] is not SPANS), st.text())
def test_parse_gives_a_checked_value_or_none(case: tuple[Schema, Value], raw: str) -> None:
    schema, _ = case
    value = schema.parse(raw)
    assert value is None or schema.check(value) == value


@given(choices, multis, scales)
def test_parse_reads_the_json_that_is_asked_for(one: str, many: frozenset[str], n: float) -> None:
    assert CHOICE.parse(json.dumps({"label": one})) == one
    assert MULTI.parse(json.dumps({"labels": sorted(many)})) == many
    assert SCALE.parse(json.dumps({"rating": n})) == n


def test_what_was_not_asked_is_not_a_no() -> None:
    assert not MULTI.in_focus("two", ["one"])
    value: Mapping[str, Value] = {"c": "one"}
    assert FORM.label(value, "m/one") is None


@pytest.mark.parametrize(
    ("schema", "cell"),
    [(CHOICE, "four"), (MULTI, "one;four"), (SCALE, "8"), (SCALE, "nan"), (SCALE, "1.5"),
     (SPANS, '[{"start": 3, "end": 3, "label": "one"}]'), (FORM, '{"z": 1}'), (TEXT, "  ")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(schema: Schema, cell: str) -> None:
    with pytest.raises(InputError):
        schema.check(cell)


def test_a_form_is_narrowed_to_the_attributes_asked_about() -> None:
    form = Form({"c": CHOICE, "s": SCALE}, {"c": "which?", "s": "how?"})
    part = narrowed(form, ("s",))
    assert isinstance(part, Form)
    assert list(part.fields) == ["s"]
    assert part.questions == {"s": "how?"}
    assert narrowed(form, ()) is form
    assert narrowed(CHOICE, ("a",)) is CHOICE


def test_a_word_may_stand_for_different_labels_in_different_languages() -> None:
    schema = Choice(
        [Label("soon", aliases={"de": ("bald",)}), Label("hairless", aliases={"en": ("bald",)})]
    )
    assert schema.parse("hairless") == "hairless"
    assert schema.parse("bald") is None, "it means neither without its language"


@pytest.mark.parametrize(("one", "other"), [("de", "de"), ("", "de"), ("de", ""), ("", "")])
def test_a_word_of_one_language_stands_for_one_label(one: str, other: str) -> None:
    with pytest.raises(SpecError, match="'bald' stands for two labels: 'a' and 'b'"):
        Choice([Label("a", aliases={one: ("bald",)}), Label("b", aliases={other: ("bald",)})])


def test_a_stretch_of_several_labels_is_a_span_for_each_and_a_plus_in_a_name_is_none() -> None:
    schema = Spans(["one", "two", "c+"])
    assert schema.assemble({"text:0:3": "one+two"}) == (Span(0, 3, "one"), Span(0, 3, "two"))
    assert schema.assemble({"text:0:3": "c+", "title:1:2": "one"}) == (
        Span(0, 3, "c+"), Span(1, 2, "one", "title"),
    )  # fmt: skip
