"""`assay run`: what it prints of the labels it gave, and what to do next."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import TASK, assay, project

SPANS = """\
name: names
data: {path: a.csv, id: id}
question: Who?
answer: {kind: spans, labels: [person, place]}
annotators:
  one: {kind: recorded, path: said.jsonl, label: spans}
gold: {path: gold.jsonl, label: spans, calibration: 0, evaluation: 1}
"""


def spans(folder: Path, name: str, *found: list[tuple[int, int, str]]) -> None:
    rows = [
        {"record": str(i), "spans": [{"start": a, "end": b, "label": c} for a, b, c in own]}
        for i, own in enumerate(found)
    ]
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    project(tmp_path, SPANS, b"id,text\n0,Ada in Rome\n1,Bob in Bonn\n")
    spans(tmp_path, "gold.jsonl", [(0, 3, "person"), (7, 11, "place")], [(0, 3, "person")])
    spans(tmp_path, "said.jsonl", [(0, 3, "person")], [(0, 3, "person")])
    return tmp_path


def test_spans_have_precision_and_recall_of_their_own(marked: Path) -> None:
    done = assay(marked, "run", "task.yaml", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["entities"]["decisions"]
    exact = found["schemes"]["exact"]
    assert (exact["gold"], exact["marked"], exact["matches"]) == (3, 2, 2)
    said = assay(marked, "run", "task.yaml").stdout.splitlines()
    own = [line for line in said if "100.0%" in line and "66.7%" in line]
    assert [line.split()[0] for line in own] == 2 * ["exact", "type", "partial"], said


def waiting(folder: Path, *words: str) -> str:
    project(folder, TASK, who="{kind: panel}")
    done = assay(folder, "run", "task.yaml", *words)
    assert done.returncode == 0, done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith("next: "))


def test_the_next_commands_name_the_ledger_where_one_was_named(tmp_path: Path) -> None:
    plain = waiting(tmp_path)
    assert "--ledger" not in plain
    other = waiting(tmp_path, "--ledger", "other.sqlite")
    assert other.count("--ledger other.sqlite") == 2
    export, _, rest = other.removeprefix("next: assay ").partition("; ")
    assert assay(tmp_path, *export.split()).returncode == 0
    sheet = (tmp_path / "waiting.csv").read_text().splitlines()
    assert len(sheet) == 3
    filled = [sheet[0], *(row.replace(",,,", ",ann,positive,") for row in sheet[1:])]
    (tmp_path / "waiting.csv").write_text("\n".join(filled) + "\n")
    brought = rest.partition("then assay ")[2].partition(",")[0]
    assert assay(tmp_path, *brought.split()).returncode == 0
    done = assay(tmp_path, "run", "task.yaml", "--ledger", "other.sqlite")
    assert "2 decided" in done.stdout
    assert "tone.assay.sqlite" in {p.name for p in tmp_path.iterdir()}


def test_what_was_odd_in_the_data_is_told_beside_the_result(tmp_path: Path) -> None:
    project(tmp_path, TASK, b"id,text\n1,I love it\n2,\n")
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if line.startswith("note: ")]
    quiet = assay(tmp_path, "run", "task.yaml", "--json")
    assert json.loads(quiet.stdout)["records"] == 2
    assert json.loads(quiet.stdout)["currency"] == "USD"
    assert quiet.stdout.startswith("{")
