"""`assay calibrate`: who can be calibrated, who cannot, and what is written."""

import csv
import json
import random
from pathlib import Path

import pytest

from tests.cli.commands import assay, validation_error

HEAD = ("record", "annotator", "label", "reference", "confidence", "purpose")


def table(folder: Path, **options: object) -> None:
    """200 answers of `m`, and three of `few`; half of the records calibrate."""
    draw = random.Random(3)
    rows: list[tuple[object, ...]] = []
    for i in range(200):
        sure = draw.random()
        right = draw.random() < 0.5 + sure / 2
        purpose = "calibration" if i % 2 else options.get("other", "evaluation")
        rows.append((f"r{i}", "m", "a" if right else "b", "a", f"{sure:.3f}", purpose))
    rows += [(f"f{i}", "few", "a", "a", "0.9", "calibration") for i in range(3)]
    rows += [(f"q{i}", "mute", "a", "a", "", "calibration") for i in range(50)]
    with (folder / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])


def test_who_cannot_be_calibrated_is_named_and_the_others_are(tmp_path: Path) -> None:
    table(tmp_path)
    done = assay(tmp_path, "calibrate", "t.csv", "--json", "--out", "out.csv")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [a["annotator"] for a in found["annotators"]] == ["m"]
    [one] = found["annotators"]
    assert one["fitted_on"] == 100
    assert one["after"]["correct"]["n"] == 100
    assert any(note.startswith("few: ") for note in found["notes"])
    assert any("mute" in note for note in found["notes"])
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 200
    assert {(row["annotator"], row["confidence_source"]) for row in rows} == {("m", "calibrated")}
    assert all(0 < float(row["confidence"]) < 1 for row in rows)
    said = assay(tmp_path, "calibrate", "t.csv", "--out", "more.csv")
    assert "few: " in said.stderr
    assert "written to more.csv" in said.stdout


def test_without_evaluation_gold_nothing_is_said_of_how_good_they_are(tmp_path: Path) -> None:
    table(tmp_path, other="calibration")
    [one] = json.loads(assay(tmp_path, "calibrate", "t.csv", "--json").stdout)["annotators"]
    assert (one["fitted_on"], one["before"], one["after"]) == (200, None, None)
    assert "no evaluation gold" in assay(tmp_path, "calibrate", "t.csv").stdout


@pytest.mark.parametrize(
    ("kept", "says"), [("few", "few"), ("mute", "nothing to calibrate"), ("none", "")]
)
def test_where_nobody_can_be_calibrated_it_is_refused(kept: str, says: str, tmp_path: Path) -> None:
    table(tmp_path)
    head, *rows = (tmp_path / "t.csv").read_text().splitlines()
    rows = [row for row in rows if f",{kept}," in row]
    (tmp_path / "t.csv").write_text("\n".join([head, *rows, ""]))
    assert says in validation_error(assay(tmp_path, "calibrate", "t.csv"))


def test_only_the_annotator_that_is_certified_is_spoken_of(tmp_path: Path) -> None:
    table(tmp_path)
    whole = assay(tmp_path, "certify", "t.csv", "--alpha", "0.4")
    assert "mute" in whole.stderr
    one = assay(tmp_path, "certify", "t.csv", "--alpha", "0.4", "--annotator", "m")
    assert one.returncode == 0, one.stderr
    assert "mute" not in one.stderr + one.stdout
    own = assay(tmp_path, "certify", "t.csv", "--alpha", "0.4", "--annotator", "mute")
    assert [line for line in own.stderr.splitlines() if "mute" in line and "confidence" in line]
