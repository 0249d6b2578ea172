from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from assay.report.dots import Axis, Dot, Row, dot_rows, fitting


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
    assert [Axis(-0.2, 1.0, 6, percent=False).told(k) for k in range(3)] == ["-0.2", "0", "0.2"]
