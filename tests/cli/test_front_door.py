"""Data on stdin, files on stdout, tables in other forms, rehearsals, and what -v says."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from assay.cli.tables import as_csv, latex, markdown
from tests.cli.commands import Done, assay, names, project, validation_error
from tests.cli.test_common import LEAVES

VOTES = (
    "record,annotator,label\nr1,ann,yes\nr1,bob,yes\nr2,ann,no\nr2,bob,yes\nr3,ann,no\nr3,bob,no\n"
)


class Typed(io.TextIOWrapper):
    """What a pipe gives."""


def piped(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(io.BytesIO(content.encode()), encoding="utf-8"))


def as_lines(votes: str) -> str:
    return "".join(json.dumps(row) + "\n" for row in csv.DictReader(io.StringIO(votes)))


@pytest.mark.parametrize("content", [VOTES, as_lines(VOTES), VOTES.replace(",", "\t")])
def test_data_come_on_stdin_in_every_form(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "votes.csv").write_text(VOTES)
    piped(monkeypatch, content)
    found = assay(tmp_path, "agree", "-", "--json")
    assert found.returncode == 0, found.stderr
    assert found.stdout == assay(tmp_path, "agree", "votes.csv", "--json").stdout


def test_a_mistake_on_stdin_is_placed_without_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, VOTES + "r4,ann\n")
    done = assay(tmp_path, "agree", "-", "-q")
    assert validation_error(done).startswith("assay: stdin.csv:8")


def test_stdin_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, VOTES)
    done = assay(tmp_path, "compare", "--people", "-", "--models", "-", "-q")
    assert "only one input can be `-`" in validation_error(done)


def test_a_result_goes_to_stdout_and_all_else_to_stderr(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(VOTES)
    made = assay(tmp_path, "aggregate", "votes.csv", "-o", "-")
    rows = list(csv.DictReader(io.StringIO(made.stdout)))
    assert [row["record"] for row in rows] == ["r1", "r2", "r3"]
    assert "6 votes of 2 annotators" in made.stderr
    assert "written to stdout" in made.stderr
    lines = assay(tmp_path, "aggregate", "votes.csv", "-o", "-.jsonl").stdout.splitlines()
    assert [json.loads(line)["record"] for line in lines] == ["r1", "r2", "r3"]
    both = assay(tmp_path, "aggregate", "votes.csv", "-o", "-", "--json")
    assert "both write to stdout" in validation_error(both)
    assert names(tmp_path) == {"votes.csv"}


def test_a_task_file_goes_to_stdout(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,good\n2,bad\n")
    made = assay(tmp_path, "init", "a.csv", "--labels", "x,y", "-o", "-")
    assert "name: 'a'" in made.stdout
    assert "path: 'a.csv'" in made.stdout
    assert names(tmp_path) == {"a.csv"}


@pytest.mark.parametrize(
    ("form", "begin"), [("md", "| "), ("latex", "\\begin{tabular}"), ("csv", "")]
)
def test_tables_come_in_other_forms(form: str, begin: str, tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(VOTES)
    plain = assay(tmp_path, "agree", "votes.csv", "--resamples", "50")
    made = assay(tmp_path, "agree", "votes.csv", "--resamples", "50", "--format", form)
    assert made.stdout.startswith(begin)
    assert "Krippendorff's alpha" in made.stdout
    alpha = next(line for line in plain.stdout.splitlines() if "Krippendorff" in line).split()[2]
    assert alpha in made.stdout
    assert "6 answers of 2 annotators" in made.stderr
    assert "6 answers of 2 annotators" not in made.stdout


def test_what_a_form_would_read_as_its_own_is_escaped() -> None:
    rows = [("name", "n"), ("a_b & 50%|x", "1")]
    assert r"a\_b \& 50\%|x & 1 \\" in latex(rows)
    assert "\\begin{tabular}{lr}" in latex(rows)
    assert markdown(rows) == "| name | n |\n| --- | ---: |\n| a_b & 50%\\|x | 1 |\n"
    assert list(csv.reader(io.StringIO(as_csv(rows)))) == [list(row) for row in rows]


def test_a_rehearsal_writes_nothing(tmp_path: Path) -> None:
    project(tmp_path)
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    before = names(tmp_path)
    (tmp_path / "votes.csv").write_text(VOTES)
    for words in (
        ("report", "task.yaml"),
        ("export", "task.yaml", "-o", "labels.csv"),
        ("aggregate", "votes.csv", "-o", "won.csv"),
        ("init", "votes.csv", "-o", "new.yaml"),
        ("audit", "draw", "task.yaml", "-o", "sheet.csv"),
    ):
        done = assay(tmp_path, *words, "--dry-run")
        assert done.returncode == 0, done.stderr
        assert "would" in done.stdout, words
        assert "wrote" not in done.stdout
    assert names(tmp_path) == before | {"votes.csv"}


def test_an_import_is_rehearsed_on_a_copy(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(VOTES)
    words = ("import", "votes.csv", "--ledger", "l.sqlite", "--people", "--json")
    first = json.loads(assay(tmp_path, *words, "--dry-run").stdout)
    assert (first["added"], first["dry_run"]) == (6, True)
    assert names(tmp_path) == {"votes.csv"}
    assert json.loads(assay(tmp_path, *words).stdout)["added"] == 6
    again = json.loads(assay(tmp_path, *words, "--dry-run").stdout)
    assert (again["added"], again["known"]) == (0, 6)


def test_verbose_says_what_is_read_chosen_and_written(tmp_path: Path) -> None:
    project(tmp_path)
    done = assay(tmp_path, "run", "task.yaml", "-v")
    said = [line for line in done.stderr.splitlines() if line.startswith("info: ")]
    assert any("reads" in line and "a.csv" in line for line in said)
    assert any("strategy single, annotators" in line for line in said)
    assert "done" in said[-1]
    assert "info: " not in assay(tmp_path, "run", "task.yaml").stderr


@pytest.mark.parametrize("name", LEAVES, ids=" ".join)
def test_every_command_is_told_how_much_to_say_and_in_json(name: tuple[str, ...]) -> None:
    spelt = {param.name: param.opts for param in LEAVES[name].params}
    assert spelt["verbose"] == ["-v", "--verbose"]
    assert spelt["as_json"] == ["--json"]
    if {"out", "html"} & set(spelt):
        assert spelt["dry_run"] == ["--dry-run"]


def test_a_first_task_is_described_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,good\n2,bad\n")
    made: Done = assay(tmp_path, "init", "a.csv", "--labels", "x,y", "--json")
    assert json.loads(made.stdout)["out"] == "task.yaml"
    assert names(tmp_path) == {"a.csv", "task.yaml"}


def test_the_demo_and_its_data_are_rehearsed(tmp_path: Path) -> None:
    for words in (("demo",), ("data", "fetch", "tweets", "-o", "tweets")):
        made = json.loads(assay(tmp_path, *words, "--dry-run", "--json").stdout)
        assert made["dry_run"]
        assert any(name.endswith("task.yaml") for name in made["files"])
    assert names(tmp_path) == set()
