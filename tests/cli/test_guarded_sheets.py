"""Labels and ids that a spreadsheet would run go through every sheet unchanged."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.commands import LEDGER, assay, project

IDS = ["=1+1", "+x", "-Xyz", "@handle", "'quoted", "'@both", "''@twice", "plain", "＝wide", "-5"]
LABELS = ["@yes", "-no", "'@yes", "=maybe", "'single"]
TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which?
answer: {kind: choice, labels: ["@yes", "-no", "'@yes", "=maybe", "'single"]}
annotators: {people: {kind: panel}}
gold: {path: gold.csv, label: label, evaluation: 1}
"""


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def label_of(id: str) -> str:
    return LABELS[IDS.index(id) % len(LABELS)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Labelled by a person through the sheet that waits."""
    project(tmp_path, task=TASK, rows=b"")
    save(tmp_path / "a.csv", [{"id": id, "text": f"=text {id}"} for id in IDS])
    save(tmp_path / "gold.csv", [{"record": id, "label": label_of(id)} for id in IDS])
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    done = assay(tmp_path, "export", "task.yaml", "--waiting", "-o", "waiting.csv")
    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "waiting.csv")
    for row, id in zip(rows, IDS, strict=True):
        row |= {"annotator": "@ann", "label": label_of(id)}
    save(tmp_path / "waiting.csv", rows)
    done = assay(tmp_path, "import", "waiting.csv", "--task", "task.yaml", "--people")
    assert done.returncode == 0, done.stderr
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    return tmp_path


def test_the_waiting_sheet_comes_back(folder: Path) -> None:
    done = assay(folder, "export", "task.yaml", "-o", "out.jsonl")
    assert done.returncode == 0, done.stderr
    done = assay(folder, "run", "task.yaml")
    assert "accuracy" in done.stdout or "100.0%" in done.stdout
    assert assay(folder, "export", "task.yaml", "-o", "out.csv").returncode == 0
    rows = table(folder / "out.csv")
    assert {row["id"] for row in rows} == {
        f"'{id}" if id[0] in "=+-@＝" and id != "-5" else id for id in IDS
    }


@pytest.mark.parametrize("drop", [[], ["assay_guard"]])
def test_a_sheet_whose_marks_are_lost_is_still_understood(drop: list[str], folder: Path) -> None:
    """Where it is known what may stand there; an exact spelling comes first."""
    rows = table(folder / "waiting.csv")
    for row in rows:
        row["annotator"] = "bob"
        for name in drop:
            del row[name]
    save(folder / "bob.csv", rows)
    done = assay(folder, "import", "bob.csv", "--task", "task.yaml", "--people", "--json")
    assert done.returncode == 0, done.stderr
    assert f'"added": {len(IDS)}' in done.stdout


@pytest.mark.parametrize("more", [[], ["--annotations"]])
def test_export_import_export_is_the_same(more: list[str], folder: Path, tmp_path: Path) -> None:
    assert assay(folder, "export", "task.yaml", *more, "-o", "one.csv").returncode == 0
    who = "annotator" if more else "decided_by"
    label = "value" if more else "tone"
    words = ["import", "one.csv", "--annotator", who, "--label", label, "--name", "again"]
    done = assay(folder, *words, "--ledger", "two.sqlite")
    assert done.returncode == 0, done.stderr
    assert assay(folder, "export", "two.sqlite", "--annotations", "-o", "two.csv").returncode == 0
    words = ["import", "two.csv", "--label", "value", "--name", "again", "--ledger", "three.sqlite"]
    assert assay(folder, *words).returncode == 0
    words = ["export", "three.sqlite", "--annotations", "-o", "three.csv"]
    assert assay(folder, *words).returncode == 0
    record = "record" if more else "id"
    same = [(r[record], r[label]) for r in table(folder / "one.csv")]
    for name in ("two.csv", "three.csv"):
        assert [(r["record"], r["value"]) for r in table(folder / name)] == same
    keep: Callable[[dict[str, str]], list[str]] = lambda r: [  # noqa: E731
        v for k, v in r.items() if k not in ("run", "at", "key")
    ]
    assert [keep(r) for r in table(folder / "two.csv")] == [
        keep(r) for r in table(folder / "three.csv")
    ]


@pytest.mark.parametrize("source", ["task.yaml", LEDGER, "out.csv"])
def test_an_audit_of_its_own_export_is_right(source: str, folder: Path) -> None:
    assert assay(folder, "export", "task.yaml", "-o", "out.csv").returncode == 0
    done = assay(folder, "audit", "draw", source, "-o", "sheet.csv")
    assert done.returncode == 0, done.stderr
    rows = table(folder / "sheet.csv")
    for i, row in enumerate(rows):
        id = row["record"]
        known = id[1:] if '"record"' in (row.get("assay_guard") or "") else id
        row["answer"] = label_of(known) if i % 2 else "-no" if label_of(known) != "-no" else "@yes"
    save(folder / "sheet.csv", rows)
    done = assay(folder, "audit", "estimate", source, "sheet.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert '"error_rate": 0.5' in done.stdout, done.stdout


def test_what_aggregate_and_golden_write_is_read_back(folder: Path) -> None:
    votes = [
        {"record": id, "annotator": who, "label": label_of(id)}
        for id in IDS
        for who in ("=a", "@b", "c")
    ]
    save(folder / "votes.csv", votes)
    words = ["aggregate", "votes.csv", "--method", "majority", "--out", "labels.csv"]
    assert assay(folder, *words).returncode == 0
    words = ["aggregate", "votes.csv", "--method", "majority", "--truth", "labels.csv", "--json"]
    done = assay(folder, *words)
    assert '"accuracy": 1.0' in done.stdout, done.stdout + done.stderr
    words = ["golden", "choose", "votes.csv", "--gold", "gold.csv", "--out", "golden.csv"]
    assert assay(folder, *words).returncode == 0
    done = assay(folder, "golden", "watch", "votes.csv", "--gold", "golden.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert f'"questions": {len(table(folder / "golden.csv"))}' in done.stdout
