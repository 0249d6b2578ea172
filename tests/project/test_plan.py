"""A plan from recorded models and people, and the run of its pick."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assay.cli import root
from assay.core.errors import InputError, SpecError
from assay.core.record import text_record
from assay.project import open_project
from assay.project.plan import _split, certifying_gold, prepare
from assay.quality.planning import LEAST_FIT

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
    described = call("plan", task, "--html", out)
    page = out.read_text(encoding="utf-8")
    assert "selected: " in described
    assert page.count("<script") == 1, "its own, for the search"
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
    words = ("run", task, "--target", 0.97, "--budget", people / 2, "--json")
    found = CliRunner().invoke(root, [str(word) for word in words])
    assert "note: the budget pays people for about" in found.stderr
    assert "a larger --budget pays for them" in found.stderr
    done = json.loads(found.stdout)
    assert done["spent"] <= people / 2
    assert done["decided"] < free["decided"]


def test_without_a_price_of_people_it_asks_for_one(task: Path) -> None:
    task.write_text(TASK.replace("human_label: 0.1", ""), encoding="utf-8")
    with pytest.raises(SpecError, match="the price of a human label is missing"):
        prepare(open_project(task), None)
    assert prepare(open_project(task), 0.2).person == 0.2


def test_gold_that_something_was_fitted_on_promises_nothing(task: Path) -> None:
    fitted = TASK.replace("  crowd:", "  fit: {kind: classifier, features: ngrams}\n  crowd:")
    task.write_text(fitted, encoding="utf-8")
    with pytest.raises(SpecError, match=r"gold\.monitoring"):
        certifying_gold(open_project(task))
    shares = fitted.replace("calibration: 0.5, e", "calibration: 0.2, monitoring: 0.3, e")
    task.write_text(shares, encoding="utf-8")
    assert len(certifying_gold(open_project(task))) == 0.3 * N


def test_either_promise_is_offered_and_every_output_says_which(task: Path) -> None:
    accepted = json.loads(call("plan", task, "--json"))
    output = json.loads(call("plan", task, "--promise", "output", "--json"))
    assert (accepted["promise"], output["promise"]) == ("accepted", "output")
    assert output["options"][0]["cost_per_record"] < accepted["options"][0]["cost_per_record"]
    page = task.parent / "plan.html"
    described = call("plan", task, "--promise", "output", "--html", page)
    assert "target 90.0% of all labels, people's included" in described
    assert "guarantee: output" in described
    assert "--promise output" in described.splitlines()[-1]
    assert "of all labels, people&#39;s included" in page.read_text("utf-8")
    assert "Guarantee: <b>output</b>" in page.read_text("utf-8")
    assert "Accepted labels by class" in page.read_text("utf-8")
    assert "majority-class baseline, always" in page.read_text("utf-8")
    assert "guarantee: accepted" in call("plan", task)


def test_a_run_keeps_what_was_promised_for_its_labels(task: Path) -> None:
    done = json.loads(call("run", task, "--target", "0.9", "--promise", "output", "--json"))
    assert done["promise"]["promise"] == "output"
    assert done["evaluation"]["decisions"]["on_all"]["value"] > 0.9
    out = task.parent / "r.html"
    notes = json.loads(call("report", task, "--json", "--out", out))["notes"]
    assert any("guarantee (output): of all labels, people's included" in note for note in notes)
    assert "guarantee (output)" in out.read_text("utf-8")
    assert "Accepted labels by class" in out.read_text("utf-8")
    assert (done["promise"]["passed"], done["promise"]["doubts"]) == (True, [])
    assert {c["label"] for c in done["promise"]["classes"]} == {"good", "bad"}
    shown = call("report", task, "--out", out, "--force")
    assert "guarantee (output): of all labels" in shown
    assert "accepted labels by class" in shown
    plain = json.loads(call("run", task, "--json"))
    assert plain["promise"] is None


def test_the_run_says_last_that_a_constant_would_do(task: Path) -> None:
    described = call("run", task, "--target", "0.4")
    line = next(
        line for line in described.splitlines() if line.startswith("guarantee (accepted): ")
    )
    assert "cannot be determined: the majority-class baseline" in line
    assert "accepted labels by class" in described
    done = json.loads(call("run", task, "--target", "0.4", "--json"))["promise"]
    assert (done["possible"], done["passed"]) == (True, None)


@pytest.mark.parametrize("words", [("plan",), ("run", "--target", "0.9"), ("run",)])
def test_a_promise_for_one_class_is_refused_where_one_threshold_decides(
    task: Path, words: tuple[str, ...]
) -> None:
    command, *more = words
    done = CliRunner().invoke(root, [command, str(task), *more, "--class", "good"])
    assert done.exit_code == 2
    assert "`assay certify --class good` finds the threshold" in done.output


def test_a_budget_that_leaves_records_open_ends_the_promise_of_the_output(task: Path) -> None:
    plan = json.loads(call("plan", task, "--promise", "output", "--target", "0.97", "--json"))
    first = plan["options"][0]
    budget = N * first["cost_per_record"] * 0.7
    words = ("run", task, "--target", 0.97, "--promise", "output", "--budget", budget)
    found = CliRunner().invoke(root, [str(word) for word in words])
    assert "it does not hold for exported labels while the others are unresolved" in found.stderr


def silenced(task: Path, names: tuple[str, ...], rows: slice = slice(None)) -> None:
    """Take the confidences of these annotators away."""
    for name in names:
        path = task.parent / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            head, *described = list(csv.reader(file))
        for row in described[rows]:
            row[2] = ""
        table(path, head, described)  # type: ignore[arg-type]


def test_models_without_confidences_are_planned_whole_and_no_threshold_is_printed(
    task: Path,
) -> None:
    silenced(task, ("cheap", "dear", "third"))
    found = CliRunner().invoke(root, ["plan", str(task), "--target", "0.8"])
    assert found.exit_code == 0, found.output
    assert "cheap gives no confidence, so its answers are accepted all or none" in found.stderr
    assert "`confidence: COLUMN`" in found.stderr
    plan = json.loads(call("plan", task, "--target", "0.8", "--json"))
    alone = {o["name"]: o for o in plan["options"] if len(o["links"]) == 1}
    assert set(alone) == {"cheap > people", "dear > people", "third > people", "vote > people"}
    assert len(plan["options"]) == len(alone) + 1  # no chain, and people alone
    assert alone["dear > people"]["meets"]
    assert alone["dear > people"]["threshold"] is None
    assert alone["dear > people"]["to_people"] == 0
    described = [o["certificate"]["statement"] for o in plan["options"] if o["certificate"]]
    assert not any("at confidence" in line
                   for line, o in zip(described, plan["options"], strict=False)
                   if o["name"] != "vote > people")  # fmt: skip
    assert any(
        "all answers are accepted, since no confidence distinguishes them" in t for t in described
    )


def test_a_chain_is_planned_of_models_that_say_how_sure_they_are(task: Path) -> None:
    silenced(task, ("dear",))
    plan = json.loads(call("plan", task, "--json"))
    longer = [o["links"] for o in plan["options"] if len(o["links"]) > 1]
    assert longer
    assert not any("dear" in links for links in longer)
    assert any("dear gives no confidence" in note for note in plan["notes"])


def test_answers_that_do_not_say_how_sure_they_are_go_to_people(task: Path) -> None:
    silenced(task, ("cheap", "third"), slice(0, 120))
    plan = json.loads(call("plan", task, "--target", "0.75", "--json"))
    assert any("answers of cheap carry no confidence and are never accepted" in note
               for note in plan["notes"])  # fmt: skip
    cheap = next(o for o in plan["options"] if o["links"] == ["cheap"])
    assert cheap["meets"]
    assert cheap["to_people"] > 0.1


def test_the_accepted_labels_are_shown_class_by_class(task: Path) -> None:
    plan = json.loads(call("plan", task, "--json"))
    pick = next(o for o in plan["options"] if o["name"] == plan["pick"])
    assert {c["label"] for c in plan["classes"]} == {"good", "bad"}
    given = sum(c["precision"]["n"] for c in plan["classes"])
    assert given == pick["certificate"]["accepted"]
    right = sum(c["precision"]["value"] * c["precision"]["n"] for c in plan["classes"])
    assert round(given - right) == pick["certificate"]["errors"]


def test_a_target_that_a_constant_meets_is_said_to_ask_little(task: Path) -> None:
    plan = json.loads(call("plan", task, "--target", "0.4", "--json"))
    assert 0.4 < plan["baseline"]["share"] < 0.6
    assert "is a weak one" in plan["asks_little"]
    assert plan["passed"] is None
    assert "cannot be determined" in plan["verdict"]
    described = call("plan", task, "--target", "0.4", "--html", task.parent / "plan.html")
    assert "selected: " in described
    assert (
        "whether meeting the target shows anything of the models' labels cannot be determined"
        in described
    )
    page = (task.parent / "plan.html").read_text("utf-8")
    assert "Whether models may label here cannot be said" in page
    assert json.loads(call("plan", task, "--json"))["passed"] is True
    assert json.loads(call("plan", task, "--json"))["asks_little"] is None


@pytest.mark.parametrize("count", [2 * LEAST_FIT, 2 * LEAST_FIT + 1, 200])
def test_a_sample_is_split_from_the_least_on_and_no_record_is_in_both(count: int) -> None:
    fitted, certified = _split([text_record(f"r{i}", "x") for i in range(count)])
    assert len(fitted) >= LEAST_FIT
    assert set(fitted).isdisjoint(certified)
    assert len(fitted) + len(certified) == count
    assert _split([text_record(f"r{i}", "y") for i in range(count)]) == (fitted, certified)


def test_a_sample_below_the_least_is_refused() -> None:
    with pytest.raises(InputError, match=f"has {2 * LEAST_FIT - 1} labelled records"):
        _split([text_record(f"r{i}", "x") for i in range(2 * LEAST_FIT - 1)])
