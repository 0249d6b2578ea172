"""The same tables, however their columns are called, for every command that reads votes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assay.cli import root
from assay.core.errors import AssayError

PEOPLE = ("ann", "bob", "eve")
COUNTS = "item,cat,dog\n" + "".join(
    f"r{i},{3 if i % 2 else 1},{0 if i % 2 else 2}\n" for i in range(40)
)
COMMANDS = {
    "agree": ["agree", "votes.csv"],
    "aggregate": ["aggregate", "votes.csv"],
    "compare": ["compare", "votes.csv", "--person", "ann", "--person", "bob"],
    "golden": ["golden", "watch", "votes.csv", "--gold", "gold.csv"],
}


def table(head: str, extra: str = "") -> str:
    rows = [f"r{i},{who},{'cat' if i % 2 else 'dog'}{extra}" for i in range(40) for who in PEOPLE]
    return "\n".join([head, *rows]) + "\n"


def done(*words: str) -> Any:
    found = CliRunner().invoke(root, [*words, "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("gold.csv").write_text(
        "question,truth\n" + "".join(f"r{i},cat\n" for i in range(1, 40, 2))
    )
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_finds_columns_by_the_same_names(here: Path, command: str) -> None:
    found = []
    for head in ("record,annotator,label", "question,worker,answer"):
        (here / "votes.csv").write_text(table(head))
        found.append(done(*COMMANDS[command]))
    assert found[0] == found[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_weight_changes_the_result_or_is_refused(here: Path, command: str) -> None:
    heavy = table("record,annotator,label") + "r0,zoe,cat\n"
    lines = heavy.splitlines()
    rows = [f"{line},{9 if 'zoe' in line else 1}" for line in lines[1:]]
    (here / "votes.csv").write_text("\n".join([lines[0] + ",weight", *rows]) + "\n")
    if command != "aggregate":
        with pytest.raises(AssayError, match=r"votes.csv:122: weight is '9'"):
            done(*COMMANDS[command])
        return
    done("aggregate", "votes.csv", "--method", "majority", "--out", "out.csv")
    assert "r0,cat,0.75" in (here / "out.csv").read_text()


def test_a_judged_table_takes_the_usual_names_and_no_weight(here: Path) -> None:
    rows = "".join(f"r{i},cat,{'cat' if i % 9 else 'dog'},0.9\n" for i in range(60))
    (here / "a.csv").write_text("record,label,reference,confidence\n" + rows)
    (here / "b.csv").write_text("item,answer,truth,confidence\n" + rows)
    assert done("certify", "a.csv") == done("certify", "b.csv")
    heavy = "item,answer,truth,confidence,weight\nr1,cat,cat,0.9,3\n"
    (here / "c.csv").write_text(heavy)
    with pytest.raises(AssayError, match=":2: weight is '3'"):
        done("certify", "c.csv")


def test_counts_of_votes_agree_as_the_votes_do(here: Path) -> None:
    (here / "counts.csv").write_text(COUNTS)
    rows = []
    for i in range(40):
        labels = ["cat"] * (3 if i % 2 else 1) + ["dog"] * (0 if i % 2 else 2)
        rows += [f"r{i},p{j},{label}" for j, label in enumerate(labels)]
    (here / "votes.csv").write_text("record,annotator,label\n" + "\n".join(rows) + "\n")
    counted, voted = done("agree", "counts.csv"), done("agree", "votes.csv")
    for name in ("percent", "fleiss", "krippendorff"):
        of_counts, of_votes = (
            f["overall"]["coefficients"][name]["value"] for f in (counted, voted)
        )
        assert of_counts == pytest.approx(of_votes)
    assert counted["pairs"] == counted["each"] == []
    assert done("aggregate", "counts.csv", "--method", "majority")["votes"] == 120


@pytest.mark.parametrize("words", [
    ["aggregate", "counts.csv"],
    ["agree", "counts.csv", "--reference", "vote 1"],
    ["golden", "watch", "counts.csv", "--gold", "gold.csv"],
    ["compare", "counts.csv", "--person", "vote 1"],
    ["import", "counts.csv", "--ledger", "x.sqlite"],
])  # fmt: skip
def test_what_needs_to_know_who_voted_refuses_counts(here: Path, words: list[str]) -> None:
    (here / "counts.csv").write_text(COUNTS)
    with pytest.raises(AssayError, match=r"who (cast|voted)|without annotators"):
        CliRunner().invoke(root, words, catch_exceptions=False)


def test_a_model_is_compared_with_counted_people_but_not_tested(here: Path) -> None:
    (here / "counts.csv").write_text(COUNTS)
    model = {"gpt": {f"r{i}": "cat" if i % 2 else "dog" for i in range(40)}}
    (here / "m.json").write_text(json.dumps(model))
    found = done("compare", "--people", "counts.csv", "--models", "m.json")
    [test] = found["replacement_test"]
    assert test["passed"] is None
    assert "do not say who voted" in test["verdict"]
    [one] = found["agreement"]
    assert one["name"] == "gpt"


def test_candidates_may_be_counted(here: Path) -> None:
    (here / "counts.csv").write_text(COUNTS)
    found = done("golden", "choose", "counts.csv", "--gold", "gold.csv")
    assert found["chosen"][0]["certainty"] == 1.0
