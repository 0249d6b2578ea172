"""Records with equal content that are asked once: who is asked, who follows, what counts."""

import json
from pathlib import Path

import pytest

from assay.data.gold import Purpose
from assay.project import open_project
from assay.project.forecast import forecast
from tests.cli.commands import assay

TASK = """\
name: tone
data: {path: a.csv, id: id, text: text}
question: Which tone?
answer: {kind: choice, labels: [negative, neutral, positive]}
annotators:
  said: {kind: recorded, path: said.csv, prices: {per_request: 1}}
gold: {path: gold.csv}
"""
ROWS = "id,text\na,good\nb,bad\nc,good\nd,good\ne,fine\nf,bad\n"
SAID = "record,label\na,positive\nb,negative\nc,neutral\nd,neutral\ne,neutral\nf,neutral\n"
GOLD = "record,label\nc,positive\nd,negative\nb,negative\nf,negative\ne,positive\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {"a.csv": ROWS, "said.csv": SAID, "gold.csv": GOLD}.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "task.yaml").write_text(TASK + "duplicates: once\n")
    return tmp_path


def test_the_first_is_asked_and_priced(folder: Path) -> None:
    project = open_project(folder / "task.yaml")
    assert [r.id for r in project.records()] == ["a", "b", "e"]
    assert project.copies.first == {"c": "a", "d": "a", "f": "b"}
    found = forecast(project)
    assert (found.records, found.cost) == (3, 3.0)
    assert any("3 records repeat the content of another" in note for note in found.notes)
    (folder / "task.yaml").write_text(TASK)
    each = forecast(open_project(folder / "task.yaml"))
    assert (each.records, each.cost) == (6, 6.0)
    assert any("`duplicates: once` asks them once" in note for note in each.notes)


def test_one_content_has_one_gold_label(folder: Path) -> None:
    project = open_project(folder / "task.yaml")
    gold = project.gold.of(Purpose.EVALUATION)
    assert gold == {"a": "positive", "b": "negative", "e": "positive"}
    assert project.copies.odd == 1
    assert any("1 gold label of a copy differs" in note for note in project.copies.notes)


def test_the_others_follow_and_are_no_further_evidence(folder: Path) -> None:
    done = assay(folder, "run", "task.yaml", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["records"], summary["copies"], summary["cost"]) == (3, 3, 3.0)
    assert summary["evaluation"]["decisions"]["on_all"]["n"] == 3
    assert assay(folder, "export", "task.yaml", "-o", "out.jsonl").returncode == 0
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    made = {row["id"]: (row["tone"], row["made_from"]) for row in rows}
    assert made == {
        "a": ("positive", None), "c": ("positive", "a"), "d": ("positive", "a"),
        "b": ("negative", None), "f": ("negative", "b"), "e": ("neutral", None),
    }  # fmt: skip
    report = json.loads(assay(folder, "report", "task.yaml", "--json").stdout)
    assert (report["records"], report["decisions"]["accuracy"]["on_all"]["n"]) == (6, 3)
    assert any("count as no further evidence" in note for note in report["notes"])


def test_a_copy_of_who_waits_waits_for_nobody(folder: Path) -> None:
    waiting = TASK.replace(
        "kind: recorded, path: said.csv, prices: {per_request: 1}", "kind: panel"
    )
    (folder / "task.yaml").write_text(waiting + "duplicates: once\n")
    assert assay(folder, "run", "task.yaml").returncode == 0
    sheet = assay(folder, "export", "task.yaml", "--waiting", "-o", "-").stdout
    assert [line.split(",")[0] for line in sheet.splitlines()[1:]] == ["a", "b", "e"]
