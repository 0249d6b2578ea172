"""`assay check`: what it says of requests, tokens, money and time."""

import re
from pathlib import Path

import pytest

from assay.cli.task import LONGEST, _line, _shown, _span
from assay.project.forecast import Part
from assay.taskfile.reader import load
from tests.cli.commands import TASK, assay, project, remote


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "a second"), (1.4, "a second"), (1.6, "2 seconds"), (89.4, "89 seconds"),
        (90, "1.5 minutes"), (5_399, "90.0 minutes"), (5_400, "1.5 hours"), (36_000, "10.0 hours"),
    ],
)  # fmt: skip
def test_time_is_told_in_the_unit_that_reads_best(seconds: float, said: str) -> None:
    assert _span(seconds) == said


@pytest.mark.parametrize(("more", "left"), [(0, 0), (1, 1), (500, 500)])
def test_of_a_long_prompt_as_much_is_left_out_as_is_told(more: int, left: int) -> None:
    prompt = "a" * (LONGEST // 2) + "b" * more + "c" * (LONGEST // 2)
    shown = _shown(prompt)
    if not left:
        assert shown == prompt
    else:
        assert f"{left:,} " in shown
        assert shown.startswith("a" * (LONGEST // 2) + "\n")
        assert shown.endswith("\n" + "c" * (LONGEST // 2))
        assert "b" not in shown


def test_only_what_there_is_to_say_of_an_annotator_is_said() -> None:
    assert _line(Part("m", 1), "EUR").count(";") == 0
    assert "EUR" not in _line(Part("m", 1), "EUR")
    said = _line(Part("m", 2_000, 5, 1_200, 300, 70_000_000, 120.0, "as measured"), "EUR")
    for figure in ("2,000", "5", "1,200", "300", "0.0700 EUR", "2.0 minutes", "as measured"):
        assert re.search(rf"\b{re.escape(figure)}\b", said)
    assert "0.00 EUR" in _line(Part("m", 2, 0, 7), "EUR")
    assert "tokens" not in _line(Part("m", 2, nanos=10**9), "EUR")


def test_money_and_tokens_of_all_requests_are_added_up(tmp_path: Path) -> None:
    who = remote("http://127.0.0.1:9/v1", ", prices: {per_request: 0.25}")
    project(tmp_path, TASK + "currency: EUR\n", b"id,text\n1,a\n2,b\n3,c\n4,d\n", who)
    done = assay(tmp_path, "check", "task.yaml")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("one: ")]
    assert re.search(r"\b4 requests", line)
    assert re.search(r"tokens", line)
    assert "1.00 EUR" in done.stdout
    assert "10.00 EUR" in line  # each is tried five times at most, and so once more if it is cut
    assert "<record>a</record>" in done.stdout


def test_init_writes_the_model_the_address_and_the_key_where_they_belong(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,label\n1,x,a\n2,y,b\n")
    words = ("--model", "big", "--base-url", "http://h/v1", "--key-env", "MINE")
    done = assay(tmp_path, "init", "a.csv", *words, "-o", "t.yaml")
    assert done.returncode == 0, done.stderr
    spec = load(tmp_path / "t.yaml").annotators["big"].model_dump()
    assert (spec["model"], spec["base_url"], spec["key_env"]) == ("big", "http://h/v1", "MINE")
