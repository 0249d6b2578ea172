import re
from pathlib import Path

import numpy as np
import pytest

from assay.core.cost import NANOS, NO_USAGE
from assay.quality.agreement.base import Estimate, Resampling
from assay.quality.costs import Bill, Costs, PriceList, Route
from assay.quality.metrics.accuracy import Share
from assay.quality.replacement.alt_test import AltTest, NotTested, Rules
from assay.quality.replacement.compare import Comparison, Sides, compare
from assay.quality.replacement.reference import Measure, ReferenceComparison
from assay.report.compare_page import (
    agreement_chart,
    columns_of,
    cost_rows,
    headline,
    next_steps,
    outcome,
    wins_chart,
    write_compare_page,
)
from tests.report.drawn import marks, pictures, scale

QUICK = Measure(resampling=Resampling(0))
Said = dict[str, dict[str, object]]


def said(who: str, n: int = 80, right: float = 0.9, seed: int = 0) -> Said:
    rng = np.random.default_rng(seed)
    return {
        name: {f"r{i}": str(i % 3 if rng.random() < right else rng.integers(3)) for i in range(n)}
        for name in who.split()
    }


def page(folder: Path, found: Comparison) -> str:
    write_compare_page(found, folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def compared() -> Comparison:
    """A good model and a mute one, by language."""
    language = {f"r{i}": "en" if i % 2 else "<mr>" for i in range(80)}
    sides = Sides(
        said("ann bob cem"), {**said("gpt", right=0.95, seed=1), "mute": {}},
        Measure(resampling=Resampling(50)), {"language": language}, notes=("a note",),
    )  # fmt: skip
    return compare(sides, Rules(0.2))


def test_every_part_is_on_the_page_which_needs_nothing_from_outside(tmp_path: Path) -> None:
    found = compared()
    text = page(tmp_path, found)
    assert headline(found) == "gpt may replace people here"
    assert "not possible because it gave no answers" in text
    assert text.count("<svg") == 4  # two charts, each for wide and for narrow screens
    assert "By language" in text
    assert "&lt;mr&gt;" in text
    assert not re.search(r"src=|href=\"[^#]|nan\b", text)


def test_scales_and_single_people_have_their_page_too(tmp_path: Path) -> None:
    measure = Measure("interval", resampling=Resampling(50))
    scale = compare(Sides(said("ann bob cem"), said("gpt"), measure), Rules(score="neg-rmse"))
    assert "Distance to people" in page(tmp_path, scale)
    alone = compare(Sides(said("ann"), said("gpt", seed=2), Measure(resampling=Resampling(0))))
    assert "cannot be determined here" in headline(alone)
    assert "at least two people" in page(tmp_path, alone)


def test_what_the_page_says_has_no_backticks(tmp_path: Path) -> None:
    sides = Sides(
        said("ann bob cem"), said("coin", right=0.0), Measure(resampling=Resampling(0)),
        notes=("see `<b>`",),
    )  # fmt: skip
    text = page(tmp_path, compare(sides))
    assert "`" not in text
    assert "<code>assay compare --plan</code>" in text
    assert "<code>&lt;b&gt;</code>" in text


def test_a_test_that_is_not_passed_is_told_by_shape_as_well_as_colour(tmp_path: Path) -> None:
    people, models = said("ann bob cem", n=300), said("good", 300, 0.95, 1) | said("coin", 300, 0.0)
    picture = wins_chart(compare(Sides(people, models, Measure(resampling=Resampling(0)))).tests)
    assert picture.count('<polygon class="below"') == 2  # in both forms of the picture
    assert picture.count('<circle class="first"') == 2


def test_without_a_passing_model_the_headline_says_so() -> None:
    people, coin = said("ann bob cem", right=1.0), said("coin", right=0.0)
    found = compare(Sides(people, coin, Measure(resampling=Resampling(0))))
    assert headline(found) == "No model is shown to be able to replace people here"


ANN = ReferenceComparison(
    "ann", "person", 40, "people", 40, {"cohen": Estimate(0.5, 40)}, Share(30, 40), baseline=0.6
)
GPT = ReferenceComparison(
    "gpt", "model", 1200, "people", 1100,
    {"cohen": Estimate(0.7, 40, 0.6, 0.8), "krippendorff": Estimate(None, 3)}, Share(38, 40),
    baseline=0.55,
)  # fmt: skip
MUTE = ReferenceComparison("mute", "model", 0, "people", 0, {}, Share(0, 0))
NEAR = ReferenceComparison(
    "near", "model", 40, "people", 40, {"pearson": Estimate(-0.001, 40)},
    distance=Estimate(0.4, 40, 0.3, 0.5), baseline=0.8,
)  # fmt: skip
FAR = ReferenceComparison("far", "person", 40, "people", 40, {}, distance=Estimate(0.5, 40))
LOST = ReferenceComparison("lost", "model", 0, "people", 0, {}, distance=Estimate(None, 0))


def test_the_table_of_classes_has_the_columns_that_somebody_has() -> None:
    assert columns_of([ANN, GPT, MUTE]) == [
        ("", "", "n", "agreement", "baseline", "kappa", "alpha"),
        ("ann", "person", "40", "75.0% [59.8%, 85.8%]", "60.0%", "0.50", "–"),
        ("gpt", "model", "1,100", "95.0% [83.5%, 98.6%]", "55.0%", "0.70 [0.60, 0.80]",
         "not defined"),
        ("mute", "model", "0", "–", "–", "–", "–"),
    ]  # fmt: skip


def test_the_table_of_a_scale_tells_distances() -> None:
    assert columns_of([FAR, NEAR, LOST, MUTE]) == [
        ("", "", "n", "distance", "always the mean", "Pearson"),
        ("far", "person", "40", "0.50", "–", "–"),
        ("near", "model", "40", "0.40 [0.30, 0.50]", "0.80", "0.00"),
        ("lost", "model", "0", "not defined", "–", "–"),
        ("mute", "model", "0", "–", "–", "–"),
    ]


def test_the_chart_has_the_best_first_by_agreement_or_by_distance() -> None:
    wide, _ = pictures(agreement_chart([ANN, GPT, MUTE]))
    assert wide.attrib["aria-label"] == "Each compared with the people"
    assert scale(wide) == ["50%", "60%", "70%", "80%", "90%", "100%"]
    assert marks(wide) == [
        "text.strong 35.6 49.5 end: gpt",
        "text.n 874.0 49.5 start: 95.0%",
        "line.span 592.5 45.0 837.6 45.0",
        "line.tick 130.6 37.0 130.6 53.0",
        "circle.model 779.0 45.0 5: gpt: 95.0%",
        "text 35.6 71.5 end: ann",
        "text.n 874.0 71.5 start: 75.0%",
        "line.span 208.5 67.0 630.1 67.0",
        "line.tick 211.7 59.0 211.7 75.0",
        "circle.person 454.8 67.0 5: ann: 75.0%",
    ]
    wide, _ = pictures(agreement_chart([FAR, NEAR, LOST, MUTE]))
    assert scale(wide) == ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8"]
    assert marks(wide) == [
        "text.strong 42.8 49.5 end: near",
        "text.n 881.2 49.5 start: 0.40",
        "line.span 360.7 45.0 563.3 45.0",
        "line.tick 867.2 37.0 867.2 53.0",
        "circle.model 462.0 45.0 5: near: 0.40",
        "text 42.8 71.5 end: far",
        "text.n 881.2 71.5 start: 0.50",
        "circle.person 563.3 67.0 5: far: 0.50",
    ]


def alt(model: str, rate: float, advantage: float, won: bool, *doubts: str) -> AltTest:
    return AltTest(model, rate, advantage, won, 3, 80, (), (), doubts=doubts)


def test_the_chart_of_the_test_has_the_winners_first() -> None:
    found = [alt("c", 0.4, 0.6, False), alt("b", 0.8, 0.7, True), alt("a", 0.8, 0.9, True)]
    wide, _ = pictures(wins_chart([*found, NotTested("mute", "it gave no answers", 3, 0)]))
    assert wide.attrib["aria-label"] == "Alternative annotator test"
    assert scale(wide) == ["0", "0.25", "0.5", "0.75", "1"]
    assert marks(wide) == [
        "line.line 429.6 28.0 429.6 100.0",
        "text 21.2 49.5 end: a",
        "text.n 838.0 49.5 start: 0.80, 0.90",
        "circle.second 745.1 45.0 5: advantage probability",
        "circle.first 666.2 45.0 5: winning rate",
        "text 21.2 71.5 end: b",
        "text.n 838.0 71.5 start: 0.80, 0.70",
        "circle.second 587.4 67.0 5: advantage probability",
        "circle.first 666.2 67.0 5: winning rate",
        "text 21.2 93.5 end: c",
        "text.n 838.0 93.5 start: 0.40, 0.60",
        "circle.second 508.5 89.0 5: advantage probability",
        "polygon.below 350.7,82.5 357.2,89.0 350.7,95.5 344.2,89.0: winning rate",
    ]
    assert wins_chart([NotTested("mute", "it gave no answers", 3, 0)]) == ""


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ([], "It cannot be determined here whether a model may replace people"),
        ([NotTested("m", "why", 3, 80)],
         "It cannot be determined here whether a model may replace people"),
        ([alt("a", 1, 1, True), alt("b", 0, 0, False)], "a may replace people here"),
        ([alt(m, 1, 1, True) for m in "abc"], "a, b, c may replace people here"),
        ([*(alt(m, 1, 1, True) for m in "abcd"), alt("e", 0, 0, False)],
         "4 of 5 models may replace people here"),
        ([alt("a", 1, 1, True, "a doubt"), alt("b", 0, 0, False)],
         "It cannot be determined from these records whether a model may replace people"),
        ([alt("a", 1, 1, True, "a doubt"), alt("b", 1, 1, True)], "b may replace people here"),
        ([alt("a", 0, 0, False)], "No model is shown to be able to replace people here"),
    ],
)  # fmt: skip
def test_the_headline_names_whoever_passed(tests: list[AltTest | NotTested], said: str) -> None:
    found = Comparison((), tuple(tests), alt("constant", 0, 0, False), Rules(), Measure(), "")
    assert headline(found) == said


@pytest.mark.parametrize(
    ("tests", "kind", "step"),
    [
        ([alt("a", 1, 1, True), alt("b", 0, 0, False)], "good", "Label with a model that passed"),
        ([alt("a", 0, 0, False)], "bad", "Let people label until a model passes"),
        ([alt("a", 1, 1, True, "a doubt")], "open", "`assay compare --plan`"),
        ([], "open", "`assay compare --plan`"),
    ],
)
def test_the_verdict_comes_with_what_to_do(
    tests: list[AltTest | NotTested], kind: str, step: str
) -> None:
    assert outcome(tests) == kind
    assert next_steps(tests)[0].startswith(step)


def costing(nanos: int, records: int) -> Costs:
    bill = Bill({"input": nanos})
    each = nanos / records
    whole = Route(None, (), records, records, NO_USAGE, bill, each, None)
    return Costs(PriceList(currency="EUR"), (), whole, Bill({}), ("a", "b", "c", "d"))


def test_the_dearest_comes_first_and_what_nobody_booked_is_not_known(tmp_path: Path) -> None:
    dear, cheap = costing(2 * NANOS, 1_000), costing(NANOS, 1_000)
    costs = {"free": costing(0, 10), "gpt": cheap, "ann": dear}
    assert cost_rows(costs) == [
        ("ann", "2.00 EUR", "2.00 EUR for 1,000"),
        ("gpt", "1.00 EUR", "1.00 EUR for 1,000"),
        ("free", "not known", "0.00 EUR for 10"),
    ]
    found = compare(Sides(said("ann bob cem"), said("gpt", seed=1), costs=costs, measure=QUICK))
    text = page(tmp_path, found)
    assert "2.00 EUR for 1,000 records" in text
    assert "Not counted: b; c; d." in text


@pytest.mark.parametrize(("test", "words"), [("exact", "exact test"), ("published", "t-test")])
def test_the_page_names_the_test_that_was_made(test: str, words: str, tmp_path: Path) -> None:
    found = compare(Sides(said("ann bob cem"), said("gpt", seed=1), QUICK), Rules(test=test))
    made = page(tmp_path, found).split("How this was made</h2>")[1]
    assert words in made
    assert ("t-test" in made) == (test == "published")


@pytest.mark.parametrize(
    ("who", "described"),
    [("ann bob cem", "3 people"), ("ann", "1 person"), ("ann bob", "2 people")],
)
def test_the_people_are_counted(who: str, described: str, tmp_path: Path) -> None:
    text = page(tmp_path, compare(Sides(said(who), said("gpt", seed=1), QUICK)))
    assert f"1 model compared with {described}" in " ".join(text.split())
