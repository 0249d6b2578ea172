"""The guarantee that a run keeps in its settings, read back."""

from typing import Any

import pytest

from assay.ledger import Run
from assay.quality.guarantees.by_class import AcceptedClass, Exact
from assay.report.promised import Promised

KEPT: dict[str, Any] = {
    "promise": "accepted", "statement": "as stated", "verdict": "as stated", "alpha": 0.1,
    "delta": 0.05, "reference": "the people", "possible": True,
}  # fmt: skip
SEEN = AcceptedClass("good", Exact(8, 10), None, Exact(4, 5))


def test_a_run_without_a_guarantee_has_none() -> None:
    for settings in (None, {}, {"promise": None}, {"promise": "accepted"}):
        assert Promised.of(Run("r", "t", "vote", 1.0, settings=settings)) is None
    assert Promised.of(None) is None
    found = Promised.of(Run("r", "t", "vote", 1.0, settings={"promise": KEPT}))
    assert found is not None
    assert found.kept == KEPT


def test_classes_come_back_as_they_were() -> None:
    found = Promised(KEPT | {"classes": [SEEN.as_json()]})
    assert found.classes == (SEEN,)
    assert Promised(KEPT).classes == ()


@pytest.mark.parametrize(
    ("more", "kind", "lines"),
    [
        ({}, "good", ["as stated"]),
        ({"verdict": "cannot be determined"}, "open", ["cannot be determined", "as stated"]),
        ({"possible": False}, "bad", ["as stated"]),
        ({"possible": False, "verdict": "not possible"}, "bad", ["not possible", "as stated"]),
    ],
)
def test_the_headline_comes_before_what_is_stated(
    more: dict[str, Any], kind: str, lines: list[str]
) -> None:
    found = Promised(KEPT | more)
    assert found.kind == kind
    assert [line.partition(": ")[2] for line in found.lines] == lines
    assert all("accepted" in line.partition(": ")[0] for line in found.lines)
    assert (found.headline == lines[0]) == (kind != "good")


def test_an_older_run_kept_no_headline() -> None:
    older = {key: KEPT[key] for key in ("promise", "statement")}
    assert Promised(older).kind == "good"
    assert Promised(older).headline == "as stated"
    assert len(Promised(older).lines) == 1


def test_what_is_certified_is_told_with_its_figures() -> None:
    for promise, labels in (("accepted", "accepted labels"), ("output", "all labels")):
        said = Promised(KEPT | {"promise": promise}).headline
        for part in ("90.0%", "95.0%", labels, "the people"):
            assert part in said
    assert Promised(KEPT | {"class": "good"}).headline == "as stated"
