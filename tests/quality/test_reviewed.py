import numpy as np
import pytest

from assay.core.schema import Choice, Form, MultiChoice
from assay.quality.accuracy import wilson
from assay.quality.reviewed import Case, rate, reviewed

YES_NO = Choice(["yes", "no"])
FACE = Form({"hat": YES_NO, "smile": YES_NO}, objectivity={"hat": "objective"})


def face(hat: str, smile: str) -> dict[str, str]:
    return {"hat": hat, "smile": smile}


def test_cells_are_counted_by_attribute() -> None:
    cases = [
        Case(face("yes", "no"), face("yes", "no"), face("yes", "no")),
        Case(face("yes", "no"), face("no", "no"), face("yes", "no"), {"hat": "yes"}, ("hat",)),
        Case(face("no", "no"), face("no", "no"), face("no", "no"), face("no", "yes")),  # audited
    ]
    found = reviewed(cases, FACE)
    assert found is not None
    assert (found.records, found.looked, found.all.disagreements) == (3, 3, 1)
    hat, smile = found.attributes["hat"], found.attributes["smile"]
    assert (hat.agreement.hits, hat.agreement.n) == (2, 3)
    assert (hat.sided_with_first.hits, hat.sided_with_first.n) == (1, 1)
    assert (hat.first_consistency.hits, hat.second_consistency.hits) == (3, 2)
    assert (hat.rejected.hits, hat.rejected.n) == (0, 1)
    assert (smile.rejected.hits, smile.rejected.n) == (1, 1)
    assert (found.all.rejected.hits, found.all.rejected.n) == (1, 2)
    assert found.shared_errors is not None
    assert found.shared_errors[0] == 2  # half of the five agreed cells, rounded to even
    assert found.kinds["objective"].agreement == hat.agreement
    assert smile.warning is None
    assert smile.kappa is None


def test_without_an_audit_nothing_is_said_about_shared_errors() -> None:
    found = reviewed([Case("yes", "no", "yes", "yes"), Case("no", "no", "no")], YES_NO)
    assert found is not None
    assert found.shared_errors is None
    assert set(found.attributes) == {"all"}


def test_each_of_several_labels_is_an_attribute() -> None:
    schema = MultiChoice(["cat", "dog"])
    found = reviewed([Case(frozenset(["cat"]), frozenset(["cat", "dog"]))], schema)
    assert found is not None
    assert found.attributes["cat"].agreement.hits == 1
    assert found.attributes["dog"].agreement.hits == 0
    assert found.attributes["dog"].first_consistency.value is None


def test_nothing_to_compare_is_nothing() -> None:
    assert reviewed([], YES_NO) is None


def test_agreement_below_the_constant_is_warned_of() -> None:
    cases = [Case("yes", "no")] * 3 + [Case("yes", "yes")]
    found = reviewed(cases, YES_NO)
    assert found is not None
    assert found.all.warning is not None
    assert "25.0% is below always the same label 75.0%" in found.all.warning


def test_an_interval_allows_for_cells_of_one_record_that_go_together() -> None:
    alone = rate(np.array([1.0, 0.0] * 50), np.arange(100))
    together = rate(np.repeat([1.0, 0.0], 50), np.repeat(np.arange(10), 10))
    assert (alone.low, alone.high) == pytest.approx(wilson(50, 100), abs=0.01)
    assert together.low is not None
    assert alone.low is not None
    assert together.low < alone.low - 0.1
    assert rate(np.array([]), np.array([])).value is None
