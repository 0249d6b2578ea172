"""The plan as a page: axes that say what they are, and no interval that says nothing."""

import re
from dataclasses import replace
from itertools import combinations
from math import dist
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.schema import Choice
from assay.core.task import Task
from assay.quality.guarantees.by_class import AcceptedClass, Exact
from assay.quality.guarantees.promise import Certificate, Promise
from assay.quality.planning import Answers, Option, Plan, Trial, plan
from assay.report.plan_page import _round, _short, _ticks, frontier, numbered, write_plan
from tests.report.drawn import frame, pictures, shapes

TASK = Task("tone", "Which <tone>?", Choice(["good", "bad"]))


def planned(right: float = 0.95, weak: float = 0.55, n: int = 300) -> Plan:
    rng = np.random.default_rng(3)
    sure = rng.uniform(0, 1, n)
    models = {
        "cheap": Answers(sure, rng.random(n) < right, np.full(n, 0.02)),
        "weak": Answers(sure, rng.random(n) < weak, np.full(n, 0.02)),
    }
    return plan(Trial(models, person=0.1), [("cheap",), ("weak",)], Promise(0.12, 0.1))


@given(st.floats(0, 1))
def test_every_tick_of_agreement_is_where_it_says_and_all_is_above_the_lowest(least: float) -> None:
    ticks = _ticks(least)
    assert ticks[-1] == 1
    assert ticks[0] <= least + 1e-9
    assert 2 <= len(ticks) <= 7
    assert [float(f"{t:.0%}"[:-1]) / 100 for t in ticks] == pytest.approx(ticks, abs=1e-12)


@given(st.floats(1e-6, 1e9))
def test_every_tick_of_cost_is_where_it_says(cost: float) -> None:
    most = _round(cost)
    assert most >= cost
    for k in range(5):
        described = _short(most * k / 4)
        assert "e" not in described
        assert float(described.replace(",", "")) == pytest.approx(most * k / 4, rel=1e-3, abs=1e-9)


def test_the_target_is_in_the_picture_though_every_way_is_above_it() -> None:
    sure = planned(right=1.0, weak=1.0)
    picture = ElementTree.fromstring(frontier(sure, "EUR"))
    frame = next(r for r in picture.iter("rect") if r.get("class") == "frame")
    target = next(r for r in picture.iter("line") if r.get("class") == "target")
    assert float(target.attrib["y1"]) <= float(frame.attrib["y"]) + float(frame.attrib["height"])


def test_numbers_of_dots_side_by_side_stand_apart() -> None:
    dots = [(100.0, 100.0), (103.0, 102.0), (112.0, 98.0), (130.0, 97.0)]
    places = numbered(dots)
    assert all(dist(a, b) > 12 for a, b in combinations(places, 2))
    assert all(dist((x, y - 4.5), dot) > 12 for x, y in places for dot in dots)


def test_an_interval_whose_ends_read_the_same_is_not_shown(tmp_path: Path) -> None:
    write_plan(planned(), TASK, "EUR", tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "100.00 EUR" in page
    intervals = re.findall(r"<small>\[([^<]+), ([^<]+)\]</small>", page)
    assert intervals
    assert all(low != high for low, high in intervals)


def test_a_way_that_cannot_promise_has_a_reason_and_no_row_of_dashes(tmp_path: Path) -> None:
    found = planned()
    write_plan(found, TASK, "EUR", tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert any(o.links and o.threshold is None for o in found.options)
    assert page.count("not possible with this sample") >= 1
    assert ">–<" not in page
    assert "&lt;tone&gt;" in page


PROMISE = Promise(0.1, 0.05)
GIVEN = Certificate(PROMISE, "people", 100, 0.7)
CHEAP = Option("cheap", ("m",), GIVEN, 0.7, (0.6,), 0.95, (0.92, 0.97), 0.05, (0.04, 0.06))
PEOPLE = Option("people", (), None, None, (), 1.0, (1.0, 1.0), 0.1, (0.1, 0.1))
MISSED = Option("big", ("b",), replace(GIVEN, threshold=None), None, (), 0.5, (0, 1), 0.2, (0, 9))
BARE = Option("m <alone>", ("m",), None, 0.0, (1.0,), 0.8, (0.75, 0.85), 0.01, (0.01, 0.01))
PLAN = Plan(PROMISE, "people", 100, (CHEAP, PEOPLE, MISSED), (BARE,))

WIDE = [
    "rect.frame 70 26 810 344",
    "text 475.0 418 middle: <EUR> per 1,000 records",
    "text 16 198.0 middle: agreement",
    "text.n 70.0 390 middle: 0",
    "text.n 272.5 390 middle: 30",
    "text.n 475.0 390 middle: 60",
    "text.n 677.5 390 middle: 90",
    "text.n 880.0 390 middle: 120",
    "line.grid 70 370.0 880 370.0",
    "text.n 62 374.0 end: 75%",
    "line.grid 70 301.2 880 301.2",
    "text.n 62 305.2 end: 80%",
    "line.grid 70 232.4 880 232.4",
    "text.n 62 236.4 end: 85%",
    "line.grid 70 163.6 880 163.6",
    "text.n 62 167.6 end: 90%",
    "line.grid 70 94.8 880 94.8",
    "text.n 62 98.8 end: 95%",
    "line.grid 70 26.0 880 26.0",
    "text.n 62 30.0 end: 100%",
    "line.target 70 163.6 880 163.6",
    "text.n 876 157.6 end: target",
    "polyline.frontier 137.5,301.2 407.5,94.8 745.0,26.0",
    "line 407.5 136.1 407.5 67.3",
    "line 340.0 94.8 475.0 94.8",
    "circle 407.5 94.8 6",
    "circle.ring 407.5 94.8 10",
    "line 745.0 26.0 745.0 26.0",
    "line 745.0 26.0 745.0 26.0",
    "circle 745.0 26.0 6",
    "line 137.5 370.0 137.5 232.4",
    "line 137.5 301.2 137.5 301.2",
    "circle 137.5 301.2 6",
    "text.number 423.5 86.3 middle: 1",
    "text.number 761.0 17.5 middle: 2",
    "text.number 153.5 292.7 middle: 3",
]


def test_every_way_that_labels_is_drawn_where_its_cost_and_agreement_are() -> None:
    wide, narrow = pictures(frontier(PLAN, "<EUR>"))
    assert frame(wide) == ("plan wide", "0 0 900 430", "900", "430")
    assert shapes(wide) == WIDE
    assert frame(narrow) == ("plan narrow", "0 0 400 400", "400", "400")
    assert shapes(narrow)[0] == "rect.frame 70 26 310 314"
    assert "circle 199.2 88.8 6" in shapes(narrow)
    described = [(g.attrib["class"], "".join(g.itertext())) for g in wide.iter("g")]
    assert described == [("pick", "cheap"), ("meets", "people"), ("bare", "m <alone>")]


@pytest.mark.parametrize(
    ("cost", "most"),
    [
        (0, 1), (-1, 1), (1, 1), (1.1, 1.2), (1.2, 1.2), (1.21, 2), (3, 4), (4.1, 6), (7, 8),
        (8.1, 10), (10.1, 12), (0.03, 0.04),
    ],
)  # fmt: skip
def test_the_axis_of_cost_ends_at_the_next_number_with_short_quarters(
    cost: float, most: float
) -> None:
    assert _round(cost) == pytest.approx(most)


@pytest.mark.parametrize(
    ("least", "points", "lowest"),
    [
        (1, 1, 99), (0.95, 1, 95), (0.94, 1, 94), (0.93, 2, 92), (0.88, 2, 88), (0.87, 5, 85),
        (0.7, 5, 70), (0.69, 10, 60), (0.4, 10, 40), (0.39, 20, 20), (0, 20, 0),
    ],
)  # fmt: skip
def test_the_axis_of_agreement_has_six_steps_at_most(
    least: float, points: int, lowest: int
) -> None:
    assert _ticks(least) == [k / 100 for k in range(lowest, 101, points)]


@pytest.mark.parametrize(
    ("dots", "places"),
    [
        ([(100, 100)], [(116, 91.5)]),
        ([(100, 100), (103, 102), (112, 98), (130, 97)],
         [(100, 84.5), (103, 126.5), (128, 116.5), (146, 88.5)]),
        ([(0, 0)] * 9,
         [(16, -8.5), (-16, -8.5), (0, 24.5), (0, -15.5), (16, 18.5), (-16, 18.5), (18, 4.5),
          (-18, 4.5), (16, -8.5)]),
    ],
)  # fmt: skip
def test_each_number_takes_the_first_place_that_is_clear(
    dots: list[tuple[float, float]], places: list[tuple[float, float]]
) -> None:
    assert numbered(dots) == places


def test_the_figures_have_the_numbers_of_the_chart(tmp_path: Path) -> None:
    seen = AcceptedClass("good <b>", Exact(8, 10), None, Exact(4, 5))
    write_plan(PLAN, TASK, "EUR", tmp_path / "plan.html", [seen])
    page = re.sub(r"(<br>|</?small>)+", " ", (tmp_path / "plan.html").read_text(encoding="utf-8"))
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr.*?</tr>", page)]
    described = [[cell.strip() for cell in row.split("|") if cell.strip()] for row in rows]
    assert described == [
        ["label", "precision", "recall", "accepted of the class"],
        ["good &lt;b&gt;", "80.0% [44.4%, 97.5%], n = 10", "–", "80.0% [28.4%, 99.5%], n = 5"],
        ["strategy", "per 1,000 records", "agreement", "to people"],
        ["1. cheap", "50.00 EUR [40.00 EUR, 60.00 EUR]", "95.0% [92.0%, 97.0%]", "40.0%"],
        ["2. people", "100.00 EUR", "100.0%", "100.0%"],
        ["3. m &lt;alone&gt;", "10.00 EUR", "80.0% [75.0%, 85.0%]", "0.0%"],
        ["from", "to", "one more point of agreement"],
        ["m &lt;alone&gt;", "cheap", "2.67 EUR"],
        ["cheap", "people", "10.00 EUR"],
    ]
    assert page.count("<dt>") == page.count("<dt>big</dt>") == 1
