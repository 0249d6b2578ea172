"""Gold is dealt by the shares that are given; the others get what these leave."""

from pathlib import Path

import pytest

from assay.core.errors import SpecError
from assay.data.gold import Purpose
from assay.project import open_project
from assay.project.forecast import forecast
from assay.project.plan import certifying_gold

TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [negative, good, positive]}
annotators:
  one: ANNOTATOR
gold: {label: label, SHARES}
"""


@pytest.mark.parametrize(
    ("shares", "counts"),
    [
        ("", (50, 0, 50)),
        ("evaluation: 1", (0, 0, 100)),
        ("evaluation: 0.7", (30, 0, 70)),
        ("calibration: 0", (0, 0, 100)),
        ("monitoring: 0.2", (40, 20, 40)),
        ("monitoring: 0.2, evaluation: 0.6", (20, 20, 60)),
        ("calibration: 0.25, evaluation: 0.25", (25, 0, 25)),
    ],
)
def test_the_rest_goes_to_the_shares_left_out(
    shares: str, counts: tuple[int, int, int], tmp_path: Path
) -> None:
    rows = "".join(f"{i},text {i},good\n" for i in range(100))
    (tmp_path / "a.csv").write_text("id,text,label\n" + rows)
    learner = "{kind: classifier, features: ngrams}"
    (tmp_path / "task.yaml").write_text(written(shares, learner))
    gold = open_project(tmp_path / "task.yaml").gold
    assert tuple(len(gold.of(purpose)) for purpose in Purpose) == counts


def written(shares: str, annotator: str) -> str:
    gold = f"label: label, {shares}" if shares else "label: label"
    return TASK.replace("ANNOTATOR", annotator).replace("label: label, SHARES", gold)


@pytest.mark.parametrize(
    ("shares", "counts", "noted"),
    [
        ("", (0, 0, 100), True),
        ("monitoring: 0.2", (0, 20, 80), False),
        ("evaluation: 0.7", (30, 0, 70), False),
        ("calibration: 0.3", (30, 0, 70), False),
    ],
)
def test_gold_that_nothing_learns_from_is_for_evaluation(
    shares: str, counts: tuple[int, int, int], noted: bool, tmp_path: Path
) -> None:
    rows = "".join(f"{i},text {i},good\n" for i in range(100))
    (tmp_path / "a.csv").write_text("id,text,label\n" + rows)
    (tmp_path / "task.yaml").write_text(written(shares, "{kind: panel}"))
    project = open_project(tmp_path / "task.yaml")
    assert tuple(len(project.gold.of(purpose)) for purpose in Purpose) == counts
    said = [n for n in forecast(project).notes if "gold labels are for evaluation" in n]
    assert bool(said) == noted
    if noted:
        with pytest.raises(SpecError, match=r"set `gold.monitoring: 0.5`"):
            certifying_gold(project)
