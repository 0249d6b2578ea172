"""The controller chooses specialists from a registry file; label maps are applied."""

import json
from pathlib import Path

import pytest
import yaml

from assay.core.errors import SpecError
from assay.core.record import Record
from assay.project import open_project
from assay.project.code import allowed, saying
from tests.cli.commands import assay, validation_error
from tests.project.test_strategies import HEAD, N, folder, run, table

__all__ = ["folder"]
STRATEGY = (
    "{kind: specialists, registry: registry.yaml, controller: chief, annotators: [crowd], COUNT}"
)
MORE = """\
  chief: {kind: rule, rule: "tests.project.test_registry:chief"}
  hub: {kind: rule, rule: "tests.project.test_registry:hub"}
"""
CANDIDATES: list[dict[str, object]] = [
    {"name": "a", "description": "fair"},
    {"name": "hub", "description": "best", "labels": {"LABEL_0": "bad", "LABEL_1": "good"}},
    {
        "name": "b",
        "description": "says too much",
        "labels": {"good": "good", "bad": "bad", "x": "x"},
    },
    {"name": "small", "description": "best", "learner": "ngrams"},
]


def chief(record: Record) -> str:
    return "suitable" if "best" in record.text else "unsuitable"


def hub(record: Record) -> str:
    """Its labels are numbered, as those of many published models."""
    return "LABEL_1" if "lovely" in record.text else "LABEL_0"


def written(place: Path, candidates: list[dict[str, object]] = CANDIDATES, count: int = 2) -> Path:
    (place / "registry.yaml").write_text(yaml.safe_dump({"candidates": candidates}))
    head = HEAD.replace("gold: {", f"{MORE}gold: {{")
    path = place / "task.yaml"
    path.write_text(f"{head}strategy: {STRATEGY.replace('COUNT', f'n_specialists: {count}')}\n")
    return path


def test_the_plan_is_printed_and_nothing_is_labelled(folder: Path) -> None:
    written(folder)
    done = assay(folder, "controller", "task.yaml", "--allow-code")
    assert done.returncode == 0, done.stderr
    assert "refused b: it also says x, which the task does not know" in done.stdout
    assert "taken   hub: +1.00" in done.stdout
    assert "left    a: -1.00" in done.stdout
    assert "label every block with hub, small" in done.stdout
    plan = json.loads(assay(folder, "controller", "task.yaml", "--json", "--allow-code").stdout)
    assert (plan["specialists"], plan["trainable"]) == (["hub"], ["small"])
    assert "no run has made decisions" in validation_error(
        assay(folder, "export", "task.yaml", "-o", "x.csv")
    )


def test_those_chosen_label_with_their_label_maps(folder: Path) -> None:
    done = run(written(folder), "--allow-code")
    assert done["decided"] == done["records"] == round(0.6 * N)
    evaluation = done["evaluation"]
    assert isinstance(evaluation, dict)
    assert evaluation["decisions"]["on_all"]["value"] > 0.95


def test_check_rehearses_it_without_asking(folder: Path) -> None:
    written(folder)
    done = assay(folder, "check", "task.yaml")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("candidates", "said"),
    [
        ([{"name": "a"}, {"name": "nobody"}], "'nobody' is not an annotator of the task file"),
        ([{"name": "a"}], "candidates"),
        ([{"name": "a"}, {"name": "a"}], "is listed twice"),
        (
            [{"name": "a", "label": {}}, {"name": "b"}],
            r"registry\.yaml:2: unknown key `label`; did you mean `labels`",
        ),
    ],
)
def test_what_is_wrong_with_a_registry_is_said(
    folder: Path, candidates: list[dict[str, object]], said: str
) -> None:
    with pytest.raises(SpecError, match=said):
        _ = open_project(written(folder, candidates)).strategy


def test_too_few_that_fit_the_labels_are_one_line(folder: Path) -> None:
    written(folder, CANDIDATES, count=4)
    done = assay(folder, "controller", "task.yaml", "--allow-code")
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]  # below the notes on code that runs
    assert "4 specialists are required, 3 can label this task (b: it also says x" in said


def test_a_task_without_a_controller_is_told_what_to_write(folder: Path) -> None:
    table(folder / "none.csv", ["x"], [])
    path = written(folder)
    path.write_text(HEAD + "strategy: {kind: vote, annotators: [a, b]}\n")
    assert "registry: FILE" in validation_error(assay(folder, "controller", "task.yaml"))


def test_a_key_written_twice_in_a_registry_is_refused_with_both_lines(folder: Path) -> None:
    path = written(folder)
    registry = folder / "registry.yaml"
    registry.write_text("candidates:\n- name: a\n  description: x\n  name: b\n- name: hub\n")
    with pytest.raises(
        SpecError,
        match=r"yaml:4: `candidates\.0\.name` is a duplicate "
        r"of .*yaml:2; keep",
    ):
        _ = open_project(path).strategy


def test_only_a_candidate_that_says_other_labels_is_relabelled(folder: Path) -> None:
    with saying(allowed):
        found = open_project(written(folder)).strategy
    assert list(getattr(found, "relabelled")) == ["hub"]  # noqa: B009
    registry = getattr(found, "registry")  # noqa: B009
    assert [(c.name, dict(c.labels), c.trainable) for c in registry] == [
        ("a", {"good": "good", "bad": "bad"}, False),
        ("hub", {"LABEL_0": "bad", "LABEL_1": "good"}, False),
        ("b", {"good": "good", "bad": "bad", "x": "x"}, False),
        ("small", {"good": "good", "bad": "bad"}, True),
    ]
