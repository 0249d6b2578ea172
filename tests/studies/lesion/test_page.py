from pathlib import Path
from random import Random

import pytest
from PIL import Image

from assay.core.digest import digest_text
from assay.core.record import ImagePart, Record
from assay.quality.agreement.ordinal import Ordinal
from assay.studies.lesion.page import _range, write_lesion_page
from assay.studies.lesion.study import STEPS, Lesions, lesion


def rated(seed: int, pictures: list[str]) -> dict[str, dict[str, float]]:
    rng = Random(seed)
    return {
        p: {name: float(rng.randint(low, high)) for name, (low, high, _) in STEPS.items()}
        for p in pictures
    }


def lesions(tmp_path: Path) -> Lesions:
    """Forty pictures, of which only the first is really there."""
    Image.new("RGB", (64, 48), (200, 30, 30)).save(tmp_path / "p0.png")
    names = [f"p{i}" for i in range(40)]
    records = {
        p: Record(p, (ImagePart(str(tmp_path / f"{p}.png"), digest_text(p)),)) for p in names
    }
    people = {who: rated(i, names) for i, who in enumerate(("ann", "bob", "cem"))}
    return Lesions(people, {"gpt": rated(9, names)}, records)


@pytest.fixture
def data(tmp_path: Path) -> Lesions:
    return lesions(tmp_path)


def test_the_page_holds_every_attribute_and_needs_nothing_from_outside(
    data: Lesions, tmp_path: Path
) -> None:
    study = lesion(data)
    write_lesion_page(study, data.records, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "1 vision-language model and 3 people rated 5 attributes of 40 photographs" in page
    for name, (_, _, question) in STEPS.items():
        assert f'<h2 id="{name.lower()}">{name}</h2>' in page
        assert question in page
    kappas = [o.kappa for o in study.attributes["Border"].ordinal if o.name in data.people]
    assert None not in kappas
    low, high = min(k for k in kappas if k is not None), max(k for k in kappas if k is not None)
    assert f"Kappa among people: {low:.2f} to {high:.2f}." in page
    assert page.count("<figure id=") == 5 * 6
    assert page.count('<div class="missing">') + page.count("<img") == 5 * 6


def test_only_people_with_a_kappa_give_the_range() -> None:
    found = [
        Ordinal("gpt", 9, 0.95, None, 0.1), Ordinal("ann", 9, 0.3, None, 0.1),
        Ordinal("bob", 9, 0.7, None, 0.1), Ordinal("cem", 9, None, None, 0.1),
    ]  # fmt: skip
    assert _range(found, ["ann", "bob", "cem"]) == (0.3, 0.7)
    assert _range(found, ["cem"]) is None
