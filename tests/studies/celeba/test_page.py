import re
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

from assay.studies.celeba.page import (
    agreement,
    costs,
    kappas,
    sides,
    write_celeba_page,
    yes_rates,
)
from assay.studies.celeba.study import Attribute, CelebaStudy, CostInputs, celeba
from tests.report.drawn import marks, pictures, scale

NOSE = Attribute(0.9, 0.95, 0.99, 0.7, 0.8, 0.85, 10, 6, 0.4, 0.3)
HAT = Attribute(0.6, 0.9, 0.99, 0.04, None, 0.65, 10, 5, 0.2, 0.5)
BALD = Attribute(0.97, 0.98, 0.99, None, 0.75, 0.97, 0, 0, 0.35, 0.3)
YOUNG = Attribute(0.7, 0.85, 0.99, 0.05, 0.6, 0.5, 8, 1, 0.55, 0.55)
COST = CostInputs(images=500)
STUDY = CelebaStudy(
    100, 400, 28, 12, 0.79, 0.92, 0.99, 0.2, 0.7, 0.9, 0.75, 1, {"ai": 1, "human": 2, "tie": 1},
    asdict(COST) | {"share": 0.1}, {"Big_Nose": NOSE, "Hat": HAT, "Bald": BALD, "Young": YOUNG},
)  # fmt: skip

PICTURE = re.compile(r"<svg.*?</svg>", re.S)


def test_the_page_has_every_plot_and_needs_nothing_from_outside(tmp_path: Path) -> None:
    write_celeba_page(celeba(), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    pictures = PICTURE.findall(page)
    assert len(pictures) == 10  # five, each for wide and for narrow screens
    for picture in pictures:
        ElementTree.fromstring(picture)
    assert "nan" not in page.casefold().replace("annan", "")
    assert not re.search(r"src=|href=\"[^#]", page)
    assert "79.5%" in page
    assert "less than the majority-class baseline" in page
    assert pictures[0].count("<g>") == 40


def test_a_free_model_or_free_people_break_no_plot(tmp_path: Path) -> None:
    study = celeba(cost=CostInputs(images=10, price_per_label=0.0, gpu_hour=0.0))
    write_celeba_page(study, tmp_path / "page.html")
    for picture in PICTURE.findall((tmp_path / "page.html").read_text(encoding="utf-8")):
        ElementTree.fromstring(picture)


def test_the_best_comes_first_and_what_a_constant_beats_is_a_diamond() -> None:
    wide, _ = pictures(agreement(STUDY))
    assert wide.attrib["aria-label"] == "Agreement and consistency by attribute"
    assert scale(wide) == ["20%", "30%", "40%", "50%", "60%", "70%", "80%", "90%", "100%"]
    assert marks(wide) == [
        "text 71.6 49.5 end: Bald",
        "text.n 874.0 49.5 start: 97.0%",
        "line.span 831.0 45.0 840.6 45.0",
        "line.tick 831.0 37.0 831.0 53.0",
        "circle.second 840.6 45.0 5: consistency 98.0%",
        "circle.first 831.0 45.0 5: agreement 97.0%",
        "text 71.6 71.5 end: Big Nose",
        "text.n 874.0 71.5 start: 90.0%",
        "line.span 763.2 67.0 811.6 67.0",
        "line.tick 714.8 59.0 714.8 75.0",
        "circle.second 811.6 67.0 5: consistency 95.0%",
        "circle.first 763.2 67.0 5: agreement 90.0%",
        "text 71.6 93.5 end: Young",
        "text.n 874.0 93.5 start: 70.0%",
        "line.span 569.6 89.0 714.8 89.0",
        "line.tick 376.0 81.0 376.0 97.0",
        "circle.second 714.8 89.0 5: consistency 85.0%",
        "circle.first 569.6 89.0 5: agreement 70.0%",
        "text 71.6 115.5 end: Hat",
        "text.n 874.0 115.5 start: 60.0%",
        "line.span 472.8 111.0 763.2 111.0",
        "line.tick 521.2 103.0 521.2 119.0",
        "circle.second 763.2 111.0 5: consistency 90.0%",
        "polygon.below 472.8,104.5 479.3,111.0 472.8,117.5 466.3,111.0: agreement 60.0%",
    ]


def test_kappas_stand_where_they_are_and_one_that_says_nothing_is_a_diamond() -> None:
    wide, _ = pictures(kappas(STUDY))
    assert wide.attrib["aria-label"] == "Kappa by attribute"
    assert scale(wide) == ["-0.2", "0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert marks(wide) == [
        "line.line 207.5 28.0 207.5 122.0",
        "text 71.6 49.5 end: Big Nose",
        "text.n 830.8 49.5 start: 0.70",
        "circle.second 694.9 45.0 5: with the consensus 0.80",
        "circle.first 634.0 45.0 5: with the people 0.70",
        "text 71.6 71.5 end: Young",
        "text.n 830.8 71.5 start: 0.05",
        "circle.second 573.1 67.0 5: with the consensus 0.60",
        "circle.first 237.9 67.0 5: with the people 0.05",
        "text 71.6 93.5 end: Hat",
        "text.n 830.8 93.5 start: 0.04",
        "polygon.below 231.8,82.5 238.3,89.0 231.8,95.5 225.3,89.0: with the people 0.04",
        "text 71.6 115.5 end: Bald",
        "text.n 830.8 115.5 start: not defined",
        "circle.second 664.5 111.0 5: with the consensus 0.75",
    ]


def test_only_where_they_differ_did_anybody_take_sides() -> None:
    wide, _ = pictures(sides(STUDY))
    assert wide.attrib["aria-label"] == "Sided with the model"
    assert scale(wide) == ["0%", "25%", "50%", "75%", "100%"]
    assert marks(wide) == [
        "line.line 472.8 28.0 472.8 100.0",
        "text 71.6 49.5 end: Big Nose",
        "text.n 874.0 49.5 start: of 10",
        "line.span 327.7 45.0 729.8 45.0",
        "circle.first 550.2 45.0 5: 6 times the model",
        "text 71.6 71.5 end: Hat",
        "text.n 874.0 71.5 start: of 10",
        "line.span 268.8 67.0 676.8 67.0",
        "circle.person 472.8 67.0 5: 5 times the model",
        "text 71.6 93.5 end: Young",
        "text.n 874.0 93.5 start: of 8",
        "line.span 103.0 89.0 450.3 89.0",
        "circle.person 182.4 89.0 5: 1 times the model",
    ]


def test_the_gap_of_the_shares_of_yes_is_in_points() -> None:
    wide, _ = pictures(yes_rates(STUDY))
    assert wide.attrib["aria-label"] == "Share of yes"
    assert scale(wide) == ["0%", "25%", "50%", "75%", "100%"]
    assert marks(wide) == [
        "text 71.6 49.5 end: Big Nose",
        "text.n 888.4 49.5 start: +10",
        "line.span 322.2 45.0 401.1 45.0",
        "circle.person 322.2 45.0 5: people 30.0%",
        "circle.model 401.1 45.0 5: model 40.0%",
        "text 71.6 71.5 end: Bald",
        "text.n 888.4 71.5 start: +5",
        "line.span 322.2 67.0 361.7 67.0",
        "circle.person 322.2 67.0 5: people 30.0%",
        "circle.model 361.7 67.0 5: model 35.0%",
        "text 71.6 93.5 end: Young",
        "text.n 888.4 93.5 start: +0",
        "line.span 519.4 89.0 519.4 89.0",
        "circle.person 519.4 89.0 5: people 55.0%",
        "circle.model 519.4 89.0 5: model 55.0%",
        "text 71.6 115.5 end: Hat",
        "text.n 888.4 115.5 start: -30",
        "line.span 243.4 111.0 480.0 111.0",
        "circle.person 480.0 111.0 5: people 50.0%",
        "circle.model 243.4 111.0 5: model 20.0%",
    ]


def test_each_step_of_the_axis_of_money_is_ten_times_the_one_before() -> None:
    wide, _ = pictures(costs(STUDY))
    assert wide.attrib["aria-label"] == "Cost by number of images"
    assert scale(wide) == ["0.1", "1", "10", "100", "1,000", "10,000", "100,000"]
    assert marks(wide) == [
        "text 114.8 49.5 end: 500 images",
        "text.n 737.2 49.5 start: 0.167 USD and 100 USD",
        "circle.person 426.0 45.0 5: 100 USD",
        "circle.model 150.8 45.0 5: 0.167 USD",
        "text 114.8 71.5 end: 1,000 images",
        "text.n 737.2 71.5 start: 0.333 USD and 200 USD",
        "circle.person 455.8 67.0 5: 200 USD",
        "circle.model 180.6 67.0 5: 0.333 USD",
        "text 114.8 93.5 end: 10,000 images",
        "text.n 737.2 93.5 start: 3.33 USD and 2,000 USD",
        "circle.person 554.9 89.0 5: 2,000 USD",
        "circle.model 279.7 89.0 5: 3.33 USD",
        "text 114.8 115.5 end: 100,000 images",
        "text.n 737.2 115.5 start: 33.33 USD and 20,000 USD",
        "circle.person 654.0 111.0 5: 20,000 USD",
        "circle.model 378.7 111.0 5: 33.33 USD",
    ]


def test_how_many_kappas_say_nothing_is_told(tmp_path: Path) -> None:
    write_celeba_page(STUDY, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "on 2 attributes it is near zero" in page  # one of them has none
    assert page.count("Big Nose") == 9  # once a picture, and in the table
    assert "Big_Nose" not in page


def test_free_people_have_no_place_on_an_axis_of_powers() -> None:
    wide, _ = pictures(costs(replace(STUDY, cost=asdict(replace(COST, price_per_label=0.0)))))
    assert len(list(wide.iter("circle"))) == 4
    free = replace(COST, price_per_label=0.0, gpu_hour=0.0)
    wide, _ = pictures(costs(replace(STUDY, cost=asdict(free))))
    assert scale(wide) == ["1", "10"]
