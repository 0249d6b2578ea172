"""What all schemas promise, for boxes; and what is one thing in a picture."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.core.schema.boxes import MATCH, NONE, Boxes, overlap, rectangle, regions
from assay.core.value import Box, Value, decode, encode
from assay.ledger.schemas import schema_of

NAMES = ("cat", "dog")
BOXES = Boxes(NAMES)

edges = st.tuples(st.integers(0, 999), st.integers(1, 1000)).filter(lambda e: sum(e) <= 1000)


def box(x: tuple[int, int], y: tuple[int, int], label: str) -> Box:
    return Box(x[0] / 1000, y[0] / 1000, x[1] / 1000, y[1] / 1000, label)


boxes = st.builds(box, edges, edges, st.sampled_from(NAMES))
values = st.frozensets(boxes, max_size=6).map(lambda found: tuple(sorted(found)))


@given(values)
def test_assemble_is_the_inverse_of_split(value: Value) -> None:
    labels = {unit: str(BOXES.label(value, unit)) for unit in BOXES.units([value])}
    assert BOXES.assemble(labels) == value


@given(values)
def test_a_value_is_checked_stored_and_parsed_unchanged(value: Value) -> None:
    assert BOXES.check(value) == value
    assert decode(json.loads(json.dumps(encode(value)))) == value
    assert isinstance(value, tuple)
    said = {"boxes": [{n: getattr(b, n) for n in ("label", "left", "top", "width", "height")}
                      for b in value]}  # fmt: skip
    assert BOXES.parse(json.dumps(said)) == value


@given(st.text())
def test_parse_gives_boxes_or_none(raw: str) -> None:
    found = BOXES.parse(raw)
    assert found is None or BOXES.check(found) == found


@given(boxes, boxes)
def test_overlap_is_symmetric_and_at_most_one(a: Box, b: Box) -> None:
    one, other = rectangle(a), rectangle(b)
    assert overlap(one, other) == pytest.approx(overlap(other, one))
    assert 0 <= overlap(one, other) <= 1 + 1e-9
    assert overlap(one, one) == 1


@given(st.lists(values, max_size=4), st.randoms(use_true_random=False))
def test_units_do_not_depend_on_who_came_first(given_values: list[Value], random: object) -> None:
    units = BOXES.units(given_values)
    assert BOXES.units(given_values[::-1]) == units


@given(st.lists(values, max_size=4))
def test_every_box_is_in_one_region_and_no_region_has_two_of_a_value(found: list[Value]) -> None:
    plain = [tuple(b for b in v if isinstance(b, Box)) for v in found if isinstance(v, tuple)]
    made = regions(plain)
    assert sum(map(len, made)) == sum(len({rectangle(b) for b in v}) for v in plain)
    assert all(len(region) <= len(plain) for region in made)


def test_of_two_boxes_near_one_the_nearer_is_it_and_a_box_is_one_thing_only() -> None:
    one, near, nearer = (Box(0, top, 0.3, 0.3, "cat") for top in (0.0, 0.1, 0.05))
    assert regions([(one,), (near, nearer)]) == [
        [rectangle(one), rectangle(nearer)], [rectangle(near)]
    ]  # fmt: skip
    between = Box(0, 0.06, 0.3, 0.3, "dog")
    made = regions([(one, near), (between,)])
    assert sorted(map(len, made)) == [1, 2]
    assert [rectangle(near), rectangle(between)] in made


@given(boxes, st.integers(-20, 20))
def test_a_box_a_little_to_the_side_is_the_same_thing(one: Box, shift: int) -> None:
    left = one.left + shift / 1000
    assume(one.width > 0.2 and left >= 0 and left + one.width <= 1)
    other = Box(round(left, 6), one.top, one.width, one.height, "dog")
    (unit,) = BOXES.units([(one,), (other,)])
    assert BOXES.label((one,), unit) == one.label
    assert BOXES.label((other,), unit) == "dog"


def test_who_has_no_box_there_said_none_and_nothing_seen_is_an_answer() -> None:
    seen = (Box(0.1, 0.1, 0.2, 0.2, "cat"),)
    (unit,) = BOXES.units([seen, ()])
    assert BOXES.label((), unit) == NONE
    assert BOXES.assemble({unit: NONE}) == ()
    assert BOXES.check("[]") == ()


def test_two_labels_on_one_place_stay_two() -> None:
    value = (Box(0.1, 0.1, 0.2, 0.2, "cat"), Box(0.1, 0.1, 0.2, 0.2, "dog"))
    (unit,) = BOXES.units([value])
    assert BOXES.label(value, unit) == "cat+dog"
    assert BOXES.assemble({unit: "cat+dog"}) == value


def test_a_label_far_from_the_unit_does_not_count() -> None:
    (unit,) = BOXES.units([(Box(0, 0, 0.2, 0.2, "cat"),)])
    half = Box(0.1, 0, 0.2, 0.2, "dog")
    assert overlap(rectangle(half), (0, 0, 0.2, 0.2)) < MATCH
    assert BOXES.label((half,), unit) == NONE


def test_the_ledger_reads_the_schema_back() -> None:
    assert schema_of(json.loads(json.dumps(BOXES.wording()))).json_schema() == BOXES.json_schema()


@pytest.mark.parametrize(
    "cell",
    ["cat", '[{"label": "cat", "left": 0, "top": 0, "width": 0.5}]', "[1]", '{"boxes": 3}',
     '[{"label": "cow", "left": 0, "top": 0, "width": 1, "height": 1}]',
     '[{"label": "cat", "left": 0, "top": 0, "width": 0, "height": 1}]',
     '[{"label": "cat", "left": 10, "top": 0, "width": 40, "height": 50}]',
     '[{"label": "cat", "left": "x", "top": 0, "width": 1, "height": 1}]',
     '[{"label": "cat", "left": NaN, "top": 0, "width": 1, "height": 1}]'],
)  # fmt: skip
def test_what_is_no_box_is_refused(cell: str) -> None:
    with pytest.raises(InputError):
        BOXES.check(cell)


def test_rounding_over_the_edge_is_cut() -> None:
    cell = [{"label": "cat", "left": -0.0004, "top": 0, "width": 1.0008, "height": 1}]
    assert BOXES.check(cell) == (Box(0.0, 0.0, 1.0, 1.0, "cat"),)
