import re
from pathlib import Path

import numpy as np

from assay.quality.agreement.base import Resampling
from assay.quality.alt_test import Rules
from assay.quality.beside import Measure
from assay.quality.compare import Comparison, Sides, compare
from assay.report.compare_page import headline, wins_chart, write_compare_page

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


def test_every_part_is_on_the_page_which_needs_nothing_from_outside(tmp_path: Path) -> None:
    language = {f"r{i}": "en" if i % 2 else "<mr>" for i in range(80)}
    sides = Sides(
        said("ann bob cem"), {**said("gpt", right=0.95, seed=1), "mute": {}},
        Measure(resampling=Resampling(50)), {"language": language}, notes=("a note",),
    )  # fmt: skip
    found = compare(sides, Rules(0.2))
    text = page(tmp_path, found)
    assert headline(found) == "gpt may stand in for people here"
    assert "not possible because it gave no answers" in text
    assert text.count("<svg") == 4  # two charts, each for wide and for narrow screens
    assert "By language" in text
    assert "&lt;mr&gt;" in text
    assert not re.search(r"(src|href)=|nan\b", text)


def test_scales_and_single_people_have_their_page_too(tmp_path: Path) -> None:
    measure = Measure("interval", resampling=Resampling(50))
    scale = compare(Sides(said("ann bob cem"), said("gpt"), measure), Rules(score="neg-rmse"))
    assert "Distance to the people" in page(tmp_path, scale)
    alone = compare(Sides(said("ann"), said("gpt", seed=2), Measure(resampling=Resampling(0))))
    assert "cannot be told here" in headline(alone)
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
    assert headline(found) == "No model is shown to be able to stand in for people here"
