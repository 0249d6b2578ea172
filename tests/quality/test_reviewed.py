from typing import Any

import numpy as np
import pytest

from assay.core.schema import Choice, Form, MultiChoice
from assay.quality.metrics.accuracy import wilson
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
    assert "25.0% is below the majority-class baseline 75.0%" in found.all.warning


def test_an_interval_allows_for_cells_of_one_record_that_go_together() -> None:
    alone = rate(np.array([1.0, 0.0] * 50), np.arange(100))
    together = rate(np.repeat([1.0, 0.0], 50), np.repeat(np.arange(10), 10))
    assert (alone.low, alone.high) == pytest.approx(wilson(50, 100), abs=0.01)
    assert together.low is not None
    assert alone.low is not None
    assert together.low < alone.low - 0.1
    assert rate(np.array([]), np.array([])).value is None


def test_the_interval_over_records_is_that_of_a_ratio() -> None:
    hits, records = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]), np.array([3, 3, 3, 8, 9, 9, 9])
    found = rate(hits, records)
    share = 3 / 7
    off = np.array([2 - 3 * share, 0 - 1 * share, 1 - 3 * share])
    half = 1.959964 * np.sqrt(3 / 2 * (off**2).sum()) / 7
    low, high = wilson(3, 7)
    assert (found.hits, found.n, found.value) == (3, 7, share)
    assert found.low == pytest.approx(max(0.0, min(low, share - half)))
    assert found.high == pytest.approx(min(1.0, max(high, share + half)))
    wide = rate(np.repeat([1.0, 0.0], 10), np.repeat([0, 1], 10))
    assert (wide.low, wide.high) == (0.0, 1.0)
    one = rate(np.array([1.0, 0.0]), np.array([4, 4]))  # one record has no spread
    assert (one.low, one.high) == wilson(1, 2)
    assert one.as_json() == {"value": 0.5, "hits": 1, "n": 2, "interval": [one.low, one.high]}
    assert rate(np.array([]), np.array([])).as_json() == {
        "value": None, "hits": 0, "n": 0, "interval": None,
    }  # fmt: skip


def test_a_review_is_told_whole() -> None:
    form = Form(
        {"hat": YES_NO, "smile": YES_NO, "age": YES_NO},
        objectivity={"hat": "objective", "smile": "subjective", "age": "objective"},
    )

    def said(hat: str, smile: str, age: str) -> dict[str, str]:
        return {"hat": hat, "smile": smile, "age": age}

    cases = [
        Case(said("yes", "no", "yes"), said("no", "no", "yes"), said("no", "yes", "yes"),
             said("no", "yes", "yes")),
        Case(said("yes", "no", "no"), said("yes", "yes", "no"), said("yes", "no", "no")),
        Case(said("no", "no", "no"), said("no", "no", "yes"), None, said("no", "no", "no"),
             ("age",)),
    ]  # fmt: skip
    found = reviewed(cases, form)
    assert found is not None
    described: Any = found.as_json()
    groups = described["attributes"] | described["kinds"] | {"all": described["all"]}
    counts = {
        name: {m: (r["hits"], r["n"]) for m, r in group.items() if isinstance(r, dict)}
        for name, group in groups.items()
    }
    names = ("agreement", "sided_with_first", "first_consistency", "second_consistency", "rejected")
    expected = {
        "hat": [(2, 3), (0, 1), (1, 2), (2, 2), (0, 0)],
        "smile": [(2, 3), (0, 0), (1, 2), (0, 2), (1, 1)],
        "age": [(2, 3), (1, 1), (2, 2), (2, 2), (0, 1)],
        "objective": [(4, 6), (1, 2), (3, 4), (4, 4), (0, 1)],
        "subjective": [(2, 3), (0, 0), (1, 2), (0, 2), (1, 1)],
        "all": [(6, 9), (1, 2), (4, 6), (4, 6), (1, 2)],
    }
    assert counts == {k: dict(zip(names, v, strict=True)) for k, v in expected.items()}
    assert (described["records"], described["cells"], described["cells_looked_at"]) == (3, 9, 4)
    rejected = found.all.rejected
    assert rejected.low is not None
    assert rejected.high is not None
    assert described["shared_errors"] == (3, round(6 * rejected.low), round(6 * rejected.high))
    kinds = {name: group["objectivity"] for name, group in described["attributes"].items()}
    assert kinds == {"hat": "objective", "smile": "subjective", "age": "objective"}
    each = [found.attributes[name] for name in ("hat", "smile", "age")]
    kappas = [g.kappa for g in each]
    assert found.all.kappa == pytest.approx(np.mean([k for k in kappas if k is not None]))
    assert [g.baseline for g in each] == pytest.approx([2 / 3, 2 / 3, 2 / 3])
    assert found.all.baseline == pytest.approx(2 / 3)
    assert described["all"]["kappa"] == found.all.kappa
    assert described["all"]["warning"] is None
    assert found.kinds["objective"].name == "objective"
