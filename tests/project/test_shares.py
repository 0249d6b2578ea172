"""Gold is dealt by the shares that are given; the others get what these leave."""

from pathlib import Path

import pytest

from assay.data.gold import Purpose
from assay.project import open_project

TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
annotators:
  one: {kind: rule, rule: vader}
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
    (tmp_path / "task.yaml").write_text(TASK.replace("SHARES", shares))
    gold = open_project(tmp_path / "task.yaml").gold
    assert tuple(len(gold.of(purpose)) for purpose in Purpose) == counts
