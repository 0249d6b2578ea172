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
    width = float(root.attrib["width"])
    for circle in root.iter("circle"):
        assert 0 <= float(circle.attrib["cx"]) <= width


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
