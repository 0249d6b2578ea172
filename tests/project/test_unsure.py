"""Who gives no confidence to a strategy that goes by it is named before anything is spent."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import root
from assay.project import open_project
from assay.project.unsure import unsure

TASK = """\
name: tone
data: {path: records.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
annotators:
  server: {kind: openai, model: m, base_url: "http://127.0.0.1:9/v1"MAPPING}
  bare: {kind: recorded, path: bare.csv}
  sure: {kind: recorded, path: sure.csv}
  crowd: {kind: panel}
strategy: STRATEGY
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "records.csv").write_text("id,text\n1,a\n2,b\n")
    (tmp_path / "bare.csv").write_text("record,label\n1,good\n2,bad\n")
    (tmp_path / "sure.csv").write_text("record,label,confidence\n1,good,0.9\n2,bad,0.8\n")
    return tmp_path


def described(folder: Path, strategy: str, mapping: str = "") -> list[str]:
    text = TASK.replace("STRATEGY", strategy).replace("MAPPING", mapping)
    (folder / "task.yaml").write_text(text)
    return unsure(open_project(folder / "task.yaml"))


@pytest.mark.parametrize(
    ("strategy", "silent"),
    [
        ("{kind: hybrid, annotators: [bare, sure, crowd], threshold: 0.9}", ["bare"]),
        ("{kind: hybrid, annotators: [bare, sure, crowd]}", []),  # people alone
        ("{kind: chain, annotators: [server, bare, sure], thresholds: [0.9, 0.9]}",
         ["server", "bare"]),
        ("{kind: chain, annotators: [sure, bare], answer: forward}", []),  # the last takes the rest
        ("{kind: triage, annotators: [bare, crowd]}", ["bare"]),
        ("{kind: triage, annotators: [bare, crowd], criterion: hardness, judge: sure}", []),
        ("{kind: hybrid, threshold: 0.9}", ["server", "bare"]),  # all of the file
        ("{kind: vote, annotators: [bare, sure]}", []),
    ],
)  # fmt: skip
def test_who_gives_no_confidence_is_named(folder: Path, strategy: str, silent: list[str]) -> None:
    lines = described(folder, strategy)
    assert len(lines) == len(silent)
    for line, name in zip(lines, silent, strict=True):
        assert f"confident answers of {name}, but it gives no confidence" in line


def test_a_server_that_scores_labels_is_not(folder: Path) -> None:
    strategy = "{kind: chain, annotators: [server, sure], answer: forward}"
    assert len(described(folder, strategy)) == 1
    assert described(folder, strategy, ", mapping: likelihood") == []


@pytest.mark.parametrize("command", ["check", "run"])
def test_check_and_run_say_so(folder: Path, command: str) -> None:
    described(folder, "{kind: hybrid, annotators: [bare, crowd], threshold: 0.9}")
    done = CliRunner().invoke(root, [command, str(folder / "task.yaml")])
    assert done.exit_code == 0, done.output
    assert "note: strategy `hybrid` keeps confident answers of bare, but" in done.output
