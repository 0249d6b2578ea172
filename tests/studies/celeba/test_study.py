import json
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.studies.celeba.study import SHIPPED, CostInputs, celeba

PUBLISHED = {
    "Male": (98.6, 99.4), "Bald": (98.3, 99.0), "Wearing_Hat": (97.6, 98.8),
    "5_o_Clock_Shadow": (84.8, 90.8), "Attractive": (59.1, 70.2), "Brown_Hair": (45.6, 74.0),
    "Pale_Skin": (22.6, 63.2), "Mustache": (90.7, 98.6), "High_Cheekbones": (59.2, 81.6),
}  # fmt: skip


def test_every_figure_of_the_study_comes_out() -> None:
    s = celeba()
    assert (s.disagreements, s.sided_with_ai, s.cells) == (8193, 3839, 40_000)
    assert s.agreement == pytest.approx(0.795175)
    assert s.consistency == pytest.approx(0.89115)
    assert s.human_consistency == pytest.approx(0.904025)
    assert s.preferred == {"ai": 20, "human": 19, "tie": 1}
    assert s.baseline_mean == pytest.approx(0.8067, abs=5e-5)
    assert s.below_baseline == 23
    kappas = (s.kappa_mean, s.kappa_consensus_mean, s.kappa_human_consensus_mean)
    assert kappas == pytest.approx((0.374, 0.632, 0.699), abs=5e-4)


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_attribute_has_its_agreement_and_consistency(name: str) -> None:
    a = celeba().attributes[name]
    assert (100 * a.agreement, 100 * a.consistency) == pytest.approx(PUBLISHED[name], abs=0.051)


def test_agreement_without_information_has_kappa_zero() -> None:
    a = celeba().attributes["Pointy_Nose"]
    assert a.kappa == pytest.approx(0.0, abs=0.005)
    assert (a.yes_ai, a.yes_human) == pytest.approx((0.020, 0.273), abs=5e-4)


def test_cost_follows_its_inputs() -> None:
    cost = celeba(cost=CostInputs(100, 0.1, 2, 1.0, 3.6)).cost
    assert (cost["people"], cost["model"]) == pytest.approx((800.0, 4.0))


def test_missing_and_broken_files_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        celeba(tmp_path)
    for name in ("ai_annotation.json", "questions.json"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    (tmp_path / "re_annotation.json").write_text(json.dumps({"1": {"Wings": 1}}))
    with pytest.raises(InputError, match="'Wings'"):
        celeba(tmp_path)
