from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.studies.cifar10h.study import TEST, Cifar10hStudy, cifar10h, load_cifar10h
from tests.worked import as_kept

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "cifar10h"
needs_data = pytest.mark.skipif(not FOLDER.exists(), reason="the CIFAR-10H votes are not here")

ANCHORS = {
    "model": 88.9, "one_human": 95.2, "human_majority": 99.2, "triage": 92.8, "joint_10": 95.4,
    "joint_30": 96.3, "joint_100": 96.2, "joint_1000": 96.4, "joint_7000": 96.7,
}  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Cifar10hStudy:
    return cifar10h(FOLDER)


@needs_data
@pytest.mark.parametrize("name", ANCHORS)
def test_each_form_of_cooperation_is_as_computed_before(study: Cifar10hStudy, name: str) -> None:
    tolerance = 1.0 if name == "joint_10" else 0.5
    assert 100 * study.accuracy[name].value == pytest.approx(ANCHORS[name], abs=tolerance)


@needs_data
def test_joint_beats_both_and_triage_beats_random_at_equal_work(study: Cifar10hStudy) -> None:
    value = {name: mean.value for name, mean in study.accuracy.items()}
    assert value["joint_100"] > value["one_human"] > value["model"]
    assert value["joint_em_0"] > value["one_human"]
    assert value["triage"] > value["triage_random"] + 0.02
    assert study.work["triage"] == study.work["triage_random"] == 0.1


@needs_data
def test_errors_shared_by_people_and_the_model_are_told(study: Cifar10hStudy) -> None:
    assert study.shared.warning is not None


@needs_data
def test_the_same_seed_gives_the_same_study(study: Cifar10hStudy) -> None:
    first, second = cifar10h(FOLDER, 2, 5), cifar10h(FOLDER, 2, 5)
    assert first == second
    assert first.accuracy != study.accuracy


def made_up(images: int = 2 * TEST) -> np.ndarray:
    """Fifty votes an image, of which 45 or more are right, and a model right in two of three."""
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 10, images)
    votes = rng.multinomial(5, [0.1] * 10, images) + 45 * np.eye(10, dtype=int)[truth]
    logits = rng.normal(size=(images, 10)) + 2.2 * np.eye(10)[truth]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return np.column_stack([votes, probs, truth + 1])


def test_every_figure_of_a_made_up_crowd(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "human_model_truth.csv", made_up(), delimiter=",")
    found = cifar10h(tmp_path, 2, 5)
    as_kept(Path(__file__).parent / "worked" / "made_up.json", found.as_json())
    value = {name: mean.value for name, mean in found.accuracy.items()}
    assert value["triage"] > value["triage_random"] > value["model"]
    assert value["triage_sent"] == pytest.approx(value["one_human"], abs=0.05)
    assert value["sequential_reliance_1"] == value["model"]
    assert value["sequential_reliance_0"] == value["one_human"]


@pytest.mark.parametrize("shape", [(2 * TEST, 20), (2 * TEST - 1, 21), (2 * TEST, 22)])
def test_too_few_rows_or_other_columns_are_refused(shape: tuple[int, int], tmp_path: Path) -> None:
    np.savetxt(tmp_path / "human_model_truth.csv", np.ones(shape), "%d", ",")
    with pytest.raises(InputError, match=rf"has {shape[0]:,} rows of {shape[1]} columns"):
        load_cifar10h(tmp_path)


def test_a_file_that_is_not_the_table_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load_cifar10h(tmp_path)
    file = tmp_path / "human_model_truth.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="human_model_truth"):
        load_cifar10h(tmp_path)
    file.write_text("1,2\n3,4\n")
    with pytest.raises(InputError, match="21 columns"):
        load_cifar10h(tmp_path)
    table = np.zeros((6_000, 21))
    table[:, [0, 10, 20]] = 1
    table[7, 20] = 11
    np.savetxt(file, table, delimiter=",")
    with pytest.raises(InputError, match=r"csv:8"):
        load_cifar10h(tmp_path)
