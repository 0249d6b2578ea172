import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import root

TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [positive, neutral, negative]}
annotators:
  one: {kind: rule, rule: vader}
"""


def assay(*words: str) -> str:
    done = CliRunner().invoke(root, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_a_run_decided_is_drawn_answered_and_estimated(tmp_path: Path) -> None:
    words = ["I love it", "I hate it", "It is a table", "Wonderful day", "Awful"] * 8
    rows = "".join(f"{i},{text} {i}\n" for i, text in enumerate(words))
    (tmp_path / "a.csv").write_text("id,text\n" + rows)
    task, sheet = str(tmp_path / "task.yaml"), tmp_path / "sheet.csv"
    Path(task).write_text(TASK)
    assay("run", task)
    assert "20 of 40" in assay("audit", "draw", task, "--size", "20", "-o", str(sheet))
    with sheet.open(newline="") as file:
        filled = list(csv.DictReader(file))
    assert all(row["text"] and not row["answer"] for row in filled)
    for row in filled:
        row["answer"] = (
            "negative" if "hate" in row["text"] or "Awful" in row["text"] else "positive"
        )
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(filled[0]))
        writer.writeheader()
        writer.writerows(filled)
    described = json.loads(
        assay("audit", "estimate", task, str(sheet), "--target", "0.5", "--json")
    )
    tables = sum("table" in row["text"] for row in filled)
    assert (described["n"], described["errors"]) == (20, tables)
    assert described["interval"][0] <= described["error_rate"] <= described["interval"][1]
    assert described["stop"]["verdict"] in ("enough", "go on")
    assert "disagree with the people who answered" in assay("audit", "estimate", task, str(sheet))


def test_an_answer_outside_the_labels_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,I love it\n2,I hate it\n")
    task, sheet = str(tmp_path / "task.yaml"), tmp_path / "sheet.csv"
    Path(task).write_text(TASK)
    assay("run", task)
    assay("audit", "draw", task, "--size", "2", "-o", str(sheet))
    sheet.write_text(sheet.read_text().replace(",,", ",good,"))
    done = CliRunner().invoke(root, ["audit", "estimate", task, str(sheet)])
    assert "'good'" in str(done.exception)


def test_an_answer_that_was_nowhere_shipped_is_pointed_out(tmp_path: Path) -> None:
    table, sheet = tmp_path / "d.csv", tmp_path / "s.csv"
    table.write_text("record,value\n" + "".join(f"r{i},{['yes', 'no'][i % 2]}\n" for i in range(8)))
    assay("audit", "draw", str(table), "--size", "8", "-o", str(sheet))
    sheet.write_text(sheet.read_text().replace(",,,", ",,yess,"))
    described = json.loads(assay("audit", "estimate", str(table), str(sheet), "--json"))
    [warning] = [line for line in described["warnings"] if "spelt" in line]
    assert "'yess' (8 records) is none of the labels shipped (no, yes)" in warning


def test_numbers_may_be_off_by_the_tolerance(tmp_path: Path) -> None:
    table, sheet = tmp_path / "d.csv", tmp_path / "s.csv"
    table.write_text("record,value\n" + "".join(f"r{i},{i % 5}\n" for i in range(20)))
    assay("audit", "draw", str(table), "--size", "20", "-o", str(sheet))
    sheet.write_text(sheet.read_text().replace(",,,", ",,2,"))
    exact = json.loads(assay("audit", "estimate", str(table), str(sheet), "--json"))
    near = json.loads(
        assay("audit", "estimate", str(table), str(sheet), "--json", "--tolerance", "1")
    )
    assert (exact["errors"], near["errors"]) == (16, 8)


@pytest.mark.parametrize(("shipped", "said"), [("3.3", "3.30"), ("b;a", "a; b"), ("1", "01")])
def test_what_says_the_same_in_other_words_agrees(tmp_path: Path, shipped: str, said: str) -> None:
    table, sheet = tmp_path / "d.csv", tmp_path / "s.csv"
    table.write_text("record,value\n" + "".join(f"r{i},{shipped}\n" for i in range(8)))
    assay("audit", "draw", str(table), "--size", "4", "-o", str(sheet))
    sheet.write_text(sheet.read_text().replace(",,,", f",,{said},"))
    described = json.loads(assay("audit", "estimate", str(table), str(sheet), "--json"))
    assert (described["n"], described["errors"]) == (4, 0)
    assert "none of the labels" not in str(described["warnings"])


def test_a_confidence_that_is_no_number_makes_no_strata(tmp_path: Path) -> None:
    table = tmp_path / "d.csv"
    table.write_text("record,value,confidence\n1,a,0.5\n2,a,nan\n3,b,0.7\n")
    words = ["audit", "draw", str(table), "--by", "confidence", "-o", str(tmp_path / "s.csv")]
    done = CliRunner().invoke(root, words)
    assert "d.csv:3: confidence 'nan' is not a number" in str(done.exception)
    assert not (tmp_path / "s.csv").exists()


def test_of_many_misspelt_answers_some_are_shown(tmp_path: Path) -> None:
    table, sheet = tmp_path / "d.csv", tmp_path / "s.csv"
    table.write_text("record,value\n" + "".join(f"r{i},{'ab'[i % 2]}\n" for i in range(40)))
    assay("audit", "draw", str(table), "--size", "40", "-o", str(sheet))
    head, *rows = sheet.read_text().splitlines()
    filled = [row.replace(",,,", f",,word {n},") for n, row in enumerate(rows)]
    sheet.write_text("\n".join([head, *filled]))
    described = json.loads(assay("audit", "estimate", str(table), str(sheet), "--json"))
    assert "so are 32 more answers" in described["warnings"]


def test_a_stop_names_the_majority_class_baseline_and_clusters_are_of_the_source(
    tmp_path: Path,
) -> None:
    source, sheet = tmp_path / "shipped.csv", tmp_path / "sheet.csv"
    rows = [(f"r{i}", "ab"[i % 4 == 0], f"g{i // 2}") for i in range(200)]
    source.write_text("record,value,book\n" + "".join(f"{r},{y},{g}\n" for r, y, g in rows))
    assay("audit", "draw", str(source), "--size", "100", "-o", str(sheet))
    shipped = {r: y for r, y, _ in rows}
    with sheet.open(newline="") as file:
        drawn = list(csv.DictReader(file))
    for row in drawn:
        row["answer"] = shipped[row["record"]]
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(drawn[0]))
        writer.writeheader()
        writer.writerows(drawn)
    words = ("audit", "estimate", str(source), str(sheet), "--target", "0.5", "--json")
    found = json.loads(assay(*words))
    assert "baseline" in json.dumps(found["stop"])
    assert found["baseline_label"] == "a"


def test_a_cluster_that_the_source_lacks_is_named(tmp_path: Path) -> None:
    source, sheet = tmp_path / "shipped.csv", tmp_path / "sheet.csv"
    source.write_text("record,value\n" + "".join(f"r{i},a\n" for i in range(20)))
    assay("audit", "draw", str(source), "--size", "10", "-o", str(sheet))
    words = ["audit", "estimate", str(source), str(sheet), "--cluster", "book"]
    done = CliRunner().invoke(root, words)
    assert "has no column 'book'" in str(done.exception)
    assert str(source) in str(done.exception)


def test_a_sheet_of_whole_clusters_names_the_option_that_reads_it(tmp_path: Path) -> None:
    rows = "".join(f"r{i},a,author{i // 4}\n" for i in range(40))
    table, sheet = tmp_path / "d.csv", tmp_path / "s.csv"
    table.write_text("record,value,author\n" + rows)
    drawn = ("audit", "draw", str(table), "--size", "20", "--cluster", "author")
    assay(*drawn, "-o", str(sheet))
    done = CliRunner().invoke(root, ["prevalence", str(table), str(sheet)])
    assert str(done.exception) == f"{sheet} was drawn by whole clusters: give --cluster author"
    other = CliRunner().invoke(root, ["prevalence", str(table), str(sheet), "--cluster", "value"])
    assert "give --cluster author" in str(other.exception)
