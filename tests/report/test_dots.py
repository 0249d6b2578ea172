from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.report.dots import Axis, Dot, Row, dot_rows, fitting
from tests.report.drawn import frame, pictures, shapes


@given(st.lists(st.tuples(st.text(max_size=50), st.floats(-5, 5)), max_size=8))
def test_any_names_and_values_make_well_formed_pictures_within_the_axis(
    given_rows: list[tuple[str, float]],
) -> None:
    clean = [("".join(c for c in name if c.isprintable()), v) for name, v in given_rows]
    picture = dot_rows([Row(n, (Dot("model", v, n),), note=n[:9]) for n, v in clean], Axis(0, 1, 4))
    root = ElementTree.fromstring(picture)
    wide, narrow = root.findall("svg")
    assert float(narrow.attrib["width"]) < 400 < float(wide.attrib["width"])
    for form in (wide, narrow):
        for circle in form.iter("circle"):
            assert 0 <= float(circle.attrib["cx"]) <= float(form.attrib["width"])


@given(st.lists(st.floats(0, 1), min_size=1), st.booleans())
def test_the_axis_holds_all_values(values: list[float], percent: bool) -> None:
    axis = fitting(values, percent)
    assert axis.start <= min(values)
    assert axis.stop >= max(values) - 1e-9
    assert axis.steps >= 1


def test_labels_are_escaped_and_long_ones_cut() -> None:
    picture = dot_rows([Row("<b>&" + "x" * 50, ())], Axis(0, 1, 2))
    assert "<b>" not in picture
    assert "…" in picture


def test_words_of_the_axis_are_left_out_where_they_would_run_into_each_other() -> None:
    axis = Axis(0, 6, 6, labels=tuple(f"{10**k:,}" for k in range(7)))
    wide, narrow = ElementTree.fromstring(dot_rows([Row("a", ())], axis)).findall("svg")
    assert [t.text for t in wide.iter("text")][:7] == list(axis.labels)
    assert [t.text for t in narrow.iter("text")][:4] == ["1", "100", "10,000", "1,000,000"]


def test_nothing_is_no_negative_number() -> None:
    assert [Axis(-0.2, 1.0, 6, percent=False).described(k) for k in range(3)] == [
        "-0.2",
        "0",
        "0.2",
    ]


WIDE = [
    "line.grid 85.6 28.0 85.6 78.0",
    "text.n 85.6 20 middle: 0%",
    "line.grid 282.8 28.0 282.8 78.0",
    "text.n 282.8 20 middle: 25%",
    "line.grid 480.0 28.0 480.0 78.0",
    "text.n 480.0 20 middle: 50%",
    "line.grid 677.2 28.0 677.2 78.0",
    "text.n 677.2 20 middle: 75%",
    "line.grid 874.4 28.0 874.4 78.0",
    "text.n 874.4 20 middle: 100%",
    "line.line 480.0 28.0 480.0 78.0",
    "text.strong 71.6 49.5 end: good <b>",
    "text.n 888.4 49.5 start: 50%",
    "line.guide 85.6 45.0 874.4 45.0",
    "line.span 282.8 45.0 874.4 45.0",
    "line.tick 677.2 37.0 677.2 53.0",
    "circle.model 480.0 45.0 5: half",
    "polygon.below 282.8,38.5 289.3,45.0 282.8,51.5 276.3,45.0",
    "text 71.6 71.5 end: b",
    "line.guide 85.6 67.0 874.4 67.0",
    "circle.first 85.6 67.0 5",
]
NARROW = [
    "line.grid 17.4 28.0 17.4 122.0",
    "text.n 17.4 20 middle: 0%",
    "line.grid 98.7 28.0 98.7 122.0",
    "text.n 98.7 20 middle: 25%",
    "line.grid 180.0 28.0 180.0 122.0",
    "text.n 180.0 20 middle: 50%",
    "line.grid 261.3 28.0 261.3 122.0",
    "text.n 261.3 20 middle: 75%",
    "line.grid 342.6 28.0 342.6 122.0",
    "text.n 342.6 20 middle: 100%",
    "line.line 180.0 28.0 180.0 122.0",
    "text.strong 0.0 51.5 start: good <b>",
    "text.n 360.0 51.5 end: 50%",
    "line.guide 17.4 65.0 342.6 65.0",
    "line.span 98.7 65.0 342.6 65.0",
    "line.tick 261.3 57.0 261.3 73.0",
    "circle.model 180.0 65.0 5: half",
    "polygon.below 98.7,58.5 105.2,65.0 98.7,71.5 92.2,65.0",
    "text 0.0 95.5 start: b",
    "line.guide 17.4 109.0 342.6 109.0",
    "circle.first 17.4 109.0 5",
]


def test_a_row_has_its_words_and_its_marks_at_their_places() -> None:
    rows = [
        Row("good <b>", (Dot("model", 0.5, "half"), Dot("below", 0.25)), (0.25, 1.5), 0.75, "50%",
            strong=True),
        Row("b", (Dot("first", -1.0),)),
    ]  # fmt: skip
    axis = Axis(0.0, 1.0, 4, line=0.5, title="Shares & more")
    wide, narrow = pictures(dot_rows(rows, axis))
    assert frame(wide) == ("rows wide", "0 0 920 86", "920", "86")
    assert shapes(wide) == WIDE
    assert frame(narrow) == ("rows narrow", "0 0 360 130", "360", "130")
    assert shapes(narrow) == NARROW
    assert [p.attrib["aria-label"] for p in (wide, narrow)] == ["Shares & more"] * 2


def test_no_rows_are_an_axis_alone() -> None:
    wide, narrow = pictures(dot_rows([], Axis(0, 2, 2, percent=False)))
    assert frame(wide) == ("rows wide", "0 0 920 42", "920", "42")
    assert [s for s in shapes(wide) if s.startswith("text")] == [
        "text.n 28.0 20 middle: 0", "text.n 462.0 20 middle: 1", "text.n 896.0 20 middle: 2",
    ]  # fmt: skip
    assert [s for s in shapes(narrow) if s.startswith("text")] == [
        "text.n 10.0 20 middle: 0", "text.n 180.0 20 middle: 1", "text.n 350.0 20 middle: 2",
    ]  # fmt: skip


def test_values_between_the_ends_of_an_axis_that_does_not_start_at_0() -> None:
    wide, _ = pictures(dot_rows([Row("", (Dot("model", 0.6),))], Axis(0.2, 1.0, 4)))
    [dot] = wide.iter("circle")
    assert dot.attrib["cx"] == f"{(28 + 896) / 2:.1f}"
    assert [t.text for t in wide.iter("text") if t.text] == ["20%", "40%", "60%", "80%", "100%"]


@pytest.mark.parametrize(
    ("length", "note", "wide", "narrow"),
    [
        (32, "", 32, 32),
        (33, "", 31, 33),
        (48, "", 31, 48),
        (49, "", 31, 47),
        (40, "50%, n = 8", 31, 37),
    ],
)
def test_long_labels_are_cut_where_there_is_no_room(
    length: int, note: str, wide: int, narrow: int
) -> None:
    both = pictures(dot_rows([Row("x" * length, (), note=note)], Axis(0, 1, 2)))
    described = [next(t.text for t in p.iter("text") if "x" in (t.text or "")) for p in both]
    for words, kept in zip(described, (wide, narrow), strict=True):
        assert words == "x" * kept + ("…" if kept < length else "")


def test_long_labels_take_no_more_than_their_part_of_the_width() -> None:
    wide, _ = pictures(dot_rows([Row("x" * 80, ())], Axis(0, 1, 2)))
    assert shapes(wide)[0] == "line.grid 260.0 28.0 260.0 56.0"


@pytest.mark.parametrize(
    ("values", "percent", "axis"),
    [
        ([0.85, 0.97], True, Axis(0.8, 1.0, 2)),
        ([0.8, 0.97], True, Axis(0.8, 1.0, 2)),
        ([0.99], True, Axis(0.9, 1.0, 1)),
        ([1.0], True, Axis(0.9, 1.0, 1)),
        ([], True, Axis(0.0, 1.0, 10)),
        ([0.4, 0.1], False, Axis(0.0, 0.4, 8, percent=False)),
        ([0.41], False, Axis(0.0, 0.5, 5, percent=False)),
        ([1.6], False, Axis(0.0, 1.6, 8, percent=False)),
        ([16.5], False, Axis(0.0, 20.0, 4, percent=False)),
        ([900.0], False, Axis(0.0, 1e9, 1, percent=False)),
        ([0.0], False, Axis(0.0, 1.0, 5, percent=False)),
        ([], False, Axis(0.0, 1.0, 5, percent=False)),
    ],
)
def test_an_axis_fits_its_values(values: list[float], percent: bool, axis: Axis) -> None:
    assert fitting(values, percent) == axis
