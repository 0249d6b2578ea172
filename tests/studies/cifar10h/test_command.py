"""The CIFAR-10H study in words and as JSON."""

import inspect
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.strategies.fusion import SharedErrors
from assay.studies.cifar10h import command
from assay.studies.cifar10h.study import LABELLED, LABELLED_EM, NOTE, Cifar10hStudy, Mean, cifar10h

NAMES = (
    "model", "one_human", "human_majority", "triage", "triage_random",
    *(f"joint_{n}" for n in LABELLED), *(f"joint_em_{n}" for n in LABELLED_EM),
)  # fmt: skip
ACCURACY = {name: Mean(0.5 + i / 100, 0.001 * i, 4) for i, name in enumerate(NAMES)}
SHARED = SharedErrors(300, 90, 30.25, 5.0)
STUDY = Cifar10hStudy(10_000, 3_000, 51.1, ACCURACY, {"model": 0.0, "triage": 0.1}, SHARED, 0.1, 6)


def test_accuracies_are_given_by_name_with_their_work() -> None:
    found = STUDY.as_json()
    assert [found[n] for n in ("model", "one_human", "human_majority", "triage")] == [
        0.5, 0.51, 0.52, 0.53,
    ]  # fmt: skip
    assert found["joint"] == {
        "10": 0.55, "30": 0.56, "100": pytest.approx(0.57), "1000": 0.58, "7000": 0.59,
    }  # fmt: skip
    assert found["joint_em"] == {"0": 0.6, "10": 0.61, "100": 0.62}
    assert (found["images"], found["test"], found["votes_per_image"]) == (10_000, 3_000, 51.1)
    assert (found["baseline"], found["seed"], found["note"]) == (0.1, 6, NOTE)
    each = found["accuracy"]
    assert isinstance(each, dict)
    assert list(each) == list(NAMES)
    assert each["triage"] == {
        "value": 0.53, "error": 0.003, "draws": 4, "work": 0.1, "reference": "true class",
    }  # fmt: skip
    assert (each["model"]["work"], each["one_human"]["work"]) == (0.0, 1.0)
    assert found["shared_errors"] == {
        "model_wrong": 300, "same": 90, "expected": 30.25, "spread": 5.0, "p": SHARED.p,
        "warning": SHARED.warning,
    }  # fmt: skip


def test_the_command_tells_it_in_lines_or_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, int, int]] = []

    def made(folder: Path, draws: int, seed: int) -> Cifar10hStudy:
        asked.append((folder, draws, seed))
        return STUDY

    monkeypatch.setattr(command, "cifar10h", made)
    done = CliRunner().invoke(command.cifar10h_command, ["here", "--draws", "4", "--seed", "6"])
    assert done.exit_code == 0, done.output
    head, columns, model, one, *_, warning, note = done.output.splitlines()
    assert head == (
        "accuracy against the true class on 3,000 of 10,000 images, standard error over 4 draws; "
        "always one class: 10.0%"
    )
    assert columns == f"{'':26}{'accuracy':18}people's labels an image"
    assert model == f"{'model':26}{'50.00% ± 0.00%':18}0"
    assert one == f"{'one human':26}{'51.00% ± 0.10%':18}1"
    assert (warning, note) == (f"warning: {SHARED.warning}", f"note: {NOTE}")
    assert len(done.output.splitlines()) == len(NAMES) + 4
    done = CliRunner().invoke(command.cifar10h_command, ["there", "--json"])
    assert json.loads(done.output) == json.loads(json.dumps(STUDY.as_json()))
    assert asked == [(Path("here"), 4, 6), (Path("there"), 20, 0)]
    defaults = inspect.signature(cifar10h).parameters
    assert (defaults["draws"].default, defaults["seed"].default) == (20, 0)


def test_nothing_is_warned_of_where_errors_are_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = Cifar10hStudy(10, 3, 5.0, ACCURACY, {}, SharedErrors(9, 1, 1.0, 1.0), 0.1, 0)
    monkeypatch.setattr(command, "cifar10h", lambda *_: alone)
    done = CliRunner().invoke(command.cifar10h_command, ["here"])
    assert "warning" not in done.output
