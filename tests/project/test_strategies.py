"""Every strategy that a task file can name runs from one, and strategies compose."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assay.cli import root
from assay.core.errors import SpecError
from assay.project import open_project
from assay.project.strategies import STRATEGIES
from assay.strategies.allocators import ErrorPredictor, Hardness, Uncertainty
from assay.strategies.cooperation import Conformal, Sequential, Triage, TriageShare
from assay.strategies.explain import ExplainThenAnnotate
from assay.taskfile.kinds import kinds
from assay.taskfile.strategies import StrategySpec

N = 120
HEAD = """\
name: tone
data: {path: records.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
annotators:
  a: {kind: recorded, path: a.csv, confidence: sure}
  b: {kind: recorded, path: b.csv, confidence: sure}
  c: {kind: recorded, path: c.csv, confidence: sure}
  crowd: {kind: recorded, path: people.csv, people: true}
gold: {path: people.csv, calibration: 0.4, evaluation: 0.6}
"""
MODELS = """\
  llm: {kind: openai, model: m, base_url: "http://127.0.0.1:9/v1"}
  thinker: {kind: openai, model: m, base_url: "http://127.0.0.1:9/v1", mapping: last_line}
  small: {kind: embedded}
"""
CASES = {
    "single": "{kind: single, annotators: [a]}",
    "vote": "{kind: vote, annotators: [a, b, c]}",
    "chain": "{kind: chain, annotators: [a, b]}",
    "hybrid": "{kind: hybrid, annotators: [a, b, crowd], threshold: 0.8}",
    "sequential": "{kind: sequential, annotators: [a, crowd]}",
    "triage": "{kind: triage, annotators: [a, crowd], share: 0.2}",
    "joint": "{kind: joint, annotators: [a, crowd]}",
    "review": "{kind: review, annotators: [a, b, crowd]}",
    "retrieved": "{kind: retrieved, annotators: [a], examples: 2}",
    "explain": "{kind: explain, annotators: [a, b], examples: 2}",
    "specialists": "{kind: specialists, annotators: [a, crowd], learners: [ngrams], beta: 5}",
    "active": "{kind: active, annotators: [crowd], learners: [ngrams], first: 20, batch: 5,"
    " rounds: 2}",
    "principled": "{kind: principled, annotators: [a], rationale: false}",
}
TRIAGE = {
    "fixed": ("threshold: 0.9", Triage, Uncertainty),
    "errors": ("criterion: errors, share: 0.2, learners: [ngrams]", TriageShare, ErrorPredictor),
    "errors, fixed": (
        "criterion: errors, threshold: 0, learners: [ngrams]",
        Triage,
        ErrorPredictor,
    ),
    "hardness": ("criterion: hardness, judge: b, share: 0.2", TriageShare, Hardness),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    truth = rng.choice(["good", "bad"], N)
    words = {"good": "lovely", "bad": "dreadful"}
    texts = [[i, f"{words[t]} {i}"] for i, t in enumerate(truth)]
    table(tmp_path / "records.csv", ["id", "text"], texts)
    table(tmp_path / "people.csv", ["record", "label"], [[i, t] for i, t in enumerate(truth)])
    for name in "abc":
        right = rng.random(N) < 0.8
        said = np.where(right, truth, np.where(truth == "good", "bad", "good"))
        rows = [[i, said[i], f"{rng.uniform(0.5, 1):.4f}"] for i in range(N)]
        table(tmp_path / f"{name}.csv", ["record", "label", "sure"], rows)
    return tmp_path


def table(path: Path, head: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])


def written(folder: Path, strategy: str, more: str = "") -> Path:
    path = folder / "task.yaml"
    head = HEAD.replace("gold: {", f"{more}gold: {{")
    path.write_text(f"{head}strategy: {strategy}\n", encoding="utf-8")
    return path


def run(path: Path, *options: str) -> dict[str, object]:
    done = CliRunner().invoke(root, ["run", str(path), "--json", *options])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_each_name_of_the_task_file_is_made_here() -> None:
    assert set(kinds(StrategySpec)) == set(STRATEGIES)
    assert set(CASES) | {"tags", "attributes"} == set(STRATEGIES)


@pytest.mark.parametrize("kind", [k for k in CASES if k not in ("explain", "active")])
def test_it_runs_from_a_task_file(folder: Path, kind: str) -> None:
    done = run(written(folder, CASES[kind]))
    assert done["decided"] == done["records"]
    again = run(folder / "task.yaml")
    assert (again["cost"], again["decided"]) == (0, done["decided"])


@pytest.mark.parametrize("name", TRIAGE)
def test_triage_by_every_allocator(folder: Path, name: str) -> None:
    options, kind, by = TRIAGE[name]
    path = written(folder, f"{{kind: triage, annotators: [a, crowd], {options}}}")
    made = open_project(path).strategy
    assert isinstance(made, Triage | TriageShare)
    assert (type(made), type(made.by)) == (kind, by)
    if by is not Hardness:  # which asks a question that no recording answers
        done = run(path)
        assert done["decided"] == done["records"] == (N if by is Uncertainty else round(0.6 * N))


def test_a_judge_of_hardness_is_not_taken_for_the_model(folder: Path) -> None:
    path = written(folder, "{kind: triage, criterion: hardness, judge: c}")
    path.write_text(
        path.read_text().replace("  b: {kind: recorded, path: b.csv, confidence: sure}\n", "")
    )
    assert open_project(path).strategy.annotators == ("a", "crowd", "c")


def test_people_are_shown_a_conformal_set(folder: Path) -> None:
    path = written(folder, "{kind: sequential, annotators: [a, crowd], miscoverage: 0.1}")
    project = open_project(path)
    made = project.strategy
    assert isinstance(made, Sequential)
    assert isinstance(made.suggest, Conformal)
    assert not {e.record.id for e in made.suggest.gold} & {r.id for r in project.records()}


@pytest.mark.parametrize("kind", ["explain", "active"])
def test_those_that_need_a_model_are_made(folder: Path, kind: str) -> None:
    made = open_project(written(folder, CASES[kind])).strategy
    assert made.id.startswith(kind)


def test_tags_are_grouped_by_what_gold_shows_together(tmp_path: Path) -> None:
    table(tmp_path / "records.csv", ["id", "text"], [[i, f"text {i}"] for i in range(8)])
    pairs = ["x;y", "z;w"] * 4
    table(tmp_path / "people.csv", ["record", "label"], [[i, p] for i, p in enumerate(pairs)])
    for name in "ab":
        table(tmp_path / f"{name}.csv", ["record", "label"], [[i, p] for i, p in enumerate(pairs)])
    text = HEAD.replace("kind: choice, labels: [good, bad]", "kind: multi, labels: [x, z, y, w]")
    text = "\n".join(li for li in text.replace(", confidence: sure", "").splitlines()
                     if "  c:" not in li)  # fmt: skip
    strategy = "strategy: {kind: tags, annotators: [a, b], group: 2}"
    (tmp_path / "task.yaml").write_text(f"{text}\n{strategy}\n", encoding="utf-8")
    made = open_project(tmp_path / "task.yaml").strategy
    assert set(getattr(made, "groups")) == {("x", "y"), ("z", "w")}  # noqa: B009


def test_a_chain_can_be_a_voter(folder: Path) -> None:
    nested = "  team: {kind: strategy, strategy: {kind: chain, annotators: [a, b]}}\n"
    done = run(written(folder, "{kind: vote, annotators: [team, c]}", nested))
    assert done["decided"] == done["records"]
    project = open_project(folder / "task.yaml")
    assert project.annotators["team"].id.startswith("chain(a>b")


def test_a_nested_strategy_names_whom_it_asks(folder: Path) -> None:
    nested = "  team: {kind: strategy, strategy: {kind: vote}}\n"
    path = written(folder, "{kind: vote, annotators: [team, c]}", nested)
    with pytest.raises(SpecError, match="list the `annotators` that it asks"):
        _ = open_project(path).annotators


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("{kind: single, annotators: [a, b]}", "takes one annotator"),
        ("{kind: hybrid, annotators: [a]}", "takes 2 annotators or more"),
        ("{kind: joint, annotators: [a]}", "the model, then the people"),
        ("{kind: tags, annotators: [a, b]}", "answers kind `multi`"),
        ("{kind: triage, annotators: [a, crowd], criterion: hardness}", "needs a `judge`"),
        ("{kind: explain, annotators: [llm, a]}", "set `mapping: last_line`"),
        ("{kind: explain, annotators: [a, small]}", "'small' only gives labels"),
        ("{kind: vote, annotators: [nobody, a]}", "no such annotator: 'nobody'"),
    ],
)
def test_what_a_strategy_takes_is_said(folder: Path, strategy: str, said: str) -> None:
    path = written(folder, strategy, MODELS)
    with pytest.raises(SpecError, match=said):
        _ = open_project(path).strategy


def test_demonstrations_are_balanced_over_the_labels(folder: Path) -> None:
    strategy = "{kind: explain, annotators: [thinker, llm], examples: 6}"
    made = open_project(written(folder, strategy, MODELS)).strategy
    assert isinstance(made, ExplainThenAnnotate)
    said = [e.value for e in made.demonstrations]
    assert said.count("good") == said.count("bad") == 3


def test_the_unanimous_and_the_reviewed_part_are_scored_apart(folder: Path) -> None:
    strategy = "{kind: specialists, annotators: [a, b, crowd], learners: []}"
    path = written(folder, strategy)
    parts = run(path)["routes"]
    assert isinstance(parts, dict)
    assert set(parts) == {"unanimous", "reviewed > crowd"}
    assert parts["reviewed > crowd"]["on_answered"]["value"] == 1.0
    assert 0.85 < parts["unanimous"]["on_answered"]["value"] < 1.0
    done = CliRunner().invoke(root, ["run", str(path)])
    assert "by route unanimous: " in done.stdout
    page = folder / "page.html"
    described = CliRunner().invoke(root, ["report", str(path), "-o", str(page)])
    assert described.exit_code == 0, described.output
    assert "reviewed &gt; crowd" in page.read_text(encoding="utf-8")


def test_a_learner_that_is_none_is_told_with_its_place(folder: Path) -> None:
    strategy = "{kind: specialists, annotators: [a, crowd], learners: [ngrams, odd]}"
    said = r"`strategy\.learners\.1`: learner 'odd' is none of minilm, ngrams, an annotator of"
    with pytest.raises(SpecError, match=said):
        _ = open_project(written(folder, strategy)).strategy


@pytest.mark.parametrize("nearest", ["random", "fixed"])
def test_examples_that_compare_nothing_need_no_text(nearest: str, folder: Path) -> None:
    path = written(folder, f"{{kind: retrieved, annotators: [a], nearest: {nearest}}}")
    assert open_project(path).strategy.annotators == ("a",)
