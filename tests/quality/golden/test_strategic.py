import pytest

from assay.core.errors import InputError
from assay.quality.golden.contract import Terms, contract
from assay.quality.golden.strategic import best_response, defeated, spotting, trial

FOUND = contract(Terms(100, 0.8))


def test_who_cannot_tell_gold_apart_works_as_wanted_and_passes() -> None:
    response = best_response(FOUND)
    assert response.on_gold == response.on_work == pytest.approx(0.8, abs=0.03)
    simulated = trial(FOUND, response.on_gold, 1000, seed=1)
    assert simulated.passed == pytest.approx(response.passing, abs=0.02)


def test_who_spots_gold_passes_and_does_no_work() -> None:
    response, described = defeated(FOUND, 0.999)
    assert response.on_gold > 0.8
    assert response.passing > 0.97
    assert response.on_work < 0.05
    assert "says nothing about the work" in described


def test_work_falls_the_better_gold_can_be_told_apart() -> None:
    work = [defeated(FOUND, auc)[0].on_work for auc in (0.5, 0.6, 0.7, 0.8, 0.9)]
    assert work == sorted(work, reverse=True)
    assert defeated(FOUND, 0.5)[1].startswith("an annotator gains nothing")


def test_an_auc_is_a_probability() -> None:
    with pytest.raises(InputError, match="AUC"):
        spotting(1.5)
