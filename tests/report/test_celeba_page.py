import re
from pathlib import Path
from xml.etree import ElementTree

from assay.quality.studies.celeba_study import CostInputs, celeba
from assay.report.celeba_page import write_celeba_page

PICTURE = re.compile(r"<svg.*?</svg>", re.S)


def test_the_page_has_every_plot_and_needs_nothing_from_outside(tmp_path: Path) -> None:
    write_celeba_page(celeba(), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    pictures = PICTURE.findall(page)
    assert len(pictures) == 10  # five, each for wide and for narrow screens
    for picture in pictures:
        ElementTree.fromstring(picture)
    assert "nan" not in page.casefold().replace("annan", "")
    assert not re.search(r"(src|href)=", page)
    assert "79.5%" in page
    assert "agrees with the people less often than a constant answer would" in page
    assert pictures[0].count("<g>") == 40


def test_a_free_model_or_free_people_break_no_plot(tmp_path: Path) -> None:
    study = celeba(cost=CostInputs(images=10, price_per_label=0.0, gpu_hour=0.0))
    write_celeba_page(study, tmp_path / "page.html")
    for picture in PICTURE.findall((tmp_path / "page.html").read_text(encoding="utf-8")):
        ElementTree.fromstring(picture)
