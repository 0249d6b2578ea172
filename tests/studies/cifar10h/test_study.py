from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.studies.cifar10h.study import Study, cifar10h, load

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "cifar10h"
needs_data = pytest.mark.skipif(not FOLDER.exists(), reason="the CIFAR-10H votes are not here")

ANCHORS = {
    "model": 88.9, "one_human": 95.2, "human_majority": 99.2, "triage": 92.8, "joint_10": 95.4,
    "joint_30": 96.3, "joint_100": 96.2, "joint_1000": 96.4, "joint_7000": 96.7,
}  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    return cifar10h(FOLDER)


@needs_data
@pytest.mark.parametrize("name", ANCHORS)
def test_each_form_of_cooperation_is_as_computed_before(study: Study, name: str) -> None:
    tolerance = 1.0 if name == "joint_10" else 0.5
    assert 100 * study.accuracy[name].value == pytest.approx(ANCHORS[name], abs=tolerance)


@needs_data
def test_joint_beats_both_and_triage_beats_random_at_equal_work(study: Study) -> None:
    value = {name: mean.value for name, mean in study.accuracy.items()}
    assert value["joint_100"] > value["one_human"] > value["model"]
    assert value["joint_em_0"] > value["one_human"]
    assert value["triage"] > value["triage_random"] + 0.02
    assert study.work["triage"] == study.work["triage_random"] == 0.1


@needs_data
def test_errors_shared_by_people_and_the_model_are_told(study: Study) -> None:
    assert study.shared.warning is not None


@needs_data
def test_the_same_seed_gives_the_same_study(study: Study) -> None:
    first, second = cifar10h(FOLDER, 2, 5), cifar10h(FOLDER, 2, 5)
    assert first == second
    assert first.accuracy != study.accuracy


def test_a_file_that_is_not_the_table_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path)
    file = tmp_path / "human_model_truth.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="human_model_truth"):
        load(tmp_path)
    file.write_text("1,2\n3,4\n")
    with pytest.raises(InputError, match="21 columns"):
        load(tmp_path)
    table = np.zeros((6_000, 21))
    table[:, [0, 10, 20]] = 1
    table[7, 20] = 11
    np.savetxt(file, table, delimiter=",")
    with pytest.raises(InputError, match=r"csv:8"):
        load(tmp_path)
