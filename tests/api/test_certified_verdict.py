"""A certificate from Python says as well where keeping it would show nothing of the labels."""

import random
from typing import Any

import pytest

import assay

ROWS = [{"id": str(i), "text": f"t{i}"} for i in range(200)]


def labelled(share: float, seed: int, **more: Any) -> Any:
    """A model that is right in 97 % of cases, where label "a" is right in `share` of them."""
    draw = random.Random(seed)
    truth = {row["id"]: "a" if draw.random() < share else "b" for row in ROWS}
    said = {
        id: label if draw.random() < 0.97 else {"a": "b", "b": "a"}[label]
        for id, label in truth.items()
    }
    return assay.label(
        ROWS, text="text", id="id", labels=["a", "b"], gold=truth,
        annotators=lambda text: said[text[1:]], **more,
    )  # fmt: skip


@pytest.mark.parametrize(("share", "passed"), [(0.5, True), (0.97, None)])
@pytest.mark.parametrize("planned", [True, False])
def test_a_constant_that_keeps_the_promise_leaves_it_open(
    share: float, passed: bool | None, planned: bool
) -> None:
    more = {"target": 0.9} if planned else {}
    made = labelled(share, 1, **more)
    found = made if planned else made.certify(target=0.9)
    certificate = found.certificate
    assert certificate.passed is passed
    open_ = "cannot be determined: the majority-class baseline ('a') agrees"
    assert (open_ in certificate.verdict) is (passed is None)
    assert "at least 90.0% agree" in certificate.statement
    (kept,) = [r for r in found.ledger.runs(found.task.id) if r.id == found.summary.run]
    assert kept.settings["promise"]["passed"] is passed
    assert ("cannot be determined" in found._repr_html_()) is (passed is None)


def test_where_nothing_is_promised_nothing_passed() -> None:
    found = labelled(0.5, 2).certify(target=0.999)
    assert (found.certificate.passed, found.certificate.doubts) == (False, ())
    assert found.certificate.verdict == found.certificate.statement
