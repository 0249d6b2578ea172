"""The plan as a page: axes that say what they are, and no interval that says nothing."""

import re
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
from assay.quality.planning import Answers, Plan, Trial, plan
from assay.quality.promise import Promise
from assay.report.plan_page import _round, _short, _ticks, frontier, numbered, write_plan

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
        told = _short(most * k / 4)
        assert "e" not in told
        assert float(told.replace(",", "")) == pytest.approx(most * k / 4, rel=1e-3, abs=1e-9)


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
    intervals = re.findall(r"<small>([^<]+) – ([^<]+)</small>", page)
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
