"""The way a newcomer goes: init, check, run, report, export, import, compare."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.cli.commands import LEDGER, RULE, TASK, assay, names, project, validation_error

TEXTS = ["I love it", "I hate it", "It is a table"]
LABELS = ["positive", "negative", "neutral"]
GOLD = "gold: {label: label, calibration: 0, evaluation: 1}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [f"r{i},{TEXTS[i % 3]} {i},{LABELS[i % 3]}" for i in range(30)]
    project(tmp_path, TASK + GOLD, "\n".join(["id,text,label", *rows]).encode())
    people = [f"r{i},{who},{LABELS[(i + (who == 'ann' and i % 5 == 0)) % 3]}"
              for i in range(30) for who in ("ann", "bob", "cid")]  # fmt: skip
    models = [f"r{i},gpt,{LABELS[(i + (i % 10 == 0)) % 3]}" for i in range(30)]
    for name, lines in {"people": people, "models": models}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["record,annotator,label", *lines]))
    return tmp_path


def good(folder: Path, *words: str) -> str:
    done = assay(folder, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_step_says_what_it_did_and_what_comes_next(folder: Path) -> None:
    (folder / "task.yaml").unlink()
    assert "then run: assay check task.yaml" in good(folder, "init", "a.csv")
    drafted = (folder / "task.yaml").read_text()
    assert all(f"name: '{label}'" in drafted for label in LABELS)
    ruled = re.sub(r"kind: embedded.*", "kind: rule\n    rule: vader", drafted)
    (folder / "task.yaml").write_text(ruled)
    assert "30 records; strategy single(small)" in good(folder, "check", "task.yaml")
    described = good(folder, "run", "task.yaml")
    assert "30 records: 30 decided" in described
    assert "next: assay report task.yaml, or assay export task.yaml -o labels.csv" in described
    assert "wrote report.html" in good(folder, "report", "task.yaml")
    assert "30 decisions written to labels.csv" in good(
        folder, "export", "task.yaml", "-o", "labels.csv"
    )
    with (folder / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["id"]: row["a"] for row in rows}["r0"] == "positive"
    assert rows[0]["label"] == "positive"


def test_json_has_the_same_figures_with_stable_keys(folder: Path) -> None:
    run = json.loads(good(folder, "run", "task.yaml", "--json"))
    assert (run["records"], run["decided"], run["reason"]) == (30, 30, None)
    report = json.loads(good(folder, "report", "task.yaml", "--json"))
    assert report["records"] == report["decided"] == 30
    assert report["decisions"]["accuracy"] == run["evaluation"]["decisions"]
    assert report["annotators"][0]["outcomes"] == {"answered": 30}
    check = json.loads(good(folder, "check", "task.yaml", "--json"))
    assert check["records"] == 30
    assert check["parts"][0]["answered"] == 30


def test_limit_ledger_and_run_are_options(folder: Path) -> None:
    good(folder, "run", "task.yaml", "--limit", "5", "--ledger", "other.sqlite")
    described = good(folder, "run", "task.yaml", "--ledger", "other.sqlite")
    assert "5 from cache" in described
    assert "next: assay report task.yaml --ledger other.sqlite, or" in described
    good(folder, "export", "task.yaml", "--ledger", "other.sqlite", "-o", "other.csv")
    assert "tone.assay.sqlite" not in names(folder)
    said = validation_error(assay(folder, "report", "task.yaml"))
    assert "no ledger" in said
    report = json.loads(good(folder, "report", "task.yaml", "--ledger", "other.sqlite", "--json"))
    assert report["records"] == 30


def test_recorded_answers_that_were_changed_are_told_of(folder: Path) -> None:
    """What was answered stands, and who mends the file must not believe that it is used."""
    project(folder, rows=b"id,text\n1,x\n2,y\n", who="{kind: recorded, path: said.csv}")
    said = folder / "said.csv"
    said.write_text("record,label\n1,positive\n")
    assert "differ" not in good(folder, "run", "task.yaml")
    assert "differ" not in good(folder, "run", "task.yaml")
    said.write_text("record,label\n1,negative\n2,negative\n")
    described = good(folder, "run", "task.yaml")
    assert "one: 1 answered (50.0% of requests), 1 abstained" in described
    assert "2 of these differ from its current file" in described


def test_a_run_that_decided_nothing_is_not_what_is_reported(folder: Path) -> None:
    good(folder, "run", "task.yaml")
    assert assay(folder, "run", "task.yaml", "--minutes", "0").returncode == 3
    report = json.loads(good(folder, "report", "task.yaml", "--json"))
    assert report["records"] == 30


def test_no_time_at_all_begins_nothing_and_says_so(folder: Path) -> None:
    done = assay(folder, "run", "task.yaml", "--minutes", "0")
    assert done.returncode == 3
    assert "stopped: the time limit is reached" in done.stdout


def test_people_are_imported_beside_the_models(folder: Path) -> None:
    described = good(folder, "import", "people.csv", "--task", "task.yaml", "--people")
    assert re.search(r"90 annotations of task tone@\w+ written to tone.assay.sqlite", described)
    again = assay(folder, "import", "people.csv", "--task", "task.yaml", "--people")
    assert "note: 90 were already present" in again.stderr
    good(folder, "export", "task.yaml", "--annotations", "-o", "x.jsonl")
    rows = [json.loads(line) for line in (folder / "x.jsonl").read_text().splitlines()]
    assert {row["by"] for row in rows} == {"ann", "bob", "cid"}


def test_models_are_compared_with_people(folder: Path) -> None:
    words = ["compare", "--people", "people.csv", "--models", "models.csv", "--min-records", "20"]
    described = good(folder, *words)
    assert "Each annotator compared with the people, 95% CI:" in described
    assert "Alternative annotator test (alt-test" in described
    found = json.loads(good(folder, *words, "--json"))
    assert {b["name"] for b in found["agreement"]} == {"ann", "bob", "cid", "gpt"}


def test_models_of_the_catalogue_are_listed_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    listed = json.loads(good(tmp_path, "models", "--json"))
    assert all(entry["path"] is None and len(entry["sha256"]) == 64 for entry in listed)
    name = listed[0]["name"]
    assert name in good(tmp_path, "models", "list")
    done = assay(tmp_path, "models", "remove", name)
    assert done.stderr == f"{name}: was not there\n"


def test_a_rule_of_the_package_needs_no_more_than_its_name(folder: Path) -> None:
    project(folder, rows=b"id,text\n1,I love it\n", who=RULE)
    assert "1 record: 1 decided" in good(folder, "run", "task.yaml")


def test_check_shows_both_ends_of_an_endless_prompt(folder: Path) -> None:
    who = "{kind: embedded}"
    project(
        folder, TASK.replace("ANNOTATOR", who), f"id,text\n1,begin {'x' * 90_000} end\n".encode()
    )
    described = good(folder, "check", "task.yaml")
    assert "1 record; strategy" in described
    assert "up to 1 request" in described
    assert len(described) < 9_000
    assert "begin xxx" in described
    assert "xxx end" in described
    assert "characters more …]" in described


def test_an_export_says_what_was_labelled(folder: Path) -> None:
    rows = b'id,text,day,value\n1,"I, too, love it",Monday,7\n2,,Friday,8\n'
    task = TASK.replace("id: id", "id: id, meta: [day, value]")
    project(folder, task, rows)
    good(folder, "run", "task.yaml")
    said = good(folder, "export", "task.yaml", "-o", "labels.csv")
    assert "2 decisions written to labels.csv" in said
    with (folder / "labels.csv").open() as file:
        first, second = csv.DictReader(file)
    assert [first[c] for c in ("id", "tone", "text", "day", "value")] == [
        "1", "positive", "I, too, love it", "Monday", "7"
    ]  # fmt: skip
    assert (second["text"], second["day"]) == ("", "Friday")


def test_an_export_says_how_many_records_are_undecided(folder: Path) -> None:
    project(folder, TASK, who="{kind: panel}")
    good(folder, "run", "task.yaml")
    said = good(folder, "export", "tone.assay.sqlite", "-o", "labels.jsonl")
    assert "2 records written to labels.jsonl, 2 undecided" in said


def test_a_panel_without_a_task_file_or_people_is_refused(folder: Path) -> None:
    for given in (["--ledger", "l.sqlite"], ["--task", "task.yaml"]):
        said = validation_error(assay(folder, "import", "people.csv", "--panel", "p", *given))
        assert "--panel names the panel of these answers" in said


def test_what_waits_for_people_is_a_sheet_to_fill_in_and_bring_back(folder: Path) -> None:
    task = (folder / "task.yaml").read_text()
    panel = re.sub(r"annotators:\n  .*", "annotators:\n  crowd: {kind: panel}", task)
    (folder / "task.yaml").write_text(panel)
    described = good(folder, "run", "task.yaml")
    assert "30 waiting for people" in described
    assert "next: assay export task.yaml --waiting -o waiting.csv" in described
    said = good(folder, "export", "task.yaml", "--waiting", "-o", "todo.csv")
    assert "30 records wait for crowd, written to todo.csv" in said
    with (folder / "todo.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["record", "annotator", "label", "waiting_for", "text"]
    filled = [row | {"annotator": "ann", "label": "neutral"} for row in rows[:20]]
    with (folder / "todo.csv").open("w") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(filled + rows[20:])
    good(folder, "import", "todo.csv", "--task", "task.yaml", "--people")
    assert "20 decided, 10 waiting for people" in good(folder, "run", "task.yaml")
    good(folder, "export", "task.yaml", "--waiting", "-o", "todo.jsonl")
    left = [json.loads(line)["record"] for line in (folder / "todo.jsonl").read_text().splitlines()]
    assert left == [row["record"] for row in rows[20:]]


def test_each_panel_gets_a_sheet_of_its_own(folder: Path) -> None:
    task = (folder / "task.yaml").read_text()
    panels = (
        "annotators:\n  crowd: {kind: panel, annotators_per_record: 2}\n  experts: {kind: panel}\n"
    )
    chain = "strategy: {kind: chain, annotators: [crowd, experts], thresholds: [0.9]}"
    (folder / "task.yaml").write_text(re.sub(r"annotators:\n  .*", panels + chain, task))
    good(folder, "run", "task.yaml")
    said = "record,annotator,label\nr0,ann,positive\nr0,bob,neutral\nr1,ann,negative\n"
    (folder / "said.csv").write_text(said)
    refused = validation_error(
        assay(folder, "import", "said.csv", "--task", "task.yaml", "--people")
    )
    assert "has several panels; use --panel crowd or --panel experts" in refused
    good(folder, "import", "said.csv", "--task", "task.yaml", "--people", "--panel", "crowd")
    good(folder, "run", "task.yaml")
    sheet = ["export", "task.yaml", "--waiting", "-o", "todo.csv"]
    assert "30 records wait for experts and crowd" in good(folder, *sheet)
    assert "1 record waits for experts" in good(folder, *sheet, "--panel", "experts")
    with (folder / "todo.csv").open() as file:
        assert [row["record"] for row in csv.DictReader(file)] == ["r0"]
    assert "0 records wait for people" in good(folder, *sheet, "--panel", "nobody")


def test_routes_cost_and_are_judged_though_a_later_run_decided_nothing(folder: Path) -> None:
    """People's answers were imported since, and a run had no time."""
    text = (folder / "task.yaml").read_text().replace("0, evaluation: 1", "0.5, evaluation: 0.5")
    chain = "strategy: {kind: chain, annotators: [one, two], thresholds: [0.5]}\n"
    two = "  two: {kind: rule, rule: vader}\nstrategy"
    text = text.replace("gold:", f"{two}{chain.removeprefix('strategy')}gold:", 1)
    (folder / "task.yaml").write_text(text)
    good(folder, "run", "task.yaml")
    before = json.loads(good(folder, "cost", "task.yaml", "--json"))["routes"]
    judged = good(folder, "certify", "task.yaml")
    assert "decisions" in judged
    good(folder, "import", "people.csv", "--task", "task.yaml", "--people")
    assert assay(folder, "run", "task.yaml", "--minutes", "0").returncode == 3
    after = json.loads(good(folder, "cost", "task.yaml", "--json"))["routes"]
    assert [(r["route"], r["records"]) for r in before] == [
        (r["route"], r["records"]) for r in after
    ]
    assert good(folder, "certify", "task.yaml") == judged


def test_a_ledger_without_answers_is_no_votes(folder: Path) -> None:
    assert assay(folder, "run", "task.yaml", "--minutes", "0").returncode == 3
    assert "holds no answers" in validation_error(assay(folder, "aggregate", LEDGER))


def test_a_dash_exports_csv_to_stdout(folder: Path) -> None:
    good(folder, "run", "task.yaml")
    good(folder, "export", "task.yaml", "-o", "labels.csv")
    said = good(folder, "export", "task.yaml", "-o", "-")
    assert said.splitlines() == (folder / "labels.csv").read_text().splitlines()
    assert not (folder / "-").exists()
