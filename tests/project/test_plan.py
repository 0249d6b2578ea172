"""A plan from recorded models and people, and the run of its pick."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assay.cli import root
from assay.core.errors import SpecError
from assay.project import open_project
from assay.project.plan import certifying, prepare

N = 600
TASK = """\
name: tone
data: {path: records.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
annotators:
  cheap: {kind: recorded, path: cheap.csv, confidence: sure, prices: {per_request: 0.001}}
  dear: {kind: recorded, path: dear.csv, confidence: sure, prices: {per_request: 0.02}}
  third: {kind: recorded, path: third.csv, confidence: sure, prices: {per_request: 0.02}}
  crowd: {kind: recorded, path: people.csv, people: true, prices: {human_label: 0.1}}
strategy: {kind: single, annotators: [cheap]}
gold: {path: people.csv, calibration: 0.5, evaluation: 0.5}
"""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    truth = rng.choice(["good", "bad"], N)
    table(tmp_path / "records.csv", ["id", "text"], [[i, f"text {i}"] for i in range(N)])
    table(tmp_path / "people.csv", ["record", "label"], [[i, t] for i, t in enumerate(truth)])
    for name, skill in (("cheap", 5.0), ("dear", 12.0), ("third", 12.0)):
        sure = rng.beta(skill, 2, N)
        said = np.where(rng.random(N) < sure, truth, np.where(truth == "good", "bad", "good"))
        rows = [[i, said[i], f"{sure[i]:.6f}"] for i in range(N)]
        table(tmp_path / f"{name}.csv", ["record", "label", "sure"], rows)
    path = tmp_path / "task.yaml"
    path.write_text(TASK, encoding="utf-8")
    return path


def table(path: Path, head: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])


def call(*arguments: object, code: int = 0) -> str:
    found = CliRunner().invoke(root, [str(a) for a in arguments])
    assert found.exit_code == code, found.output
    return found.stdout


def test_the_plan_compares_every_way_and_says_what_money_buys(task: Path) -> None:
    plan = json.loads(call("plan", task, "--target", "0.9", "--json"))
    assert plan["currency"] == "USD"
    names = {o["name"] for o in plan["options"]}
    assert {"cheap > people", "dear > people", "vote > people", "cheap > dear > people",
            "people alone"} <= names  # fmt: skip
    costs = [o["cost_per_record"] for o in plan["options"] if o["meets"]]
    assert costs == sorted(costs)
    assert plan["options"][0]["name"] == plan["pick"]
    assert plan["options"][0]["cost_per_record"] < 0.1
    assert all(step["money_per_point_and_1000"] > 0 for step in plan["steps"])


def test_planning_again_costs_nothing_and_gives_the_same(task: Path) -> None:
    first = call("plan", task, "--json")
    spent = json.loads(call("report", task, "--json", "--out", task.parent / "r.html"))["spent"]
    assert call("plan", task, "--json") == first
    assert (
        json.loads(call("report", task, "--json", "--out", task.parent / "r.html"))["spent"]
        == spent
    )


def test_the_page_names_the_pick_and_runs_nothing(task: Path) -> None:
    out = task.parent / "plan.html"
    told = call("plan", task, "--html", out)
    page = out.read_text(encoding="utf-8")
    assert "pick: " in told
    assert "<script" not in page
    assert "people alone" in page


def test_run_with_a_target_plans_and_labels_that_way(task: Path) -> None:
    done = json.loads(call("run", task, "--target", "0.9", "--json"))
    assert done["evaluation"]["decisions"]["on_all"]["value"] > 0.9
    out = task.parent / "labels.jsonl"
    call("export", task, "-o", out)
    decided = [json.loads(line)["decided_by"] for line in out.read_text("utf-8").splitlines()]
    assert {"model", "people"} == set(decided)
    again = json.loads(call("run", task, "--target", "0.9", "--json"))
    assert again["cost"] == 0


def test_a_plan_needs_no_strategy_in_the_file(task: Path) -> None:
    lines = TASK.splitlines(keepends=True)
    task.write_text("".join(x for x in lines if "strategy" not in x), encoding="utf-8")
    call("run", task, code=1)
    assert "600 decided" in call("run", task, "--target", "0.9")


def test_a_budget_leaves_open_what_people_cannot_be_paid_for(task: Path) -> None:
    free = json.loads(call("run", task, "--target", "0.97", "--json"))
    people = free["spent"]
    (task.parent / "tone.assay.sqlite").unlink()
    done = json.loads(call("run", task, "--target", "0.97", "--budget", people / 2, "--json"))
    assert done["spent"] <= people / 2
    assert done["decided"] < free["decided"]


def test_without_a_price_of_people_it_asks_for_one(task: Path) -> None:
    task.write_text(TASK.replace("human_label: 0.1", ""), encoding="utf-8")
    with pytest.raises(SpecError, match="what does a person's label cost"):
        prepare(open_project(task), None)
    assert prepare(open_project(task), 0.2).person == 0.2


def test_gold_that_something_was_fitted_on_promises_nothing(task: Path) -> None:
    fitted = TASK.replace("  crowd:", "  fit: {kind: classifier, features: ngrams}\n  crowd:")
    task.write_text(fitted, encoding="utf-8")
    with pytest.raises(SpecError, match=r"gold\.monitoring"):
        certifying(open_project(task))
    shares = fitted.replace("calibration: 0.5, e", "calibration: 0.2, monitoring: 0.3, e")
    task.write_text(shares, encoding="utf-8")
    assert len(certifying(open_project(task))) == 0.3 * N
